.class public final Lcom/example/demo/ui/Placeholder;
.super Ljava/lang/Object;
.source "Placeholder.java"


# static fields
.field private static final PNG:Ljava/lang/String; = "@{png:placeholder}"

.field public static final CAPTION:Ljava/lang/String; = "Nothing here yet \ud83c\udf89 \u2013 pull down to refresh"


# direct methods
.method private constructor <init>()V
    .registers 1

    .line 12
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method

.method public static bitmap()Landroid/graphics/Bitmap;
    .registers 3

    .line 16
    const-string v0, "@{png:placeholder}"

    const/4 v1, 0x0

    invoke-static {v0, v1}, Landroid/util/Base64;->decode(Ljava/lang/String;I)[B

    move-result-object v0

    .line 17
    array-length v2, v0

    invoke-static {v0, v1, v2}, Landroid/graphics/BitmapFactory;->decodeByteArray([BII)Landroid/graphics/Bitmap;

    move-result-object v0

    return-object v0
.end method
