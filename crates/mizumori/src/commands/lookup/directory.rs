//! A list of accounts, one a line: what an organisation takes from its own directory.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use mizumori_core::keys::{AccountTag, TagLayers};
use mizumori_core::{Account, LocalPart};

use crate::outcome::{Failure, Outcome};
use crate::tidings;

/// Longest line in bytes, its end included.
const LONGEST: u64 = 4 << 10;

/// Accounts by their tags.
#[derive(Default)]
pub(super) struct Directory {
    /// Sorted, each once: look-ups that lie together are made together.
    accounts: Vec<(AccountTag, Account<'static>)>,
    /// The lines that are no account.
    broken: Vec<u64>,
}

impl Directory {
    /// One account.
    pub(super) fn of(account: Account<'static>, tags: &TagLayers) -> Self {
        Self { accounts: vec![(tags.account(&account), account)], broken: Vec::new() }
    }

    /// Reads a list; blank lines are skipped, and what is no account is told at the end.
    pub(super) fn read(path: &Path, tags: &TagLayers) -> Result<Self, Failure> {
        let cannot = |error: io::Error| Failure::say(format!("could not read `{}`: {error}", path.display()));
        let mut input: Box<dyn BufRead> = if path == Path::new("-") {
            Box::new(io::stdin().lock())
        } else {
            Box::new(BufReader::new(File::open(path).map_err(cannot)?))
        };
        let mut directory = Self::default();
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if input.by_ref().take(LONGEST).read_until(b'\n', &mut line).map_err(cannot)? == 0 {
                break;
            }
            if line.len() as u64 == LONGEST && line.last() != Some(&b'\n') {
                let what = format!("line {number} of `{}` is longer than {LONGEST} bytes", path.display());
                return Err(Failure::say(what).hint("give one account a line"));
            }
            let text =
                if number == 1 { line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line) } else { &line };
            if text.trim_ascii().is_empty() {
                continue;
            }
            match std::str::from_utf8(text).ok().and_then(|text| Account::parse(text, LocalPart::Column)) {
                Some(account) => directory.accounts.push((tags.account(&account), account.into_owned())),
                None => directory.broken.push(number),
            }
        }
        directory.accounts.sort_unstable_by_key(|(tag, _)| *tag);
        directory.accounts.dedup_by_key(|(tag, _)| *tag);
        Ok(directory)
    }

    /// How many accounts there are.
    pub(super) fn len(&self) -> usize {
        self.accounts.len()
    }

    /// All of them, in the order of the lake.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &Account<'static>> {
        self.accounts.iter().map(|(_, account)| account)
    }

    /// The hosts of the accounts that are not among `found`.
    pub(super) fn missing(&self, found: &BTreeSet<AccountTag>) -> BTreeSet<&str> {
        let missing = self.accounts.iter().filter(|(tag, _)| !found.contains(tag));
        missing.map(|(_, account)| account.host()).collect()
    }

    /// The account of a tag.
    pub(super) fn name_of(&self, tag: AccountTag) -> Option<&Account<'static>> {
        let at = self.accounts.binary_search_by_key(&tag, |(tag, _)| *tag).ok()?;
        self.accounts.get(at).map(|(_, account)| account)
    }

    /// Says which lines are no account, and what that means for the whole.
    pub(super) fn tell(&self) -> Outcome {
        let Some(first) = self.broken.first() else { return Outcome::Done };
        let lines = self.broken.len();
        tidings::warning(&format!("{lines} lines of the list are no account (line {first} is the first)"));
        Outcome::Partly
    }
}
