.class public Lcom/example/demo/SdkClient;
.super Ljava/lang/Object;
.source "SdkClient.java"


# static fields
.field private static final BUCKET:Ljava/lang/String; = "demo-app-user-content"

.field private static final TAG:Ljava/lang/String; = "SdkClient"


# instance fields
.field private final client:Lcom/amazonaws/services/s3/AmazonS3Client;


# direct methods
.method private constructor <init>(Lcom/amazonaws/services/s3/AmazonS3Client;)V
    .registers 2

    .line 16
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    .line 17
    iput-object p1, p0, Lcom/example/demo/SdkClient;->client:Lcom/amazonaws/services/s3/AmazonS3Client;

    return-void
.end method

.method public static create(Landroid/content/Context;)Lcom/example/demo/SdkClient;
    .registers 4

    .line 21
    const-string v0, "SdkClient"

    const-string v1, "creating S3 client"

    invoke-static {v0, v1}, Landroid/util/Log;->d(Ljava/lang/String;Ljava/lang/String;)I

    .line 22
    new-instance v0, Lcom/amazonaws/auth/BasicAWSCredentials;

    const-string v1, "@{id:sdk-constructor}"

    const-string v2, "@{secret:sdk-constructor}"

    invoke-direct {v0, v1, v2}, Lcom/amazonaws/auth/BasicAWSCredentials;-><init>(Ljava/lang/String;Ljava/lang/String;)V

    .line 24
    new-instance v1, Lcom/amazonaws/services/s3/AmazonS3Client;

    invoke-direct {v1, v0}, Lcom/amazonaws/services/s3/AmazonS3Client;-><init>(Lcom/amazonaws/auth/AWSCredentials;)V

    .line 25
    invoke-virtual {p0}, Landroid/content/Context;->getPackageName()Ljava/lang/String;

    move-result-object p0

    const-string v0, "s3.eu-west-1.amazonaws.com"

    invoke-virtual {v1, v0, p0}, Lcom/amazonaws/services/s3/AmazonS3Client;->setEndpoint(Ljava/lang/String;Ljava/lang/String;)V

    .line 26
    new-instance p0, Lcom/example/demo/SdkClient;

    invoke-direct {p0, v1}, Lcom/example/demo/SdkClient;-><init>(Lcom/amazonaws/services/s3/AmazonS3Client;)V

    return-object p0
.end method


# virtual methods
.method public upload(Ljava/lang/String;Ljava/io/File;)V
    .registers 5

    .line 30
    iget-object v0, p0, Lcom/example/demo/SdkClient;->client:Lcom/amazonaws/services/s3/AmazonS3Client;

    const-string v1, "demo-app-user-content"

    invoke-virtual {v0, v1, p1, p2}, Lcom/amazonaws/services/s3/AmazonS3Client;->putObject(Ljava/lang/String;Ljava/lang/String;Ljava/io/File;)V

    return-void
.end method
