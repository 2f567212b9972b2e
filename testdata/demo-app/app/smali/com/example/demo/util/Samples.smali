.class public final Lcom/example/demo/util/Samples;
.super Ljava/lang/Object;
.source "Samples.java"


# static fields
.field public static final EXAMPLE_ACCESS_KEY_ID:Ljava/lang/String; = "@{id:documented-example}"

.field public static final EXAMPLE_DATE:Ljava/lang/String; = "20150830T123600Z"

.field public static final EXAMPLE_SECRET_ACCESS_KEY:Ljava/lang/String; = "@{secret:documented-example}"

.field public static final EXAMPLE_URL:Ljava/lang/String; = "https://examplebucket.s3.amazonaws.com/photos/photo1.jpg"


# direct methods
.method private constructor <init>()V
    .registers 1

    .line 9
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method
