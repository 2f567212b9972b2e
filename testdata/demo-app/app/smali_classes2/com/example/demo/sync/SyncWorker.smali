.class public Lcom/example/demo/sync/SyncWorker;
.super Ljava/lang/Object;
.source "SyncWorker.java"

# interfaces
.implements Ljava/lang/Runnable;


# instance fields
.field private final accessKeyId:Ljava/lang/String;

.field private final queueUrl:Ljava/lang/String;

.field private final retries:I

.field private final secretAccessKey:Ljava/lang/String;


# direct methods
.method public constructor <init>()V
    .registers 2

    .line 17
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    const/4 v0, 0x5

    .line 12
    iput v0, p0, Lcom/example/demo/sync/SyncWorker;->retries:I

    const-string v0, "@{id:second-dex}"

    .line 13
    iput-object v0, p0, Lcom/example/demo/sync/SyncWorker;->accessKeyId:Ljava/lang/String;

    const-string v0, "@{secret:second-dex}"

    .line 14
    iput-object v0, p0, Lcom/example/demo/sync/SyncWorker;->secretAccessKey:Ljava/lang/String;

    const-string v0, "https://sqs.eu-west-1.amazonaws.com/000000000000/demo-sync"

    .line 15
    iput-object v0, p0, Lcom/example/demo/sync/SyncWorker;->queueUrl:Ljava/lang/String;

    return-void
.end method


# virtual methods
.method public run()V
    .registers 5

    .line 22
    iget v0, p0, Lcom/example/demo/sync/SyncWorker;->retries:I

    :goto_2
    if-lez v0, :cond_1e

    .line 23
    iget-object v1, p0, Lcom/example/demo/sync/SyncWorker;->queueUrl:Ljava/lang/String;

    iget-object v2, p0, Lcom/example/demo/sync/SyncWorker;->accessKeyId:Ljava/lang/String;

    iget-object v3, p0, Lcom/example/demo/sync/SyncWorker;->secretAccessKey:Ljava/lang/String;

    invoke-static {v1, v2, v3}, Lcom/example/demo/sync/SyncQueue;->poll(Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;)Z

    move-result v1

    if-eqz v1, :cond_1b

    const-string v0, "SyncWorker"

    const-string v1, "sync finished"

    .line 24
    invoke-static {v0, v1}, Landroid/util/Log;->i(Ljava/lang/String;Ljava/lang/String;)I

    return-void

    :cond_1b
    add-int/lit8 v0, v0, -0x1

    goto :goto_2

    :cond_1e
    return-void
.end method
