//! The DEX lens against another parser, on the scenes committed here; `real_packages.rs` does the
//! same on packages nobody here wrote.
#![allow(clippy::unwrap_used, reason = "a failure may panic")]

mod util;

use std::path::Path;
use util::dex_oracle::check_directory;

#[test]
fn the_pool_of_the_scenes_agrees() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/dex");
    let (files, strings) = check_directory(&directory).unwrap();
    assert_eq!(files, 1);
    assert!(strings > 100);
}
