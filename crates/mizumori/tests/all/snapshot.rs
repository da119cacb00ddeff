//! Snapshots: text files below `tests/snapshots` that hold what the program said, reviewed like code.
//!
//! `MIZUMORI_BLESS=1` writes what is seen now.

use std::fs;
use std::path::Path;

/// Compares `seen` with the snapshot of this name.
#[track_caller]
pub(crate) fn check(name: &str, seen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(format!("{name}.txt"));
    let seen = seen.replace(concat!("mizumori ", env!("CARGO_PKG_VERSION")), "mizumori [version]");
    if std::env::var_os("MIZUMORI_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, seen).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let first = expected.lines().zip(seen.lines()).position(|(one, other)| one != other);
    let first = first.map_or("where one of them ends".to_owned(), |line| format!("in line {}", line + 1));
    assert!(
        expected == seen,
        "the snapshot `{name}` differs, first {first}; MIZUMORI_BLESS=1 accepts what is seen:\n{seen}"
    );
}
