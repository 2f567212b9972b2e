.class public final Lcom/example/demo/remote/Signer;
.super Ljava/lang/Object;
.source "Signer.java"


# static fields
.field private static final ALGORITHM:Ljava/lang/String; = "AWS4-HMAC-SHA256"

.field private static final SIGNING_SECRET:Ljava/lang/String; = "@{secret:two-classes}"

.field private static final TERMINATOR:Ljava/lang/String; = "aws4_request"


# direct methods
.method public constructor <init>()V
    .registers 1

    .line 12
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method

.method private static hmac([BLjava/lang/String;)[B
    .registers 5
    .annotation system Ldalvik/annotation/Throws;
        value = {
            Ljava/security/GeneralSecurityException;
        }
    .end annotation

    .line 28
    const-string v0, "HmacSHA256"

    invoke-static {v0}, Ljavax/crypto/Mac;->getInstance(Ljava/lang/String;)Ljavax/crypto/Mac;

    move-result-object v0

    .line 29
    new-instance v1, Ljavax/crypto/spec/SecretKeySpec;

    const-string v2, "HmacSHA256"

    invoke-direct {v1, p0, v2}, Ljavax/crypto/spec/SecretKeySpec;-><init>([BLjava/lang/String;)V

    invoke-virtual {v0, v1}, Ljavax/crypto/Mac;->init(Ljava/security/Key;)V

    .line 30
    sget-object p0, Ljava/nio/charset/StandardCharsets;->UTF_8:Ljava/nio/charset/Charset;

    invoke-virtual {p1, p0}, Ljava/lang/String;->getBytes(Ljava/nio/charset/Charset;)[B

    move-result-object p0

    invoke-virtual {v0, p0}, Ljavax/crypto/Mac;->doFinal([B)[B

    move-result-object p0

    return-object p0
.end method


# virtual methods
.method public signingKey(Ljava/lang/String;Ljava/lang/String;)[B
    .registers 4
    .annotation system Ldalvik/annotation/Throws;
        value = {
            Ljava/security/GeneralSecurityException;
        }
    .end annotation

    .line 17
    const-string v0, "AWS4"

    invoke-virtual {v0, p1}, Ljava/lang/String;->concat(Ljava/lang/String;)Ljava/lang/String;

    move-result-object p1

    sget-object v0, Ljava/nio/charset/StandardCharsets;->UTF_8:Ljava/nio/charset/Charset;

    invoke-virtual {p1, v0}, Ljava/lang/String;->getBytes(Ljava/nio/charset/Charset;)[B

    move-result-object p1

    .line 18
    invoke-static {p1, p2}, Lcom/example/demo/remote/Signer;->hmac([BLjava/lang/String;)[B

    move-result-object p1

    const-string p2, "eu-west-1"

    .line 19
    invoke-static {p1, p2}, Lcom/example/demo/remote/Signer;->hmac([BLjava/lang/String;)[B

    move-result-object p1

    const-string p2, "execute-api"

    .line 20
    invoke-static {p1, p2}, Lcom/example/demo/remote/Signer;->hmac([BLjava/lang/String;)[B

    move-result-object p1

    const-string p2, "aws4_request"

    .line 21
    invoke-static {p1, p2}, Lcom/example/demo/remote/Signer;->hmac([BLjava/lang/String;)[B

    move-result-object p1

    return-object p1
.end method
