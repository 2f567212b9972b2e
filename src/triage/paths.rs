//! Is a file there to show or to test something?

use crate::address::Address;

/// Words of the names of files and folders that say so, wherever they stand in them.
const TESTS: &[&str] = &[
    "test",
    "tests",
    "spec",
    "specs",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "e2e",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "selftest",
    "selftests",
    "unittest",
    "unittests",
    "cunit",
    "fuzz",
];
/// Folders of translations: what stands under `password` there is the word in another language.
const TRANSLATIONS: &[&str] = &[
    "translations",
    "locale",
    "locales",
    "localization",
    "localisation",
    "i18n",
    "l10n",
    "lc_messages",
    "_locales",
    "langs",
];
/// Words of folders, and parts of file names between dots (`README.md`), that say so too: `help_desk.py` is no document.
const SHOWN: &[&str] = &[
    "testing",
    "testdata",
    "testsuite",
    "testsuites",
    "testcase",
    "testcases",
    "doc",
    "docs",
    "documentation",
    "tutorial",
    "tutorials",
    "help",
    "helptext",
    "readme",
    "changelog",
    "changes",
    "history",
    "template",
    "templates",
    "benchmark",
    "benchmarks",
];
/// Endings of documents.
const DOCUMENTS: &[&str] =
    &[".md", ".rst", ".adoc", ".pod", ".md.in", ".d.ts", ".po", ".pot", "/metadata", "/pkg-info"];

/// Whether a file is a test, an example or documentation, as far as its path tells behind the first
/// `root` bytes: where the user keeps a tree says nothing about it.
pub fn is_for_show(address: &Address, root: usize) -> bool {
    let path = address.to_string();
    let path = path.get(root..).unwrap_or(&path);
    path.split('!').any(|path| {
        let has_camel_test = is_camel_test(path.rsplit(['/', '\\']).next().unwrap_or(path));
        let path = &*path.to_ascii_lowercase();
        let (folders, name) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
        let is_word = |part: &str| part.split(['_', '-', '.']).any(|word| TESTS.contains(&word) || SHOWN.contains(&word));
        DOCUMENTS.iter().any(|end| path.ends_with(end))
            || folders.split(['/', '\\']).any(|folder| {
                // Perl keeps its tests in `t`.
                is_word(folder) || TRANSLATIONS.contains(&folder) || is_manual(folder) || folder == "t"
            })
            || has_camel_test
            // `key.test1.example.pem`
            || name.split(['_', '-', '.']).any(|word| TESTS.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit())))
            || name.split('.').any(|part| SHOWN.contains(&part))
    })
}

/// Of the path of a file, its name and that of its folder, and what is inside the file: where somebody keeps a tree says
/// nothing about it.
pub fn near(address: &str) -> &str {
    let file = &address[..address.find('!').unwrap_or(address.len())];
    let folders = file.rmatch_indices(['/', '\\']).nth(1);
    &address[folders.map_or(0, |(at, _)| at + 1)..]
}

/// Whether a name has `Test` for one of its words: `LoginTest.java`, `TestLogin.cs`, `LoginTests.swift`.
fn is_camel_test(name: &str) -> bool {
    name.match_indices("Test").any(|(at, _)| {
        let before = name[..at].chars().next_back();
        let behind = name[at + 4..].trim_start_matches('s').chars().next();
        let begins = before.is_none_or(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        begins && behind.is_none_or(|c| !c.is_ascii_lowercase())
    })
}

/// A section of the manual: `man1`, `man3p`.
fn is_manual(folder: &str) -> bool {
    matches!(folder.as_bytes(), [b'm', b'a', b'n', b'1'..=b'9' | b'n', rest @ ..] if rest.len() < 4)
}

/// Whether a file says how a project is built and tested: what it logs in to on its own machine it has started itself.
pub fn is_of_build(address: &Address) -> bool {
    const NAMES: &[&str] = &[
        "tox.ini",
        "noxfile.py",
        "conftest.py",
        ".gitlab-ci.yml",
        ".travis.yml",
        "appveyor.yml",
        ".appveyor.yml",
        "azure-pipelines.yml",
        "bitbucket-pipelines.yml",
        "jenkinsfile",
        "makefile",
        "justfile",
        "pyproject.toml",
        "setup.cfg",
        "package.json",
        "phpunit.xml",
        "phpunit.xml.dist",
        "contributing.rst",
        "contributing.md",
    ];
    const FOLDERS: &[&str] = &[".github", ".circleci", ".gitlab", ".devcontainer", ".buildkite", ".ci", "ci"];
    let path = address.to_string().to_ascii_lowercase();
    let mut parts = path.rsplit(['/', '\\', '!']);
    parts.next().is_some_and(|name| NAMES.contains(&name)) || parts.any(|folder| FOLDERS.contains(&folder))
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
            "data/iam/examples-1.json",
            "deploy/sample_settings.py",
            "homeassistant/components/awair/translations/sv.json",
            "locale/de/LC_MESSAGES/app.po",
            "share/man/man1/wget.1.gz!wget.1",
            "src/LoginTest.java",
            "src/TestLogin.cs",
            "src/LoginTests.swift",
            "t/keys/admin",
            "lib.a!crypto-selftests-pk.o",
        ] {
            assert!(is_for_show(&Address::named(yes), 0), "{yes}");
        }
        for no in [
            "src/main.py",
            "src/manager/a.py",
            "src/LatestTesting.java",
            "src/Testament.java",
            "src/resample.py",
            "src/lang/go.rs",
            "contest/a.py",
            "config/latest.yml",
            "attestation.c",
            "x.jar!/com/shop/A.class",
        ] {
            assert!(!is_for_show(&Address::named(no), 0), "{no}");
        }
        assert!(!is_for_show(&Address::named("tests/repo/src/a.py"), "tests/repo".len()));
    }

    #[test]
    fn where_a_tree_is_kept_says_nothing() {
        for (address, wanted) in [
            ("/home/tk/work/acme/config.yml", "acme/config.yml"),
            ("/tmp/stripe/app.apk!assets/acme/x.json", "stripe/app.apk!assets/acme/x.json"),
            ("config.yml", "config.yml"),
            ("acme/config.yml", "acme/config.yml"),
        ] {
            assert_eq!(near(address), wanted);
        }
    }

    #[test]
    fn files_that_build_and_test_are_told_by_their_names() {
        assert!(is_of_build(&Address::named("shop/tox.ini")));
        assert!(is_of_build(&Address::named("shop/.github/workflows/ci.yml")));
        assert!(!is_of_build(&Address::named("shop/deploy.yml")));
    }
}
