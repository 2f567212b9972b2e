.class public final Lcom/example/demo/BuildConfig;
.super Ljava/lang/Object;
.source "BuildConfig.java"


# static fields
.field public static final APPLICATION_ID:Ljava/lang/String; = "com.example.demo"

.field public static final BUILD_ID:Ljava/lang/String; = "@{uuid:build}"

.field public static final BUILD_TIME:Ljava/lang/String; = "2024-02-29T12:00:00Z"

.field public static final BUILD_TYPE:Ljava/lang/String; = "release"

.field public static final DEBUG:Z = false

.field public static final GIT_BRANCH:Ljava/lang/String; = "release/2.4"

.field public static final GIT_SHA:Ljava/lang/String; = "@{sha1:git-head}"

.field public static final GIT_SHA_PREVIOUS:Ljava/lang/String; = "@{sha1:git-previous}"

.field public static final VERSION_CODE:I = 0x5f

.field public static final VERSION_NAME:Ljava/lang/String; = "2.4.1"


# direct methods
.method public constructor <init>()V
    .registers 1

    .line 6
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method
