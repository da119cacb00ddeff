//! Exposures in memory: forty bytes each, and the texts that they share.

use hashbrown::HashMap;
use mizumori_core::{SecretKind, SourceIndex};
use serde::{Deserialize, Serialize};

use crate::words::{Hosts, Words};

/// What stands for no secret: it sorts before every secret, as NULL does in the table.
pub(crate) const NO_SECRET: i64 = i64::MIN;
/// What stands for no site.
pub(crate) const NO_SITE: u32 = 0;

/// One exposure. Rows compare as they are sorted in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// The account's tag.
    pub(crate) hi: i64,
    /// Its other half.
    pub(crate) lo: i64,
    /// The tag of the secret, or [`NO_SECRET`].
    pub(crate) secret: i64,
    /// The number of the [`Leak`].
    pub(crate) leak: u32,
    /// The number of the site and one, or [`NO_SITE`].
    pub(crate) site: u32,
    /// The number of the host.
    pub(crate) host: u32,
    /// The number of what is sealed and one, or zero.
    pub(crate) sealed: u32,
}

impl Row {
    /// Where the row stands among the others.
    pub(crate) const fn key(&self) -> Key {
        Key { hi: self.hi, lo: self.lo, secret: self.secret }
    }

    /// Whether two rows say the same: one account, one secret, one leak, one site.
    fn says_as(&self, other: &Self) -> bool {
        self.key() == other.key() && self.leak == other.leak && self.site == other.site
    }
}

/// A row, and what it names.
pub(crate) struct RowOf<'s> {
    pub(crate) row: Row,
    pub(crate) shared: &'s Shared,
}

impl RowOf<'_> {
    /// Its host.
    pub(crate) fn host(&self) -> &str {
        self.shared.hosts.host(self.row.host)
    }
}

/// A place in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) hi: i64,
    pub(crate) lo: i64,
    pub(crate) secret: i64,
}

impl Key {
    /// Before every row.
    pub(crate) const FIRST: Self = Self { hi: i64::MIN, lo: i64::MIN, secret: i64::MIN };
}

/// What the exposures of one source, kind of secret and stealer log have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Leak {
    /// The source.
    pub(crate) source: SourceIndex,
    /// What stands beside the account.
    pub(crate) kind: SecretKind,
    /// The tag of a stealer log's folder.
    pub(crate) log: Option<i64>,
}

/// Texts and leaks that rows name by numbers.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) hosts: Hosts,
    pub(crate) sites: Words,
    leaks: Vec<Leak>,
    leak_numbers: HashMap<Leak, u32>,
    /// The last leak that was asked for: rows of one file have the same again and again.
    last_leak: Option<(Leak, u32)>,
    sealed: Vec<Box<[u8]>>,
    sealed_bytes: usize,
}

impl Shared {
    /// The number of a leak.
    pub(crate) fn leak(&mut self, leak: Leak) -> u32 {
        if let Some((last, number)) = self.last_leak
            && last == leak
        {
            return number;
        }
        let next = u32::try_from(self.leaks.len()).unwrap_or(u32::MAX);
        let number = *self.leak_numbers.entry(leak).or_insert(next);
        if number == next {
            self.leaks.push(leak);
        }
        self.last_leak = Some((leak, number));
        number
    }

    /// The number of a site in a row.
    pub(crate) fn site(&mut self, site: Option<&str>) -> u32 {
        site.map_or(NO_SITE, |site| self.sites.number(site) + 1)
    }

    /// Keeps what is sealed; gives its number in a row.
    pub(crate) fn seal(&mut self, sealed: impl Into<Box<[u8]>>) -> u32 {
        let sealed = sealed.into();
        self.sealed_bytes += sealed.len() + 16;
        self.sealed.push(sealed);
        u32::try_from(self.sealed.len()).unwrap_or(u32::MAX)
    }

    /// The leak of a row.
    pub(crate) fn leak_of(&self, row: &Row) -> Option<&Leak> {
        self.leak_at(row.leak)
    }

    /// The leak of a number.
    pub(crate) fn leak_at(&self, number: u32) -> Option<&Leak> {
        self.leaks.get(number as usize)
    }

    /// The site of a row.
    pub(crate) fn site_of(&self, row: &Row) -> Option<&str> {
        row.site.checked_sub(1).map(|number| self.sites.word(number))
    }

    /// What is sealed in a row.
    pub(crate) fn sealed_of(&self, row: &Row) -> Option<&[u8]> {
        let at = row.sealed.checked_sub(1)?;
        self.sealed.get(at as usize).map(AsRef::as_ref)
    }

    /// Roughly the bytes that it takes.
    pub(crate) fn weight(&self) -> usize {
        self.hosts.weight() + self.sites.weight() + self.leaks.capacity() * 80 + self.sealed_bytes
    }
}

/// Rows, and what they share.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    pub(crate) shared: Shared,
}

impl Rows {
    /// Sorts them and drops those that say what another says.
    pub(crate) fn settle(&mut self) {
        self.rows.sort_unstable();
        self.rows.dedup_by(|row, before| row.says_as(before));
    }

    /// The rows with the numbers that `shared` gives, which learns what it did not know.
    pub(crate) fn renumbered(self, shared: &mut Shared) -> Vec<Row> {
        let hosts: Vec<_> = self.shared.hosts.iter().map(|host| shared.hosts.number(host)).collect();
        let sites: Vec<_> = self.shared.sites.iter().map(|site| shared.site(Some(site))).collect();
        let leaks: Vec<_> = self.shared.leaks.iter().map(|leak| shared.leak(*leak)).collect();
        let sealed: Vec<_> = self.shared.sealed.into_iter().map(|sealed| shared.seal(sealed)).collect();
        let number = |numbers: &[u32], at: u32| numbers.get(at as usize).copied().unwrap_or(0);
        let optional = |numbers: &[u32], at: u32| at.checked_sub(1).map_or(0, |at| number(numbers, at));
        let mut rows = self.rows;
        for row in &mut rows {
            row.host = number(&hosts, row.host);
            row.site = optional(&sites, row.site);
            row.leak = number(&leaks, row.leak);
            row.sealed = optional(&sealed, row.sealed);
        }
        rows
    }
}

/// Drops rows that say what the row before says.
pub(crate) fn dedup(rows: &mut Vec<Row>) {
    rows.dedup_by(|row, before| row.says_as(before));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leak(source: usize) -> Leak {
        Leak { source: SourceIndex(source), kind: SecretKind::Clear, log: None }
    }

    #[test]
    fn rows_keep_what_they_say_under_new_numbers() {
        let (mut one, mut shared) = (Rows::default(), Shared::default());
        shared.hosts.number("other.example");
        shared.site(Some("other.example"));
        shared.leak(leak(9));
        for (lo, host) in [(2, "b.example"), (1, "a.example"), (2, "b.example")] {
            let host = one.shared.hosts.number(host);
            let (leak, site) = (one.shared.leak(leak(3)), one.shared.site(Some("shop.example")));
            let sealed = one.shared.seal(vec![lo as u8]);
            one.rows.push(Row { hi: 0, lo, secret: 5, leak, site, host, sealed });
        }
        one.settle();
        assert_eq!(one.rows.len(), 2);
        let rows = one.renumbered(&mut shared);
        let said: Vec<_> = rows
            .iter()
            .map(|row| {
                let leak = shared.leak_of(row).unwrap().source.0;
                (row.lo, shared.hosts.host(row.host), shared.site_of(row), leak, shared.sealed_of(row))
            })
            .collect();
        let site = Some("shop.example");
        assert_eq!(
            said,
            [
                (1, "a.example", site, 3, Some([1].as_slice())),
                (2, "b.example", site, 3, Some([2].as_slice()))
            ]
        );
    }
}
