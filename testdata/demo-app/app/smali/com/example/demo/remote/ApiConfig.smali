.class public final Lcom/example/demo/remote/ApiConfig;
.super Ljava/lang/Object;
.source "ApiConfig.java"


# static fields
.field public static final API_VERSION:Ljava/lang/String; = "2019-03-28"

.field public static final HOST:Ljava/lang/String; = "execute-api.eu-west-1.amazonaws.com"

.field public static final KEY_ID:Ljava/lang/String; = "@{id:two-classes}"

.field public static final SERVICE:Ljava/lang/String; = "execute-api"


# direct methods
.method private constructor <init>()V
    .registers 1

    .line 9
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method
