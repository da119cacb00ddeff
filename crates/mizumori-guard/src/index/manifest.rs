//! What an index is made of: `index.json`, which is replaced as a whole.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::digest::HashKind;
use crate::error::{GuardError, Result};

/// The name of the file.
pub(crate) const NAME: &str = "index.json";
/// What the file says that it is.
const FORMAT: &str = "mizumori guard index";
/// The version that this program writes and reads.
const VERSION: u64 = 1;

/// The manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    format: String,
    version: u64,
    /// Counts the changes; files are named after it.
    pub(crate) generation: u64,
    pub(crate) segments: Vec<Entry>,
    pub(crate) imports: Vec<Imported>,
}

/// A segment of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) file: String,
    pub(crate) kind: Kind,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    /// The source whose hashes these are alone; without one they may be merged with others.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) source: Option<String>,
    /// Without one, the imports whose hashes these are; none where that is not known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) imports: Vec<String>,
}

/// An import that is part of the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Imported {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) source: Option<String>,
    pub(crate) sha1: u64,
    pub(crate) ntlm: u64,
}

/// A kind, as the file spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Sha1,
    Ntlm,
}

impl From<Kind> for HashKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Sha1 => Self::Sha1,
            Kind::Ntlm => Self::Ntlm,
        }
    }
}

impl From<HashKind> for Kind {
    fn from(kind: HashKind) -> Self {
        match kind {
            HashKind::Sha1 => Self::Sha1,
            HashKind::Ntlm => Self::Ntlm,
        }
    }
}

/// Only what is needed to tell a version.
#[derive(Deserialize)]
struct Told {
    format: String,
    version: u64,
}

impl Manifest {
    /// That of an index with nothing in it.
    pub(crate) fn empty() -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            generation: 0,
            segments: Vec::new(),
            imports: Vec::new(),
        }
    }

    /// Reads a manifest; `path` is for errors.
    pub(crate) fn parse(text: &[u8], path: &Path) -> Result<Self> {
        let damaged = |why| GuardError::damaged(path, why);
        let told: Told =
            serde_json::from_slice(text).map_err(|_| damaged("it is no manifest of an index"))?;
        if told.format != FORMAT {
            return Err(damaged("it is no manifest of an index"));
        }
        if told.version != VERSION {
            return Err(GuardError::Version { path: path.to_owned(), version: told.version, known: VERSION });
        }
        let manifest: Self =
            serde_json::from_slice(text).map_err(|_| damaged("it does not say what a manifest says"))?;
        let mut names = BTreeSet::new();
        if !manifest.segments.iter().all(|entry| is_segment(&entry.file) && names.insert(&entry.file)) {
            return Err(damaged("it names files that no index has"));
        }
        Ok(manifest)
    }

    /// As text.
    pub(crate) fn to_text(&self) -> Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| GuardError::System { what: "text of a manifest", cause: error.into() })?;
        text.push(b'\n');
        Ok(text)
    }
}

/// The name of the `number`th file of a generation.
pub(crate) fn segment_name(generation: u64, kind: HashKind, number: u64) -> String {
    format!("{generation:08}-{}-{number:04}.segment", kind.name())
}

/// Whether it is the name of a segment: nothing that leads out of the folder, or to something else in it.
pub(crate) fn is_segment(name: &str) -> bool {
    name.strip_suffix(".segment").is_some_and(|stem| {
        !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest> {
        Manifest::parse(text.as_bytes(), Path::new("index.json"))
    }

    #[test]
    fn there_and_back() {
        let mut manifest = Manifest::empty();
        manifest.generation = 3;
        let file = segment_name(3, HashKind::Ntlm, 1);
        manifest.segments.push(Entry {
            file,
            kind: Kind::Ntlm,
            rows: 2,
            bytes: 3,
            source: None,
            imports: vec!["x".into()],
        });
        manifest.imports.push(Imported { id: "x".into(), source: Some("s".into()), sha1: 0, ntlm: 2 });
        let text = String::from_utf8(manifest.to_text().unwrap()).unwrap();
        assert_eq!(parse(&text).unwrap(), manifest);
    }

    #[test]
    fn what_is_no_manifest_is_told() {
        let entry = |file: &str| {
            format!(
                r#"{{"format":"mizumori guard index","version":1,"generation":1,"imports":[],"segments":[{{"file":"{file}","kind":"sha1","rows":1,"bytes":1}}]}}"#
            )
        };
        assert!(parse(&entry("00000001-sha1-0001.segment")).is_ok());
        for (text, words) in [
            ("", "no manifest"),
            ("{}", "no manifest"),
            (r#"{"format":"x","version":1}"#, "no manifest"),
            (r#"{"format":"mizumori guard index","version":7,"more":1}"#, "version 7; this program knows 1"),
            (r#"{"format":"mizumori guard index","version":1,"more":1}"#, "does not say"),
            (&entry("../a.segment"), "names files"),
            (&entry("/etc/passwd"), "names files"),
            (&entry("index.json"), "names files"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
