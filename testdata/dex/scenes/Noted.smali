# Annotations of a class, a field, a method and a parameter; odd characters.
.class public Lcom/example/scenes/Noted;
.super Ljava/lang/Object;

.annotation runtime Lcom/example/scenes/Config;
    password = "class-note"
    list = { "class-note-list" }
    inner = .subannotation Lcom/example/scenes/Inner;
        deep = "class-note-deep"
    .end subannotation
.end annotation

.field public static final ODD:Ljava/lang/String; = "nul:\u0000:astral:\ud83d\ude00:half:\ud83d:end"

.field public static noted:Ljava/lang/String;
    .annotation runtime Lcom/example/scenes/Config;
        value = "field-note"
    .end annotation
.end field

.method public static call(Ljava/lang/String;)V
    .registers 1
    .param p0
        .annotation runtime Lcom/example/scenes/Config;
            value = "parameter-note"
        .end annotation
    .end param
    .annotation runtime Lcom/example/scenes/Headers;
        value = { "method-note" }
    .end annotation
    return-void
.end method
