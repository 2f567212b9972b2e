.class public final Lcom/example/demo/update/AssetManifest;
.super Ljava/lang/Object;
.source "AssetManifest.java"


# static fields
.field public static final CHANNEL:Ljava/lang/String; = "stable"

.field public static final COMMIT_SHA1:Ljava/lang/String; = "@{sha1:lone-id}"

.field public static final CONTENT_HASH:Ljava/lang/String; = "@{hash:lone-id}"

.field public static final PUBLISHER_KEY_ID:Ljava/lang/String; = "@{id:lone-id}"

.field public static final URL:Ljava/lang/String; = "https://cdn.example.com/demo/assets/stable/manifest.json"


# direct methods
.method private constructor <init>()V
    .registers 1

    .line 10
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method

.method public static matches(Ljava/lang/String;)Z
    .registers 2

    .line 13
    const-string v0, "@{hash:lone-id}"

    invoke-virtual {v0, p0}, Ljava/lang/String;->equals(Ljava/lang/Object;)Z

    move-result p0

    return p0
.end method
