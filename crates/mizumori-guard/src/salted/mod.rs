//! Whether a password is one that leaked with an account, where what leaked is a hash with a salt, read by whoever may open it.
//!
//! It has to be computed again, and that takes as long, and as much memory, as whoever made it wanted: so there are bounds. A hash beyond
//! them is not computed, and neither is one of a kind that is not known here; both are counted, so that it can be said.

mod crypt;
mod form;
mod text;

use std::time::Duration;

use mizumori_core::Secret;
use unicode_normalization::UnicodeNormalization as _;

use self::form::Form;

/// Work that comparisons may take together: eight hashes of bcrypt with a cost of 12.
const WORK: Duration = Duration::from_secs(2);
/// Memory that one of them may take, in bytes.
const MEMORY: u64 = 128 << 20;

/// Compares a password with hashes that have a salt, for as long as that may take.
#[derive(Debug)]
pub struct Salted {
    /// Nanoseconds of one core that are left, about.
    work: u64,
    skipped: u64,
    unknown: u64,
}

impl Default for Salted {
    fn default() -> Self {
        Self::within(WORK)
    }
}

impl Salted {
    /// For as long as this, about, on one core.
    pub fn within(work: Duration) -> Self {
        Self { work: u64::try_from(work.as_nanos()).unwrap_or(u64::MAX), skipped: 0, unknown: 0 }
    }

    /// Whether a hash is that of the password, as it was typed or in its NFKC form. One that there is no time or no memory for counts as [skipped](Self::skipped), one of
    /// which it cannot be told how it was made as [unknown](Self::unknown). A hash without a salt is not looked at: see
    /// [`spellings`](crate::spellings).
    pub fn is_of(&mut self, hash: &str, password: &Secret<Vec<u8>>) -> bool {
        let hash = hash.trim_ascii();
        if text::is_unsalted(hash) {
            return false;
        }
        let Some(form) = Form::of(hash) else {
            self.unknown += 1;
            return false;
        };
        // As everywhere in the check: which of the two a program hashed nobody knows.
        let typed = password.expose();
        let normal = std::str::from_utf8(typed).ok().map(|text| Secret::new(text.nfkc().collect::<String>()));
        let normal =
            normal.as_ref().map(|normal| normal.expose().as_bytes()).filter(|normal| normal != typed);
        for password in [Some(typed.as_slice()), normal].into_iter().flatten() {
            let left = form
                .work(password.len())
                .filter(|_| form.memory().is_some_and(|bytes| bytes <= MEMORY))
                .and_then(|work| self.work.checked_sub(work));
            let Some(left) = left else {
                self.skipped += 1;
                return false;
            };
            self.work = left;
            match form.is_of(password) {
                Some(true) => return true,
                Some(false) => {}
                None => {
                    self.unknown += 1;
                    return false;
                }
            }
        }
        self.unknown += u64::from(form.is_guessed());
        false
    }

    /// Hashes that were not compared, because it would have taken too long or too much memory.
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Hashes of which it is not known how they were made.
    pub const fn unknown(&self) -> u64 {
        self.unknown
    }
}

#[cfg(test)]
mod tests;
