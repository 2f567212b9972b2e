.class public final Lcom/example/demo/net/CertificatePins;
.super Ljava/lang/Object;
.source "CertificatePins.java"


# static fields
.field public static final PINS:[Ljava/lang/String;

.field public static final SIGNING_CERTIFICATE_SHA1:Ljava/lang/String; = "@{print:signing-certificate}"

.field public static final SIGNING_CERTIFICATE_SHA256:Ljava/lang/String; = "@{sha256:signing-certificate}"


# direct methods
.method static constructor <clinit>()V
    .registers 3

    .line 9
    const-string v0, "sha256/@{pin:leaf}"

    const-string v1, "sha256/@{pin:intermediate}"

    const-string v2, "sha256/@{pin:backup}"

    filled-new-array {v0, v1, v2}, [Ljava/lang/String;

    move-result-object v0

    sput-object v0, Lcom/example/demo/net/CertificatePins;->PINS:[Ljava/lang/String;

    return-void
.end method

.method private constructor <init>()V
    .registers 1

    .line 15
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V

    return-void
.end method
