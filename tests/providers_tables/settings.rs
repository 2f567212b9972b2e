//! How the values of a row stand in files.

use crate::rows::{self, Random, Row};

/// The words of an id, in the spellings that variables have.
pub fn spelt(words: &[&str], style: usize) -> String {
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    match style {
        0 => words.join("_").to_ascii_uppercase(),
        1 => words.join("_"),
        2 => {
            words.iter().enumerate().map(|(i, w)| if i == 0 { (*w).to_owned() } else { capital(w) }).collect()
        }
        3 => words.iter().map(|w| capital(w)).collect(),
        _ => words.join("-"),
    }
}

/// Words of headers that many services have.
const PLAIN: &[&str] = &[
    "x",
    "api",
    "key",
    "auth",
    "access",
    "token",
    "secret",
    "app",
    "id",
    "appid",
    "apikey",
    "client",
    "sign",
    "signature",
    "account",
    "user",
    "p",
    "private",
    "merchant",
    "security",
    "nonce",
    "timestamp",
    "passphrase",
    "http",
    "git",
    "server",
];

/// What a row calls its service.
pub struct Words {
    /// The words of the kind: `api`, `key`.
    pub kind: Vec<&'static str>,
    /// What a person calls the service: the first word of the context that is one.
    pub product: String,
    pub host: Option<&'static str>,
}

impl Words {
    pub fn of(row: &Row) -> Words {
        let kind: Vec<&str> = match row.kind() {
            "key" => vec!["api", "key"],
            kind => kind.split('-').filter(|w| *w != "legacy" && *w != "v2").collect(),
        };
        let is_name = |w: &&&str| {
            w.bytes().all(|b| b.is_ascii_alphanumeric()) && !row.kind().contains(&w.to_lowercase())
        };
        let is_family = |w: &&&str| w.eq_ignore_ascii_case(row.family());
        let is_lower = |w: &&&str| {
            let says = ["key", "token", "secret"].iter().any(|word| w.contains(word));
            is_name(w) && !says && w.bytes().all(|b| !b.is_ascii_uppercase())
        };
        let product = row.context.iter().find(is_family).or(row.context.iter().find(is_lower));
        let product = product.map_or(row.family().to_owned(), |w| w.to_lowercase());
        let host = row.context.iter().copied().find(|w| {
            w.contains('.')
                && w.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'/'))
                && !w.starts_with('.')
        });
        Words { kind, product, host }
    }
}

/// The row's value in settings of many kinds: name of the file and its text.
pub fn settings(random: &mut Random, row: &Row) -> Option<Vec<(&'static str, String)>> {
    let mut value = || rows::value(random, row);
    let values = [value()?, value()?, value()?, value()?, value()?, value()?];
    let [v1, v2, v3, v4, v5, v6] = &values;
    let Words { kind, product, host } = Words::of(row);
    let header = row.context.iter().find(|w| {
        let is_plain = |part: &str| PLAIN.contains(&part.to_ascii_lowercase().as_str());
        w.contains('-')
            && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !w.split('-').all(is_plain)
    });
    let variable = row.context.iter().find(|w| {
        w.contains('_') && w.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit())
    });
    let all: Vec<&str> = std::iter::once(product.as_str()).chain(kind.iter().copied()).collect();
    let declared = ["const ", "export const ", "let ", "static final String ", ""][random.below(5)];
    let name = spelt(&all, random.below(4));
    let mut texts = vec![
        ("a.js", format!("import x from \"y\";\n\n{declared}{name} = \"{v1}\";\n\nrun();\n")),
        (
            "b.json",
            if random.below(2) == 0 {
                format!(
                    "{{\n  \"name\": \"app\",\n  \"{product}\": {{\n    \"enabled\": true,\n    \"{}\": \"{v2}\"\n  }}\n}}\n",
                    spelt(&kind, 2)
                )
            } else {
                format!("{{\"log\":\"info\",\"{}\":\"{v2}\",\"port\":8080}}\n", spelt(&all, 2))
            },
        ),
        (
            "c.yaml",
            if random.below(2) == 0 {
                format!("server:\n  port: 80\n{product}:\n  region: eu\n  {}: {v3}\n", spelt(&kind, 1))
            } else {
                format!("env:\n  - name: {}\n    value: {v3}\n", spelt(&all, 0))
            },
        ),
        (
            "d.env",
            format!("PORT=80\n{}={v4}\n", variable.map_or_else(|| spelt(&all, 0), |name| (*name).to_owned())),
        ),
    ];
    if let Some(header) = header {
        texts.push(("e.py", format!("r = requests.get(url, headers={{\n    \"Accept\": \"*/*\",\n    \"{header}\": \"{v5}\",\n}})\n")));
    } else if let Some(host) = host {
        texts.push((
            "e.sh",
            match random.below(3) {
                0 => format!("curl -s -H \"Authorization: Bearer {v5}\" https://{host}/v1/items\n"),
                1 => format!("curl https://{host}/v1/items -H 'X-Api-Key: {v5}'\n"),
                _ => format!("wget \"https://{host}/v1/items?api_key={v5}&limit=3\"\n"),
            },
        ));
    }
    if row.context.is_empty() && row.prefix.len() > 2 {
        texts.push(("f.md", format!("# Notes\n\nUse {v6} for the tests, and ask for your own later.\n")));
    } else {
        let client = spelt(&[product.as_str(), "client"], 3);
        texts.push((
            "f.rb",
            format!("client = {client}.new(\n  {}: '{v6}',\n  timeout: 5\n)\n", spelt(&kind, 1)),
        ));
    }
    Some(texts)
}

/// The row's value in further settings: what the setting is, and its text.
pub fn further(random: &mut Random, row: &Row) -> Option<Vec<(&'static str, String)>> {
    rows::value(random, row)?;
    let mut v = || rows::value(random, row).unwrap();
    let Words { kind, product, host } = Words::of(row);
    let all: Vec<&str> = std::iter::once(product.as_str()).chain(kind.iter().copied()).collect();
    let (upper, snake, camel, pascal, dash) =
        (spelt(&all, 0), spelt(&all, 1), spelt(&all, 2), spelt(&all, 3), spelt(&all, 4));
    let dots = all.join(".");
    let (kind_snake, kind_camel, kind_upper) = (spelt(&kind, 1), spelt(&kind, 2), spelt(&kind, 0));
    let title = spelt(&[product.as_str()], 3);
    let words = kind.join(" ");
    let mut t = vec![
        ("python", format!("import x\n{snake} = '{}'\n", v())),
        ("php array", format!("return [\n    '{snake}' => '{}',\n];\n", v())),
        ("yaml quoted", format!("a: 1\n{snake}: \"{}\"\nb: 2\n", v())),
        ("powershell", format!("$env:{upper} = \"{}\"\n", v())),
        ("export", format!("export {upper}={}\n", v())),
        ("batch", format!("set {upper}={}\r\n", v())),
        ("xml element", format!("<c>\n  <{camel}>{}</{camel}>\n</c>\n", v())),
        ("xml add", format!("<appSettings>\n  <add key=\"{pascal}\" value=\"{}\" />\n</appSettings>\n", v())),
        (
            "android string",
            format!("<resources>\n  <string name=\"{snake}\">{}</string>\n</resources>\n", v()),
        ),
        ("properties", format!("a=1\n{dots}={}\n", v())),
        ("set property", format!("System.setProperty(\"{upper}\", \"{}\");\n", v())),
        ("option blank", format!("run --{dash} {} --verbose\n", v())),
        ("option equals", format!("run --{dash}={} --verbose\n", v())),
        ("query", format!("curl \"https://example.com/v1?{snake}={}&x=1\"\n", v())),
        ("go", format!("\t{camel} := \"{}\"\n", v())),
        ("go var", format!("var {camel} string = \"{}\"\n", v())),
        ("java", format!("    private static final String {upper} = \"{}\";\n", v())),
        ("prose", format!("The {title} {words}: {}\n", v())),
        ("comment above", format!("# {title}\n{kind_upper}={}\n", v())),
        ("ini", format!("[{product}]\n{kind_snake} = {}\n", v())),
        ("constructor", format!("const c = new {title}({{ {kind_camel}: \"{}\" }});\n", v())),
        ("init", format!("{product}.init(\"{}\")\n", v())),
        ("configure", format!("{title}.configure({kind_snake}=\"{}\")\n", v())),
        ("environ", format!("os.environ[\"{upper}\"] = \"{}\"\n", v())),
        ("getenv", format!("k = os.getenv(\"{upper}\", \"{}\")\n", v())),
        ("name value", format!("[{{\"name\": \"{upper}\", \"value\": \"{}\"}}]\n", v())),
        ("dockerfile", format!("FROM x\nENV {upper}={}\n", v())),
        ("dockerfile blank", format!("FROM x\nENV {upper} {}\n", v())),
        ("markdown table", format!("| what | value |\n|---|---|\n| {title} {words} | {} |\n", v())),
        ("bare key", format!("{product}_key = \"{}\"\n", v())),
        ("bare token", format!("{product}_token: {}\n", v())),
        ("product is", format!("{product} = \"{}\"\n", v())),
        ("product token is", format!("{product} token = '{}'\n", v())),
        ("json product", format!("{{\"{product}\": \"{}\"}}\n", v())),
        ("csharp", format!("public const string {pascal} = \"{}\";\n", v())),
        ("swift", format!("let {camel}: String = \"{}\"\n", v())),
        ("terraform", format!("variable \"{snake}\" {{\n  default = \"{}\"\n}}\n", v())),
        ("tfvars", format!("{snake}    = \"{}\"\n", v())),
        ("toml table", format!("[services.{product}]\n{kind_snake} = \"{}\"\n", v())),
        ("cmake", format!("-D{upper}={}\n", v())),
        ("escaped json", format!("\"{{\\\"{camel}\\\":\\\"{}\\\"}}\"\n", v())),
        ("plist", format!("<dict>\n\t<key>{pascal}</key>\n\t<string>{}</string>\n</dict>\n", v())),
        ("secret yaml", format!("stringData:\n  {dash}: {}\n", v())),
        ("github", format!("    env:\n      {upper}: {}\n", v())),
        ("compose", format!("    environment:\n      - {upper}={}\n", v())),
    ];
    if let Some(host) = host {
        t.push(("host above", format!("url = \"https://{host}/x\"\ntoken = \"{}\"\n", v())));
        t.push(("bearer", format!("GET /v1 HTTP/1.1\nHost: {host}\nAuthorization: Bearer {}\n", v())));
        t.push(("user", format!("curl -u \"{}:\" https://{host}/v1/x\n", v())));
        t.push(("url key", format!("fetch(`https://{host}/v1/x?key={}`)\n", v())));
    }
    Some(t)
}

/// What stands in the place of a row's value where there is none: what it is filled with, and a line with it.
pub fn fillers(random: &mut Random, row: &Row) -> Option<Vec<(&'static str, String)>> {
    let value = rows::value(random, row)?;
    let prefixes = row.prefix.split(',').map(str::trim);
    let prefix = prefixes.filter(|p| value.starts_with(p)).max_by_key(|p| p.len()).unwrap_or("");
    let (body, family) = (&value[prefix.len()..], row.family());
    let filled = |with: &str| {
        let mut with = with.chars().cycle();
        let fill = |c: char| if c.is_ascii_alphanumeric() { with.next().unwrap() } else { c };
        format!("{prefix}{}", body.chars().map(fill).collect::<String>())
    };
    let all = [
        ("x", filled("x")),
        ("X", filled("X")),
        ("0", filled("0")),
        ("a", filled("a")),
        ("abc", filled("abc")),
        ("digits in turn", filled("1234567890")),
        ("hexadecimal digits in turn", filled("0123456789abcdef")),
        ("the alphabet", filled("abcdefghijklmnopqrstuvwxyz0123456789")),
        ("stars", format!("{prefix}{}", "*".repeat(body.len()))),
        ("what is cut off", format!("{}...", &value[..value.len().min(prefix.len() + 4)])),
        ("a request", format!("{prefix}your_{family}_key_here")),
        ("a template", format!("${{{}}}", family.to_uppercase())),
        ("a variable", format!("process.env.{}_KEY", family.to_uppercase())),
    ];
    Some(all.map(|(name, value)| (name, format!("{family}_token = \"{value}\"\n"))).into())
}
