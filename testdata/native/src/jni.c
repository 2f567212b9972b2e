/* A library of an Android app: one value a function, and only exported names. */
typedef void *JNIEnv; typedef void *jclass;
extern const char *new_string(JNIEnv *env, const char *s);
#define EXPORT __attribute__((visibility("default")))
EXPORT const char *Java_com_shop_Native_getAccessKey(JNIEnv *env, jclass c) { return new_string(env, "@{id:native-jni}"); }
EXPORT const char *Java_com_shop_Native_getHost(JNIEnv *env, jclass c) { return new_string(env, "s3.eu-west-1.amazonaws.com"); }
EXPORT const char *Java_com_shop_Native_getSecretKey(JNIEnv *env, jclass c) { return new_string(env, "@{secret:native-jni}"); }
EXPORT const char *Java_com_shop_Native_getBuildChecksum(JNIEnv *env, jclass c) { return new_string(env, "@{hash:native-jni}"); }
EXPORT const char *Java_com_shop_pay_Wallet_stagingKeyId(JNIEnv *env, jclass c) { return new_string(env, "@{id:native-jni-two}"); }
EXPORT const char *Java_com_shop_pay_Wallet_stagingSecretKey(JNIEnv *env, jclass c) { return new_string(env, "@{secret:native-jni-two}"); }
