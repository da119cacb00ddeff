//! The accounts of the invented bodies, and the ways in which one and the same account is written in dumps.

use crate::noise::{FAMILY, GIVEN};
use crate::random::mix;

const PAIRS: usize = FAMILY.len() * GIVEN.len();
const STYLES: usize = 6;

/// Distinct people that a body has at most.
pub(crate) const POPULATION: usize = PAIRS * STYLES;

/// The local part of person `index` (below [`POPULATION`]) of a body: canonical, and no two people's alike, because family
/// and given names share no word and each style joins them in its own way.
pub(crate) fn local_part(index: usize) -> String {
    let family = FAMILY.get(index % FAMILY.len()).copied().unwrap_or_default();
    let given = GIVEN.get(index / FAMILY.len() % GIVEN.len()).copied().unwrap_or_default();
    let chance = mix(index as u64) % 400;
    let tag = if chance < 3 { "+news" } else { "" };
    match index / PAIRS % STYLES {
        // Two dots in a row are not in the RFC and are kept for watched domains.
        0 if chance == 7 => format!("{family}..{given}"),
        0 => format!("{family}.{given}{tag}"),
        1 => format!("{given}-{family}{tag}"),
        2 => format!("{family}_{given}"),
        3 => format!("{family}{:04}", index % PAIRS),
        4 => format!("{given}.{family}{tag}"),
        _ => format!("{family}-{given}"),
    }
}

/// A way to write an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    Canonical,
    Upper,
    Capitalised,
    UpperDomain,
    FullWidth,
}

/// Writes `account` in that way; all spellings have one canonical form.
pub(crate) fn spell(account: &str, spelling: Spelling) -> String {
    match spelling {
        Spelling::Canonical => account.to_owned(),
        Spelling::Upper => account.to_ascii_uppercase(),
        Spelling::Capitalised => {
            let mut spelt = account.to_owned();
            if let Some(first) = spelt.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            spelt
        }
        Spelling::UpperDomain => match account.split_once('@') {
            Some((local, domain)) => format!("{local}@{}", domain.to_ascii_uppercase()),
            None => account.to_owned(),
        },
        Spelling::FullWidth => account.chars().map(full_width).collect(),
    }
}

/// The full-width form of an ASCII character (U+FF01 to U+FF5E), which NFKC folds back.
fn full_width(c: char) -> char {
    match u32::from(c) {
        ascii @ 0x21..=0x7e => char::from_u32(ascii + 0xfee0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_people_share_a_local_part() {
        let distinct: HashSet<String> = (0..POPULATION).map(local_part).collect();
        assert_eq!(distinct.len(), POPULATION);
        assert!(distinct.iter().any(|local| local.contains("..")));
        assert!(distinct.iter().any(|local| local.ends_with("+news")));
    }

    #[test]
    fn spells() {
        let account = "sato.ren@suigen.example";
        for (spelling, expected) in [
            (Spelling::Canonical, "sato.ren@suigen.example"),
            (Spelling::Upper, "SATO.REN@SUIGEN.EXAMPLE"),
            (Spelling::Capitalised, "Sato.ren@suigen.example"),
            (Spelling::UpperDomain, "sato.ren@SUIGEN.EXAMPLE"),
            (Spelling::FullWidth, "ｓａｔｏ．ｒｅｎ＠ｓｕｉｇｅｎ．ｅｘａｍｐｌｅ"),
        ] {
            assert_eq!(spell(account, spelling), expected);
        }
    }
}
