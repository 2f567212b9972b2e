.class public final Lcom/example/demo/storage/StorageClients;
.super Ljava/lang/Object;
.source "StorageClients.java"


# direct methods
.method private constructor <init>()V
    .registers 1

    .line 11
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method

.method private static configure(Ljava/lang/String;Lcom/amazonaws/auth/AWSCredentials;)Lcom/amazonaws/services/s3/AmazonS3Client;
    .registers 3

    .line 26
    new-instance v0, Lcom/amazonaws/services/s3/AmazonS3Client;

    invoke-direct {v0, p1}, Lcom/amazonaws/services/s3/AmazonS3Client;-><init>(Lcom/amazonaws/auth/AWSCredentials;)V

    .line 27
    const-string p1, "s3"

    invoke-virtual {v0, p0, p1}, Lcom/amazonaws/services/s3/AmazonS3Client;->setEndpoint(Ljava/lang/String;Ljava/lang/String;)V

    return-object v0
.end method

.method public static uploadClient()Lcom/amazonaws/services/s3/AmazonS3Client;
    .registers 3

    .line 14
    new-instance v0, Lcom/amazonaws/auth/BasicAWSCredentials;

    const-string v1, "@{id:two-pairs-c}"

    const-string v2, "@{secret:two-pairs-c}"

    invoke-direct {v0, v1, v2}, Lcom/amazonaws/auth/BasicAWSCredentials;-><init>(Ljava/lang/String;Ljava/lang/String;)V

    .line 15
    const-string v1, "s3.eu-west-1.amazonaws.com"

    invoke-static {v1, v0}, Lcom/example/demo/storage/StorageClients;->configure(Ljava/lang/String;Lcom/amazonaws/auth/AWSCredentials;)Lcom/amazonaws/services/s3/AmazonS3Client;

    move-result-object v0

    return-object v0
.end method

.method public static backupClient()Lcom/amazonaws/services/s3/AmazonS3Client;
    .registers 4

    .line 19
    const-string v0, "@{id:two-pairs-d}"

    .line 20
    const-string v1, "@{secret:two-pairs-d}"

    .line 21
    new-instance v2, Lcom/amazonaws/auth/BasicAWSCredentials;

    invoke-direct {v2, v0, v1}, Lcom/amazonaws/auth/BasicAWSCredentials;-><init>(Ljava/lang/String;Ljava/lang/String;)V

    const-string v0, "s3.us-east-2.amazonaws.com"

    invoke-static {v0, v2}, Lcom/example/demo/storage/StorageClients;->configure(Ljava/lang/String;Lcom/amazonaws/auth/AWSCredentials;)Lcom/amazonaws/services/s3/AmazonS3Client;

    move-result-object v0

    return-object v0
.end method
