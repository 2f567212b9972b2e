.class public final Lcom/example/demo/util/Cipher;
.super Ljava/lang/Object;
.source "Cipher.java"


# static fields
.field private static final HEX:[C

.field private static final IV:[B


# direct methods
.method static constructor <clinit>()V
    .registers 1

    const/16 v0, 0x10

    .line 10
    new-array v0, v0, [C

    fill-array-data v0, :array_14

    sput-object v0, Lcom/example/demo/util/Cipher;->HEX:[C

    const/16 v0, 0x10

    .line 11
    new-array v0, v0, [B

    fill-array-data v0, :array_28

    sput-object v0, Lcom/example/demo/util/Cipher;->IV:[B

    return-void

    nop

    :array_14
    .array-data 2
        0x30s
        0x31s
        0x32s
        0x33s
        0x34s
        0x35s
        0x36s
        0x37s
        0x38s
        0x39s
        0x61s
        0x62s
        0x63s
        0x64s
        0x65s
        0x66s
    .end array-data

    :array_28
    .array-data 1
        0x1ft
        -0x5bt
        0x33t
        0x70t
        0x0t
        -0x11t
        0x42t
        0x9t
        0x6et
        -0x80t
        0x7ft
        0x18t
        -0x3ct
        0x5dt
        0x21t
        -0x2t
    .end array-data
.end method

.method private constructor <init>()V
    .registers 1

    .line 13
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method

.method public static hex([B)Ljava/lang/String;
    .registers 7

    .line 17
    new-instance v0, Ljava/lang/StringBuilder;

    array-length v1, p0

    mul-int/lit8 v1, v1, 0x2

    invoke-direct {v0, v1}, Ljava/lang/StringBuilder;-><init>(I)V

    .line 18
    array-length v1, p0

    const/4 v2, 0x0

    :goto_a
    if-ge v2, v1, :cond_25

    aget-byte v3, p0, v2

    .line 19
    sget-object v4, Lcom/example/demo/util/Cipher;->HEX:[C

    shr-int/lit8 v5, v3, 0x4

    and-int/lit8 v5, v5, 0xf

    aget-char v4, v4, v5

    invoke-virtual {v0, v4}, Ljava/lang/StringBuilder;->append(C)Ljava/lang/StringBuilder;

    sget-object v4, Lcom/example/demo/util/Cipher;->HEX:[C

    and-int/lit8 v3, v3, 0xf

    aget-char v3, v4, v3

    invoke-virtual {v0, v3}, Ljava/lang/StringBuilder;->append(C)Ljava/lang/StringBuilder;

    add-int/lit8 v2, v2, 0x1

    goto :goto_a

    .line 21
    :cond_25
    invoke-virtual {v0}, Ljava/lang/StringBuilder;->toString()Ljava/lang/String;

    move-result-object p0

    return-object p0
.end method
