//! Tagging and sealing, inside the scan: records become rows, and nothing readable leaves this module.

use std::sync::Arc;

use mizumori_core::keys::{AccountTag, DataKey, HostTag, KeyError, KeyRing, Sealed, SecretTag, TagLayers};
use mizumori_core::watch::Level;
use mizumori_core::{Account, Secret, Source, SourceKind, WatchList};
use mizumori_read::MemberName;
use mizumori_scan::{LogFacts, Login, Match, MemberContext, MemberSource, Record, Sink, Workshop};
use serde::{Deserialize, Serialize};

use crate::beside::{Beside, is_kept_out};
use crate::forget::KeptOut;
use crate::logs::Logs;
use crate::rows::{Leak, NO_SECRET, Row, Rows};
use crate::tally::{CountKey, CountTags};
use crate::words::{HostTags, Hosts};

/// Tells the source of a member of a dump; `None` for the description of one.
pub type MemberSources<'m> = dyn Fn(&MemberName) -> Option<MemberSource> + Sync + 'm;

/// How records become rows.
pub(crate) struct Method<'g> {
    pub(crate) tags: TagLayers,
    pub(crate) ring: &'g KeyRing,
    pub(crate) watch: Option<&'g WatchList>,
    pub(crate) sources: &'g [Source],
    pub(crate) source_of: &'g MemberSources<'g>,
    /// The level where the watch list names none; see [`Ingest::level`](crate::Ingest::level).
    pub(crate) level: Option<Level>,
    /// Which exposures are taken.
    pub(crate) part: Part,
    /// Whether accounts are kept that concern nobody on the watch list.
    pub(crate) others: Others,
    /// Accounts of which nothing is taken.
    pub(crate) kept_out: &'g KeptOut,
    /// Under which accounts are counted.
    pub(crate) count_key: &'g CountKey,
    /// What stealer logs say of their computers.
    pub(crate) logs: &'g Logs,
    /// Who sees the records too.
    pub(crate) beside: Option<&'g dyn Beside>,
}

impl Method<'_> {
    /// Whether nothing is taken of an account.
    fn is_kept_out(&self, account: &Account<'_>) -> bool {
        is_kept_out(self.kept_out, &self.tags, account)
    }
}

/// Which exposures an ingest takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    /// All that are kept.
    Whole,
    /// Those that concern the watch list.
    Watched,
    /// The others.
    Rest,
}

/// Whether accounts are kept that concern nobody on the watch list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// They are.
    Kept,
    /// They are not.
    Left,
}

/// What becomes of an exposure.
enum Fate {
    /// It is a row, at this level.
    Row(Level),
    /// It is counted.
    Counted,
    /// Nothing of it may be kept.
    Nothing,
    /// It is another part's.
    Passed,
}

/// Makes the batches in which a scan gathers rows.
pub(crate) struct Gather<'g>(pub(crate) &'g Method<'g>);

impl<'g> Workshop for Gather<'g> {
    type Batch = Gathered<'g>;

    fn source(&self, member: &MemberName) -> Option<MemberSource> {
        (self.0.source_of)(member)
    }

    fn batch(&self, member: &Arc<MemberContext>) -> Gathered<'g> {
        let method = self.0;
        let source = member.source;
        let described = method.sources.get(source.index.0);
        let log = described
            .filter(|described| described.kind == SourceKind::StealerLog)
            .map(|described| method.tags.log(described.id.as_str(), log_folder(member.name.as_str())).0);
        let ceiling = described.and_then(|described| described.level).unwrap_or(Level::Sealed);
        Gathered {
            method,
            source,
            id: described.map_or("", |described| described.id.as_str()),
            ceiling,
            log,
            told: method.logs.of(member.name.as_str()),
            rows: Rows::default(),
            tags: HostTags::default(),
            sites: Hosts::default(),
            counts: method.count_key.begin(source.index),
            uncounted: 0,
            unsealed: 0,
            failed: None,
            beside: method.beside.and_then(|beside| beside.batch(source.index)),
        }
    }
}

/// The folder of a member, or the container that it lies in: in a stealer log's source, the records of one computer.
pub fn log_folder(member: &str) -> &str {
    member.rfind(['/', '!']).and_then(|at| member.get(..at)).unwrap_or_default()
}

/// The rows of a piece.
pub(crate) struct Gathered<'g> {
    method: &'g Method<'g>,
    source: MemberSource,
    id: &'g str,
    /// The level that the source's description allows.
    ceiling: Level,
    log: Option<i64>,
    /// What the log says of its computer.
    told: Option<&'g LogFacts>,
    pub(crate) rows: Rows,
    tags: HostTags,
    /// The hosts of sites, for their registrable domains.
    sites: Hosts,
    /// The accounts that are counted.
    pub(crate) counts: CountTags,
    /// Exposures at level `counts` that do not count: of no account, or without a secret.
    pub(crate) uncounted: u64,
    /// Rows at level `sealed` for which there was no key: they are tags.
    pub(crate) unsealed: u64,
    /// Why sealing failed.
    pub(crate) failed: Option<KeyError>,
    /// What sees the records too.
    beside: Option<Box<dyn Sink + Send + 'g>>,
}

impl Sink for Gathered<'_> {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        if let Some(beside) = &mut self.beside
            && !record.login.account().is_some_and(|account| self.method.is_kept_out(account))
        {
            beside.record(record, matched);
        }
        let level = match self.fate(record, matched) {
            Fate::Row(level) => level,
            Fate::Counted => return self.count(record),
            Fate::Nothing => {
                self.uncounted += 1;
                return;
            }
            Fate::Passed => return,
        };
        let secret = record.secret.is_present().then(|| record.secret.expose());
        let url = record.url.as_ref().and_then(|url| url.host());
        let (host, tag, secret_tag) = match &record.login {
            Login::Account(account) => {
                let (host, at) = self.host(account.host());
                let (tag, secret) = self.method.tags.account_at(at, account, secret);
                (host, tag, secret)
            }
            // A user name says whose it is only together with the site.
            Login::Name(name) => {
                let Some(site) = url else { return };
                let (host, at) = self.host(site);
                let (tag, secret) = self.method.tags.login_at(at, name, site, secret);
                (host, tag, secret)
            }
            Login::None => return,
        };
        let leak = Leak { source: self.source.index, kind: record.secret.kind(), log: self.log };
        let leak = self.rows.shared.leak(leak);
        let site = url.map(|host| self.sites.number(host));
        let site = self.rows.shared.site(site.map(|number| self.sites.domain(number)));
        let key = self.data_key(level, matched);
        self.unsealed += u64::from(level == Level::Sealed && key.is_none());
        let sealed = key.map_or(0, |key| self.seal(key, tag, record));
        let secret = secret_tag.map_or(NO_SECRET, |SecretTag(tag)| tag.max(NO_SECRET + 1));
        self.rows.rows.push(Row { hi: tag.hi, lo: tag.lo, secret, leak, site, host, sealed });
        if secret != NO_SECRET
            && let Some(account) = record.login.account()
        {
            self.counts.keep(self.method.count_key, account);
        }
    }

    fn settle(&mut self) {
        self.rows.settle();
        if let Some(mut beside) = self.beside.take() {
            beside.settle();
        }
    }

    fn weight(&self) -> usize {
        let beside = self.beside.as_ref().map_or(0, |beside| beside.weight());
        self.rows.rows.len() * size_of::<Row>() + self.rows.shared.weight() + self.counts.weight() + beside
    }
}

impl<'g> Gathered<'g> {
    /// The number of a host, and what the tags of its accounts begin with.
    fn host(&mut self, host: &str) -> (u32, HostTag) {
        self.tags.number(&mut self.rows.shared.hosts, host, &self.method.tags)
    }

    fn fate(&self, record: &Record<'_>, matched: Option<&Match>) -> Fate {
        let method = self.method;
        let is_counted = |level: Level| level == Level::Counts;
        // Of those that nobody watches there is never more than tags.
        let others = method.level.unwrap_or(Level::Tags).min(Level::Tags).min(self.ceiling);
        let (level, of_rest) = match matched {
            None => (others, true),
            Some(matched) => {
                let level = self.level(matched);
                // By its site alone: what a survey counts is the account, which is one of the others.
                let by_site =
                    is_counted(level) && matched.account.is_none() && record.login.account().is_some();
                match method.others {
                    Others::Kept if by_site => (others, is_counted(others)),
                    Others::Left if by_site => return Fate::Nothing,
                    _ => (level, false),
                }
            }
        };
        match (method.part, of_rest) {
            (Part::Watched, true) | (Part::Rest, false) => Fate::Passed,
            _ if !is_counted(level) => Fate::Row(level),
            _ if record.login.account().is_some() && record.secret.is_present() => Fate::Counted,
            _ => Fate::Nothing,
        }
    }

    fn count(&mut self, record: &Record<'_>) {
        let Some(account) = record.login.account() else { return };
        if self.method.is_kept_out(account) {
            return;
        }
        self.counts.count(self.method.count_key, account);
    }

    /// How much of an exposure may be kept that concerns the watch list.
    fn level(&self, matched: &Match) -> Level {
        let own = self.method.watch.and_then(|watch| {
            let organisation = watch.organisations.get(matched.organisation(watch)?.0)?;
            let category = || watch.categories.get(organisation.category.0)?.level;
            organisation.level.or_else(category)
        });
        let keyed = || if self.own_key(matched).is_some() { Level::Sealed } else { Level::Tags };
        own.or(self.method.level).unwrap_or_else(keyed).min(self.ceiling)
    }

    /// The key under which an exposure is sealed.
    fn data_key(&self, level: Level, matched: Option<&Match>) -> Option<&'g DataKey> {
        self.own_key(matched.filter(|_| level == Level::Sealed)?)
    }

    /// The data key of a verified domain, if it has one.
    fn own_key(&self, matched: &Match) -> Option<&'g DataKey> {
        let domain = matched.domain(self.method.watch?).filter(|domain| domain.verified)?;
        self.method.ring.data_key(domain.name.as_str())
    }

    fn seal(&mut self, key: &DataKey, tag: AccountTag, record: &Record<'_>) -> u32 {
        let local = match &record.login {
            Login::Account(account) => account.local().to_owned(),
            Login::Name(name) => name.to_string(),
            Login::None => String::new(),
        };
        let secret = Secret::new(record.secret.expose().to_owned());
        let LogFacts { computer, user, taken } = self.told.cloned().unwrap_or_default();
        let what = Sealed { local: Secret::new(local), secret, computer, user, taken };
        match key.seal(self.id, tag, &what) {
            Ok(sealed) => self.rows.shared.seal(sealed),
            Err(error) => {
                self.failed.get_or_insert(error);
                0
            }
        }
    }
}
