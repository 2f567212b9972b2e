.class public Lcom/example/demo/DemoApp;
.super Landroid/app/Application;
.source "DemoApp.java"


# static fields
.field private static final TAG:Ljava/lang/String; = "DemoApp"


# direct methods
.method public constructor <init>()V
    .registers 1

    .line 12
    invoke-direct {p0}, Landroid/app/Application;-><init>()V

    return-void
.end method


# virtual methods
.method public onCreate()V
    .registers 3

    .line 17
    invoke-super {p0}, Landroid/app/Application;->onCreate()V

    .line 18
    invoke-static {p0}, Lcom/example/demo/SdkClient;->create(Landroid/content/Context;)Lcom/example/demo/SdkClient;

    const-string v0, "DemoApp"

    const-string v1, "version 2.4.1 (95) started"

    .line 19
    invoke-static {v0, v1}, Landroid/util/Log;->i(Ljava/lang/String;Ljava/lang/String;)I

    .line 20
    new-instance v0, Ljava/lang/Thread;

    new-instance v1, Lcom/example/demo/sync/SyncWorker;

    invoke-direct {v1}, Lcom/example/demo/sync/SyncWorker;-><init>()V

    invoke-direct {v0, v1}, Ljava/lang/Thread;-><init>(Ljava/lang/Runnable;)V

    invoke-virtual {v0}, Ljava/lang/Thread;->start()V

    return-void
.end method
