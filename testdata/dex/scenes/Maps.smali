# Names and values in maps, bundles, headers, pairs.
.class public Lcom/example/scenes/Maps;
.super Ljava/lang/Object;

.field static final SHARED:Ljava/util/Map;

.method public static two()V
    .registers 4
    new-instance v0, Ljava/util/HashMap;
    invoke-direct {v0}, Ljava/util/HashMap;-><init>()V
    const-string v1, "accessKey"
    const-string v2, "map-id"
    invoke-virtual {v0, v1, v2}, Ljava/util/HashMap;->put(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;
    const-string v1, "secretKey"
    const-string v2, "map-secret"
    invoke-interface {v0, v1, v2}, Ljava/util/Map;->put(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;
    new-instance v3, Ljava/util/HashMap;
    invoke-direct {v3}, Ljava/util/HashMap;-><init>()V
    const-string v2, "map-other"
    invoke-virtual {v3, v1, v2}, Ljava/util/HashMap;->put(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;
    return-void
.end method

.method public static kotlinMap()Ljava/util/Map;
    .registers 5
    const/4 v0, 0x2
    new-array v0, v0, [Lkotlin/Pair;
    const-string v1, "id"
    const-string v2, "pair-id"
    invoke-static {v1, v2}, Lkotlin/TuplesKt;->to(Ljava/lang/Object;Ljava/lang/Object;)Lkotlin/Pair;
    move-result-object v1
    const/4 v3, 0x0
    aput-object v1, v0, v3
    const-string v1, "secret"
    const-string v2, "pair-secret"
    invoke-static {v1, v2}, Lkotlin/TuplesKt;->to(Ljava/lang/Object;Ljava/lang/Object;)Lkotlin/Pair;
    move-result-object v1
    const/4 v3, 0x1
    aput-object v1, v0, v3
    invoke-static {v0}, Lkotlin/collections/MapsKt;->mapOf([Lkotlin/Pair;)Ljava/util/Map;
    move-result-object v0
    return-object v0
.end method

.method public static javaMap()Ljava/util/Map;
    .registers 4
    const-string v0, "of-id-name"
    const-string v1, "of-id"
    const-string v2, "of-secret-name"
    const-string v3, "of-secret"
    invoke-static {v0, v1, v2, v3}, Ljava/util/Map;->of(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;)Ljava/util/Map;
    move-result-object v0
    return-object v0
.end method

.method public static bundle(Landroid/os/Bundle;)V
    .registers 3
    const-string v0, "token"
    const-string v1, "bundle-value"
    invoke-virtual {p0, v0, v1}, Landroid/os/Bundle;->putString(Ljava/lang/String;Ljava/lang/String;)V
    return-void
.end method

.method public static shared()V
    .registers 3
    sget-object v0, Lcom/example/scenes/Maps;->SHARED:Ljava/util/Map;
    const-string v1, "a"
    const-string v2, "shared-a"
    invoke-interface {v0, v1, v2}, Ljava/util/Map;->put(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;
    sget-object v0, Lcom/example/scenes/Maps;->SHARED:Ljava/util/Map;
    const-string v1, "b"
    const-string v2, "shared-b"
    invoke-interface {v0, v1, v2}, Ljava/util/Map;->put(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;
    return-void
.end method

.method public static system()V
    .registers 2
    const-string v0, "aws.accessKeyId"
    const-string v1, "system-id"
    invoke-static {v0, v1}, Ljava/lang/System;->setProperty(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String;
    const-string v0, "aws.secretKey"
    const-string v1, "system-secret"
    invoke-static {v0, v1}, Ljava/lang/System;->setProperty(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String;
    return-void
.end method

# The id is the name, the secret the value.
.method public static byId(Ljava/util/Map;)V
    .registers 3
    const-string v0, "entry-id"
    const-string v1, "entry-secret"
    invoke-interface {p0, v0, v1}, Ljava/util/Map;->put(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;
    return-void
.end method

.method public static header(Lokhttp3/Request$Builder;)V
    .registers 3
    new-instance v0, Ljava/lang/StringBuilder;
    const-string v1, "Bearer "
    invoke-direct {v0, v1}, Ljava/lang/StringBuilder;-><init>(Ljava/lang/String;)V
    const-string v1, "header-value"
    invoke-virtual {v0, v1}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;
    move-result-object v0
    invoke-virtual {v0}, Ljava/lang/StringBuilder;->toString()Ljava/lang/String;
    move-result-object v1
    const-string v0, "Authorization"
    invoke-virtual {p0, v0, v1}, Lokhttp3/Request$Builder;->addHeader(Ljava/lang/String;Ljava/lang/String;)Lokhttp3/Request$Builder;
    return-void
.end method
