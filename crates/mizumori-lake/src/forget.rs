//! Forgetting: rows are rewritten without what is to go, and the files that held it are deleted at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deltalake_core::operations::vacuum::VacuumMode;
use mizumori_core::keys::{AccountTag, KeyRing};
use mizumori_core::{DomainName, domain};

use crate::counts::COUNTS;
use crate::error::LakeError;
use crate::lake::Lake;
use crate::log::{Change, ChangeKind, Live, NewFile};
use crate::manifest::{Ingests, Manifest, stem};
use crate::rows::RowOf;
use crate::run_file::Columns;

/// Where the tags of forgotten accounts lie, one object each.
pub(crate) const SUPPRESSED: &str = "suppressed";

/// Nobody writes any more to a file that was begun and not touched for so long.
const DEAD: Duration = Duration::from_secs(60 * 60);

/// The tags of accounts that are to be kept out.
pub(crate) type KeptOut = BTreeSet<(i64, i64)>;

/// What is to be forgotten.
#[derive(Clone, Debug)]
pub enum Forget {
    /// An account: kept out from now on, too.
    Account(AccountTag),
    /// The accounts of a domain and of the hosts below it.
    Domain {
        /// The domain.
        name: DomainName,
        /// Domains below it that are somebody else's, with the hosts below them.
        except: Vec<DomainName>,
    },
    /// Sources, with their descriptions.
    Sources(BTreeSet<String>),
    /// Sources, each as long as it is there from this ingest: what came anew meanwhile stays.
    Ingests(BTreeMap<String, String>),
}

impl Forget {
    /// One source.
    pub fn source(id: impl Into<String>) -> Self {
        Self::Sources(BTreeSet::from([id.into()]))
    }

    /// A domain, with all hosts below it.
    pub const fn domain(name: DomainName) -> Self {
        Self::Domain { name, except: Vec::new() }
    }

    /// Whether it is about the accounts of a host.
    pub(crate) fn is_host(&self, host: &str) -> bool {
        let Self::Domain { name, except } = self else { return false };
        is_below(host, name) && !except.iter().any(|except| is_below(host, except))
    }

    /// Whether it is about a row.
    fn is_row(&self, row: &RowOf<'_>) -> bool {
        match self {
            Self::Account(tag) => (row.row.hi, row.row.lo) == (tag.hi, tag.lo),
            Self::Domain { .. } => self.is_host(row.host()),
            Self::Sources(_) | Self::Ingests(_) => false,
        }
    }

    /// The sources that it is about, of those that are there.
    pub(crate) fn sources(&self, there: &Ingests) -> BTreeSet<String> {
        match self {
            Self::Account(_) | Self::Domain { .. } => BTreeSet::new(),
            Self::Sources(ids) => ids.clone(),
            Self::Ingests(ingests) => {
                let holds = |(id, ingest): &(&String, &String)| there.get(*id) == Some(*ingest);
                ingests.iter().filter(holds).map(|(id, _)| id.clone()).collect()
            }
        }
    }
}

/// What forgetting did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Rows that are gone.
    pub rows: u64,
    /// Accounts that are counted no more.
    pub counted: u64,
    /// Sources whose accounts another source of their place and month had counted, which is gone: where several are left, who of
    /// them has which nobody can tell, and these figures are too small.
    pub short: Vec<String>,
    /// Files that were rewritten or removed.
    pub files: usize,
}

impl Lake {
    /// Forgets: rewrites what holds it, and deletes the files that held it at once.
    ///
    /// Out of reach are older versions that a bucket keeps, backups, and what was handed on; and an account among those that were
    /// only counted.
    ///
    /// # Errors
    /// When the keys are not the lake's, or the store fails.
    pub fn forget(&mut self, ring: &KeyRing, what: &Forget) -> Result<Forgotten, LakeError> {
        self.refresh()?;
        self.check_keys(ring)?;
        // First of all: an ingest that is under way looks at the list before it ends.
        if let Forget::Account(tag) = what {
            self.put(&format!("{SUPPRESSED}/{}", name_of(*tag)), Vec::new())?;
        }
        let mut done = self.forget_counts(what)?;
        let mut gone = Ingests::new();
        self.contend(|lake| {
            let (live, there) = (lake.log.live()?, lake.ingests()?);
            let sources = what.sources(&there);
            let concerned = lake.concerned(ring, what, &sources, &live)?;
            if concerned.is_empty() {
                return Ok(None);
            }
            gone = there.into_iter().filter(|(id, _)| sources.contains(id)).collect();
            let before: u64 = concerned.iter().map(|file| file.rows).sum();
            let rewritten = lake.without(&concerned, what, &sources)?;
            let after: u64 = rewritten.iter().map(|file| file.rows).sum();
            (done.rows, done.files) = (before.saturating_sub(after), concerned.len());
            let remove = concerned.into_iter().cloned().collect();
            Ok(Some(Change { rewritten, remove, kind: ChangeKind::Deletion, ..Change::default() }))
        })?;
        if !gone.is_empty() {
            self.publish_counts(Some(&BTreeSet::new()))?;
            self.delete_manifests(&gone)?;
        }
        self.delete_removed()?;
        self.place.delete_unfinished(DEAD)?;
        if let Some(counts) = self.counts_log()? {
            self.vacuum_as(&counts, COUNTS, VacuumMode::Lite, Duration::ZERO)?;
        }
        Ok(done)
    }

    /// Deletes what is said of ingests, and of those that they had replaced. An ingest that is under way has said of itself already
    /// what its commit will name.
    fn delete_manifests(&self, gone: &Ingests) -> Result<(), LakeError> {
        for (id, ingest) in gone {
            for object in self.objects(&Manifest::folder(id))? {
                let other = object.location.filename().and_then(|name| name.strip_suffix(".json"));
                // Ids of ingests sort by their time.
                if other.is_some_and(|other| stem(other) <= stem(ingest)) {
                    self.delete(object.location.as_ref())?;
                }
            }
        }
        Ok(())
    }

    /// The files that may hold what is to be forgotten.
    fn concerned<'f>(
        &self,
        ring: &KeyRing,
        what: &Forget,
        sources: &BTreeSet<String>,
        live: &'f [Live],
    ) -> Result<Vec<&'f Live>, LakeError> {
        let hi = match what {
            Forget::Sources(_) | Forget::Ingests(_) => {
                let holds = |file: &&Live| file.sources.keys().any(|id| sources.contains(id));
                return Ok(live.iter().filter(holds).collect());
            }
            Forget::Account(tag) => (tag.hi, tag.hi),
            // Below a public suffix are domains without number.
            Forget::Domain { name, .. } if domain::is_public_suffix(name.as_str()) => (i64::MIN, i64::MAX),
            Forget::Domain { name, .. } => {
                let range = ring.tags().domain(name.as_str());
                (range.first, range.last)
            }
        };
        let mut concerned = Vec::new();
        for file in live.iter().filter(|file| file.may_hold(hi.0, hi.1)) {
            let mut holds = false;
            self.run_file(file)?.visit(hi, None, &mut |batch| {
                if let Some(columns) = Columns::of(batch) {
                    holds |= (0..batch.num_rows()).any(|row| match what {
                        Forget::Account(tag) => {
                            columns.hi.value(row) == tag.hi && columns.lo.value(row) == tag.lo
                        }
                        what => what.is_host(columns.host.value(row)),
                    });
                }
                Ok(())
            })?;
            if holds {
                concerned.push(file);
            }
        }
        Ok(concerned)
    }

    /// `files` without what is to be forgotten.
    fn without(
        &self,
        files: &[&Live],
        what: &Forget,
        sources: &BTreeSet<String>,
    ) -> Result<Vec<NewFile>, LakeError> {
        if sources.is_empty() {
            return self.rewrite(files, &|_| true, &|row| !what.is_row(row));
        }
        let keeps = |file: &&&Live| file.sources.keys().any(|id| !sources.contains(id));
        let mixed: Vec<_> = files.iter().filter(keeps).copied().collect();
        if mixed.is_empty() {
            return Ok(Vec::new());
        }
        self.rewrite(&mixed, &|id| !sources.contains(id), &|_| true)
    }

    /// The tags of accounts that are to be kept out.
    pub(crate) fn suppressed(&self) -> Result<KeptOut, LakeError> {
        let objects = self.objects(SUPPRESSED)?;
        let tags = objects.iter().filter_map(|object| tag_of(object.location.filename()?));
        Ok(tags.collect())
    }
}

fn is_below(host: &str, name: &DomainName) -> bool {
    domain::self_and_parents(host).any(|parent| parent == name.as_str())
}

pub(crate) fn name_of(tag: AccountTag) -> String {
    format!("{:016x}{:016x}", tag.hi, tag.lo)
}

fn tag_of(name: &str) -> Option<(i64, i64)> {
    let (hi, lo) = name.split_at_checked(16)?;
    let half = |text| u64::from_str_radix(text, 16).ok().map(u64::cast_signed);
    Some((half(hi)?, half(lo)?))
}
