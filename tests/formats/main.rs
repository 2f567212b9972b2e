//! Every format that keysift reads, built by the tools people use, with pairs planted in it.
//!
//! A family is a folder `testdata/NAME` with `build.sh OUT`, which builds its artifacts into a folder,
//! and `expected.tsv`, which says what is planted in them. What the tools need is in `testdata/NAME/needs`,
//! a command and its Debian package a line, and `scripts/test` installs it. A family whose tools cannot be
//! had everywhere keeps built artifacts in `testdata/NAME/built`, and its `build.sh` copies them.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a failure may panic")]

#[path = "../util/mod.rs"]
mod util;

mod android_oracle;
mod apple_oracle;
mod family;
mod images;
mod runtimes_oracle;

/// One test a family, so that the runner tells them apart.
macro_rules! families {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            family::check(stringify!($name));
        })*

        #[test]
        fn every_family_is_tested() {
            assert_eq!(family::all(), {
                let mut named: Vec<&str> = vec![$(stringify!($name)),*];
                named.sort_unstable();
                named
            });
        }
    };
}

#[rustfmt::skip]
families! {
    documents
    android
    data
    managed
    runtimes
    native
    programs
    dexcode
    apple
    archives
    encodings
    volumes
    wrapped
    images
    hidden
}
