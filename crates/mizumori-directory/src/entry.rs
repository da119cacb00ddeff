//! An entry of a directory: a person, a service or a shared mailbox, as typed facts.
//!
//! No rules: what follows from a disabled or privileged account is decided elsewhere. Nothing here shows a name or an address in
//! `Debug`.

use std::fmt;
use std::time::SystemTime;

use mizumori_core::{Account, Groups, Lang, Names};

/// What stays the same when somebody is renamed or moved: `objectGUID`, `entryUUID`, a SCIM id, the key of a CSV.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(String);

impl EntryId {
    /// An id as a directory gave it; `None` when it is empty, longer than 256 bytes or has control characters.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let fits = (1..=256).contains(&text.len()) && !text.chars().any(char::is_control);
        fits.then_some(Self(text))
    }

    /// The id. In a CSV or a cloud it may be somebody's address: no text for a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[entry]")
    }
}

/// How an entry is named to a directory: what was read from the same one is known by its id, what was read from another one by
/// its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    /// By the directory's own id.
    Id(EntryId),
    /// By an address, the primary one or another one that the directory looks up.
    Address(Account<'static>),
}

impl From<EntryId> for Whom {
    fn from(id: EntryId) -> Self {
        Self::Id(id)
    }
}

/// Whether an account can be signed in to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The directory does not say.
    #[default]
    Unknown,
    /// It can. One that is locked for minutes after wrong passwords counts as such.
    Enabled,
    /// It cannot until an administrator says so.
    Disabled,
}

/// What an account can do to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Privilege {
    /// Nothing that the settings name.
    #[default]
    Ordinary,
    /// A member of a privileged group, or marked as an administrator by the directory.
    Privileged,
}

/// Whether a second factor is registered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SecondFactor {
    /// No attribute says so.
    #[default]
    Unknown,
    /// None.
    Absent,
    /// One at least.
    Present,
}

/// Whether second factors are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondFactors {
    /// No: nothing is said of them.
    #[default]
    NotRead,
    /// Yes.
    Read,
}

/// What a directory says about one account.
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// The directory's own id.
    pub id: EntryId,
    /// Canonical addresses without doubles, the primary one first. Empty where there is only a login.
    pub addresses: Vec<Account<'static>>,
    /// The user name, where it is no address.
    pub login: Option<String>,
    /// What stands where addresses should, and is none: `taro@suigen.local`, which signs on in a forest of that name.
    pub other_names: Vec<String>,
    /// The name that people know; the same in both languages where the directory has one only.
    pub names: Option<Names>,
    /// The language that the person prefers, where it is one of ours.
    pub lang: Option<Lang>,
    /// Whether it can be signed in to.
    pub standing: Standing,
    /// What it can do to others.
    pub privilege: Privilege,
    /// Whether a second factor is registered.
    pub second_factor: SecondFactor,
    /// Since when the present holder has it.
    pub held_since: Option<SystemTime>,
    /// When the password last changed; `None` where nobody knows. A forced change is no change.
    pub password_changed_at: Option<SystemTime>,
    /// Whether the password must be changed at the next sign-on.
    pub must_change: bool,
    /// The superior's address.
    pub superior: Option<Account<'static>>,
    /// A second channel to the same person: an address that this password does not open.
    pub other_address: Option<Account<'static>>,
    /// Who keeps a shared mailbox.
    pub keepers: Vec<Account<'static>>,
    /// What is known of its groups: those of which the settings ask are among them.
    pub groups: Groups,
}

impl Entry {
    /// An entry of which nothing else is known.
    pub fn new(id: EntryId) -> Self {
        Self {
            id,
            addresses: Vec::new(),
            login: None,
            other_names: Vec::new(),
            names: None,
            lang: None,
            standing: Standing::Unknown,
            privilege: Privilege::Ordinary,
            second_factor: SecondFactor::Unknown,
            held_since: None,
            password_changed_at: None,
            must_change: false,
            superior: None,
            other_address: None,
            keepers: Vec::new(),
            groups: Groups::Unknown,
        }
    }

    /// The primary address.
    pub fn primary(&self) -> Option<&Account<'static>> {
        self.addresses.first()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("addresses", &self.addresses.len())
            .field("standing", &self.standing)
            .field("privilege", &self.privilege)
            .field("second_factor", &self.second_factor)
            .field("password_changed_at", &self.password_changed_at)
            .field("must_change", &self.must_change)
            .finish_non_exhaustive()
    }
}

/// The name in both languages, where there is one in either.
pub(crate) fn names(ja: Option<String>, en: Option<String>, any: Option<String>) -> Option<Names> {
    let either = any.or_else(|| ja.clone()).or_else(|| en.clone())?;
    Some(Names { ja: ja.unwrap_or_else(|| either.clone()), en: en.unwrap_or(either) })
}

/// The first of our languages in a list like `ja`, `en-GB, ja;q=0.5` (RFC 2798, 2.7; RFC 7643, 4.1.1). Weights are not
/// compared: nobody writes them out of order.
pub(crate) fn language(text: &str) -> Option<Lang> {
    text.split(',').find_map(|part| {
        let tag = part.split(';').next()?.trim();
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "ja" => Some(Lang::Ja),
            "en" => Some(Lang::En),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mizumori_core::LocalPart;

    #[test]
    fn ids_are_short_and_printable() {
        assert!(EntryId::new("a").is_some() && EntryId::new("水").is_some());
        for bad in [String::new(), "a\nb".into(), "x".repeat(257)] {
            assert_eq!(EntryId::new(bad), None);
        }
    }

    #[test]
    fn languages() {
        for (text, lang) in [
            ("ja", Some(Lang::Ja)),
            ("ja-JP", Some(Lang::Ja)),
            ("fr, en-GB;q=0.8, ja;q=0.5", Some(Lang::En)),
            ("en_US", Some(Lang::En)),
            ("de", None),
            ("", None),
            (";,;", None),
        ] {
            assert_eq!(language(text), lang, "{text}");
        }
    }

    #[test]
    fn debug_shows_nobody() {
        let mut entry = Entry::new(EntryId::new("canary-id").unwrap());
        entry.addresses = vec![Account::parse("canary@a.example", LocalPart::Column).unwrap().into_owned()];
        entry.login = Some("canary".into());
        entry.names = names(None, None, Some("Canary".into()));
        let shown = format!("{entry:?} {:?}", Whom::from(entry.id.clone()));
        assert!(!shown.to_lowercase().contains("canary"), "{shown}");
    }

    #[test]
    fn one_name_serves_both_languages() {
        let both = names(Some("水".into()), None, None).unwrap();
        assert_eq!((both.ja.as_str(), both.en.as_str()), ("水", "水"));
        let both = names(Some("水".into()), Some("Mizu".into()), Some("x".into())).unwrap();
        assert_eq!((both.ja.as_str(), both.en.as_str()), ("水", "Mizu"));
        assert_eq!(names(None, None, None), None);
    }
}
