//! The keys of a lake: under which tags are made, and under which what is readable again is sealed.
//!
//! A key ring is a text of its own, kept beside neither the lake nor the backups of the store. Every key in it is
//! wrapped under the master key, and says what it is; so the text may be copied, but nothing in it be swapped. This module
//! reads and writes that text; where it lies, and where the master key comes from, is its callers' matter.

mod cluster;
mod layers;
mod master;
mod seal;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::document::{Document, Mistakes, Table};
use crate::tag::TagKey;
use crate::{ErrorClass, Secret};

pub use cluster::ClusterKey;
pub use layers::{AccountTag, DomainRange, HostTag, LogTag, SecretTag, TagLayers};
pub use master::MasterKey;
pub use seal::{DataKey, Sealed, key_number};

use master::{KEY, drawn, to_hex};

/// The version of the text.
const VERSION: u64 = 1;

/// What is wrong with keys. No error repeats one.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operating system gave no random bytes.
    #[error("the operating system has no random bytes to give: {0}")]
    NoRandomness(getrandom::Error),
    /// A master key that is none.
    #[error("a master key is 64 hexadecimal digits")]
    NoMasterKey,
    /// A cluster's key that is none.
    #[error("a cluster's key is 64 hexadecimal digits")]
    NoClusterKey,
    /// The key ring belongs to another master key.
    #[error("the key ring `{file}` was wrapped under another master key")]
    OtherMaster {
        /// The file, as it was named.
        file: String,
    },
    /// A key was exchanged or changed.
    #[error("the key ring `{file}` is damaged: {what} does not open under its own master key")]
    Damaged {
        /// The file, as it was named.
        file: String,
        /// Which key.
        what: String,
    },
    /// A ring of a later version.
    #[error("the key ring `{file}` is of version {version}; this program knows {VERSION}")]
    Version {
        /// The file, as it was named.
        file: String,
        /// Its version.
        version: u64,
    },
    /// The text is no key ring.
    #[error(transparent)]
    Text(#[from] Mistakes),
    /// More than can be sealed at once.
    #[error("a field is too long to be sealed")]
    TooLong,
}

impl KeyError {
    /// What the caller can do about it.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::NoRandomness(_) => ErrorClass::Environment,
            Self::TooLong => ErrorClass::Limit,
            Self::NoMasterKey
            | Self::NoClusterKey
            | Self::OtherMaster { .. }
            | Self::Damaged { .. }
            | Self::Version { .. }
            | Self::Text(_) => ErrorClass::Usage,
        }
    }
}

/// Why something sealed does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was sealed with another data key.
    #[error("it was sealed with another data key")]
    OtherKey,
    /// It was sealed for another row, or changed.
    #[error("it was sealed for another row, or is damaged")]
    Damaged,
    /// A later version.
    #[error("it is of version {0}, which this program does not know")]
    Version(u8),
}

/// The keys of one lake.
#[derive(Clone, Debug)]
pub struct KeyRing {
    id: String,
    /// The key of the first layer of tags.
    first: Secret<[u8; KEY]>,
    /// The keys of the layers on top of it, the oldest first.
    further: Vec<Secret<[u8; KEY]>>,
    /// By the numbers of data keys.
    data: BTreeMap<u32, DataKey>,
    /// The number of the next data key: none is given twice, or what a shredded key sealed would seem to be another's.
    next: u32,
}

impl KeyRing {
    /// A ring with one layer of tags and without data keys.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn create() -> Result<Self, KeyError> {
        let id = to_hex(&drawn::<8>()?);
        Ok(Self { id, first: Secret::new(drawn()?), further: Vec::new(), data: BTreeMap::new(), next: 1 })
    }

    /// What tells this ring from others: lakes say by it which ring is theirs, and plans which one they need.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Makes tags under all layers.
    pub fn tags(&self) -> TagLayers {
        TagLayers::new(self.first.expose(), self.further.iter().map(|key| *key.expose()))
    }

    /// 128 bits that only whoever has the ring can tell of a text: the same ones each time, and none of them is a tag. So something can be
    /// asked to be shown without being kept.
    pub fn answer(&self, purpose: &str, text: &str) -> [u8; 16] {
        let key = blake3::derive_key("mizumori 2026-11 answers that are not kept", self.first.expose());
        let tag = TagKey::from_bytes(key).fields([purpose.as_bytes(), text.as_bytes()]);
        tag.0.to_be_bytes()
    }

    /// Puts a new key on top of the others: the tags of the lake have to be brought under it.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn add_layer(&mut self) -> Result<(), KeyError> {
        self.further.push(Secret::new(drawn()?));
        Ok(())
    }

    /// The newest data key of the watched domain `domain`: what is sealed for it is sealed with this one.
    pub fn data_key(&self, domain: &str) -> Option<&DataKey> {
        self.data.values().rev().find(|key| key.domain == domain)
    }

    /// The data key of that number: for opening what was sealed with it. `None` when it was shredded.
    pub fn data_key_of(&self, number: u32) -> Option<&DataKey> {
        self.data.get(&number)
    }

    /// All data keys, the oldest first.
    pub fn data_keys(&self) -> impl Iterator<Item = &DataKey> {
        self.data.values()
    }

    /// Draws a data key for `domain`; older ones of it stay, for what they sealed. Gives its number.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn add_data_key(&mut self, domain: &str) -> Result<u32, KeyError> {
        let number = self.next;
        let key = DataKey { number, domain: domain.to_owned(), key: Secret::new(drawn()?) };
        self.data.insert(number, key);
        self.next += 1;
        Ok(number)
    }

    /// Forgets every data key of `domain`: what they sealed is unreadable for ever, once no copy of the old text is left.
    /// Gives the numbers of the keys.
    pub fn shred(&mut self, domain: &str) -> Vec<u32> {
        let numbers: Vec<_> =
            self.data.values().filter(|key| key.domain == domain).map(|key| key.number).collect();
        self.data.retain(|_, key| key.domain != domain);
        numbers
    }

    /// The text of the ring, its keys wrapped under `master`. With another master key than before, the ring is re-wrapped.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn to_text(&self, master: &MasterKey) -> Result<String, KeyError> {
        let mut text =
            String::from("# The key ring of a lake. Keep it where neither the lake nor the store is kept.\n");
        // Writing into memory does not fail.
        let mut line = |args: std::fmt::Arguments<'_>| text.write_fmt(args).unwrap_or_default();
        line(format_args!("version = {VERSION}\nid = \"{}\"\n", self.id));
        line(format_args!("check = \"{}\"\nnext = {}\n", master.check_value(&self.id), self.next));
        for (number, key) in std::iter::once(&self.first).chain(&self.further).enumerate() {
            let wrapped = master.wrap(&what_of_layer(&self.id, number), key.expose())?;
            line(format_args!("\n[[layer]]\nwrapped = \"{wrapped}\"\n"));
        }
        for key in self.data.values() {
            let wrapped = master.wrap(&what_of_data(&self.id, key.number, &key.domain), key.key.expose())?;
            line(format_args!("\n[[data]]\nnumber = {}\ndomain = \"{}\"\n", key.number, key.domain));
            line(format_args!("wrapped = \"{wrapped}\"\n"));
        }
        Ok(text)
    }

    /// Reads the text of a ring; `file` names it in errors.
    ///
    /// # Errors
    /// When the text is no key ring, belongs to another master key, or a key in it was changed or exchanged.
    pub fn parse(file: &str, text: &str, master: &MasterKey) -> Result<Self, KeyError> {
        let written = Document::read(file, text, Written::read)?;
        let named = || file.to_owned();
        if written.version != VERSION {
            return Err(KeyError::Version { file: named(), version: written.version });
        }
        if written.check != master.check_value(&written.id) {
            return Err(KeyError::OtherMaster { file: named() });
        }
        let open = |what: String, wrapped: &str| {
            let key = master.unwrap(&what, wrapped);
            key.map(Secret::new).ok_or_else(|| KeyError::Damaged { file: named(), what })
        };
        let id = written.id;
        let first = open(what_of_layer(&id, 0), &written.first)?;
        let further =
            (1..).zip(&written.further).map(|(number, wrapped)| open(what_of_layer(&id, number), wrapped));
        let further = further.collect::<Result<_, _>>()?;
        let mut ring = Self { id, first, further, data: BTreeMap::new(), next: 1 };
        for (number, domain, wrapped) in written.data {
            let key = open(what_of_data(&ring.id, number, &domain), &wrapped)?;
            ring.data.insert(number, DataKey { number, domain, key });
        }
        let above = ring.data.keys().next_back().map_or(1, |last| last.saturating_add(1));
        ring.next = written.next.max(above);
        Ok(ring)
    }
}

/// What a layer's key is wrapped as.
fn what_of_layer(ring: &str, number: usize) -> String {
    format!("key ring {ring} layer {number}")
}

/// What a data key is wrapped as.
fn what_of_data(ring: &str, number: u32, domain: &str) -> String {
    format!("key ring {ring} data {number} {domain}")
}

/// A ring as it is written.
struct Written {
    version: u64,
    id: String,
    check: String,
    next: u32,
    first: String,
    further: Vec<String>,
    data: Vec<(u32, String, String)>,
}

impl Written {
    fn read(document: &mut Document<'_>, root: &Table<'_>) -> Option<Self> {
        document.only(root, &["version", "id", "check", "next", "layer", "data"]);
        let version = document.count(root, "version");
        let id = document.required(root, "id", "\"…\"").map(|text| text.text);
        let check = document.required(root, "check", "\"…\"").map(|text| text.text);
        let next = document.count(root, "next").unwrap_or(1);
        let mut layers = Vec::new();
        for table in document.tables(root, "layer") {
            document.only(&table, &["wrapped"]);
            layers.extend(document.required(&table, "wrapped", "\"…\"").map(|text| text.text));
        }
        if layers.is_empty() {
            document.mistake(root.span(), "a key ring has at least one `[[layer]]`".to_owned(), None);
        }
        let mut data = Vec::new();
        for table in document.tables(root, "data") {
            document.only(&table, &["number", "domain", "wrapped"]);
            let number = document.count(&table, "number").and_then(|number| u32::try_from(number).ok());
            let Some(number) = number else {
                document.mistake(table.span(), "a data key has a `number`".to_owned(), None);
                continue;
            };
            let domain = document.required(&table, "domain", "\"…\"")?.text;
            data.push((number, domain, document.required(&table, "wrapped", "\"…\"")?.text));
        }
        if version.is_none() {
            document.mistake(root.span(), "`version` is missing".to_owned(), None);
        }
        let next = u32::try_from(next).unwrap_or(u32::MAX);
        let mut layers = layers.into_iter();
        let (first, further) = (layers.next()?, layers.collect());
        Some(Self { version: version?, id: id?, check: check?, next, first, further, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> (MasterKey, KeyRing) {
        let mut ring = KeyRing::create().unwrap();
        ring.add_layer().unwrap();
        for domain in ["suigen.example", "kisho.example", "suigen.example"] {
            ring.add_data_key(domain).unwrap();
        }
        (MasterKey::random().unwrap(), ring)
    }

    fn account() -> crate::Account<'static> {
        crate::Account::parse("taro@suigen.example", crate::LocalPart::Column).unwrap()
    }

    #[test]
    fn a_ring_is_read_as_it_was_written() {
        let (master, ring) = ring();
        let text = ring.to_text(&master).unwrap();
        let read = KeyRing::parse("ring", &text, &master).unwrap();
        assert_eq!((read.id(), read.next), (ring.id(), 4));
        assert_eq!(read.tags().account(&account()), ring.tags().account(&account()));
        let row = ring.tags().account(&account());
        let what = Sealed { secret: Secret::new("pw".to_owned()), ..Sealed::default() };
        let sealed = ring.data_key("suigen.example").unwrap().seal("a", row, &what).unwrap();
        let key = read.data_key_of(key_number(&sealed).unwrap()).unwrap();
        assert_eq!((key.number(), key.domain()), (3, "suigen.example"));
        assert_eq!(key.open("a", row, &sealed).unwrap(), what);
    }

    #[test]
    fn another_master_key_and_another_version_are_refused() {
        let (master, ring) = ring();
        let text = ring.to_text(&master).unwrap();
        let error = KeyRing::parse("ring", &text, &MasterKey::random().unwrap()).unwrap_err();
        assert!(matches!(error, KeyError::OtherMaster { .. }), "{error}");
        let later = text.replace("version = 1", "version = 2");
        let error = KeyRing::parse("ring", &later, &master).unwrap_err();
        assert_eq!(error.to_string(), "the key ring `ring` is of version 2; this program knows 1");
        // Wrapped anew, the keys are the same.
        let other = MasterKey::random().unwrap();
        let again = KeyRing::parse("ring", &ring.to_text(&other).unwrap(), &other).unwrap();
        assert_eq!(again.tags().account(&account()), ring.tags().account(&account()));
    }

    #[test]
    fn exchanged_keys_are_told() {
        let (master, ring) = ring();
        let text = ring.to_text(&master).unwrap();
        for (from, to) in [("kisho.example", "suigen.example"), ("number = 1", "number = 9")] {
            let error = KeyRing::parse("ring", &text.replacen(from, to, 1), &master).unwrap_err();
            assert!(matches!(error, KeyError::Damaged { .. }), "{error}");
        }
        let mut parts: Vec<_> = text.split("[[").collect();
        parts.swap(1, 2);
        let error = KeyRing::parse("ring", &parts.join("[["), &master).unwrap_err();
        assert!(error.to_string().contains("layer 0"), "{error}");
    }

    #[test]
    fn shredded_keys_are_gone_and_their_numbers_too() {
        let (master, mut ring) = ring();
        assert_eq!(ring.shred("suigen.example"), [1, 3]);
        assert!(ring.data_key("suigen.example").is_none() && ring.data_key_of(1).is_none());
        let mut read = KeyRing::parse("ring", &ring.to_text(&master).unwrap(), &master).unwrap();
        assert_eq!(read.add_data_key("suigen.example").unwrap(), 4);
        assert_eq!(read.data_keys().map(DataKey::number).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn mistakes_in_the_text() {
        let (master, _) = ring();
        for (text, expected) in [
            ("", "ring:1: `id` is missing"),
            ("version = 1\nid = \"a\"\ncheck = \"b\"\n", "ring:1: a key ring has at least one `[[layer]]`"),
            ("versoin = 1", "unknown key `versoin`; write `version`"),
        ] {
            let error = KeyRing::parse("ring", text, &master).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn nothing_is_shown() {
        let (master, ring) = ring();
        let shown = format!("{ring:?} {master:?}");
        let text = ring.to_text(&master).unwrap();
        assert!(!shown.contains(master.to_text().expose()) && !text.contains(master.to_text().expose()));
        for key in std::iter::once(&ring.first).chain(&ring.further) {
            assert!(!text.contains(&to_hex(key.expose())));
        }
    }
}
