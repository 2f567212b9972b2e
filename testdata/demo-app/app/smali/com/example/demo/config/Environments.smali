.class public final Lcom/example/demo/config/Environments;
.super Ljava/lang/Object;
.source "Environments.java"


# static fields
.field public static final PROD_ACCESS_KEY:Ljava/lang/String; = "@{id:two-pairs-a}"

.field public static final PROD_BASE_URL:Ljava/lang/String; = "https://api.example.com/v3/"

.field public static final PROD_SECRET_KEY:Ljava/lang/String; = "@{secret:two-pairs-a}"

.field public static final STAGING_ACCESS_KEY:Ljava/lang/String; = "@{id:two-pairs-b}"

.field public static final STAGING_BASE_URL:Ljava/lang/String; = "https://staging-api.example.com/v3/"

.field public static final STAGING_SECRET_KEY:Ljava/lang/String; = "@{secret:two-pairs-b}"


# direct methods
.method private constructor <init>()V
    .registers 1

    .line 14
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method

.method public static baseUrl(Z)Ljava/lang/String;
    .registers 1

    if-eqz p0, :cond_5

    const-string p0, "https://api.example.com/v3/"

    goto :goto_7

    :cond_5
    const-string p0, "https://staging-api.example.com/v3/"

    :goto_7
    return-object p0
.end method
