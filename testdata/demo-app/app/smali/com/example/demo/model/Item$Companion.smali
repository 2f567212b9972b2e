.class public final Lcom/example/demo/model/Item$Companion;
.super Ljava/lang/Object;
.source "Item.kt"


# annotations
.annotation system Ldalvik/annotation/EnclosingClass;
    value = Lcom/example/demo/model/Item;
.end annotation

.annotation system Ldalvik/annotation/InnerClass;
    accessFlags = 0x19
    name = "Companion"
.end annotation

.annotation runtime Lkotlin/Metadata;
    d1 = {
        "\u0000\u0012\n\u0002\u0018\u0002\n\u0002\u0010\u0000\n\u0002\u0008\u0002\n\u0002\u0018\u0002\n\u0000\u0008\u0086\u0003\u0018\u00002\u00020\u0001B\u0007\u0008\u0002\u00a2\u0006\u0002\u0010\u0002J\u0006\u0010\u0003\u001a\u00020\u0004"
    }
    d2 = {
        "Lcom/example/demo/model/Item$Companion;",
        "",
        "()V",
        "placeholder",
        "Lcom/example/demo/model/Item;",
        "app_release"
    }
    k = 0x1
    mv = {
        0x1,
        0x6,
        0x0
    }
    xi = 0x30
.end annotation


# direct methods
.method private constructor <init>()V
    .registers 1

    .line 7
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method

.method public synthetic constructor <init>(Lkotlin/jvm/internal/DefaultConstructorMarker;)V
    .registers 2

    invoke-direct {p0}, Lcom/example/demo/model/Item$Companion;-><init>()V

    return-void
.end method


# virtual methods
.method public final placeholder()Lcom/example/demo/model/Item;
    .registers 4

    .line 10
    new-instance v0, Lcom/example/demo/model/Item;

    const-string v1, "@{uuid:default-item}"

    const-string v2, "Untitled"

    invoke-direct {v0, v1, v2}, Lcom/example/demo/model/Item;-><init>(Ljava/lang/String;Ljava/lang/String;)V

    return-object v0
.end method
