//! The domains of a bench list: those that are watched and those that are not.
//!
//! Everything ends in a name that RFC 2606 or RFC 6761 reserves. What a real list decides for speed is kept: how
//! long domains are, that a score of providers holds most lines, that a long tail of about 200,000 domains
//! holds the rest, and that the watched domains share their last label with few of the others.

use std::collections::HashSet;

use crate::noise::push_number;
use crate::random::Random;

const SYLLABLES: [&str; 40] = [
    "ka", "ki", "ku", "ko", "sa", "shi", "su", "so", "ta", "chi", "tsu", "to", "na", "ni", "nu", "no", "ha",
    "hi", "fu", "ho", "ma", "mi", "mu", "mo", "ya", "yu", "yo", "ra", "ri", "ru", "ro", "wa", "ga", "gi",
    "go", "za", "ji", "da", "ba", "bu",
];

const BRANCHES: [&str; 8] = ["kanto", "chubu", "kinki", "kyushu", "tohoku", "hokkaido", "mail", "lab"];

const TAIL_WORDS: [&str; 32] = [
    "blue", "green", "stone", "cloud", "web", "net", "post", "home", "city", "river", "shop", "farm", "tech",
    "data", "kids", "auto", "music", "photo", "trade", "craft", "north", "south", "lake", "hill", "star",
    "moon", "fast", "easy", "my", "the", "pro", "top",
];

/// Endings of the tail, one a sixteenth.
const TAIL_ENDINGS: [&str; 16] = [
    ".example.com",
    ".example.com",
    ".example.com",
    ".example.com",
    ".example.com",
    ".example.com",
    ".example.net",
    ".example.net",
    ".example.org",
    ".test",
    ".test",
    ".test",
    ".test",
    ".invalid",
    ".invalid",
    ".example",
];

/// The twenty heavy providers with their weight in 256; together 184.
const PROVIDERS: [(&str, u16); 20] = [
    ("kite.example.com", 56),
    ("heron.example.com", 34),
    ("plover.test", 22),
    ("wren.example.net", 15),
    ("ibis.invalid", 11),
    ("swift.example.com", 8),
    ("egret.test", 6),
    ("crane.example.com", 5),
    ("finch.example.org", 4),
    ("lark.example.com", 4),
    ("robin.test", 3),
    ("stork.example.net", 3),
    ("dove.test", 2),
    ("quail.invalid", 2),
    ("raven.example.com", 2),
    ("teal.example", 2),
    ("owl.example.net", 2),
    ("gull.example.com", 1),
    ("tern.example.org", 1),
    ("rook.test", 1),
];

/// The first `count` watched domains of a bench: four fifths `name.example`, an eighth a branch of an earlier one,
/// the rest below `example.com`, `.net` and `.org`. A longer list begins with a shorter one.
#[must_use]
pub fn watched_domains(count: usize) -> Vec<String> {
    let mut random = Random::named(1, "watched domains");
    let mut known = HashSet::with_capacity(count);
    let mut domains: Vec<String> = Vec::with_capacity(count);
    while domains.len() < count {
        let shape = random.below(40);
        let mut domain = String::new();
        if shape < 5 && !domains.is_empty() {
            domain.push_str(random.pick(&BRANCHES));
            domain.push('.');
            domain.push_str(domains.get(random.below(domains.len())).map_or("", String::as_str));
            if domain.matches('.').count() > 3 {
                continue;
            }
        } else {
            for _ in 0..2 + random.below(3) {
                domain.push_str(random.pick(&SYLLABLES));
            }
            domain.push_str(match shape {
                5 => ".example.com",
                6 => ".example.net",
                7 => ".example.org",
                _ => ".example",
            });
        }
        if known.insert(domain.clone()) {
            domains.push(domain);
        }
    }
    domains
}

/// Domains that nobody watches, drawn with the frequencies of a real list.
#[derive(Debug)]
pub(crate) struct Unwatched {
    heavy: Vec<Vec<u8>>,
    /// Which provider, for each of 256 draws; beyond its end the tail is meant.
    heavy_of: Vec<u8>,
    /// The tail's names one after another.
    tail: Vec<u8>,
    /// Where each name of the tail ends.
    ends: Vec<u32>,
}

impl Unwatched {
    /// Makes a tail of `count` domains, none of which is, or lies below, one of `watched`. One in 1,000 looks like
    /// a watched one.
    pub(crate) fn new(count: usize, watched: &[String]) -> Self {
        let watched_set: HashSet<&[u8]> = watched.iter().map(String::as_bytes).collect();
        let is_watched = |domain: &[u8]| {
            let suffixes = domain.iter().enumerate().filter(|(_, byte)| **byte == b'.');
            watched_set.contains(domain)
                || suffixes
                    .into_iter()
                    .any(|(dot, _)| domain.get(dot + 1..).is_some_and(|rest| watched_set.contains(rest)))
        };
        let mut random = Random::named(1, "unwatched domains");
        let mut known: HashSet<Vec<u8>> = HashSet::with_capacity(count);
        let mut unwatched =
            Self { heavy: Vec::new(), heavy_of: Vec::new(), tail: Vec::new(), ends: Vec::new() };
        for (index, (name, weight)) in (0_u8..).zip(PROVIDERS) {
            unwatched.heavy.push(name.as_bytes().to_vec());
            unwatched.heavy_of.extend(std::iter::repeat_n(index, usize::from(weight)));
        }
        let mut name = Vec::new();
        while unwatched.ends.len() < count {
            name.clear();
            if random.one_in(1_000) && !watched.is_empty() {
                let near = watched.get(random.below(watched.len())).map_or(&b""[..], String::as_bytes);
                if random.one_in(2) {
                    name.extend_from_slice(b"evil");
                    name.extend_from_slice(near);
                } else {
                    name.extend_from_slice(near);
                    name.extend_from_slice(b".evil.test");
                }
            } else {
                push_tail_name(&mut name, &mut random);
            }
            if !is_watched(&name) && known.insert(name.clone()) {
                unwatched.tail.extend_from_slice(&name);
                unwatched.ends.push(u32::try_from(unwatched.tail.len()).unwrap_or(u32::MAX));
            }
        }
        unwatched
    }

    /// One domain: a provider in 184 of 256 draws, else rank r of the tail with a likelihood of about 1/r (Zipf), by
    /// drawing an octave of ranks first and then one rank of it.
    #[inline]
    pub(crate) fn draw(&self, random: &mut Random) -> &[u8] {
        let bits = random.bits();
        if let Some(provider) = self.heavy_of.get((bits & 255) as usize) {
            return self.heavy.get(usize::from(*provider)).map_or(b"", Vec::as_slice);
        }
        let octaves = u64::from(self.ends.len().max(1).ilog2()) + 1;
        let octave = (((bits >> 8) & 0xffff) * octaves) >> 16;
        let rank = (1_u64 << octave) - 1 + ((bits >> 24) & ((1 << octave) - 1));
        self.tail_name(rank as usize % self.ends.len().max(1))
    }

    fn tail_name(&self, rank: usize) -> &[u8] {
        let start = rank.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(rank).copied().unwrap_or(start);
        self.tail.get(start as usize..end as usize).unwrap_or_default()
    }
}

fn push_tail_name(out: &mut Vec<u8>, random: &mut Random) {
    match random.below(4) {
        0 => {
            out.extend_from_slice(random.pick(&TAIL_WORDS).as_bytes());
            out.extend_from_slice(random.pick(&TAIL_WORDS).as_bytes());
            push_number(out, random.below(1_000));
        }
        1 => {
            out.extend_from_slice(random.pick(&TAIL_WORDS).as_bytes());
            out.push(b'-');
            out.extend_from_slice(random.pick(&SYLLABLES).as_bytes());
            out.extend_from_slice(random.pick(&SYLLABLES).as_bytes());
            out.extend_from_slice(random.pick(&SYLLABLES).as_bytes());
        }
        _ => {
            for _ in 0..2 + random.below(4) {
                out.extend_from_slice(random.pick(&SYLLABLES).as_bytes());
            }
        }
    }
    out.extend_from_slice(random.pick(&TAIL_ENDINGS).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_watch_list_begins_with_a_shorter_one() {
        let long = watched_domains(1_500);
        assert_eq!(long.len(), 1_500);
        assert_eq!(long.iter().collect::<HashSet<_>>().len(), 1_500);
        assert_eq!(watched_domains(100), long[..100]);
        let below_com = long.iter().filter(|domain| !domain.ends_with(".example")).count();
        assert!((50..250).contains(&below_com), "{below_com}");
    }

    #[test]
    fn no_domain_of_the_noise_is_watched() {
        let watched = watched_domains(300);
        let unwatched = Unwatched::new(5_000, &watched);
        let mut seen = HashSet::new();
        let mut random = Random::new(3);
        for _ in 0..200_000 {
            let domain = String::from_utf8(unwatched.draw(&mut random).to_vec()).unwrap();
            assert!(!watched.iter().any(|w| domain == *w || domain.ends_with(&format!(".{w}"))), "{domain}");
            assert!(domain.contains('.'));
            seen.insert(domain);
        }
        assert!(seen.len() > 4_000, "{}", seen.len());
    }

    #[test]
    fn providers_hold_most_draws() {
        let unwatched = Unwatched::new(1_000, &[]);
        let mut random = Random::new(4);
        let first = (0..10_000).filter(|_| unwatched.draw(&mut random) == b"kite.example.com").count();
        assert!((1_900..2_500).contains(&first), "{first}");
    }
}
