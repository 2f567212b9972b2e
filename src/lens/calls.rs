//! What a call means for a constant that is passed to it.
//!
//! Known constructors say outright which argument is the id and which the secret. Beyond them,
//! habits of naming go a long way: `put(name, value)`, `setSecretKey(value)`, builders.

use crate::finding::Role;

/// The method of a call, as far as its meaning needs it; classes by their descriptor, as DEX and class
/// files have them.
pub(super) struct Callee<'a> {
    /// Descriptor of the class that is named in the call.
    pub(super) class: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) is_static: bool,
    /// Answers with an object of its own class.
    pub(super) is_fluent: bool,
    /// How many parameters it has, without the receiver.
    pub(super) arity: usize,
}

/// What it means for a constant to be passed to a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// A check or message that says nothing about the value.
    Nothing,
    /// An argument like others.
    Argument(Option<Role>),
    /// The value of an entry, if this parameter is a constant name.
    Entry { key: usize },
    /// The value of a property of this name.
    Property(String),
}

impl Callee<'_> {
    /// Whether this makes one value of several that stay together: `mapOf(pairs)`, `List.of`.
    pub(super) fn is_collection(&self) -> bool {
        self.is_static
            && (self.name.ends_with(b"Of") || matches!(self.name, b"of" | b"ofEntries" | b"asList"))
    }

    /// Whether all calls store into one place that belongs to the class: `System.setProperty`.
    pub(super) fn is_static_store(&self) -> bool {
        self.is_static && [&b"put"[..], b"set", b"add"].iter().any(|prefix| self.name.starts_with(prefix))
    }

    /// What it means for a constant to be the parameter `n`.
    pub(super) fn meaning(&self, n: usize) -> Meaning {
        if matches!(self.class, b"Lkotlin/jvm/internal/Intrinsics;" | b"Landroid/util/Log;") {
            return Meaning::Nothing;
        }
        if let Some(roles) = credential_roles(self.class, self.name, self.arity) {
            return Meaning::Argument(roles.get(n).copied().flatten());
        }
        if n > 0 && self.arity <= 3 && self.is_entry() {
            return Meaning::Entry { key: n - 1 };
        }
        // Alternating names and values.
        if self.is_collection() && self.simple_class().ends_with("Map") && n % 2 == 1 {
            return Meaning::Entry { key: n - 1 };
        }
        if !self.is_static && self.arity == 1 {
            let name = String::from_utf8_lossy(self.name);
            if let Some(key) = property(&name, "set").or_else(|| property(&name, "with")) {
                return Meaning::Property(crate::address::escape(key.as_bytes()));
            }
            if self.is_fluent && !is_no_property(self.name) {
                return Meaning::Property(crate::address::escape(name.as_bytes()));
            }
        }
        Meaning::Argument(None)
    }

    fn simple_class(&self) -> String {
        let class = String::from_utf8_lossy(self.class).replace('/', ".");
        simple(class.trim_end_matches(';')).to_owned()
    }

    /// Whether the name says that a name and a value are passed.
    fn is_entry(&self) -> bool {
        if matches!(self.class, b"Ljava/lang/String;" | b"Ljava/util/Arrays;" | b"Ljava/util/Objects;") {
            return false;
        }
        let starts = |prefixes: &[&[u8]]| prefixes.iter().any(|prefix| self.name.starts_with(prefix));
        let is_put = starts(&[b"put", b"set", b"add", b"append"])
            || matches!(
                self.name,
                b"header"
                    | b"queryParameter"
                    | b"param"
                    | b"parameter"
                    | b"property"
                    | b"attr"
                    | b"attribute"
                    | b"field"
                    | b"with"
                    | b"to"
                    | b"extra"
                    | b"arg"
                    | b"option"
                    | b"config"
                    | b"env"
                    | b"tag"
                    | b"replace"
                    | b"define"
            );
        if is_put {
            return true;
        }
        // Constructors and factories of pairs.
        matches!(self.name, b"<init>" | b"of" | b"create" | b"entry") && {
            let class = self.simple_class();
            let pairs = ["Pair", "Entry", "Header", "Parameter", "Param", "Property", "KeyValue"];
            pairs.iter().any(|pair| class.ends_with(pair)) || (self.name == b"entry" && class == "Map")
        }
    }
}

/// Whether a method that answers with an object of its own class does something else than set a
/// property.
fn is_no_property(name: &[u8]) -> bool {
    let verbs: [&[u8]; 16] = [
        b"add", b"append", b"concat", b"create", b"find", b"from", b"get", b"join", b"load", b"new", b"open",
        b"parse", b"print", b"resolve", b"to", b"write",
    ];
    verbs.iter().any(|verb| {
        name.strip_prefix(*verb).is_some_and(|rest| rest.first().is_none_or(|b| !b.is_ascii_lowercase()))
    })
}

/// The roles of the arguments of calls that take credentials.
fn credential_roles(class: &[u8], name: &[u8], arguments: usize) -> Option<[Option<Role>; 4]> {
    const ID: Option<Role> = Some(Role::Id);
    const SECRET: Option<Role> = Some(Role::Secret);
    const TOKEN: Option<Role> = Some(Role::Token);
    let class = class.strip_prefix(b"L")?.strip_suffix(b";")?;
    Some(match (class, name) {
        // AWS SDK for Java and Android, versions 1 and 2, and for Kotlin; Amplify.
        (b"com/amazonaws/auth/BasicAWSCredentials", b"<init>")
        | (b"software/amazon/awssdk/auth/credentials/AwsBasicCredentials", b"create" | b"<init>")
        | (b"com/amplifyframework/auth/AWSCredentials", b"<init>")
        // JetS3t, Tencent COS, Qiniu, Huawei OBS, Alibaba OSS.
        | (b"org/jets3t/service/security/AWSCredentials", b"<init>")
        | (b"com/qcloud/cos/auth/BasicCOSCredentials", b"<init>")
        | (b"com/tencent/qcloud/core/auth/ShortTimeCredentialProvider", b"<init>")
        | (b"com/tencentcloudapi/common/Credential", b"<init>")
        | (b"com/qiniu/util/Auth", b"create")
        | (b"com/obs/services/ObsClient", b"<init>")
        | (b"com/aliyun/oss/common/auth/DefaultCredentials", b"<init>")
        | (b"com/alibaba/sdk/android/oss/common/auth/OSSPlainTextAKSKCredentialProvider", b"<init>")
        // MinIO.
        | (b"io/minio/MinioClient$Builder", b"credentials")
        // Names and passwords.
        | (b"okhttp3/Credentials", b"basic")
        | (b"java/net/PasswordAuthentication", b"<init>")
        | (b"org/apache/http/auth/UsernamePasswordCredentials", b"<init>")
        | (b"com/twitter/sdk/android/core/TwitterAuthConfig", b"<init>")
        | (b"com/twilio/Twilio", b"init") => [ID, SECRET, None, None],
        (b"com/amazonaws/auth/BasicSessionCredentials", b"<init>")
        | (b"software/amazon/awssdk/auth/credentials/AwsSessionCredentials", b"create" | b"<init>")
        | (b"com/amplifyframework/auth/AWSTemporaryCredentials", b"<init>")
        | (b"com/amplifyframework/auth/AWSCredentials$Factory", b"createAWSCredentials")
        | (b"com/amplifyframework/auth/AWSCredentials$Companion", b"createAWSCredentials")
        | (b"aws/smithy/kotlin/runtime/auth/awscredentials/CredentialsKt", b"Credentials" | b"Credentials$default")
        | (b"aws/smithy/kotlin/runtime/auth/awscredentials/Credentials$Companion", b"invoke")
        | (b"aws/smithy/kotlin/runtime/auth/awscredentials/Credentials", b"<init>")
        | (b"aws/smithy/kotlin/runtime/auth/awscredentials/CredentialsImpl", b"<init>")
        | (b"aws/sdk/kotlin/runtime/auth/credentials/Credentials", b"<init>")
        | (b"com/alibaba/sdk/android/oss/common/auth/OSSStsTokenCredentialProvider", b"<init>")
        | (b"com/tencent/qcloud/core/auth/SessionQCloudCredentials", b"<init>")
        | (b"io/minio/credentials/StaticProvider", b"<init>") => [ID, SECRET, TOKEN, None],
        (b"io/minio/MinioClient" | b"com/aliyun/oss/OSSClient", b"<init>") if arguments >= 3 => {
            [None, ID, SECRET, None]
        }
        (b"com/aliyun/oss/OSSClientBuilder", b"build") if arguments >= 3 => [None, ID, SECRET, TOKEN],
        // Kotlin passes the companion itself when arguments are left to their defaults.
        (b"aws/smithy/kotlin/runtime/auth/awscredentials/Credentials$Companion", b"invoke$default") => {
            [None, ID, SECRET, TOKEN]
        }
        _ => return None,
    })
}

/// The last part of a class name: `Editor` of `android.content.SharedPreferences$Editor`.
pub(super) fn simple(class: &str) -> &str {
    class.rsplit(['.', '$']).find(|part| !part.is_empty()).unwrap_or(class)
}

/// Cuts `prefix` off where a capital follows, and makes that small: `setSecretKey` → `secretKey`.
pub(super) fn property(name: &str, prefix: &str) -> Option<String> {
    let rest = name.strip_prefix(prefix)?;
    let first = rest.chars().next().filter(|c| c.is_uppercase())?;
    let all_capitals = rest.chars().nth(1).is_some_and(char::is_uppercase);
    if all_capitals {
        return Some(rest.into());
    }
    Some(first.to_lowercase().chain(rest.chars().skip(1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call<'a>(class: &'a str, name: &'a str, arity: usize) -> Callee<'a> {
        let is_fluent = class.ends_with("Builder;");
        Callee {
            class: class.as_bytes(),
            name: name.as_bytes(),
            is_static: matches!(name, "to" | "of" | "mapOf"),
            is_fluent,
            arity,
        }
    }

    #[test]
    fn names_tell_what_a_call_means() {
        let property = |name: &str| Meaning::Property(name.into());
        let entry = Meaning::Entry { key: 0 };
        for (class, name, parameters, n, expected) in [
            (
                "Lcom/amazonaws/auth/BasicAWSCredentials;",
                "<init>",
                2,
                1,
                Meaning::Argument(Some(Role::Secret)),
            ),
            ("Ljava/util/Map;", "put", 2, 1, entry.clone()),
            ("Ljava/util/Map;", "put", 2, 0, Meaning::Argument(None)),
            ("Ljava/util/Map;", "of", 8, 5, Meaning::Entry { key: 4 }),
            ("Ljava/util/List;", "of", 4, 3, Meaning::Argument(None)),
            ("Lkotlin/TuplesKt;", "to", 2, 1, entry.clone()),
            ("Landroid/util/Pair;", "<init>", 2, 1, entry),
            ("Ljava/lang/String;", "replace", 2, 1, Meaning::Argument(None)),
            ("Lcom/x/Options;", "setSecretKey", 1, 0, property("secretKey")),
            ("Lcom/x/Options$Builder;", "secretKey", 1, 0, property("secretKey")),
            ("Lcom/x/Node$Builder;", "getChild", 1, 0, Meaning::Argument(None)),
            ("Lcom/x/Options$Builder;", "token", 1, 0, property("token")),
            ("Lcom/x/Client;", "login", 1, 0, Meaning::Argument(None)),
            ("Landroid/util/Log;", "d", 2, 1, Meaning::Nothing),
        ] {
            assert_eq!(call(class, name, parameters).meaning(n), expected, "{class}.{name}");
        }
    }
}
