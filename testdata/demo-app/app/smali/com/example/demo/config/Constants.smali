.class public final Lcom/example/demo/config/Constants;
.super Ljava/lang/Object;
.source "Constants.java"


# static fields
.field public static final AWS_ACCESS_KEY_ID:Ljava/lang/String; = "@{id:constants}"

.field public static final AWS_REGION:Ljava/lang/String; = "eu-west-1"

.field public static final AWS_SECRET_ACCESS_KEY:Ljava/lang/String; = "@{secret:constants}"

.field public static final BUCKET:Ljava/lang/String; = "demo-app-media"

.field public static final CACHE_DIR:Ljava/lang/String; = "image_cache"

.field public static final CONNECT_TIMEOUT_MS:I = 0x3a98

.field public static final PAGE_SIZE:I = 0x32

.field public static final PREFS_NAME:Ljava/lang/String; = "com.example.demo_preferences"

.field public static final PRIVACY_URL:Ljava/lang/String; = "https://www.example.com/legal/privacy?utm_source=app"

.field public static final SUPPORT_MAIL:Ljava/lang/String; = "support@example.com"


# direct methods
.method private constructor <init>()V
    .registers 1

    .line 16
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method
