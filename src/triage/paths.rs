//! Is a file there to show or to test something?

use crate::address::Address;

/// Names of folders and words of file names that say so.
const WORDS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "spec",
    "specs",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "doc",
    "docs",
    "documentation",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "tutorial",
    "tutorials",
    "readme",
    "changelog",
    "changes",
    "history",
    "template",
    "templates",
    "e2e",
    "benchmark",
    "benchmarks",
];
/// Endings of documents.
const DOCUMENTS: &[&str] =
    &[".md", ".rst", ".adoc", ".txt", ".html", ".htm", ".ipynb", ".md.in", ".d.ts", ".map"];

/// Whether a file is a test, an example or documentation, as far as its path tells.
pub fn is_for_show(address: &Address) -> bool {
    let path = address.to_string().to_ascii_lowercase();
    let path = path.split('!').collect::<Vec<_>>();
    // What a package holds counts, not where somebody keeps it: only the last parts of outer paths.
    path.iter().any(|path| {
        DOCUMENTS.iter().any(|end| path.ends_with(end))
            || path.rsplit(['/', '\\']).take(8).any(|part| {
                part.split(['_', '-', '.']).any(|word| WORDS.contains(&word) || word == "__tests__")
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_documents_are_told_by_their_paths() {
        for yes in [
            "a/tests/x.py",
            "src/test_login.py",
            "app/login.spec.ts",
            "docs/a.c",
            "README.md",
            "x.jar!/example/A.java",
            "a/foo_test.go",
        ] {
            assert!(is_for_show(&Address::named(yes)), "{yes}");
        }
        for no in
            ["src/main.py", "contest/a.py", "config/latest.yml", "attestation.c", "x.jar!/com/shop/A.class"]
        {
            assert!(!is_for_show(&Address::named(no)), "{no}");
        }
    }
}
