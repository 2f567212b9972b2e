//! Settings of container images: JSON whose places have names of their own, those of the Dockerfile
//! (`config.Env AWS_SECRET_ACCESS_KEY`, `history[3]`). Docker's, OCI's, and what `docker save` wrote for
//! each layer before 1.10.

use super::json::Json;
use super::{Place, Syntax};
use memchr::memmem;
use std::ops::Range;

/// Settings of images.
pub struct ImageConfig;

/// Where the words stand that all writers begin with.
const HEAD: usize = 4 << 10;

impl Syntax for ImageConfig {
    fn name(&self) -> &'static str {
        "image-config"
    }

    fn reads(&self, text: &[u8], _: &[u8]) -> bool {
        let head = &text[..text.len().min(HEAD)];
        let has = |text: &[u8], word: &str| memmem::find(text, word.as_bytes()).is_some();
        head.trim_ascii_start().first() == Some(&b'{')
            && (has(head, "\"container_config\"")
                || has(head, "\"architecture\"") && has(text, "\"rootfs\"") && has(text, "\"diff_ids\""))
    }

    fn locate(&self, text: &[u8], spans: &[Range<usize>]) -> Vec<Option<Place>> {
        let mut places = Json.locate(text, spans);
        for (place, span) in places.iter_mut().zip(spans) {
            let Some(place) = place else { continue };
            let parts = parts(&place.path);
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let value = text.get(place.value.clone()).unwrap_or_default();
            if let ([.., "Env", _], Some(end)) = (parts.as_slice(), memchr::memchr(b'=', value)) {
                place.key = Some(String::from_utf8_lossy(&value[..end]).into_owned());
            }
            place.path = match (parts.as_slice(), &place.key) {
                ([above @ .., "Env", _], Some(name)) => {
                    format!("{} {name}", dotted(&[above, &["Env"]].concat()))
                }
                ([above @ .., "Labels", name], _) => {
                    format!("{} {name}", dotted(&[above, &["Labels"]].concat()))
                }
                ([step @ .., "created_by"], _) => {
                    // A command is no name of what stands in it, but it may set variables.
                    place.key = variable(text, place.value.start, span.start);
                    dotted(step)
                }
                (all, _) => dotted(all),
            };
            for object in &mut place.objects {
                if let Some((_, path)) = object.label.split_once(" /") {
                    let parts = self::parts(&format!("/{path}"));
                    object.label = dotted(&parts.iter().map(String::as_str).collect::<Vec<_>>());
                }
            }
        }
        places
    }
}

/// The name of the variable that a command sets to what stands at `at`.
fn variable(text: &[u8], from: usize, at: usize) -> Option<String> {
    let before = text.get(from..at)?;
    let before = before.strip_suffix(b"\\\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before);
    let before = before.strip_suffix(b"=")?;
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
    let len = before.iter().rev().take_while(is_name).count();
    (len > 0).then(|| String::from_utf8_lossy(&before[before.len() - len..]).into_owned())
}

/// The names of a JSON pointer.
fn parts(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

/// `history[3].comment`
fn dotted(parts: &[&str]) -> String {
    let mut path = String::new();
    for part in parts {
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            path.push_str(&format!("[{part}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(part);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::*;

    #[test]
    fn places_are_those_of_the_dockerfile() {
        check(
            &ImageConfig,
            &[
                (
                    r#"{"architecture":"amd64","config":{"Env":["PATH=/bin","KEY=VALUE1"],"Cmd":["VALUE2"],
                    "Labels":{"org.example/key":"VALUE3"}},"history":[{"created":"t"},
                    {"created_by":"RUN |1 A=VALUE4 B=\"VALUE5","comment":"VALUE6"}],"rootfs":{"diff_ids":[]}}"#,
                    "config.Env KEY|KEY|config.Env,config,the top-level object; config.Cmd[0]|Cmd|config.Cmd,config,the top-level object; \
                     config.Labels org.example/key|org.example/key|config.Labels,config,the top-level object; \
                     history[1]|A|history[1],history,the top-level object; history[1]|B|history[1],history,the top-level object; history[1].comment|comment|history[1],history,the top-level object",
                ),
                (
                    r#"{"id":"1","container_config":{"Env":["A=VALUE1"]}}"#,
                    "container_config.Env A|A|container_config.Env,container_config,the top-level object",
                ),
            ],
        );
        for (text, reads) in [
            (r#"{"architecture":"x","rootfs":{"diff_ids":[]}}"#, true),
            (r#"{"architecture":"x","history":[]}"#, false),
            (r#"["container_config"]"#, false),
        ] {
            assert_eq!(ImageConfig.reads(text.as_bytes(), b""), reads, "{text}");
        }
    }
}
