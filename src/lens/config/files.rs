//! What a file name and the first lines of a text say about what the text is.

use memchr::memrchr;

/// What a file name says about the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    /// A programming language.
    Code,
    /// HTML and its relatives: markup with code in it.
    Page,
    Json,
    Yaml,
    Xml,
    /// Assignments line by line.
    Lines,
    Unknown,
}

/// Reads a file name; endings such as `.example` and `.bak` are looked through.
pub(super) fn file_kind(name: &[u8]) -> FileKind {
    let base = name.rsplit(|b| matches!(b, b'/' | b'\\')).next().unwrap_or_default();
    let lower = String::from_utf8_lossy(&base[base.len().saturating_sub(256)..]).to_ascii_lowercase();
    let mut base = lower.trim_end_matches('~');
    const BACKUPS: &[&str] = &[
        "example", "sample", "dist", "bak", "old", "orig", "template", "tpl", "tmpl", "j2", "erb", "save",
        "default", "local", "backup",
    ];
    while let Some((stem, end)) = base.rsplit_once('.')
        && !stem.is_empty()
        && BACKUPS.contains(&end)
    {
        base = stem;
    }
    if base == ".env" || base.starts_with(".env.") || base.starts_with("dockerfile") {
        return FileKind::Lines;
    }
    match base {
        "makefile" | "gnumakefile" | "containerfile" | "credentials" | ".npmrc" | ".yarnrc" | ".pypirc"
        | ".netrc" | "_netrc" | ".s3cfg" | ".boto" | ".gitconfig" | ".bashrc" | ".zshrc" | ".profile"
        | ".bash_profile" | ".zprofile" | ".editorconfig" | ".my.cnf" | "pipfile" | "environment"
        | ".flaskenv" => return FileKind::Lines,
        "jenkinsfile" | "rakefile" | "gemfile" | "vagrantfile" | "podfile" | "fastfile" | "appfile"
        | "brewfile" => {
            return FileKind::Code;
        }
        ".clang-format" => return FileKind::Yaml,
        _ => {}
    }
    match base.rsplit_once('.').map_or("", |(_, end)| end) {
        "rs" | "java" | "kt" | "kts" | "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "py" | "pyw" | "rb"
        | "go" | "c" | "h" | "cc" | "cpp" | "cxx" | "hh" | "hpp" | "inl" | "cs" | "fs" | "fsx" | "vb"
        | "swift" | "m" | "mm" | "pl" | "pm" | "scala" | "sc" | "groovy" | "gradle" | "dart" | "lua"
        | "r" | "jl" | "ex" | "exs" | "erl" | "hrl" | "hs" | "clj" | "cljs" | "edn" | "el" | "lisp"
        | "sql" | "sol" | "zig" | "nim" | "pas" | "d" | "ml" | "mli" | "css" | "scss" | "less" | "coffee"
        | "smali" | "kql" | "proto" | "graphql" | "md" | "rst" | "tex" | "ipp" | "asm" | "s" | "v"
        | "bundle" | "jsbundle" | "mts" | "cts" | "ino" | "metal" | "glsl" | "hx" | "cr" | "tcl" | "vbs"
        | "bicep" => FileKind::Code,
        "html" | "htm" | "xhtml" | "vue" | "svelte" | "php" | "phtml" | "jsp" | "aspx" | "cshtml" | "ejs"
        | "hbs" | "astro" => FileKind::Page,
        "json" | "jsonl" | "ndjson" | "jsonc" | "json5" | "ipynb" | "tfstate" | "har" | "map"
        | "webmanifest" | "geojson" | "avsc" => FileKind::Json,
        "yml" | "yaml" | "sls" | "eyaml" => FileKind::Yaml,
        "xml" | "plist" | "config" | "csproj" | "props" | "targets" | "pom" | "xsd" | "xsl" | "xslt"
        | "svg" | "wsdl" | "resx" | "storyboard" | "xib" | "entitlements" | "mobileconfig" | "iml"
        | "jmx" | "xaml" => FileKind::Xml,
        "env" | "ini" | "properties" | "cfg" | "conf" | "cnf" | "toml" | "npmrc" | "reg" | "service"
        | "tfvars" | "tf" | "hcl" | "desktop" | "strings" | "xcconfig" | "sh" | "bash" | "zsh" | "fish"
        | "ksh" | "csh" | "ps1" | "psm1" | "bat" | "cmd" | "mk" | "envrc" | "inf" | "prefs" | "ovpn"
        | "boto" | "dockerfile" | "netrc" => FileKind::Lines,
        _ => FileKind::Unknown,
    }
}

/// The first lines of a text, for a look at what it is; the last one only if it is whole.
pub(super) fn head(text: &[u8]) -> &[u8] {
    const HEAD: usize = 4096;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.len() <= HEAD {
        return text;
    }
    match memrchr(b'\n', &text[..HEAD]) {
        Some(end) => &text[..end],
        None => &text[..HEAD],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names() {
        let cases = [
            ("src/main.rs", FileKind::Code),
            ("config/prod.yml.example", FileKind::Yaml),
            ("/home/u/.env.production", FileKind::Lines),
            ("C:\\x\\.ENV", FileKind::Lines),
            ("Dockerfile.dev", FileKind::Lines),
            ("app.config", FileKind::Xml),
            ("index.html", FileKind::Page),
            ("data.json", FileKind::Json),
            ("README", FileKind::Unknown),
        ];
        for (name, kind) in cases {
            assert_eq!(file_kind(name.as_bytes()), kind, "{name}");
        }
    }
}
