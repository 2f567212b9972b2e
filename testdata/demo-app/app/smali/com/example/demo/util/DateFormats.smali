.class public final Lcom/example/demo/util/DateFormats;
.super Ljava/lang/Object;
.source "DateFormats.java"


# direct methods
.method private constructor <init>()V
    .registers 1

    .line 10
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method

.method public static pattern(I)Ljava/lang/String;
    .registers 3

    packed-switch p0, :pswitch_data_1e

    .line 20
    new-instance p0, Ljava/lang/IllegalArgumentException;

    const-string v0, "unknown date style"

    invoke-direct {p0, v0}, Ljava/lang/IllegalArgumentException;-><init>(Ljava/lang/String;)V

    throw p0

    :pswitch_b
    const-string p0, "EEE, dd MMM yyyy HH:mm:ss 'GMT'"

    return-object p0

    :pswitch_e
    const-string p0, "yyyy-MM-dd'T'HH:mm:ss.SSSZ"

    return-object p0

    :pswitch_11
    const-string p0, "yyyyMMdd'T'HHmmss'Z'"

    return-object p0

    :pswitch_14
    const-string p0, "d. MMMM yyyy"

    return-object p0

    :pswitch_data_1e
    .packed-switch 0x0
        :pswitch_14
        :pswitch_11
        :pswitch_e
        :pswitch_b
    .end packed-switch
.end method
