.class public Lcom/example/demo/MainActivity;
.super Landroid/app/Activity;
.source "MainActivity.java"

# interfaces
.implements Landroid/view/View$OnClickListener;


# static fields
.field private static final STATE_QUERY:Ljava/lang/String; = "com.example.demo.state.QUERY"

.field private static final TAG:Ljava/lang/String; = "MainActivity"


# instance fields
.field private status:Landroid/widget/TextView;

.field private final uploader:Lcom/example/demo/analytics/EventUploader;


# direct methods
.method public constructor <init>()V
    .registers 2

    .line 18
    invoke-direct {p0}, Landroid/app/Activity;-><init>()V

    .line 23
    new-instance v0, Lcom/example/demo/analytics/EventUploader;

    invoke-direct {v0}, Lcom/example/demo/analytics/EventUploader;-><init>()V

    iput-object v0, p0, Lcom/example/demo/MainActivity;->uploader:Lcom/example/demo/analytics/EventUploader;

    return-void
.end method


# virtual methods
.method public onClick(Landroid/view/View;)V
    .registers 6

    .line 46
    iget-object p1, p0, Lcom/example/demo/MainActivity;->uploader:Lcom/example/demo/analytics/EventUploader;

    const-string v0, "button_refresh_clicked"

    invoke-virtual {p1, v0}, Lcom/example/demo/analytics/EventUploader;->track(Ljava/lang/String;)V

    .line 47
    iget-object p1, p0, Lcom/example/demo/MainActivity;->uploader:Lcom/example/demo/analytics/EventUploader;

    invoke-virtual {p1}, Lcom/example/demo/analytics/EventUploader;->flush()I

    move-result p1

    .line 48
    iget-object v0, p0, Lcom/example/demo/MainActivity;->status:Landroid/widget/TextView;

    const/4 v1, 0x1

    new-array v1, v1, [Ljava/lang/Object;

    invoke-static {p1}, Ljava/lang/Integer;->valueOf(I)Ljava/lang/Integer;

    move-result-object p1

    const/4 v2, 0x0

    aput-object p1, v1, v2

    const p1, @{res:string/status_refreshed}

    invoke-virtual {p0, p1, v1}, Lcom/example/demo/MainActivity;->getString(I[Ljava/lang/Object;)Ljava/lang/String;

    move-result-object p1

    invoke-virtual {v0, p1}, Landroid/widget/TextView;->setText(Ljava/lang/CharSequence;)V

    return-void
.end method

.method protected onCreate(Landroid/os/Bundle;)V
    .registers 4

    .line 28
    invoke-super {p0, p1}, Landroid/app/Activity;->onCreate(Landroid/os/Bundle;)V

    const v0, @{res:layout/activity_main}

    .line 29
    invoke-virtual {p0, v0}, Lcom/example/demo/MainActivity;->setContentView(I)V

    const v0, @{res:id/status}

    .line 30
    invoke-virtual {p0, v0}, Lcom/example/demo/MainActivity;->findViewById(I)Landroid/view/View;

    move-result-object v0

    check-cast v0, Landroid/widget/TextView;

    iput-object v0, p0, Lcom/example/demo/MainActivity;->status:Landroid/widget/TextView;

    const v0, @{res:id/refresh}

    .line 31
    invoke-virtual {p0, v0}, Lcom/example/demo/MainActivity;->findViewById(I)Landroid/view/View;

    move-result-object v0

    invoke-virtual {v0, p0}, Landroid/view/View;->setOnClickListener(Landroid/view/View$OnClickListener;)V

    if-eqz p1, :cond_2a

    const-string v0, "com.example.demo.state.QUERY"

    .line 33
    invoke-virtual {p1, v0}, Landroid/os/Bundle;->getString(Ljava/lang/String;)Ljava/lang/String;

    move-result-object p1

    const-string v0, "MainActivity"

    invoke-static {p1}, Ljava/lang/String;->valueOf(Ljava/lang/Object;)Ljava/lang/String;

    move-result-object p1

    invoke-static {v0, p1}, Landroid/util/Log;->d(Ljava/lang/String;Ljava/lang/String;)I

    .line 35
    :cond_2a
    iget-object p1, p0, Lcom/example/demo/MainActivity;->uploader:Lcom/example/demo/analytics/EventUploader;

    const-string v0, "screen_main_shown"

    invoke-virtual {p1, v0}, Lcom/example/demo/analytics/EventUploader;->track(Ljava/lang/String;)V

    return-void
.end method

.method public onCreateOptionsMenu(Landroid/view/Menu;)Z
    .registers 4

    .line 40
    invoke-virtual {p0}, Lcom/example/demo/MainActivity;->getMenuInflater()Landroid/view/MenuInflater;

    move-result-object v0

    const v1, @{res:menu/main}

    invoke-virtual {v0, v1, p1}, Landroid/view/MenuInflater;->inflate(ILandroid/view/Menu;)V

    const/4 p1, 0x1

    return p1
.end method
