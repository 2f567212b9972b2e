
Í
9
android*http://schemas.android.com/apk/res/androidmanifest"packagecom.shop"R
*http://schemas.android.com/apk/res/androidcompileSdkVersion29"(òŠ„2:0"(platformBuildVersionCode29"2:0"T
*http://schemas.android.com/apk/res/androidcompileSdkVersionCodename10.0.0(óŠ„""platformBuildVersionName10.0.0*b
Zuses-sdk"N
*http://schemas.android.com/apk/res/androidminSdkVersion26"(Œ„„2:0X*”
‹application"_
*http://schemas.android.com/apk/res/androidlabel@string/app"(€„2
€€ø
string/app*š
	meta-data"<
*http://schemas.android.com/apk/res/androidnamea.b(ƒ€„"E
*http://schemas.android.com/apk/res/androidvaluehello world(¤€„§~