//! The table `counts`: what is kept of exposures of which only their number may be.
//!
//! An ingest writes one file a source. The source's manifest names it, and with the commit of the ingest it holds: so rows and
//! counts come, and are replaced, in one commit. The log of `counts` follows that commit, for other readers; from then on it
//! is the log that says which file holds. A log that a crash left behind is brought forward by the next who writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use mizumori_core::{Source, domain};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::{LakeError, damaged};
use crate::forget::{Forget, Forgotten};
use crate::ingest::ingest_id;
use crate::lake::{AT_ONCE, Known, Lake};
use crate::log::{Change, ChangeKind, Live, Log, NewFile};
use crate::manifest::{Ingests, Manifest, origin};
use crate::place::Place;
use crate::schema;
use crate::tally::group_of;

/// The table of counts.
pub(crate) const COUNTS: &str = "counts";

/// The accounts of a source at one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CountRow {
    /// The host.
    pub(crate) host: String,
    /// Distinct accounts; over the sources of a place and month they add up to the distinct accounts there.
    pub(crate) n: u64,
    /// Accounts of the source, beside these, that another source of its place and month has counted.
    pub(crate) again: u64,
}

/// What becomes of the rows of a source, of which the id is given; `None` leaves them as they are.
type ChangeRows<'c> = dyn Fn(&str, &[CountRow]) -> Option<Vec<CountRow>> + 'c;

/// The counts of a source, as its manifest names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CountsFile {
    /// The file in the table.
    pub(crate) file: String,
    /// Its bytes.
    pub(crate) bytes: u64,
    /// Its rows.
    pub(crate) rows: u64,
    /// The sum of `n`.
    pub(crate) accounts: u64,
}

impl Lake {
    /// Writes the counts of a source. Nothing names the file yet.
    pub(crate) fn write_counts(&self, source: &Source, rows: &[CountRow]) -> Result<CountsFile, LakeError> {
        let file = format!("part-{}.parquet", ingest_id()?);
        let bytes = to_parquet(source, rows)?;
        let facts = CountsFile {
            file,
            bytes: bytes.len() as u64,
            rows: rows.len() as u64,
            accounts: rows.iter().map(|row| row.n).sum(),
        };
        self.put(&path(&facts.file), bytes)?;
        Ok(facts)
    }

    /// The counts of an ingest of a source; `live` are the live files of the table.
    pub(crate) fn counts_of(&self, manifest: &Manifest, live: &[Live]) -> Result<Vec<CountRow>, LakeError> {
        let Some(named) = &manifest.counts else { return Ok(Vec::new()) };
        let holds = |file: &&Live| file.sources.get(manifest.id()) == Some(&manifest.ingest);
        let file = live.iter().find(holds).map_or(&*named.file, |file| &*file.path);
        self.counts_in(file)
    }

    fn counts_in(&self, file: &str) -> Result<Vec<CountRow>, LakeError> {
        self.wait(counts_in(&self.place, file))
    }

    /// How many accounts are kept as counts, by those hosts that `is_asked` names. Over the sources of a place and month an account
    /// counts once.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn counted_at(&self, is_asked: impl Fn(&str) -> bool) -> Result<BTreeMap<String, u64>, LakeError> {
        let live = self.live_counts()?;
        let ingests = if live.is_empty() { Ingests::new() } else { self.ingests()? };
        let is_current = |(id, ingest): (&String, &String)| ingests.get(id) == Some(ingest);
        let files = live.into_iter().filter(|file| file.rows > 0 && file.sources.iter().any(is_current));
        let read = |file: Live| async move { counts_in(&self.place, &file.path).await };
        let read = futures::stream::iter(files).map(read).buffered(AT_ONCE).try_collect::<Vec<_>>();
        let mut counted = BTreeMap::new();
        for row in self.wait(read)?.into_iter().flatten().filter(|row| is_asked(&row.host)) {
            *counted.entry(row.host).or_insert(0) += row.n;
        }
        Ok(counted)
    }

    /// The log of the table; `None` while nothing was ever counted.
    pub(crate) fn counts_log(&self) -> Result<Option<Log>, LakeError> {
        self.wait(Log::open(&self.place, COUNTS))
    }

    /// The live files of the table.
    pub(crate) fn live_counts(&self) -> Result<Vec<Live>, LakeError> {
        self.counts_log()?.map_or(Ok(Vec::new()), |log| log.live())
    }

    /// Brings the log of `counts` to what the lake says of `sources`, or of all.
    pub(crate) fn publish_counts(&mut self, sources: Option<&BTreeSet<String>>) -> Result<(), LakeError> {
        self.publish_counts_with(sources, &mut Known::default())
    }

    /// The same with manifests that are known; those that it reads are among them then.
    pub(crate) fn publish_counts_with(
        &mut self,
        sources: Option<&BTreeSet<String>>,
        known: &mut Known,
    ) -> Result<(), LakeError> {
        self.contend_for(|lake| {
            // First this log, then that of exposures: so what it names in vain is no newer than what we know.
            let log = lake.counts_log()?;
            let live = log.as_ref().map_or(Ok(Vec::new()), Log::live)?;
            lake.refresh()?;
            let change = lake.current(|lake| lake.unpublished(sources, &live, known))?;
            if change.fresh.is_empty() && change.remove.is_empty() {
                return Ok(None);
            }
            let log = match log {
                Some(log) => log,
                None => lake.wait(Log::create(&lake.place, COUNTS, &schema::COUNTS, &[]))?,
            };
            Ok(Some((log, change)))
        })?;
        Ok(())
    }

    /// What the log of `counts` does not say yet.
    fn unpublished(
        &self,
        sources: Option<&BTreeSet<String>>,
        live: &[Live],
        known: &mut Known,
    ) -> Result<Change, LakeError> {
        let ingests = self.ingests()?;
        let mut change = Change { kind: ChangeKind::Rows, ..Change::default() };
        let is_current = |(id, ingest): (&String, &String)| ingests.get(id) == Some(ingest);
        change.remove = live.iter().filter(|file| !file.sources.iter().any(is_current)).cloned().collect();
        let there: BTreeSet<_> = live.iter().flat_map(|file| &file.sources).collect();
        let is_asked = |id: &String| sources.is_none_or(|sources| sources.contains(id));
        let missing: Vec<_> =
            ingests.iter().filter(|source| is_asked(source.0) && !there.contains(source)).collect();
        self.learn_manifests(missing.iter().copied(), known)?;
        for (id, ingest) in missing {
            if let Some(counts) = self.known_manifest(id, ingest, known)?.counts.clone() {
                change.sources.insert(id.clone());
                change.fresh.push(new_file(counts, id, ingest));
            }
        }
        Ok(change)
    }

    /// Rewrites the live files of the table with what `change` makes of the rows of each, and deletes what held them. Gives the
    /// number of accounts that are counted no more.
    fn change_counts(&mut self, known: &mut Known, change: &ChangeRows<'_>) -> Result<u64, LakeError> {
        let (mut gone, mut held) = (0, Vec::new());
        self.contend_for(|lake| {
            (gone, held) = (0, Vec::new());
            let Some(log) = lake.counts_log()? else { return Ok(None) };
            let mut changed = Change { kind: ChangeKind::Deletion, ..Change::default() };
            for file in log.live()? {
                // One file, one source.
                let Some((id, ingest)) = file.sources.first_key_value() else { continue };
                let rows = lake.counts_in(&file.path)?;
                let Some(kept) = change(id, &rows) else { continue };
                let sum = |rows: &[CountRow]| rows.iter().map(|row| row.n).sum::<u64>();
                gone += sum(&rows).saturating_sub(sum(&kept));
                let source = lake.known_manifest(id, ingest, known)?.source()?;
                // Without a row it stays, and says so: else what the manifest names would hold.
                let written = lake.write_counts(&source, &kept)?;
                changed.rewritten.push(new_file(written, id, ingest));
                held.push(path(&file.path));
                changed.remove.push(file);
            }
            Ok((!changed.remove.is_empty()).then_some((log, changed)))
        })?;
        for file in held {
            self.delete(&file)?;
        }
        Ok(gone)
    }

    /// What forgetting takes out of the counts. It comes before the rows are forgotten: done by half, it is done again.
    pub(crate) fn forget_counts(&mut self, what: &Forget) -> Result<Forgotten, LakeError> {
        let (mut done, mut known) = (Forgotten::default(), Known::default());
        match what {
            // Nobody knows which accounts were counted.
            Forget::Account(_) => {}
            Forget::Domain { .. } => {
                self.publish_counts_with(None, &mut known)?;
                done.counted = self.change_counts(&mut known, &|_, rows| {
                    let kept: Vec<_> = rows.iter().filter(|row| !what.is_host(&row.host)).cloned().collect();
                    (kept.len() < rows.len()).then_some(kept)
                })?;
            }
            Forget::Sources(_) | Forget::Ingests(_) => {
                let ids = what.sources(&self.ingests()?);
                for id in &ids {
                    self.forget_counted(id, &ids, &mut known, &mut done)?;
                }
            }
        }
        Ok(done)
    }

    /// Forgets what was counted of a source, one of those that go.
    fn forget_counted(
        &mut self,
        forgotten: &str,
        all: &BTreeSet<String>,
        known: &mut Known,
        done: &mut Forgotten,
    ) -> Result<(), LakeError> {
        let mut others = self.counted_with(forgotten, known)?;
        others.retain(|other| !all.contains(other));
        if let [other] = &*others {
            // What the forgotten one had counted is of this one alone now.
            self.change_counts(known, &|id, rows| {
                let alone =
                    |row: &CountRow| CountRow { host: row.host.clone(), n: row.n + row.again, again: 0 };
                let again = id == other && rows.iter().any(|row| row.again > 0);
                again.then(|| rows.iter().map(alone).collect())
            })?;
        }
        done.counted +=
            self.change_counts(known, &|id, rows| (id == forgotten && !rows.is_empty()).then(Vec::new))?;
        if others.len() > 1 {
            done.short
                .extend(others.into_iter().filter(|other| !done.short.contains(other)).collect::<Vec<_>>());
        }
        Ok(())
    }

    /// The other sources that were counted with a source, where it was counted.
    fn counted_with(&mut self, source: &str, known: &mut Known) -> Result<Vec<String>, LakeError> {
        self.publish_counts_with(None, known)?;
        let (mut groups, mut own) = (Vec::new(), None);
        let ingests = self.ingests()?;
        self.learn_manifests(&ingests, known)?;
        for (id, ingest) in ingests {
            let manifest = self.known_manifest(&id, &ingest, known)?;
            if manifest.counts.is_some() {
                let group = group_of(&manifest.source()?);
                if id == source {
                    own = Some(group);
                } else {
                    groups.push((group, id));
                }
            }
        }
        let with = groups.into_iter().filter(|(group, _)| own.as_ref() == Some(group));
        Ok(with.map(|(_, id)| id).collect())
    }

    /// The files of the table that its log or the manifest of an ingest names, as paths in the lake.
    pub(crate) fn named_counts(
        &self,
        ingests: &Ingests,
        known: &mut Known,
    ) -> Result<BTreeSet<String>, LakeError> {
        let mut named: BTreeSet<_> = self.live_counts()?.into_iter().map(|file| path(&file.path)).collect();
        if self.objects(COUNTS)?.is_empty() {
            return Ok(named);
        }
        self.learn_manifests(ingests, known)?;
        for (id, ingest) in ingests {
            let counts = &self.known_manifest(id, ingest, known)?.counts;
            named.extend(counts.iter().map(|counts| path(&counts.file)));
        }
        Ok(named)
    }
}

async fn counts_in(place: &Place, file: &str) -> Result<Vec<CountRow>, LakeError> {
    let path = path(file);
    let got = match place.store().get(&Path::from(&*path)).await {
        Err(object_store::Error::NotFound { .. }) => return Err(damaged(path, "it is not there")),
        got => got?,
    };
    of_parquet(&path, got.bytes().await?)
}

/// Where a file of the table lies in the lake.
pub(crate) fn path(file: &str) -> String {
    format!("{COUNTS}/{file}")
}

fn new_file(counts: CountsFile, id: &str, ingest: &str) -> NewFile {
    NewFile {
        run: counts.file.clone(),
        path: counts.file,
        size: counts.bytes,
        rows: counts.rows,
        stats: json!({"numRecords": counts.rows}).to_string(),
        sources: BTreeMap::from([(id.to_owned(), ingest.to_owned())]),
    }
}

fn to_parquet(source: &Source, rows: &[CountRow]) -> Result<Vec<u8>, LakeError> {
    let origin = origin(source, "");
    let same = |text: &str| -> ArrayRef {
        let mut texts = StringBuilder::new();
        rows.iter().for_each(|_| texts.append_value(text));
        Arc::new(texts.finish())
    };
    let texts = |of: &dyn Fn(&CountRow) -> String| -> ArrayRef {
        let mut texts = StringBuilder::new();
        rows.iter().for_each(|row| texts.append_value(of(row)));
        Arc::new(texts.finish())
    };
    let numbers = |of: fn(&CountRow) -> u64| -> ArrayRef {
        let number = |row| i64::try_from(of(row)).unwrap_or(i64::MAX);
        Arc::new(Int64Array::from_iter_values(rows.iter().map(number)))
    };
    let columns = vec![
        same(&origin.id),
        same(&origin.place),
        Arc::new(Date32Array::from(vec![origin.month; rows.len()])),
        texts(&|row| domain::registrable(&row.host).to_owned()),
        texts(&|row| row.host.clone()),
        numbers(|row| row.n),
        numbers(|row| row.again),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema::COUNTS), columns)
        .map_err(|error| damaged("counts", error))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("mizumori ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema::COUNTS), Some(properties))?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

fn of_parquet(name: &str, bytes: Bytes) -> Result<Vec<CountRow>, LakeError> {
    let wrong = || damaged(name, "it has other columns");
    let mut rows = Vec::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(bytes)?.build()? {
        let batch = batch.map_err(|error| damaged(name, error))?;
        let column = |name: &str| batch.column_by_name(name).ok_or_else(wrong);
        let hosts = column("host")?.as_string_opt::<i32>().ok_or_else(wrong)?;
        let n = column("n")?.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
        let again = column("again")?.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
        let number = |value: i64| u64::try_from(value).unwrap_or_default();
        rows.extend((0..batch.num_rows()).map(|row| CountRow {
            host: hosts.value(row).to_owned(),
            n: number(n.value(row)),
            again: number(again.value(row)),
        }));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were() {
        let source = Source::parse("s", "id = 'x'\nplace = 'p'\nleaked = '2019-01'").unwrap();
        let row = |host: &str, n, again| CountRow { host: host.to_owned(), n, again };
        for rows in [vec![], vec![row("a.example", 3, 0), row("b.a.example", 0, 2)]] {
            assert_eq!(of_parquet("f", to_parquet(&source, &rows).unwrap().into()).unwrap(), rows);
        }
        assert!(of_parquet("f", Bytes::from_static(b"PAR1")).is_err());
    }
}
