# Arguments of calls, setters, builders, arrays.
.class public Lcom/example/scenes/Calls;
.super Ljava/lang/Object;

.method public static known()V
    .registers 3
    new-instance v0, Lcom/amazonaws/auth/BasicAWSCredentials;
    const-string v1, "known-id"
    const-string v2, "known-secret"
    invoke-direct {v0, v1, v2}, Lcom/amazonaws/auth/BasicAWSCredentials;-><init>(Ljava/lang/String;Ljava/lang/String;)V
    return-void
.end method

.method public static range()V
    .registers 22
    const-string v18, "range-id"
    const-string v19, "range-secret"
    const-string/jumbo v20, "range-token"
    invoke-static/range {v18 .. v20}, Lsoftware/amazon/awssdk/auth/credentials/AwsSessionCredentials;->create(Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;)Lsoftware/amazon/awssdk/auth/credentials/AwsSessionCredentials;
    move-result-object v21
    return-void
.end method

# The id is loaded before a branch, the secret after it; a long stands between them.
.method public static branched(ZJ)V
    .registers 8
    const-string v0, "branched-id"
    if-eqz p0, :skip
    invoke-static {v0}, Lcom/example/scenes/Calls;->log(Ljava/lang/String;)V
    :skip
    const-string v2, "branched-secret"
    invoke-static {v0, p1, p2, v2}, Lcom/example/scenes/Calls;->login(Ljava/lang/String;JLjava/lang/String;)V
    return-void
.end method

.method public static indirect()V
    .registers 3
    new-instance v0, Lcom/amazonaws/auth/BasicAWSCredentials;
    sget-object v1, Lcom/example/scenes/Statics;->INITIAL_ID:Ljava/lang/String;
    invoke-static {}, Lcom/example/scenes/Statics;->getAnswer()Ljava/lang/String;
    move-result-object v2
    invoke-direct {v0, v1, v2}, Lcom/amazonaws/auth/BasicAWSCredentials;-><init>(Ljava/lang/String;Ljava/lang/String;)V
    return-void
.end method

.method public static setters(Lcom/example/scenes/Options;)V
    .registers 3
    const-string v0, "set-id"
    invoke-virtual {p0, v0}, Lcom/example/scenes/Options;->setKeyId(Ljava/lang/String;)V
    const-string v0, "set-secret"
    invoke-virtual {p0, v0}, Lcom/example/scenes/Options;->setSecretKey(Ljava/lang/String;)V
    new-instance v1, Lcom/example/scenes/Options;
    invoke-direct {v1}, Lcom/example/scenes/Options;-><init>()V
    const-string v0, "other-secret"
    invoke-virtual {v1, v0}, Lcom/example/scenes/Options;->setSecretKey(Ljava/lang/String;)V
    return-void
.end method

.method public static builder()V
    .registers 2
    invoke-static {}, Lcom/example/scenes/Options$Builder;->create()Lcom/example/scenes/Options$Builder;
    move-result-object v0
    const-string v1, "built-id"
    invoke-interface {v0, v1}, Lcom/example/scenes/Options$Builder;->keyId(Ljava/lang/String;)Lcom/example/scenes/Options$Builder;
    move-result-object v0
    const-string v1, "built-secret"
    invoke-interface {v0, v1}, Lcom/example/scenes/Options$Builder;->secretKey(Ljava/lang/String;)Lcom/example/scenes/Options$Builder;
    move-result-object v0
    return-void
.end method

.method public static filled()[Ljava/lang/String;
    .registers 2
    const-string v0, "filled-first"
    const-string v1, "filled-second"
    filled-new-array {v0, v1}, [Ljava/lang/String;
    move-result-object v0
    return-object v0
.end method

.method public static bytes()V
    .registers 4
    const-string v0, "bytes-value"
    invoke-virtual {v0}, Ljava/lang/String;->getBytes()[B
    move-result-object v0
    const-string v1, "HmacSHA256"
    new-instance v2, Ljavax/crypto/spec/SecretKeySpec;
    invoke-direct {v2, v0, v1}, Ljavax/crypto/spec/SecretKeySpec;-><init>([BLjava/lang/String;)V
    return-void
.end method

# What the loop changes is not known in it, what it does not change is.
.method public static loop(I)V
    .registers 5
    const-string v0, "loop-steady"
    const-string v1, "loop-before"
    const/4 v2, 0x0
    :head
    if-ge v2, p0, :done
    invoke-static {v0}, Lcom/example/scenes/Calls;->log(Ljava/lang/String;)V
    invoke-static {v1}, Lcom/example/scenes/Calls;->log(Ljava/lang/String;)V
    const-string v1, "loop-after"
    add-int/lit8 v2, v2, 0x1
    goto :head
    :done
    return-void
.end method

.method public static payloads(I)V
    .registers 3
    packed-switch p0, :packed
    sparse-switch p0, :sparse
    const/4 v0, 0x3
    new-array v0, v0, [B
    fill-array-data v0, :bytes
    :one
    const-string v1, "payload-value"
    invoke-static {v1}, Lcom/example/scenes/Calls;->log(Ljava/lang/String;)V
    :two
    return-void
    nop
    :packed
    .packed-switch 0x1
        :one
        :two
    .end packed-switch
    :sparse
    .sparse-switch
        0x5 -> :one
        0x50 -> :two
    .end sparse-switch
    :bytes
    .array-data 1
        0x1t
        0x2t
        0x3t
    .end array-data
.end method

.method public static caught()V
    .registers 2
    const-string v0, "tried-value"
    :start
    invoke-static {v0}, Lcom/example/scenes/Calls;->log(Ljava/lang/String;)V
    :end
    .catch Ljava/io/IOException; {:start .. :end} :handler
    .catchall {:start .. :end} :handler
    return-void
    :handler
    move-exception v1
    invoke-static {v0}, Lcom/example/scenes/Calls;->login(Ljava/lang/String;)V
    return-void
.end method

.method public static log(Ljava/lang/String;)V
    .registers 1
    return-void
.end method
