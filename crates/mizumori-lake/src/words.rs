//! Texts that rows share, each kept once and named by a number.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use mizumori_core::keys::{HostTag, TagLayers};
use mizumori_core::{domain, rough_hash};

/// A table of texts.
#[derive(Debug, Default)]
pub(crate) struct Words {
    text: String,
    /// Where each text ends in `text`.
    ends: Vec<usize>,
    /// Half of each text's hash, and its number.
    numbers: HashTable<(u32, u32)>,
    hasher: DefaultHashBuilder,
    /// Numbers that were asked for before, at the places of their texts: some texts are asked for again and again.
    recent: Vec<u32>,
}

/// How many numbers are found again without a hash of the whole text.
const RECENT: usize = 512;

/// A hash for the table of half of one: it looks at both ends.
const fn both(half: u32) -> u64 {
    (half as u64) << 32 | half as u64
}

impl Words {
    /// The number of `word`, which is new when it was not among them.
    pub(crate) fn number(&mut self, word: &str) -> u32 {
        let place = rough_hash(word.as_bytes()) as usize % RECENT;
        if let Some(number) = self.recent.get(place)
            && word_at(&self.text, &self.ends, *number) == Some(word)
        {
            return *number;
        }
        let number = self.find_or_add(word);
        if self.recent.is_empty() {
            self.recent.resize(RECENT, u32::MAX);
        }
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = number;
        }
        number
    }

    fn find_or_add(&mut self, word: &str) -> u32 {
        let half = self.hasher.hash_one(word) as u32;
        let (text, ends) = (&self.text, &self.ends);
        let is_it = |slot: &(u32, u32)| slot.0 == half && word_at(text, ends, slot.1) == Some(word);
        if let Some((_, number)) = self.numbers.find(both(half), is_it) {
            return *number;
        }
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.text.push_str(word);
        self.ends.push(self.text.len());
        self.numbers.insert_unique(both(half), (half, number), |slot| both(slot.0));
        number
    }

    /// The text of a number.
    pub(crate) fn word(&self, number: u32) -> &str {
        word_at(&self.text, &self.ends, number).unwrap_or_default()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// All texts, by their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|number| self.word(number))
    }

    /// Roughly the bytes that it takes.
    pub(crate) fn weight(&self) -> usize {
        self.text.capacity()
            + self.ends.capacity() * 8
            + self.numbers.capacity() * 9
            + self.recent.capacity() * 4
    }
}

/// The text of a number; `None` of one that was not given.
fn word_at<'t>(text: &'t str, ends: &[usize], number: u32) -> Option<&'t str> {
    let at = number as usize;
    let end = *ends.get(at)?;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    text.get(start..end)
}

/// Hosts, each with its registrable domain.
#[derive(Debug, Default)]
pub struct Hosts {
    words: Words,
    /// Where the registrable domain begins in each host.
    domains: Vec<u16>,
}

impl Hosts {
    /// The number of a canonical `host`.
    pub fn number(&mut self, host: &str) -> u32 {
        let number = self.words.number(host);
        if self.domains.len() < self.words.len() {
            let before = host.len() - domain::registrable(host).len();
            self.domains.push(u16::try_from(before).unwrap_or(0));
        }
        number
    }

    /// The host of a number.
    pub fn host(&self, number: u32) -> &str {
        self.words.word(number)
    }

    /// Its registrable domain.
    pub fn domain(&self, number: u32) -> &str {
        let before = self.domains.get(number as usize).copied().unwrap_or(0);
        self.words.word(number).get(usize::from(before)..).unwrap_or_default()
    }

    /// All hosts, by their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Roughly the bytes that it takes.
    pub fn weight(&self) -> usize {
        self.words.weight() + self.domains.capacity() * 2
    }
}

/// What the tags of the accounts of hosts begin with, each made once.
#[derive(Debug, Default)]
pub struct HostTags(Vec<HostTag>);

impl HostTags {
    /// The number of a canonical `host` among `hosts`, and its tag under `layers`. Whoever asks so once asks so for every new
    /// host among them.
    pub fn number(&mut self, hosts: &mut Hosts, host: &str, layers: &TagLayers) -> (u32, HostTag) {
        let number = hosts.number(host);
        let tag = self.0.get(number as usize).copied().unwrap_or_else(|| {
            let tag = layers.host(host);
            self.0.push(tag);
            tag
        });
        (number, tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mizumori_core::{Account, LocalPart};

    #[test]
    fn a_text_has_one_number() {
        let mut words = Words::default();
        let numbers: Vec<_> = ["a", "", "bc", "a", ""].iter().map(|word| words.number(word)).collect();
        assert_eq!(numbers, [0, 1, 2, 0, 1]);
        assert_eq!(words.iter().collect::<Vec<_>>(), ["a", "", "bc"]);
        for number in 0..5000 {
            assert_eq!(words.number(&format!("w{number}")), number + 3);
        }
        assert_eq!((words.word(2), words.word(4002), words.word(9000)), ("bc", "w3999", ""));
    }

    #[test]
    fn hosts_know_their_domain() {
        let mut hosts = Hosts::default();
        let number = hosts.number("vpn.suigen.example");
        assert_eq!((hosts.host(number), hosts.domain(number)), ("vpn.suigen.example", "suigen.example"));
    }

    #[test]
    fn a_host_has_its_own_tag_whenever_it_comes() {
        let layers = mizumori_core::keys::KeyRing::create().unwrap().tags();
        let (mut hosts, mut tags) = (Hosts::default(), HostTags::default());
        for (host, expected) in [("a.example", 0), ("b.example", 1), ("a.example", 0), ("c.b.example", 2)] {
            let (number, tag) = tags.number(&mut hosts, host, &layers);
            let address = format!("x@{host}");
            let account = Account::parse(&address, LocalPart::Column).unwrap();
            assert_eq!(
                (number, layers.account_at(tag, &account, None).0),
                (expected, layers.account(&account))
            );
        }
    }
}
