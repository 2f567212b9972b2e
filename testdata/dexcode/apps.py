"""Whole classes as people write them around keys that code makes, and what must not be mistaken for them."""
from plant import value

STR = "Ljava/lang/String;"
SB = "Ljava/lang/StringBuilder;"
AWS = "Lcom/amazonaws/auth/BasicAWSCredentials;"
D = "android"


def add(g):
    Code, smali, method, field, row, pair = g.Code, g.smali, g.method, g.field, g.row, g.pair

    def masked(c, reg, text, key=0x2A):
        """Obf.d("…", key), the answer in v0."""
        g.raw_string(c, reg, "".join(chr(ord(x) ^ key) for x in text))
        return c(f"const/16 v9, {key}", f"invoke-static {{{reg}, v9}}, La/a/b;->a({STR}I){STR}", f"move-result-object {reg}")

    # R8 has renamed the helper and its class; the receiver of its result has kept its name.
    c = Code()
    c(f"new-instance v8, {SB}", f"invoke-virtual {{p0}}, {STR}->length()I", "move-result v4", f"invoke-direct {{v8, v4}}, {SB}-><init>(I)V",
      "const/4 v3, 0", ":top", f"invoke-virtual {{p0}}, {STR}->length()I", "move-result v4", "if-ge v3, v4, :end",
      f"invoke-virtual {{p0, v3}}, {STR}->charAt(I)C", "move-result v5", "xor-int/2addr v5, p1", "int-to-char v5, v5",
      f"invoke-virtual {{v8, v5}}, {SB}->append(C){SB}", "add-int/lit8 v3, v3, 1", "goto :top", ":end",
      f"invoke-virtual {{v8}}, {SB}->toString(){STR}", "move-result-object v0", "return-object v0")
    smali(D, "a/a/b", method(f"public static a({STR}I){STR}", c))

    # Two clients in one class, the same helper.
    bodies = []
    for name, head in (("sdk-upload", "upload"), ("sdk-backup", "backup")):
        key_id, secret = pair("dexcode-" + name)
        c = Code()(f"new-instance v3, {AWS}")
        masked(c, "v1", key_id)
        masked(c, "v2", secret)
        c(f"invoke-direct {{v3, v1, v2}}, {AWS}-><init>({STR}{STR})V", "return-object v3")
        bodies.append(method(f"static {head}(){AWS}", c))
        row(D, "dexcode-" + name, f"com.acme.sdk.Clients.{head}()", f"com.acme.sdk.Clients.{head}()")
    smali(D, "com/acme/sdk/Clients", *bodies)

    # Fields without a name that says anything.
    key_id, secret = pair("dexcode-renamed-x")
    c = Code()
    masked(c, "v0", key_id)(f"sput-object v0, Lb/c;->a:{STR}")
    masked(c, "v0", secret)(f"sput-object v0, Lb/c;->b:{STR}", "return-void")
    smali(D, "b/c", field("a"), field("b"), method("static constructor <clinit>()V", c))
    row(D, "dexcode-renamed-x", "b.c.a", "b.c.b")

    # val accessKey by lazy { … }: a class for each lambda.
    key_id, secret = pair("dexcode-lazy")
    for prop, text in (("accessKey", key_id), ("secretKey", secret)):
        c = Code()
        masked(c, "v0", text)("return-object v0")
        smali(D, f"com/acme/lazy/Keys${prop}$2", method(f"public final invoke(){STR}", c), sup="Lkotlin/jvm/internal/Lambda;")
    row(D, "dexcode-lazy", "com.acme.lazy.Keys$accessKey$2.invoke()", "com.acme.lazy.Keys$secretKey$2.invoke()")

    # The same by Kotlin 2 and R8: static methods.
    key_id, secret = pair("dexcode-delegate")
    bodies = []
    for prop, text in (("accessKey", key_id), ("secretKey", secret)):
        c = Code()
        masked(c, "v0", text)("return-object v0")
        bodies.append(method(f"private static final {prop}_delegate$lambda$0(){STR}", c))
    smali(D, "com/acme/delegate/Keys", *bodies)
    row(D, "dexcode-delegate", "com.acme.delegate.Keys.accessKey_delegate$lambda$0()", "com.acme.delegate.Keys.secretKey_delegate$lambda$0()")

    # Halves in static fields of the class, joined elsewhere in it.
    key_id, secret = pair("dexcode-static-parts")
    cls = "com/acme/parts/Statics"
    fields = [f'.field private static {n}:{STR} = "{t}"' for n, t in
              (("A1", key_id[:9]), ("A2", key_id[9:]), ("B1", secret[:17]), ("B2", secret[17:]))]
    c = Code()
    for target, parts in (("ACCESS_KEY", ("A1", "A2")), ("SECRET_KEY", ("B1", "B2"))):
        c(f"new-instance v0, {SB}", f"invoke-direct {{v0}}, {SB}-><init>()V")
        for part in parts:
            c(f"sget-object v1, L{cls};->{part}:{STR}", f"invoke-virtual {{v0, v1}}, {SB}->append({STR}){SB}")
        c(f"invoke-virtual {{v0}}, {SB}->toString(){STR}", "move-result-object v0", f"sput-object v0, L{cls};->{target}:{STR}")
    c("return-void")
    smali(D, cls, *fields, field("ACCESS_KEY"), field("SECRET_KEY"), method("static init()V", c))
    row(D, "dexcode-static-parts", "com.acme.parts.Statics.ACCESS_KEY", "com.acme.parts.Statics.SECRET_KEY")

    # Halves in instance fields.
    key_id, secret = pair("dexcode-own-parts")
    cls = "com/acme/own/Holder"
    init = Code()("invoke-direct {p0}, Ljava/lang/Object;-><init>()V")
    for n, t in (("a", key_id[:8]), ("b", key_id[8:]), ("x", secret[:20]), ("y", secret[20:])):
        init.string("v0", t)(f"iput-object v0, p0, L{cls};->{n}:{STR}")
    init("return-void")
    bodies = []
    for head, (p, q) in (("getAccessKey", "ab"), ("getSecretKey", "xy")):
        bodies.append(method(f"public {head}(){STR}", [
            f"iget-object v0, p0, L{cls};->{p}:{STR}", f"iget-object v1, p0, L{cls};->{q}:{STR}",
            f"invoke-virtual {{v0, v1}}, {STR}->concat({STR}){STR}", "move-result-object v0", "return-object v0"], 4))
    smali(D, cls, *[field(n, flags="private final") for n in "abxy"], method("public constructor <init>()V", init, 4), *bodies)
    row(D, "dexcode-own-parts", "com.acme.own.Holder.getAccessKey()", "com.acme.own.Holder.getSecretKey()")

    # Parts from small methods.
    key_id, secret = pair("dexcode-part-methods")
    cls = "com/acme/methods/Parts"
    bodies = []
    for n, t in (("p1", key_id[:10]), ("p2", key_id[10:]), ("q1", secret[:18]), ("q2", secret[18:])):
        bodies.append(method(f"private static {n}(){STR}", Code().string("v0", t)("return-object v0"), 2))
    c = Code()
    for target, parts in (("accessKeyId", ("p1", "p2")), ("secretAccessKey", ("q1", "q2"))):
        c(f"new-instance v0, {SB}", f"invoke-direct {{v0}}, {SB}-><init>()V")
        for part in parts:
            c(f"invoke-static {{}}, L{cls};->{part}(){STR}", "move-result-object v1", f"invoke-virtual {{v0, v1}}, {SB}->append({STR}){SB}")
        c(f"invoke-virtual {{v0}}, {SB}->toString(){STR}", "move-result-object v0", f"iput-object v0, p0, L{cls};->{target}:{STR}")
    c("return-void")
    smali(D, cls, field("accessKeyId", flags="public"), field("secretAccessKey", flags="public"), *bodies, method("public load()V", c))
    row(D, "dexcode-part-methods", "com.acme.methods.Parts.accessKeyId", "com.acme.methods.Parts.secretAccessKey")

    # Two environments in one map-making method.
    c = Code()("new-instance v3, Ljava/util/HashMap;", "invoke-direct {v3}, Ljava/util/HashMap;-><init>()V")
    for env in ("prod", "staging"):
        key_id, secret = pair("dexcode-map-" + env)
        for name, text in (("accessKey", key_id), ("secretKey", secret)):
            c.string("v1", env + "." + name)
            masked(c, "v2", text, 0x33)
            c("invoke-interface {v3, v1, v2}, Ljava/util/Map;->put(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;")
        row(D, "dexcode-map-" + env, "com.acme.maps.Config.all()", "com.acme.maps.Config.all()")
    smali(D, "com/acme/maps/Config", method("static all()Ljava/util/Map;", c("return-object v3")))

    # Arrays of characters that nobody makes a string of.
    key_id, secret = pair("dexcode-char-fields")
    cls = "com/acme/chars/Raw"
    c = Code().array("v0", "C", [ord(x) for x in key_id])(f"sput-object v0, L{cls};->ACCESS_KEY:[C")
    c.array("v0", "C", [ord(x) for x in secret])(f"sput-object v0, L{cls};->SECRET_KEY:[C", "return-void")
    smali(D, cls, field("ACCESS_KEY", "[C"), field("SECRET_KEY", "[C"), method("static constructor <clinit>()V", c))
    row(D, "dexcode-char-fields", "com.acme.chars.Raw.ACCESS_KEY", "com.acme.chars.Raw.SECRET_KEY")

    # An enum, its constants made by its initialiser.
    cls = "com/acme/env/Env"
    c = Code()
    for n, env in enumerate(("PROD", "TEST")):
        key_id, secret = pair("dexcode-enum-" + env.lower() + "-x")
        c(f"new-instance v4, L{cls};").string("v5", env)(f"const/4 v6, {n}")
        masked(c, "v7", key_id)
        masked(c, "v8", secret)
        c(f"invoke-direct/range {{v4 .. v8}}, L{cls};-><init>({STR}I{STR}{STR})V", f"sput-object v4, L{cls};->{env}:L{cls};")
        row(D, "dexcode-enum-" + env.lower() + "-x", "com.acme.env.Env.<clinit>()", "com.acme.env.Env.<clinit>()")
    ctor = [f"invoke-direct {{p0, p1, p2}}, Ljava/lang/Enum;-><init>({STR}I)V", f"iput-object p3, p0, L{cls};->id:{STR}",
            f"iput-object p4, p0, L{cls};->secret:{STR}", "return-void"]
    smali(D, cls, *[field(e, f"L{cls};") for e in ("PROD", "TEST")], field("id", flags="final"), field("secret", flags="final"),
          method("static constructor <clinit>()V", c("return-void")), method(f"private constructor <init>({STR}I{STR}{STR})V", ctor, 5),
          sup="Ljava/lang/Enum;")

    # key(0), key(1): a switch.
    key_id, secret = pair("dexcode-switch-x")
    c = Code()("packed-switch p0, :sw", "const/4 v0, 0", "return-object v0", ":s0")
    masked(c, "v0", key_id)("return-object v0", ":s1")
    masked(c, "v0", secret)("return-object v0", ":sw", ".packed-switch 0x0", ":s0", ":s1", ".end packed-switch")
    smali(D, "com/acme/sw/Table", method(f"static key(I){STR}", c))
    row(D, "dexcode-switch-x", "com.acme.sw.Table.key()", "com.acme.sw.Table.key()")

    # MinIO's and Kotlin's builders, an array, a Bundle, system properties: with values that a helper undoes.
    def calls(name, cls, head, body):
        key_id, secret = pair("dexcode-" + name)
        c = Code()
        masked(c, "v1", key_id)
        masked(c, "v2", secret)
        smali(D, cls, method(f"static {head}", c(*body, "return-void")))
        at = cls.replace("/", ".") + "." + head.split("(")[0] + "()"
        row(D, "dexcode-" + name, at, at)

    calls("minio", "com/acme/minio/Store", "open(Lio/minio/MinioClient$Builder;)V",
          [f"invoke-virtual {{p0, v1, v2}}, Lio/minio/MinioClient$Builder;->credentials({STR}{STR})Lio/minio/MinioClient$Builder;"])
    kt = "Laws/sdk/kotlin/runtime/auth/credentials/StaticCredentialsProvider$Builder;"
    calls("kotlin-builder", "com/acme/ktsdk/Provider", f"make({kt})V",
          [f"invoke-virtual {{p0, v1}}, {kt}->setAccessKeyId({STR})V", f"invoke-virtual {{p0, v2}}, {kt}->setSecretAccessKey({STR})V"])
    calls("properties", "com/acme/props/Setup", "apply()V",
          ['const-string v3, "aws.accessKeyId"', f"invoke-static {{v3, v1}}, Ljava/lang/System;->setProperty({STR}{STR}){STR}",
           'const-string v3, "aws.secretKey"', f"invoke-static {{v3, v2}}, Ljava/lang/System;->setProperty({STR}{STR}){STR}"])
    calls("array", "com/acme/arr/Creds", "all()V", [f"filled-new-array {{v1, v2}}, [{STR}", "move-result-object v3",
          f"sput-object v3, Lcom/acme/arr/Creds;->ALL:[{STR}"])
    g.ROWS[-1] = "\t".join([D + ".dex", "dexcode-array", "pair", "-", "com.acme.arr.Creds.ALL", "com.acme.arr.Creds.ALL"])

    # Nothing of this is a key: a hash in pieces, a hash backwards, a loop that makes noise, and an id that is alone.
    plain = value("hash", "dexcode-hash")
    c = Code().string("v1", plain[:20]).string("v2", plain[20:])
    c(f"invoke-virtual {{v1, v2}}, {STR}->concat({STR}){STR}", "move-result-object v1", f"sput-object v1, Lcom/acme/sum/Sums;->CHECKSUM:{STR}")
    c.string("v1", value("hash", "dexcode-hash-back")[::-1])(f"new-instance v0, {SB}", f"invoke-direct {{v0, v1}}, {SB}-><init>({STR})V",
      f"invoke-virtual {{v0}}, {SB}->reverse(){SB}", "move-result-object v0", f"invoke-virtual {{v0}}, {SB}->toString(){STR}", "move-result-object v0",
      f"sput-object v0, Lcom/acme/sum/Sums;->SHA_DIGEST:{STR}")
    c.array("v1", "B", [(n * 73 + 11) % 128 for n in range(40)])
    g.loop(c, "v1", "-byte", "v3", ["xor-int/lit8 v5, v5, 0x55", "int-to-byte v5, v5", "aput-byte v5, v1, v3"])
    c(f"new-instance v0, {STR}", f"invoke-direct {{v0, v1}}, {STR}-><init>([B)V", f"sput-object v0, Lcom/acme/sum/Sums;->NOISE:{STR}", "return-void")
    smali("decoys", "com/acme/sum/Sums", *[field(n) for n in ("CHECKSUM", "SHA_DIGEST", "NOISE")], method("static constructor <clinit>()V", c))
    c = Code()
    c.string("v1", value("id", "dexcode-alone")[::-1])(f"new-instance v0, {SB}", f"invoke-direct {{v0, v1}}, {SB}-><init>({STR})V",
      f"invoke-virtual {{v0}}, {SB}->reverse(){SB}", "move-result-object v0", f"invoke-virtual {{v0}}, {SB}->toString(){STR}", "move-result-object v0",
      f"sput-object v0, Lcom/acme/pub/Publisher;->KEY_ID:{STR}", "return-void")
    smali("decoys", "com/acme/pub/Publisher", field("KEY_ID"), method("static constructor <clinit>()V", c))
    row("decoys", "dexcode-hash", "-", "-", "none")
    row("decoys", "dexcode-hash-back", "-", "-", "none")
    row("decoys", "dexcode-alone", "com.acme.pub.Publisher.KEY_ID", "-", "lone-id")
