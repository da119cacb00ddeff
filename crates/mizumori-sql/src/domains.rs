//! How many distinct accounts every domain has in dumps: exact, and counted while they are read.
//!
//! The same could be asked of the scan's rows; this way an account costs sixteen bytes of memory, at times twice that, however
//! often it occurs.

use std::fmt;
use std::hash::Hasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewArray, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::TryStreamExt;
use mizumori_core::Account;
use mizumori_lake::words::Hosts;
use mizumori_read::MemberName;
use mizumori_scan::{
    Login, Match, MemberContext, MemberSource, Proceed, Progress, Record, Sink, Wanted, Workshop,
};
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::dumps::{Events, FoundDumps, ReadDumps};

/// Sets of accounts that are apart, so that workers seldom wait for each other and each set fits into a cache.
const SETS: usize = 256;

/// The domains of dumps as a table.
pub(crate) fn domains(found: Arc<FoundDumps>, read: Arc<ReadDumps>) -> Result<Arc<dyn TableProvider>> {
    let domains = Domains::new(found, read);
    Ok(Arc::new(StreamingTable::try_new(Arc::clone(&domains.schema), vec![Arc::new(domains)])?))
}

/// Counts when it is executed.
struct Domains {
    found: Arc<FoundDumps>,
    read: Arc<ReadDumps>,
    schema: SchemaRef,
}

impl Domains {
    fn new(found: Arc<FoundDumps>, read: Arc<ReadDumps>) -> Self {
        let schema = Arc::new(Schema::new(vec![
            Field::new("domain", DataType::Utf8View, false),
            Field::new("accounts", DataType::UInt64, false),
            Field::new("records", DataType::UInt64, false),
        ]));
        Self { found, read, schema }
    }
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
        let (progress, interest) = self.read.begin();
        let counted = async move {
            // Dropped with the stream: then nobody wants the answer.
            let _interest = interest;
            let counted = tokio::task::spawn_blocking(move || count(&found, &read, &progress));
            let domains = counted.await.map_err(|error| DataFusionError::External(Box::new(error)))??;
            let starts = (0..domains.counts.len()).step_by(most);
            // Batches of their own, not parts of a long one: each would count as all of it.
            Ok::<_, DataFusionError>(futures::stream::iter(
                starts.map(move |at| domains.batch(&schema, at, most)),
            ))
        };
        let batches = futures::stream::once(counted).try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

fn count(found: &FoundDumps, read: &ReadDumps, progress: &Progress) -> Result<Table> {
    let counts = Counts {
        sets: std::iter::repeat_with(Mutex::default).take(SETS).collect(),
        domains: Mutex::default(),
        key: drawn()?,
        found,
    };
    let mut events = Events::new(read, progress);
    let outcome = read.scan(None, Wanted::All).run(&found.dumps, &Count(&counts), progress, |event| {
        events.batch(event);
        Proceed::GoOn
    });
    outcome.map_err(|error| DataFusionError::External(Box::new(error)))?;
    Ok(counts.finish(read.threads))
}

/// What stands for an account: twelve bytes of a keyed hash, and in the middle of them the number of its domain. As one number it
/// is compared at once.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(u128);

impl Entry {
    fn new(domain: u32, hash: Hash) -> Self {
        Self(u128::from(hash.0) << 64 | u128::from(domain) << 32 | u128::from(hash.1))
    }

    const fn domain(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The number of its set.
    const fn set(self) -> usize {
        (self.0 >> 64) as usize % SETS
    }
}

/// SipHash of an account under a key that is drawn for this count: nobody can choose accounts that are taken for each other.
#[derive(Clone, Copy)]
struct Hash(u64, u32);

fn drawn() -> Result<[u8; 16]> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| DataFusionError::External(Box::new(error)))?;
    Ok(key)
}

/// Accounts, of which some may stand twice.
#[derive(Default)]
struct Set {
    entries: Vec<Entry>,
    /// How many of them, from the first on, are sorted and each there once.
    distinct: usize,
}

impl Set {
    /// So many that may come twice are not worth a sort: 256 MiB in all sets.
    const SLACK: usize = 1 << 16;

    /// Takes more. Whenever it has doubled, what stands twice is dropped: so an account costs its bytes twice at most, however
    /// often it occurs.
    fn extend(&mut self, entries: &[Entry]) {
        self.entries.extend_from_slice(entries);
        if self.entries.len() > 2 * self.distinct + Self::SLACK {
            self.settle();
        }
    }

    fn settle(&mut self) {
        if self.entries.len() > self.distinct {
            // This sort finds what is sorted already.
            self.entries.sort();
            self.entries.dedup();
            self.distinct = self.entries.len();
        }
    }
}

/// What all workers fill.
struct Counts<'c> {
    sets: Vec<Mutex<Set>>,
    domains: Mutex<Table>,
    key: [u8; 16],
    found: &'c FoundDumps,
}

impl Counts<'_> {
    fn hash(&self, account: &Account<'_>) -> Hash {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write(account.local().as_bytes());
        // No local part has such a byte.
        hasher.write_u8(b'@');
        hasher.write(account.host().as_bytes());
        let hash = hasher.finish128();
        Hash(hash.h1, hash.h2 as u32)
    }

    /// Counts the accounts of every domain, on as many cores.
    fn finish(self, threads: usize) -> Table {
        let next = AtomicUsize::new(0);
        let domains = lock(&self.domains).counts.len();
        let work = || {
            let mut accounts = vec![0; domains];
            while let Some(set) = self.sets.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut set = std::mem::take(&mut *lock(set));
                set.settle();
                for entry in set.entries {
                    if let Some(accounts) = accounts.get_mut(entry.domain() as usize) {
                        *accounts += 1;
                    }
                }
            }
            for (count, more) in lock(&self.domains).counts.iter_mut().zip(accounts) {
                count.0 += more;
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        self.domains.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The domains, with their accounts and records, by their numbers.
#[derive(Default)]
struct Table {
    names: Hosts,
    counts: Vec<(u64, u64)>,
}

impl Table {
    /// At most so many rows, from a certain one on.
    fn batch(&self, schema: &SchemaRef, from: usize, most: usize) -> Result<RecordBatch> {
        let rows = from..self.counts.len().min(from + most);
        let names: StringViewArray = rows.clone().map(|row| Some(self.names.host(row as u32))).collect();
        let counts = self.counts.get(rows).unwrap_or_default();
        let (accounts, records): (Vec<_>, Vec<_>) = counts.iter().copied().unzip();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(names),
            Arc::new(UInt64Array::from(accounts)),
            Arc::new(UInt64Array::from(records)),
        ];
        Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
    }

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
        self.0.found.source_of(member)
    }

    fn batch(&self, _: &Arc<MemberContext>) -> Piece<'c> {
        Piece { counts: self.0, hosts: Hosts::default(), accounts: Vec::new() }
    }
}

/// The accounts of a piece of a dump.
struct Piece<'c> {
    counts: &'c Counts<'c>,
    hosts: Hosts,
    /// Each with the number of its host.
    accounts: Vec<(u32, Hash)>,
}

impl Sink for Piece<'_> {
    fn record(&mut self, record: &Record<'_>, _: Option<&Match>) {
        let Login::Account(account) = &record.login else { return };
        self.accounts.push((self.hosts.number(account.host()), self.counts.hash(account)));
    }

    fn settle(&mut self) {
        let mut table = lock(&self.counts.domains);
        let domains: Vec<u32> =
            (0..self.hosts.len() as u32).map(|host| table.number(self.hosts.domain(host))).collect();
        let domain = |host: u32| domains.get(host as usize).copied().unwrap_or_default();
        let accounts = std::mem::take(&mut self.accounts);
        let entries: Vec<_> =
            accounts.into_iter().map(|(host, hash)| Entry::new(domain(host), hash)).collect();
        for entry in &entries {
            if let Some((_, records)) = table.counts.get_mut(entry.domain() as usize) {
                *records += 1;
            }
        }
        drop(table);
        let (entries, ends) = by_set(entries);
        let mut start = 0;
        for (set, end) in self.counts.sets.iter().zip(ends) {
            lock(set).extend(entries.get(start..end).unwrap_or_default());
            start = end;
        }
    }
}

/// The entries in the order of their sets, and where those of each set end.
fn by_set(entries: Vec<Entry>) -> (Vec<Entry>, [usize; SETS]) {
    let mut next = [0; SETS];
    for entry in &entries {
        if let Some(count) = next.get_mut(entry.set()) {
            *count += 1;
        }
    }
    let mut start = 0;
    for count in &mut next {
        (start, *count) = (start + *count, start);
    }
    let mut ordered = vec![Entry::default(); entries.len()];
    for entry in entries {
        if let Some(at) = next.get_mut(entry.set()) {
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::mpsc::{SyncSender, sync_channel};

    use datafusion::arrow::array::AsArray;
    use datafusion::arrow::compute::concat_batches;
    use datafusion::arrow::datatypes::UInt64Type;
    use futures::StreamExt;
    use mizumori_core::keys::KeyRing;
    use mizumori_core::{Source, SourceId, SourceIndex};
    use mizumori_read::{Limits, ReadAt, Reader};
    use mizumori_scan::{Dump, DumpPlace, RecordLimits, SourceMap};

    use super::*;
    use crate::dumps::{FindDumps, Troubles};

    /// Lines of one length; after twenty thousand domains the first comes again.
    struct Lines {
        lines: u64,
        /// Hears of the first read.
        begun: SyncSender<()>,
    }

    const LINE: u64 = 29;

    impl ReadAt for Lines {
        fn len(&self) -> u64 {
            self.lines * LINE
        }

        fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
            let _ = self.begun.try_send(());
            let length = buf.len().min(usize::try_from(self.len().saturating_sub(offset)).unwrap());
            let mut written = 0;
            while written < length {
                let at = offset + written as u64;
                let line = format!("user@n{:08}.test:password\n", at / LINE % 20_000);
                let rest = &line.as_bytes()[usize::try_from(at % LINE).unwrap()..];
                let part = rest.len().min(length - written);
                buf[written..written + part].copy_from_slice(&rest[..part]);
                written += part;
            }
            Ok(length)
        }
    }

    struct Nowhere;

    impl FindDumps for Nowhere {
        fn find(
            &self,
            _: &[String],
        ) -> std::result::Result<FoundDumps, Box<dyn std::error::Error + Send + Sync>> {
            Err("there is nothing".into())
        }
    }

    fn domains_of(lines: Lines) -> Domains {
        let name = MemberName::new("lines.txt");
        let mut map = SourceMap::default();
        map.dump(name.as_str(), SourceIndex(0));
        let found = FoundDumps {
            dumps: vec![Dump::new(name, DumpPlace::Held(Arc::new(lines)))],
            sizes: vec![None],
            sources: vec![Source::undescribed(SourceId::new("s"))],
            sources_of: vec![vec![SourceIndex(0)]],
            map,
        };
        let read = ReadDumps {
            find: Box::new(Nowhere),
            reader: Reader::new(Limits::default()),
            records: RecordLimits::default(),
            tags: KeyRing::create().unwrap().tags(),
            watch: None,
            threads: 2,
            progress: Arc::default(),
            troubles: Troubles::default(),
        };
        Domains::new(Arc::new(found), Arc::new(read))
    }

    #[test]
    fn a_batch_holds_its_own_rows_only() {
        let (begun, _heard) = sync_channel(1);
        let domains = domains_of(Lines { lines: 20_000, begun });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let batches: Vec<_> = runtime.block_on(domains.execute(Arc::default()).map(Result::unwrap).collect());
        assert_eq!(batches.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [8192, 8192, 3616]);
        let whole = concat_batches(&domains.schema, &batches).unwrap();
        for column in 1..3 {
            let counts = whole.column(column).as_primitive::<UInt64Type>();
            assert!(counts.iter().all(|count| count == Some(1)));
        }
        let names: HashSet<_> = whole.column(0).as_string_view().iter().collect();
        assert_eq!(names.len(), 20_000);
        let bytes: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        assert!(bytes < 2 * whole.get_array_memory_size(), "{bytes}");
    }

    #[test]
    fn it_ends_with_whoever_asked() {
        let (begun, heard) = sync_channel(1);
        let lines = Lines { lines: 50_000_000, begun };
        let length = lines.len();
        let domains = domains_of(lines);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut rows = domains.execute(Arc::default());
        runtime.block_on(async {
            assert!(futures::poll!(rows.next()).is_pending());
        });
        heard.recv().unwrap();
        drop(rows);
        // This waits for the thread that counts.
        drop(runtime);
        let progress = &domains.read.progress;
        assert!(progress.bytes.load(Ordering::Relaxed) < length, "it was read to its end");
        assert!(!progress.is_stopped(), "others go on");
    }
}
