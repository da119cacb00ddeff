//! How many distinct accounts every domain has in dumps: exact, and counted while they are read.
//!
//! The same could be asked of the scan's rows; this way an account costs sixteen bytes of memory, however often it occurs, and
//! nothing is sorted or moved.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewArray, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::StreamExt;
use hashbrown::hash_table::Entry as Slot;
use hashbrown::{HashMap, HashTable};
use mizumori_core::keys::{AccountTag, TagLayers};
use mizumori_lake::words::{HostTags, Hosts};
use mizumori_read::MemberName;
use mizumori_scan::{
    Event, HandOver, Login, Match, MemberContext, MemberSource, PieceSizes, Proceed, Progress, Record, Scan,
    Sink, Wanted, Workshop,
};

use crate::dumps::{FoundDumps, ReadDumps};

/// Sets of accounts that are apart, so that workers seldom wait for each other and each set fits into a cache.
const SETS: usize = 256;

/// The domains of dumps as a table.
pub(crate) fn domains(found: Arc<FoundDumps>, read: Arc<ReadDumps>) -> Result<Arc<dyn TableProvider>> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("domain", DataType::Utf8View, false),
        Field::new("accounts", DataType::UInt64, false),
        Field::new("records", DataType::UInt64, false),
    ]));
    let domains = Domains { found, read, schema: Arc::clone(&schema) };
    Ok(Arc::new(StreamingTable::try_new(schema, vec![Arc::new(domains)])?))
}

/// Counts when it is executed.
struct Domains {
    found: Arc<FoundDumps>,
    read: Arc<ReadDumps>,
    schema: SchemaRef,
}

impl fmt::Debug for Domains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "domains of {:?}", self.found)
    }
}

impl PartitionStream for Domains {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (found, read) = (Arc::clone(&self.found), Arc::clone(&self.read));
        let (schema, most) = (Arc::clone(&self.schema), context.session_config().batch_size().max(1));
        let counted = async move {
            let counted = tokio::task::spawn_blocking(move || count(&found, &read, schema));
            counted.await.map_err(|error| DataFusionError::External(Box::new(error)))?
        };
        let batches = futures::stream::once(counted).flat_map(move |counted| {
            let batches: Vec<Result<RecordBatch>> = match counted {
                Ok(all) => (0..all.num_rows())
                    .step_by(most)
                    .map(|at| Ok(all.slice(at, most.min(all.num_rows() - at))))
                    .collect(),
                Err(error) => vec![Err(error)],
            };
            futures::stream::iter(batches)
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

fn count(found: &FoundDumps, read: &ReadDumps, schema: SchemaRef) -> Result<RecordBatch> {
    let counts = Counts {
        sets: std::iter::repeat_with(Mutex::default).take(SETS).collect(),
        domains: Mutex::default(),
        found,
        tags: &read.tags,
    };
    let scan = Scan {
        reader: &read.reader,
        matcher: None,
        wanted: Wanted::All,
        limits: read.records,
        threads: read.threads,
        hand_over: HandOver::AsItComes,
        pieces: PieceSizes::default(),
    };
    let progress: &Progress = &read.progress;
    let outcome = scan.run(&found.dumps, &Count(&counts), progress, |event| {
        if let Event::Unreadable { name, why } = event {
            read.troubles.add(name.to_string(), why);
        }
        Proceed::GoOn
    });
    outcome.map_err(|error| DataFusionError::External(Box::new(error)))?;
    let domains = counts.domains.into_inner().unwrap_or_else(PoisonError::into_inner);
    let names: StringViewArray = domains.names.iter().map(Some).collect();
    let (accounts, records): (Vec<_>, Vec<_>) = domains.counts.into_iter().unzip();
    let columns: Vec<ArrayRef> =
        vec![Arc::new(names), Arc::new(UInt64Array::from(accounts)), Arc::new(UInt64Array::from(records))];
    Ok(RecordBatch::try_new(schema, columns)?)
}

/// What stands for an account: the number of its domain, and twelve bytes of its tag.
type Entry = (u32, u32, i64);

/// What all workers fill.
struct Counts<'c> {
    sets: Vec<Mutex<HashTable<Entry>>>,
    domains: Mutex<Table>,
    found: &'c FoundDumps,
    tags: &'c TagLayers,
}

/// The domains, with their accounts and records, by their numbers.
#[derive(Default)]
struct Table {
    names: Hosts,
    counts: Vec<(u64, u64)>,
}

impl Table {
    fn number(&mut self, domain: &str) -> u32 {
        let number = self.names.number(domain);
        if self.counts.len() < self.names.len() {
            self.counts.push((0, 0));
        }
        number
    }
}

/// Makes the pieces that workers count.
struct Count<'c>(&'c Counts<'c>);

impl<'c> Workshop for Count<'c> {
    type Batch = Piece<'c>;

    fn source(&self, member: &MemberName) -> Option<MemberSource> {
        (self.0.found.source_of)(member)
    }

    fn batch(&self, _: &Arc<MemberContext>) -> Piece<'c> {
        Piece { counts: self.0, hosts: Hosts::default(), tags: HostTags::default(), accounts: Vec::new() }
    }
}

/// The accounts of a piece of a dump.
struct Piece<'c> {
    counts: &'c Counts<'c>,
    hosts: Hosts,
    tags: HostTags,
    /// Each with the number of its host.
    accounts: Vec<(u32, AccountTag)>,
}

impl Sink for Piece<'_> {
    fn record(&mut self, record: &Record<'_>, _: Option<&Match>) {
        let Login::Account(account) = &record.login else { return };
        let (number, at) = self.tags.number(&mut self.hosts, account.host(), self.counts.tags);
        let (tag, _) = self.counts.tags.account_at(at, account, None);
        self.accounts.push((number, tag));
    }

    fn settle(&mut self) {
        let domains: Vec<u32> = {
            let mut table = lock(&self.counts.domains);
            (0..self.hosts.len() as u32).map(|host| table.number(self.hosts.domain(host))).collect()
        };
        let domain = |host: u32| domains.get(host as usize).copied().unwrap_or_default();
        let entries = self.accounts.iter().map(|(host, tag)| (domain(*host), tag.hi as u32, tag.lo));
        let (entries, ends) = by_set(entries.collect());
        self.accounts = Vec::new();
        let mut counts = HashMap::<u32, (u64, u64)>::new();
        let mut start = 0;
        for (set, end) in self.counts.sets.iter().zip(ends) {
            let mut set = lock(set);
            for entry in entries.get(start..end).unwrap_or_default() {
                let count = counts.entry(entry.0).or_default();
                count.1 += 1;
                // A tag is a hash already.
                if let Slot::Vacant(vacant) =
                    set.entry(entry.2 as u64, |other| other == entry, |other| other.2 as u64)
                {
                    vacant.insert(*entry);
                    count.0 += 1;
                }
            }
            start = end;
        }
        let mut table = lock(&self.counts.domains);
        for (number, (accounts, records)) in counts {
            if let Some(count) = table.counts.get_mut(number as usize) {
                count.0 += accounts;
                count.1 += records;
            }
        }
    }
}

/// The entries in the order of their sets, and where those of each set end.
fn by_set(entries: Vec<Entry>) -> (Vec<Entry>, [usize; SETS]) {
    // Not the bits by which a table finds its place.
    let set = |entry: &Entry| (entry.2 >> 40) as usize % SETS;
    let mut next = [0; SETS];
    for entry in &entries {
        if let Some(count) = next.get_mut(set(entry)) {
            *count += 1;
        }
    }
    let mut start = 0;
    for count in &mut next {
        (start, *count) = (start + *count, start);
    }
    let mut ordered = vec![(0, 0, 0); entries.len()];
    for entry in entries {
        if let Some(at) = next.get_mut(set(&entry)) {
            if let Some(place) = ordered.get_mut(*at) {
                *place = entry;
            }
            *at += 1;
        }
    }
    (ordered, next)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
