//! The page over the fabricated reports: what it must not hold, and what it must.

use super::{CSS, Html, SCRIPT};
use crate::report::fixture::{NASTY, verified};
use crate::report::{Options, Report, Reporter};

fn written(report: &Report, options: &Options) -> String {
    let mut out = Vec::new();
    Html.write(report, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The page without its own style sheets and script.
fn content(page: &str) -> String {
    page.replace(SCRIPT, "").replace(CSS, "").replace(crate::report::graph::CSS, "")
}

#[test]
fn snapshot() {
    let page = content(&written(&verified(), &Options::default()));
    let page = page.replace(&format!("keysift {},", env!("CARGO_PKG_VERSION")), "keysift [version],");
    // The hashes change with every change of style.
    let policy = page.find("sha256-").unwrap()..page.find("; base-uri").unwrap();
    let page = format!("{}[hashes]{}", &page[..policy.start], &page[policy.end..]);
    insta::assert_snapshot!("html_verified", page);
}

/// Tags with their attributes, by a reader that knows HTML's quoting and nothing else: what it takes for a
/// tag, a browser may too.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| c == '>' || c.is_whitespace()).unwrap();
        let name = rest[..end].trim_end_matches('/').to_owned();
        rest = &rest[end..];
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start();
            if let Some(after) =
                rest.strip_prefix("/>").or_else(|| rest.strip_prefix("?>")).or_else(|| rest.strip_prefix('>'))
            {
                rest = after;
                break;
            }
            let end = rest.find(['=', '>', ' ']).unwrap();
            let key = rest[..end].to_owned();
            let value = match rest[end..].strip_prefix("=\"") {
                Some(value) => {
                    let close = value.find('"').unwrap();
                    rest = &value[close + 1..];
                    value[..close].to_owned()
                }
                None => {
                    rest = &rest[end..];
                    String::new()
                }
            };
            attributes.push((key, value));
        }
        tags.push((name, attributes));
    }
    tags
}

#[test]
fn only_our_own_markup_is_in_the_page() {
    const NAMES: &str = "!DOCTYPE a b body br button code dd details div dl dt fieldset figcaption figure footer form g \
        h1 h2 h3 h4 h5 head header html input label legend li main meta nav ol p path pre rect script section span strong \
        style summary svg table tbody td text th thead title tr ul";
    const ATTRIBUTES: &str = "aria-label aria-labelledby autocomplete charset checked class content d data-severity data-th \
        data-verdict height hidden href html http-equiv id lang name open placeholder rel role rx scope target text-anchor \
        type value viewBox width x xmlns y";
    let names: Vec<&str> = NAMES.split_whitespace().collect();
    let known: Vec<&str> = ATTRIBUTES.split_whitespace().collect();
    for options in [Options::default(), Options { reveal: true, ..Options::default() }] {
        let page = content(&written(&verified(), &options));
        assert!(!page.contains(['\x1b', '\u{202e}', '\r', '\u{0}']));
        assert!(!page.contains("<script>alert") && !page.contains("&#x202e") && !page.contains(NASTY));
        // It is there, twice escaped.
        assert!(page.contains(
            "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;`;|]}&amp;#x202e;\\u{202e}\\N\\u{000a}--&gt; end"
        ));
        let mut ids = Vec::new();
        let mut open: Vec<String> = Vec::new();
        for (name, attributes) in tags(&page) {
            match name.strip_prefix('/') {
                Some(end) => assert_eq!(open.pop().as_deref(), Some(end)),
                None if ["!DOCTYPE", "meta", "input", "br", "rect", "path"].contains(&name.as_str()) => {}
                None => open.push(name.clone()),
            }
            let name = name.trim_start_matches('/');
            assert!(names.contains(&name), "<{name}>");
            for (key, value) in attributes {
                assert!(known.contains(&key.as_str()), "{key}={value}");
                assert!(!value.contains('<'), "{key}={value}");
                match key.as_str() {
                    "href" => {
                        assert!(value.starts_with('#') || value.starts_with("https://docs."), "{value}")
                    }
                    "id" => ids.push(value),
                    "xmlns" => assert_eq!(value, "http://www.w3.org/2000/svg"),
                    _ => assert!(!value.contains("://") || key == "aria-label", "{key}={value}"),
                }
            }
        }
        assert!(open.is_empty(), "{open:?}");
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "ids are unique");
        // Links lead somewhere.
        for (_, attributes) in tags(&page) {
            for (_, value) in attributes.iter().filter(|(key, value)| key == "href" && value.starts_with('#'))
            {
                assert!(ids.iter().any(|id| *id == value[1..]), "{value}");
            }
        }
    }
}

#[test]
fn nothing_comes_from_outside() {
    let page = written(&verified(), &Options::default());
    assert!(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-"));
    for text in [CSS, crate::report::graph::CSS, SCRIPT] {
        for word in
            ["http:", "https:", "url(", "@import", "fetch(", "XMLHttpRequest", "eval(", "innerHTML", "</"]
        {
            assert!(!text.contains(word), "{word}");
        }
    }
    assert!(
        !page.contains(" src=")
            && !page.contains("<link")
            && !page.contains(" style=")
            && !page.contains(" onclick")
    );
    for (_, attributes) in tags(&content(&page)) {
        let get =
            |name: &str| attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if get("href").is_some_and(|h| !h.starts_with('#')) {
            assert_eq!(get("rel"), Some("noreferrer noopener"));
        }
    }
}

#[test]
fn the_worst_comes_first_and_says_what_to_do() {
    let page = content(&written(&verified(), &Options::default()));
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is not there"));
    let order = [
        "<h1>1 live escalation key, 1 live credential",
        "Verified, worst first",
        "Do first: Deactivate the key",
        "<svg ",
        "What it can destroy",
        "Roles it can enter",
        "Ways up",
        "What to do, in order",
        "What could not be read",
        "id=\"findings\"",
        "id=\"inventory\"",
        "id=\"searched\"",
    ];
    assert!(order.iter().map(|text| at(text)).is_sorted());
    assert!(page.contains("  &quot;Version&quot;: &quot;2012-10-17&quot;"), "policies are on lines");
}

#[test]
fn a_page_says_what_it_leaves_out() {
    let mut report = verified();
    let one = report.findings[0].clone();
    report.findings = vec![one; 5_001];
    let page = written(&report, &Options::default());
    assert!(page.contains("the worst 5,000 of 5,001 findings"));
    assert!(Html.omits(&report).is_some());
}
