//! Names: does an identifier or key say that its value is secret?
//!
//! `dbPassword` does, `password_hash` and `monkey` do not. The words are data
//! (`patterns/data/names.tsv`, meaning of its columns in the README beside it); this module splits
//! identifiers into words and looks runs of them up by hash, so the size of the table costs nothing
//! per call. A substring search for `key` or `pass` was refused: it meets `keyboard`, `compass` and
//! `author`, the noise that makes people switch such rules off.
//!
//! What a name says never silences a value whose own form is distinctive (a prefix with its length,
//! a checksum): that weighing is the caller's.

mod run;
mod table;

use super::memo::Memo;
use run::{KINDS, Kind, Run, Span};
use std::cell::RefCell;
pub(super) use table::prepare;
use table::{Last, Says, Table, table};

/// What a name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The value is secret.
    Secret(Strength),
    /// The value is about a secret or only looks so: `password_hint`, `token_url`, `primary_key`.
    Negated,
    /// Nothing.
    Unknown,
}

/// How clearly a name says `secret`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Only together with a value that looks random: `key`, `token`, `auth`.
    Weak,
    /// `password`, `client_secret`, `secretAccessKey`.
    Strong,
}

/// Only this many bytes of a key count, from its end: a hostile key costs no more than a long one.
const LONGEST_KEY: usize = 128;
/// Lengths of a word that is looked into for words written together (`stripesecretkey`).
const GLUED: std::ops::RangeInclusive<usize> = 6..=40;
/// A known ending of such a word behind an unknown beginning has at least this many letters, so
/// that `monkey` and `transport` have none.
const GLUED_TAIL: usize = 5;

/// What the name `key` says about its value. `key` may be a path (`spring.datasource.password`):
/// its last part counts most.
pub fn judge(key: &str) -> Verdict {
    thread_local! {
        static JUDGED: RefCell<Memo<Verdict>> = const { RefCell::new(Memo::EMPTY) };
    }
    Memo::of(&JUDGED, key, || judge_anew(key))
}

fn judge_anew(key: &str) -> Verdict {
    let key = key.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
    if is_file(key) {
        return Verdict::Negated;
    }
    if is_jumbled(key) {
        return Verdict::Unknown;
    }
    let table = table();
    let tail = tail(key);
    let last = tail.rsplit(['.', '/', ':', ' ']).next().unwrap_or(tail);
    if let Some(&strength) = table.exact.get(tail).or_else(|| table.exact.get(last)) {
        return Verdict::Secret(strength);
    }
    let mut run = Run::split(tail);
    run.unglue(table);
    let verdict = run.judge(table);
    // What a service is spoken to with is not about a secret, unless its name has one: `TokenProvider` has,
    // `DeepgramClient` takes one.
    if verdict == Verdict::Negated
        && let Some(end) = run.words.last().copied()
        && end.from > 0
        && SPEAKERS.contains(&&run.text[end.from..end.to])
    {
        run.words.pop();
        if run.judge(table) == Verdict::Unknown {
            return Verdict::Unknown;
        }
    }
    verdict
}

/// Whether a name is none but a random value: kinds of characters change where no word of a name ends. Lists of such
/// values are long, and to find no word in each of them takes time.
fn is_jumbled(key: &str) -> bool {
    let kind = |b: &u8| KINDS[usize::from(b & 127)];
    let bytes = key.as_bytes();
    let ends = |pair: &[u8]| {
        let (a, b) = (kind(&pair[0]), kind(&pair[1]));
        a != b && (a, b) != (Kind::Upper, Kind::Lower)
    };
    bytes.len() >= 24
        && key.is_ascii()
        && bytes.iter().filter(|b| b.is_ascii_digit()).nth(1).is_some()
        && bytes.windows(2).filter(|pair| ends(pair)).count() * 3 > bytes.len()
}

/// Last words of names of what a service is spoken to with.
const SPEAKERS: [&str; 4] = ["client", "service", "provider", "manager"];

/// Endings of files that are named in lists of checksums.
const FILES: &[&str] = &[
    "asm", "bin", "c", "cc", "cpp", "cs", "css", "csv", "dart", "dll", "dylib", "exe", "go", "gz", "h",
    "hpp", "html", "jar", "java", "jpg", "js", "jsx", "kt", "lock", "lua", "map", "md", "mjs", "php", "pl",
    "png", "py", "rb", "rs", "rst", "s", "scala", "sh", "snap", "so", "stderr", "stdout", "svg", "swift",
    "tgz", "ts", "tsx", "txt", "wasm", "whl", "woff2", "zip",
];

/// Whether a name is the path of a file, as in lists of checksums: `"src/token.rs": "3fdf…"`.
fn is_file(key: &str) -> bool {
    key.rsplit_once('/').is_some_and(|(_, name)| ends_as_file(name))
}

/// Whether a name ends as those of files do that stand in lists of checksums.
pub fn ends_as_file(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| FILES.contains(&end))
}

/// The words of an identifier, in lower case: split at changes of case, at digits and at all that is
/// neither letter nor digit (`XMLHttpKey2` is `xml`, `http`, `key`, `2`).
pub fn words(key: &str) -> Vec<String> {
    let run = Run::split(tail(key));
    run.words.iter().map(|w| run.text[w.from..w.to].to_owned()).collect()
}

/// Whether one of the last `n` words of an identifier is one of `wanted`.
pub fn ends_in_any(key: &str, n: usize, wanted: &[&str]) -> bool {
    let run = Run::split(tail(key));
    run.words.iter().rev().take(n).any(|w| wanted.contains(&&run.text[w.from..w.to]))
}

/// Whether the first word of an identifier is one of `wanted`.
pub fn begins_with_any(key: &str, wanted: &[&str]) -> bool {
    let first = key.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
    let run = Run::split(first.unwrap_or_default());
    run.words.first().is_some_and(|w| wanted.contains(&&run.text[w.from..w.to]))
}

/// Whether `key` is made of words of names only: `userpassword` is, `bobspassword` is not.
pub fn is_all_known(key: &str) -> bool {
    let table = table();
    let mut run = Run::split(tail(key));
    run.unglue(table);
    run.words.iter().all(|w| {
        let word = &run.text[w.from..w.to];
        table.is_piece(word) || table.rows.contains_key(word) || table.singular(word).is_some()
    })
}

/// The last [`LONGEST_KEY`] bytes of `key`.
fn tail(key: &str) -> &str {
    let mut from = key.len().saturating_sub(LONGEST_KEY);
    while !key.is_char_boundary(from) {
        from += 1;
    }
    &key[from..]
}

impl Run {
    /// Cuts words that are several known words written together: `dbpasswordfile`.
    fn unglue(&mut self, table: &Table) {
        let glued = |w: &Span, text: &str| {
            let word = &text[w.from..w.to];
            GLUED.contains(&word.len())
                && word.bytes().all(|b| b.is_ascii_lowercase())
                && !table.is_piece(word)
                && !table.rows.contains_key(word)
        };
        if !self.words.iter().any(|w| glued(w, &self.text)) {
            return;
        }
        let mut words = Vec::with_capacity(self.words.len() + 4);
        for &word in &self.words {
            if glued(&word, &self.text) {
                cut(&self.text, word, table, &mut words);
            } else {
                words.push(word);
            }
        }
        self.words = words;
    }

    fn judge(&self, table: &Table) -> Verdict {
        let found = self.matches(table);
        // The longest match wins: those inside another are out.
        let longest: Vec<_> = found
            .iter()
            .filter(|(span, _)| {
                !found.iter().any(|(other, _)| span.within(*other) && span.len() < other.len())
            })
            .collect();
        let Some((_, decides)) = longest.iter().max_by_key(|(span, says)| (span.to, *says == Says::No))
        else {
            return Verdict::Unknown;
        };
        if *decides == Says::No {
            return Verdict::Negated;
        }
        if self.first_negates(table, &found) {
            return Verdict::Negated;
        }
        let after =
            longest.iter().filter(|(_, s)| *s == Says::No).map(|(span, _)| span.to).max().unwrap_or(0);
        let strength = longest
            .iter()
            .filter(|(span, _)| span.to > after)
            .filter_map(|(span, says)| match says {
                Says::Secret(_) if span.to <= self.part && !self.part_is_value() => Some(Strength::Weak),
                Says::Secret(strength) => Some(*strength),
                Says::No => None,
            })
            .max();
        match strength {
            Some(_) if self.last_lowers(table) => Verdict::Secret(Strength::Weak),
            Some(strength) => Verdict::Secret(strength),
            None => Verdict::Unknown,
        }
    }

    /// Every run of words the table knows, with what it says.
    fn matches(&self, table: &Table) -> Vec<(Span, Says)> {
        let mut found = Vec::new();
        let end = self.end();
        for (i, first) in self.words.iter().enumerate() {
            for (n, last) in self.words[i..].iter().enumerate().take(table.longest_row_words) {
                let span = Span { from: first.from, to: last.to };
                if span.len() > table.longest_row {
                    break;
                }
                let text = &self.text[span.from..span.to];
                let Some(row) = table.rows.get(text).or_else(|| table.singular(text)) else { continue };
                let says = if n == 0 { row.word.or(row.run) } else { row.run.filter(|_| !row.short) };
                let negates = span.to == end && row.last == Some(Last::Negates) && i > 0;
                if negates || (span.to == end && row.last == Some(Last::Negates) && says.is_none()) {
                    found.push((span, Says::No));
                } else if let Some(says) = says {
                    found.push((span, says));
                }
            }
        }
        if !self.text.is_ascii() {
            for hit in table.substrings().find_iter(&self.text) {
                let says = table.substring_says[hit.pattern().as_usize()];
                found.push((Span { from: hit.start(), to: hit.end() }, says));
            }
        }
        found
    }

    /// Where the words end, without numbers at the end: `password_hash2`.
    fn end(&self) -> usize {
        let word =
            self.words.iter().rev().find(|w| !self.text[w.from..w.to].bytes().all(|b| b.is_ascii_digit()));
        word.map_or(0, |w| w.to)
    }

    /// Whether the path ends in a word that says nothing: `password.value`.
    fn part_is_value(&self) -> bool {
        matches!(&self.text[self.part..], "value" | "val")
            || self.text[self.part..].bytes().all(|b| b.is_ascii_digit())
    }

    /// Whether the first word of the last part makes it a question, an action or a label:
    /// `has_token`, `resetPassword`.
    fn first_negates(&self, table: &Table, found: &[(Span, Says)]) -> bool {
        let Some(i) = self.words.iter().position(|w| w.from == self.part) else { return false };
        let first = self.words[i];
        self.words[i..].iter().take(2).any(|last| {
            let span = Span { from: first.from, to: last.to };
            table.rows.get(&self.text[span.from..span.to]).is_some_and(|row| row.first)
                && !found.iter().any(|(other, _)| other.from == span.from && other.len() > span.len())
        })
    }

    /// Whether the last word says test or example.
    fn last_lowers(&self, table: &Table) -> bool {
        let end = self.end();
        let last = self.words.iter().find(|w| w.to == end);
        last.and_then(|w| table.rows.get(&self.text[w.from..w.to]))
            .is_some_and(|row| row.last == Some(Last::Lowers))
    }
}

/// Cuts `word` into the fewest known pieces, from its end; what is left before them stays one word.
fn cut(text: &str, word: Span, table: &Table, words: &mut Vec<Span>) {
    const NONE: u8 = u8::MAX;
    let bytes = &text[word.from..word.to];
    let n = bytes.len();
    // For each place: the fewest pieces from there to the end, and the length of the first.
    let mut best = [(NONE, 0u8); 64];
    best[n].0 = 0;
    for to in (1..=n).rev().filter(|&to| to <= n) {
        if best[to].0 == NONE {
            continue;
        }
        for from in to.saturating_sub(table.longest_piece)..=to.saturating_sub(2) {
            if best[to].0 + 1 < best[from].0 && (n > to - from) && table.is_piece(&bytes[from..to]) {
                best[from] = (best[to].0 + 1, (to - from) as u8);
            }
        }
    }
    let start = if best[0].0 != NONE { Some(0) } else { (2..=n - GLUED_TAIL).find(|&at| best[at].0 != NONE) };
    let Some(mut at) = start else {
        words.push(word);
        return;
    };
    if at > 0 {
        words.push(Span { from: word.from, to: word.from + at });
    }
    while at < n {
        let to = at + usize::from(best[at].1);
        words.push(Span { from: word.from + at, to: word.from + to });
        at = to;
    }
}

#[cfg(test)]
mod tests {
    use super::run::kind_of;
    use super::table::{DATA, columns};
    use super::*;

    const STRONG: &str = "\
        password|PASSWORD|Password|passwd|pwd|db_password|dbPassword|DBPassword|DB-PASSWORD|dbpassword|\
        db.password|spring.datasource.password|POSTGRES_PASSWORD|mysqlRootPassword|password2|\
        userPassword1|passwords|api_key|apiKey|APIKey|ApiKey|apikey|API_KEYS|X-Api-Key|x-api-key|\
        stripeApiKey|STRIPE_SECRET_KEY|stripesecretkey|secretkey|secret|clientSecret|client_secret|\
        ClientSecret|oauth-client-secret|awsSecretAccessKey|aws_secret_access_key|AWSSecretKey|\
        accessToken|access_token|github_token|refreshToken|private_key|privateKey|signing-key|jwtSecret|\
        JWT_SECRET_KEY|session_secret|SECRET_KEY_BASE|encryptionKey|aesKey|masterKey|passphrase|\
        ssh_passphrase|connectionPassword|szPassword|m_strPassword|kAPIKey|_authToken|\
        //registry.npmjs.org/:_authToken|ansible_become_pass|redis.requirepass|requirepass|dbpw|rootpw|\
        mot_de_passe|motDePasse|contraseña|contrasena|senha_banco|passwort|datenbankPasswort|hasło|\
        haslo|パスワード|数据库密码|비밀번호|пароль|ПАРОЛЬ|секретный_ключ|wachtwoord|şifre|κωδικός|\
        config.database.password|password.value|acmeapikey|passport_secret|author_password|\
        primaryKeyPassword|nonce_secret_key|TF_TOKEN_app_terraform_io|'password'|keystorePassword|\
        enable secret|webhookSecret";

    #[test]
    fn plain_words_are_split_as_all_others_are() {
        for key in ["", "a", "api_key", "_db__pass-word ", "a b c", "-"] {
            let plain = Run::of_plain_words(key).unwrap();
            let any = key.chars().map(|c| (c, kind_of(c), c));
            let other = Run::of(key.len(), any, |text, c, _| text.push(c));
            let spans = |run: &Run| run.words.iter().map(|w| (w.from, w.to)).collect::<Vec<_>>();
            assert_eq!(
                (&plain.text, spans(&plain), plain.part),
                (&other.text, spans(&other), other.part),
                "{key:?}"
            );
        }
    }

    const WEAK: &str = "\
        key|token|auth|Authorization2|authKey|access_key|accesskey|appKey|map_token|mytoken|\
        secrets.database|database_url|DATABASE_URL|webhookUrl|connection_string|salt|nonce|password_salt|session|cookie|\
        api_key_test|passwordExample|jwt|licenseKey|storageKey|keys|pin|pass|mqtt_pass|chave|\
        transportkey|sas_url|keys_view_x";

    const NEGATED: &str = "\
        hash|sha1|sha256|md5|checksum|digest|etag|fingerprint|integrity|public key|publicKey|PUBLIC_KEY|\
        pubkey|publicKeyToken|key id|keyId|kid|api_key_id|apiKeyId|aws_access_key_id|AWSAccessKeyId|\
        accesskeyid|secretName|secret_name|secretKeyRef|monkey|key_algorithm|token_type|tokenType|\
        token_url|tokenUri|password_field|passwordField|password_hash|passwordHash|password_hash2|\
        passwordhash|PasswordLabel|password_hint|author|authority|primary key|primaryKey|foreign_key|\
        cacheKey|cache key|keyPath|key_file|keyfile|dbpasswordfile|PASSWORD_FILE|token_count|tokenCount|\
        token_limit|maxTokens|max_tokens|csrf|csrfToken|csrf_token|csrfmiddlewaretoken|hasToken|\
        is_password|resetPassword|forms.resetPassword|showPassword|encrypted_password|next_page_token|\
        nextToken|keyword|keyCode|compass|passport|tokenizer|secretary|partition_key|auth_url|authType|\
        client_id|name|パスワード確認|忘记密码|забыли пароль|mot_cle|clavePrimaria|uuid|commit_sha|image digest|\
        idempotencyKey|key_bindings|password_reset|recaptcha_site_key|secrets.name|db.password.file|\
        tokenColors|hockeyTeam";

    const UNKNOWN: &str = "\
        |_|123|keystone|whiskey|donkeys_|parrot|transport|postcode|keyless|address|access|compression|\
        p_in|username|oauth|region|android|design|assign|connection|broken|taken|tokyo|widget|пример|例え|\
        monke|passat|greeting|value|bucket";

    fn check(keys: &str, verdict: Verdict) {
        let wrong: Vec<_> =
            keys.split('|').filter(|k| judge(k) != verdict).map(|k| (k, judge(k), words(k))).collect();
        assert!(wrong.is_empty(), "not {verdict:?}: {wrong:#?}");
    }

    #[test]
    fn strong_names() {
        check(STRONG, Verdict::Secret(Strength::Strong));
    }

    #[test]
    fn weak_names() {
        check(WEAK, Verdict::Secret(Strength::Weak));
    }

    #[test]
    fn names_that_negate() {
        check(NEGATED, Verdict::Negated);
    }

    #[test]
    fn names_that_say_nothing() {
        check(UNKNOWN, Verdict::Unknown);
    }

    #[test]
    fn words_are_split_at_case_digits_and_joiners() {
        for (key, expected) in [
            ("XMLHttpKey", "xml http key"),
            ("dbPassword2", "db password 2"),
            ("aws_secret-access.key", "aws secret access key"),
            ("HTTPServer", "http server"),
            ("sha256", "sha 256"),
            ("a:b/c d", "a b c d"),
            ("clé_privée", "clé privée"),
            ("APIキー", "api キー"),
            ("SECRET", "secret"),
            ("iOSKey", "i os key"),
            ("--", ""),
        ] {
            assert_eq!(words(key).join(" "), expected, "{key}");
        }
    }

    #[test]
    fn every_row_is_read() {
        let unread: Vec<_> = DATA.lines().skip(1).filter(|line| columns(line).is_none()).collect();
        assert!(unread.is_empty(), "{unread:#?}");
        assert!(DATA.lines().count() > 1_500);
    }

    #[test]
    fn a_huge_key_costs_no_more_than_its_end() {
        let key = format!("{}_password", "key_".repeat(1 << 18));
        assert_eq!(judge(&key), Verdict::Secret(Strength::Strong));
        assert!(words(&key).len() <= LONGEST_KEY);
        // A border inside a character.
        assert_eq!(judge(&format!("{}password", "鍵".repeat(1000))), Verdict::Secret(Strength::Strong));
        judge(&"k".repeat(1000));
        judge(&"dbdbdbdb".repeat(4));
    }

    #[test]
    #[ignore = "timing; run with --release --nocapture"]
    fn time_per_name() {
        let keys: Vec<_> = [STRONG, WEAK, NEGATED, UNKNOWN].into_iter().flat_map(|k| k.split('|')).collect();
        judge("");
        let start = std::time::Instant::now();
        let rounds = 2000;
        let secrets = (0..rounds)
            .flat_map(|_| keys.iter())
            .filter(|k| matches!(judge(std::hint::black_box(k)), Verdict::Secret(_)))
            .count();
        println!("{:?} a name, {secrets} secret", start.elapsed() / (rounds * keys.len() as u32));
        let hostile = "key_a_B".repeat(20);
        let start = std::time::Instant::now();
        for _ in 0..1000 {
            std::hint::black_box(judge(std::hint::black_box(&hostile)));
        }
        println!("{:?} a hostile name", start.elapsed() / 1000);
    }
}
