# Constants: initial values, and arrays and objects that are made in the initialiser.
.class public Lcom/example/scenes/Statics;
.super Ljava/lang/Object;

.field public static final COUNT:I = 0x7
.field public static final INITIAL_ID:Ljava/lang/String; = "initial-id"
.field public static final INITIAL_SECRET:Ljava/lang/String; = "initial-secret"
.field public static LATE:Ljava/lang/String;
.field public static PARTS:[Ljava/lang/String;
.field private final own:Ljava/lang/String;

.method static constructor <clinit>()V
    .registers 3
    const-string v0, "late-value"
    sput-object v0, Lcom/example/scenes/Statics;->LATE:Ljava/lang/String;
    const/4 v0, 0x2
    new-array v0, v0, [Ljava/lang/String;
    const/4 v1, 0x0
    const-string v2, "array-first"
    aput-object v2, v0, v1
    const/4 v1, 0x1
    const-string v2, "array-second"
    aput-object v2, v0, v1
    sput-object v0, Lcom/example/scenes/Statics;->PARTS:[Ljava/lang/String;
    return-void
.end method

.method public constructor <init>()V
    .registers 2
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V
    const-string v0, "instance-value"
    iput-object v0, p0, Lcom/example/scenes/Statics;->own:Ljava/lang/String;
    return-void
.end method

.method public getOwn()Ljava/lang/String;
    .registers 2
    iget-object v0, p0, Lcom/example/scenes/Statics;->own:Ljava/lang/String;
    return-object v0
.end method

.method public static getAnswer()Ljava/lang/String;
    .registers 1
    const-string v0, "returned-value"
    return-object v0
.end method

.method public static compare(Ljava/lang/String;)Z
    .registers 2
    const-string v0, "compared-value"
    if-eq p0, v0, :same
    const/4 v0, 0x0
    return v0
    :same
    const/4 v0, 0x1
    return v0
.end method
