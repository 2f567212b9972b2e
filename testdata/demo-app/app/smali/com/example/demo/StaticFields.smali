.class public final Lcom/example/demo/StaticFields;
.super Ljava/lang/Object;
.source "StaticFields.java"


# static fields
.field public static ACCESS_KEY:Ljava/lang/String;

.field public static REGION:Ljava/lang/String;

.field public static SECRET_KEY:Ljava/lang/String;

.field public static sUserAgent:Ljava/lang/String;


# direct methods
.method static constructor <clinit>()V
    .registers 2

    .line 14
    const-string v0, "demo.region"

    const-string v1, "eu-west-1"

    invoke-static {v0, v1}, Ljava/lang/System;->getProperty(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String;

    move-result-object v0

    sput-object v0, Lcom/example/demo/StaticFields;->REGION:Ljava/lang/String;

    .line 15
    const-string v0, "@{id:static-fields}"

    sput-object v0, Lcom/example/demo/StaticFields;->ACCESS_KEY:Ljava/lang/String;

    .line 16
    const-string v0, "@{secret:static-fields}"

    sput-object v0, Lcom/example/demo/StaticFields;->SECRET_KEY:Ljava/lang/String;

    .line 17
    const-string v0, "DemoApp/2.4.1 (Android; okhttp 4.9.3)"

    sput-object v0, Lcom/example/demo/StaticFields;->sUserAgent:Ljava/lang/String;

    return-void
.end method

.method private constructor <init>()V
    .registers 1

    .line 19
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method
