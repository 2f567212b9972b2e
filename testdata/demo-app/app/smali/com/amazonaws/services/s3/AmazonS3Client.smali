.class public Lcom/amazonaws/services/s3/AmazonS3Client;
.super Ljava/lang/Object;
.source "AmazonS3Client.java"


# static fields
.field private static final LOG_TAG:Ljava/lang/String; = "AmazonS3Client"

.field public static final S3_ALTERNATE_DATE:Ljava/lang/String; = "x-amz-date"

.field public static final USER_AGENT:Ljava/lang/String; = "aws-sdk-android/2.22.6"


# instance fields
.field private final credentials:Lcom/amazonaws/auth/AWSCredentials;

.field private endpoint:Ljava/lang/String;


# direct methods
.method public constructor <init>(Lcom/amazonaws/auth/AWSCredentials;)V
    .registers 3

    .line 388
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    const-string v0, "s3.amazonaws.com"

    .line 380
    iput-object v0, p0, Lcom/amazonaws/services/s3/AmazonS3Client;->endpoint:Ljava/lang/String;

    .line 389
    iput-object p1, p0, Lcom/amazonaws/services/s3/AmazonS3Client;->credentials:Lcom/amazonaws/auth/AWSCredentials;

    return-void
.end method


# virtual methods
.method public putObject(Ljava/lang/String;Ljava/lang/String;Ljava/io/File;)V
    .registers 6

    .line 1610
    new-instance v0, Ljava/lang/StringBuilder;

    invoke-direct {v0}, Ljava/lang/StringBuilder;-><init>()V

    const-string v1, "PUT https://"

    invoke-virtual {v0, v1}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;

    invoke-virtual {v0, p1}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;

    const-string p1, "."

    invoke-virtual {v0, p1}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;

    iget-object p1, p0, Lcom/amazonaws/services/s3/AmazonS3Client;->endpoint:Ljava/lang/String;

    invoke-virtual {v0, p1}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;

    const-string p1, "/"

    invoke-virtual {v0, p1}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;

    invoke-virtual {v0, p2}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;

    const-string p1, " Content-Length: "

    invoke-virtual {v0, p1}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;

    invoke-virtual {p3}, Ljava/io/File;->length()J

    move-result-wide p1

    invoke-virtual {v0, p1, p2}, Ljava/lang/StringBuilder;->append(J)Ljava/lang/StringBuilder;

    invoke-virtual {v0}, Ljava/lang/StringBuilder;->toString()Ljava/lang/String;

    move-result-object p1

    const-string p2, "AmazonS3Client"

    invoke-static {p2, p1}, Landroid/util/Log;->d(Ljava/lang/String;Ljava/lang/String;)I

    return-void
.end method

.method public setEndpoint(Ljava/lang/String;Ljava/lang/String;)V
    .registers 3

    .line 4301
    iput-object p1, p0, Lcom/amazonaws/services/s3/AmazonS3Client;->endpoint:Ljava/lang/String;

    return-void
.end method
