//! The cases: what stands in `tests/golden/text`, read and checked.

use std::fs;
use std::path::{Path, PathBuf};

use mizumori_core::WatchList;
use mizumori_world::encode::BROKEN;

use super::charsets::{ALWAYS, Charset, named};

/// Stands in a text for a byte that is broken in the encoding.
const BROKEN_MARK: char = '⌧';

/// One text and what is in it.
pub(super) struct Case {
    /// The file's name without its end.
    pub(super) name: String,
    /// The text, [`BROKEN`] where a byte is to be broken.
    pub(super) text: String,
    /// The records, in the form of [`super::shown`].
    pub(super) expected: Vec<String>,
    /// The encodings that it is put into.
    pub(super) charsets: Vec<Charset>,
    /// Whether its line feeds may become CR LF without changing a value.
    pub(super) any_line_end: bool,
}

impl Case {
    /// The expected records that concern the watch list.
    pub(super) fn expected_watched(&self) -> Vec<String> {
        let concerns = |record: &&String| {
            ["account=", "site=", "both="].iter().any(|word| record.contains(&format!(" {word}")))
        };
        self.expected.iter().filter(concerns).cloned().collect()
    }

    fn read(text: &Path) -> Self {
        let name = text.file_stem().unwrap().to_str().unwrap().to_owned();
        let expected = fs::read_to_string(text.with_extension("expected")).unwrap();
        let mut charsets = ALWAYS.to_vec();
        let mut any_line_end = true;
        for directive in expected.lines().filter_map(|line| line.strip_prefix("! ")) {
            match directive.split_once(' ') {
                Some(("also", names)) => charsets.extend(names.split(' ').map(named)),
                Some(("line", "feeds only")) => any_line_end = false,
                _ => panic!("{name}: what is `{directive}`?"),
            }
        }
        let text = fs::read_to_string(text).unwrap().replace(BROKEN_MARK, &BROKEN.to_string());
        let expected = expected.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
        Self { name, text, expected: expected.map(str::to_owned).collect(), charsets, any_line_end }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Every case, in the order of their names.
pub(super) fn all() -> Vec<Case> {
    let entries = fs::read_dir(folder().join("text")).unwrap();
    let mut texts: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    texts.retain(|path| path.extension().is_some_and(|end| end == "txt"));
    texts.sort();
    texts.iter().map(|text| Case::read(text)).collect()
}

/// The case of that name.
pub(super) fn one(name: &str) -> Case {
    Case::read(&folder().join("text").join(name).with_extension("txt"))
}

/// The text of the watch list that all cases are scanned with.
pub(super) fn watch_text() -> String {
    fs::read_to_string(folder().join("watch.toml")).unwrap()
}

/// That watch list.
pub(super) fn watch_list() -> WatchList {
    WatchList::parse("watch.toml", &watch_text()).unwrap()
}

#[test]
fn every_text_has_its_records_and_the_other_way_round() {
    let names = |end: &str| {
        let entries = fs::read_dir(folder().join("text")).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<_> = entries
            .filter(|path| path.extension().is_some_and(|other| other == end))
            .map(|path| path.file_stem().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("txt"), names("expected"));
    assert!(names("txt").len() >= 58);
}
