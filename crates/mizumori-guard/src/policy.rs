//! Whether a password may be chosen: the rules of NIST SP 800-63B-4, section 3.1.1.2.
//!
//! Length, leaked passwords, and words of the context, each compared with the whole password. There are no rules of
//! composition and no upper bound, as the standard has it. Advice is no verdict: a password that resembles a leaked one is
//! acceptable.

use caseless::Caseless;
use mizumori_core::Secret;
use unicode_normalization::UnicodeNormalization;

use crate::digest::{HashKind, PasswordHash};
use crate::filter::Filter;
use crate::index::Index;

/// Characters that a password has to have where it is the only factor.
pub const ALONE: usize = 15;
/// Characters where a second factor is asked for as well.
pub const WITH_SECOND_FACTOR: usize = 8;

/// The rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Characters (code points after NFKC) that there must be.
    pub least: usize,
    /// Words that are no passwords here: names of the organisation, of the user, of the product.
    pub context: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { least: ALONE, context: Vec::new() }
    }
}

/// Where leaked passwords are looked up.
pub enum Leaked<'l> {
    /// In an index, which is exact.
    Index(&'l Index),
    /// In a filter, which takes some that never leaked for leaked ones.
    Filter(&'l Filter),
    /// Nowhere: neither could be opened, and the other rules are to hold all the same.
    Unknown,
}

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has leaked.
    Leaked {
        /// So often; a filter does not know.
        count: Option<u64>,
    },
    /// It has leaked with the account that it is for.
    OwnLeaked {
        /// In so many exposures.
        exposures: u64,
    },
    /// It is too short.
    TooShort {
        /// Characters that it has.
        length: usize,
        /// Characters that it must have.
        least: usize,
    },
    /// It is one of the context's words.
    ContextWord,
}

/// What a person might want to know of a password that is acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Without digits and signs at its end, in lower case, or with letters in the place of the digits that look like them, it
    /// has leaked. Whoever guesses tries such changes first.
    NearLeaked,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Why it is refused; when there is none, it is acceptable.
    pub reasons: Vec<Reason>,
    /// Advice, which takes no part in that.
    pub advice: Vec<Advice>,
}

impl Verdict {
    /// Whether it may be chosen.
    pub const fn is_acceptable(&self) -> bool {
        self.reasons.is_empty()
    }
}

impl Verdict {
    /// Refuses a password that stands in so many exposures of the account that it is for; in none, nothing changes.
    pub fn add_own(&mut self, exposures: u64) {
        if exposures > 0 {
            self.reasons.push(Reason::OwnLeaked { exposures });
            // What is refused needs no advice.
            self.advice.clear();
        }
    }
}

impl Leaked<'_> {
    /// How often these bytes leaked: `None` never, `Some(None)` nobody knows how often.
    fn find(&self, password: &[u8]) -> Option<Option<u64>> {
        // Whoever has only NTLM hashes can look up what is text; SHA-1 takes everything.
        let hash = |kind| match kind {
            HashKind::Sha1 => Some(PasswordHash::sha1(password)),
            HashKind::Ntlm => std::str::from_utf8(password).ok().map(PasswordHash::ntlm),
        };
        match self {
            Self::Index(index) => {
                let kinds = HashKind::ALL.into_iter().filter(|kind| index.has(*kind));
                kinds.filter_map(|kind| index.count(&hash(kind)?)).max().map(Some)
            }
            Self::Filter(filter) => filter.contains(&hash(filter.kind())?).then_some(None),
            Self::Unknown => None,
        }
    }
}

impl Policy {
    /// Judges a password, as the bytes that were typed.
    ///
    /// Both these and their NFKC form are looked up: which one a program hashed that leaked its passwords, nobody knows.
    pub fn check(&self, password: &Secret<Vec<u8>>, leaked: &Leaked<'_>) -> Verdict {
        let bytes = password.expose();
        let text = std::str::from_utf8(bytes).ok();
        let normal: Option<String> = text.map(|text| text.nfkc().collect());
        // What is no text has as many characters as bytes.
        let length = normal.as_deref().map_or(bytes.len(), |text| text.chars().count());
        let mut verdict = Verdict::default();
        let forms = [Some(bytes.as_slice()), normal.as_deref().map(str::as_bytes)];
        let found = forms.into_iter().flatten().filter_map(|form| leaked.find(form)).max();
        if let Some(count) = found {
            verdict.reasons.push(Reason::Leaked { count });
        }
        if length < self.least {
            verdict.reasons.push(Reason::TooShort { length, least: self.least });
        }
        if let Some(normal) = &normal {
            let own = folded(normal);
            if self.context.iter().any(|word| !word.is_empty() && folded(word) == own) {
                verdict.reasons.push(Reason::ContextWord);
            }
            let near = || variants(normal).iter().any(|variant| leaked.find(variant.as_bytes()).is_some());
            if verdict.is_acceptable() && near() {
                verdict.advice.push(Advice::NearLeaked);
            }
        }
        verdict
    }
}

/// Text as it is compared: without case, in one form (Unicode, D145).
fn folded(text: &str) -> String {
    text.nfkc().default_case_fold().nfkc().collect()
}

/// Characters that a variant must have left: what is shorter is near everything.
const LEFT: usize = 4;

/// What somebody who guesses begins with: the same in lower case, without what was put at its end, and with letters for the
/// digits and signs that look like them.
fn variants(password: &str) -> Vec<String> {
    let lower = folded(password);
    let stem = |text: &str| text.trim_end_matches(|c: char| !c.is_alphabetic()).to_owned();
    let spelled = |text: &str, one: char| text.chars().map(|c| unleet(c, one)).collect::<String>();
    let mut all = vec![stem(password), lower.clone(), stem(&lower)];
    for one in ['i', 'l'] {
        all.extend([spelled(&lower, one), spelled(&stem(&lower), one), stem(&spelled(&lower, one))]);
    }
    all.sort();
    all.dedup();
    all.retain(|variant| variant != password && variant.chars().count() >= LEFT);
    all
}

/// The letter that a digit or sign stands for; for `1` and `!` there are two.
const fn unleet(c: char, one: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => one,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::testing::index_of;

    fn judged(leaked: &[&str], policy: &Policy, password: &[u8]) -> Verdict {
        let (_folder, index) = index_of(leaked);
        policy.check(&Secret::new(password.to_vec()), &Leaked::Index(&index))
    }

    #[test]
    fn the_rules() {
        let short = Policy { least: 4, context: vec!["Mizumori".into(), "水守".into(), String::new()] };
        let leaked = Reason::Leaked { count: Some(1) };
        for (known, policy, password, reasons, near) in [
            (&["himitsu"][..], &short, "himitsu", vec![leaked], false),
            (&["himitsu"], &short, "another-one", vec![], false),
            (
                &["himitsu"],
                &Policy::default(),
                "himitsu",
                vec![leaked, Reason::TooShort { length: 7, least: 15 }],
                false,
            ),
            // Full-width letters and a ligature: the form that a program compares.
            (&["himitsu"], &short, "ｈｉｍｉｔｓｕ", vec![leaked], false),
            (&["ｈｉｍｉｔｓｕ"], &short, "ｈｉｍｉｔｓｕ", vec![leaked], false),
            (&["x"], &short, "ﬃﬃ", vec![], false),
            (
                &["x"],
                &Policy { least: 7, context: vec![] },
                "ﬃﬃ",
                vec![Reason::TooShort { length: 6, least: 7 }],
                false,
            ),
            (&["x"], &short, "MIZUMORI", vec![Reason::ContextWord], false),
            (
                &["x"],
                &short,
                "水守",
                vec![Reason::TooShort { length: 2, least: 4 }, Reason::ContextWord],
                false,
            ),
            // Only as a whole.
            (&["x"], &short, "mizumori-no-kawa", vec![], false),
            (&["himitsu"], &short, "Himitsu2024!", vec![], true),
            (&["himitsu"], &short, "H1m1t5u", vec![], true),
            (&["hello"], &short, "He11o!", vec![], true),
            (&["x"], &short, "x12345", vec![], false),
            (&[""], &Policy { least: 0, context: vec![] }, "1234", vec![], false),
        ] {
            let verdict = judged(known, policy, password.as_bytes());
            assert_eq!(verdict.reasons, reasons, "{password}");
            assert_eq!(!verdict.advice.is_empty(), near, "{password}");
        }
    }

    #[test]
    fn bytes_that_are_no_text() {
        let policy = Policy { least: 3, context: vec![] };
        let verdict = judged(&["x"], &policy, b"\xff\xfe");
        assert_eq!(verdict.reasons, [Reason::TooShort { length: 2, least: 3 }]);
    }
}
