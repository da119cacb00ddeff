//! What stands in `deploy/` and in the pages on deployment, held to the program and to itself: every command line of ours is
//! understood by the built program, and whatever a file names is declared, or is there.
//!
//! Nothing is started here that these files would start: neither systemd nor a container engine is needed.

mod command_line;
mod compose;
mod dockerfile;
mod keys;
mod pages;
#[cfg(feature = "guard")]
mod passwords;
mod stopping;
mod units;

use std::fs;
use std::path::{Path, PathBuf};

/// The repository's top.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// A file of the repository, as text.
#[track_caller]
fn text(name: &str) -> String {
    fs::read_to_string(top().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The files of a `mizumori.toml` that hold keys, as they are named there.
fn key_files(config: &str) -> Vec<String> {
    let settings = config.lines().filter_map(|line| line.split_once(" = "));
    let keys = settings.filter(|(name, _)| ["master_key", "keys", "cluster_key"].contains(name));
    let files: Vec<_> = keys.map(|(_, value)| value.trim_matches('"').to_owned()).collect();
    assert_eq!(files.len(), 3, "{config}");
    files
}

/// Names that are no version, or one that moves.
#[track_caller]
fn check_pinned(image: &str) {
    let (name, tag) = image.rsplit_once(':').unwrap_or_else(|| panic!("{image} has no version"));
    assert!(!name.is_empty() && !tag.contains('/'), "{image} has no version");
    let version = tag.split('-').next().unwrap();
    let numbers: Vec<_> = version.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    assert!(numbers.len() >= 2 && numbers.iter().all(is_number), "{image} is not pinned");
}

#[test]
fn only_versions_are_pins() {
    for image in ["mizumori:0.1.0", "docker.io/library/debian:13.6-slim", "host:5000/a/b:1.2"] {
        check_pinned(image);
    }
    for image in ["debian", "debian:latest", "debian:13-slim", "rust:1-trixie", "host:5000/debian"] {
        assert!(std::panic::catch_unwind(|| check_pinned(image)).is_err(), "{image}");
    }
}
