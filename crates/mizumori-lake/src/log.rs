//! The log of a table: which files are live, and commits that change it. This is all that knows deltalake.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow_schema::Schema;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake_core::kernel::{Action, Add, MetadataExt, Remove, StructType, Transaction};
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::table::state::DeltaTableState;
use deltalake_core::{DeltaTable, DeltaTableError, TableProperty};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{LakeError, damaged};
use crate::place::Place;

/// Tags of files.
mod tag {
    /// The file's sources, as a JSON object from ids to ingests.
    pub(super) const SOURCES: &str = "mizumori.sources";
    /// The run that the file belongs to: files of one run do not overlap.
    pub(super) const RUN: &str = "mizumori.run";
    /// Stands at files whose rows were not in the table before.
    pub(super) const FRESH: &str = "mizumori.fresh";
}

/// What the transactions of sources begin with.
const SOURCE: &str = "source/";

/// A table's log at one version.
#[derive(Clone)]
pub(crate) struct Log {
    table: DeltaTable,
}

/// A file that the log names.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// Its path in the table.
    pub(crate) path: String,
    /// Its bytes.
    pub(crate) size: u64,
    /// Its rows.
    pub(crate) rows: u64,
    /// The first and the last upper half of its accounts' tags.
    pub(crate) hi: (i64, i64),
    /// Its sources, each with the ingest that brought it.
    pub(crate) sources: BTreeMap<String, String>,
    /// The run that it belongs to.
    pub(crate) run: String,
    remove: Option<Remove>,
}

impl Live {
    /// Whether it may have rows whose upper half is from the first to the last.
    pub(crate) const fn may_hold(&self, first: i64, last: i64) -> bool {
        self.hi.0 <= last && first <= self.hi.1
    }
}

/// A file that is to be named.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NewFile {
    /// Its path in the table.
    pub(crate) path: String,
    /// Its bytes.
    pub(crate) size: u64,
    /// Its rows.
    pub(crate) rows: u64,
    /// Delta's statistics.
    pub(crate) stats: String,
    /// The run that it belongs to.
    pub(crate) run: String,
    /// Its sources, each with the ingest that brought it.
    pub(crate) sources: BTreeMap<String, String>,
}

/// What a commit does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    /// Files with rows that were not there before.
    pub(crate) fresh: Vec<NewFile>,
    /// Files with rows of those that are removed.
    pub(crate) rewritten: Vec<NewFile>,
    /// Files that are named no more.
    pub(crate) remove: Vec<Live>,
    /// The sources whose rows it moves, beside those of the files that are removed.
    pub(crate) sources: BTreeSet<String>,
    /// The groups of sources in which it counts.
    pub(crate) groups: BTreeSet<String>,
    /// What it is.
    pub(crate) kind: ChangeKind,
    /// Properties of the table that it sets, or takes away.
    pub(crate) properties: Vec<(String, Option<String>)>,
}

/// What a commit brought.
#[derive(Clone, Debug)]
pub(crate) struct Brought {
    /// Files with rows that were not there before.
    pub(crate) fresh: Vec<Live>,
    /// Files that were named before.
    pub(crate) removed: Vec<Live>,
    /// The sources of which nothing was ever in the table before.
    pub(crate) first: BTreeSet<String>,
}

/// What a commit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// Rows come or go.
    #[default]
    Rows,
    /// The same rows lie in other files.
    Layout,
    /// Rows go.
    Deletion,
    /// All rows are written anew, under other keys.
    Renewal,
}

impl Change {
    /// The sources whose rows it moves.
    pub(crate) fn moves(&self) -> impl Iterator<Item = &String> {
        self.remove.iter().flat_map(|file| file.sources.keys()).chain(&self.sources)
    }

    /// The ids of its transactions: two commits with one in common do not both succeed.
    fn transactions(&self) -> BTreeSet<String> {
        let groups = self.groups.iter().map(|group| format!("counted/{group}"));
        self.moves().map(|source| transaction(source)).chain(groups).collect()
    }
}

/// How a commit ended.
#[derive(Debug)]
pub(crate) enum Committed {
    /// It is done, and the log shows it.
    Done,
    /// Another commit came first, and they do not go together: read again and decide again.
    Lost,
    /// It failed, and the log does not name what it brings.
    Failed(LakeError),
}

fn log_of(place: &Place, name: &str) -> LogStoreRef {
    let (table, url) = place.table(name);
    default_logstore(table, Arc::clone(place.root()), &url, &StorageConfig::default())
}

impl Log {
    /// Opens a table's log at its newest version; `None` when there is no table.
    pub(crate) async fn open(place: &Place, name: &str) -> Result<Option<Self>, LakeError> {
        // deltalake has a different error for each way in which there is no table.
        let any =
            place.first().list(Some(&Path::from_iter([name, "_delta_log"]))).next().await.transpose()?;
        if any.is_none() {
            return Ok(None);
        }
        let mut table = DeltaTable::new(log_of(place, name));
        table.load().await?;
        Ok(Some(Self { table }))
    }

    /// Creates an empty table.
    pub(crate) async fn create(
        place: &Place,
        name: &str,
        schema: &Schema,
        properties: &[(&str, String)],
    ) -> Result<Self, LakeError> {
        let kernel: StructType =
            schema.try_into_kernel().map_err(|error: arrow_schema::ArrowError| damaged("a schema", error))?;
        let properties = properties.iter().map(|(key, value)| (*key, Some(value.clone())));
        if let Some(folder) = place.file(name, "") {
            std::fs::create_dir_all(folder)?;
        }
        let created = CreateBuilder::new()
            .with_log_store(log_of(place, name))
            .with_columns(kernel.fields().cloned())
            .with_configuration(properties)
            .with_raise_if_key_not_exists(false)
            .with_configuration_property(TableProperty::CheckpointInterval, Some("20"))
            .await;
        match created {
            Ok(table) => Ok(Self { table }),
            // Somebody else created it meanwhile.
            Err(DeltaTableError::VersionAlreadyExists(_)) => {
                Self::open(place, name).await?.ok_or_else(|| LakeError::Missing(place.to_string()))
            }
            Err(error) => match Self::open(place, name).await {
                Ok(Some(log)) => Ok(log),
                _ => Err(error.into()),
            },
        }
    }

    /// Reads what was committed since.
    pub(crate) async fn refresh(&mut self) -> Result<(), LakeError> {
        Ok(self.table.update_state().await?)
    }

    /// The version that it shows.
    pub(crate) fn version(&self) -> Result<u64, LakeError> {
        Ok(self.table.snapshot()?.version())
    }

    /// A property of the table.
    pub(crate) fn property(&self, key: &str) -> Result<Option<String>, LakeError> {
        Ok(self.table.snapshot()?.metadata().configuration().get(key).cloned())
    }

    /// The live files.
    pub(crate) fn live(&self) -> Result<Vec<Live>, LakeError> {
        let files = self.table.snapshot()?.log_data();
        let each = files.iter().map(|file| {
            #[expect(deprecated, reason = "deltalake 1.1 has no other public way to a file's tags")]
            let add = file.add_action();
            let tags = add.tags.clone().unwrap_or_default();
            let tag = |name: &str| tags.get(name).cloned().flatten();
            live(&add.path, add.size, add.stats.as_deref(), &tag, Some(file.remove_action(true)))
        });
        each.collect()
    }

    /// What a commit brought; `None` when it brought nothing, as a merge of files does.
    pub(crate) async fn brought(&self, version: u64) -> Result<Option<Brought>, LakeError> {
        let Some(entry) = self.table.log_store().read_commit_entry(version).await? else {
            return Err(match self.first().await? {
                Some(first) if first > version => LakeError::LogCut { asked: version - 1, first: first - 1 },
                _ => damaged(format!("version {version} of the log"), "it is not there any more"),
            });
        };
        let (mut fresh, mut removed, mut new) = (Vec::new(), Vec::new(), BTreeSet::new());
        for line in entry.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let action: Value = serde_json::from_slice(line)
                .map_err(|error| damaged(format!("version {version} of the log"), error))?;
            let file = |action: &Value| {
                let text = |key: &str| action.get(key).and_then(Value::as_str);
                let tags = |key: &str| {
                    action.get("tags").and_then(|tags| tags.get(key)?.as_str().map(str::to_owned))
                };
                let size = action.get("size").and_then(Value::as_i64).unwrap_or_default();
                let file = live(text("path").unwrap_or_default(), size, text("stats"), &tags, None);
                file.map(|file| (file, tags(tag::FRESH).as_deref() == Some("true")))
            };
            if let Some(add) = action.get("add") {
                let (file, is_fresh) = file(add)?;
                if is_fresh {
                    fresh.push(file);
                }
            } else if let Some(remove) = action.get("remove") {
                removed.push(file(remove)?.0);
            } else if let Some(moved) = action.get("txn") {
                let is_first = moved.get("version").and_then(Value::as_i64) == Some(0);
                let id = moved.get("appId").and_then(Value::as_str).and_then(|id| id.strip_prefix(SOURCE));
                new.extend(id.filter(|_| is_first).map(str::to_owned));
            }
        }
        Ok((!fresh.is_empty()).then_some(Brought { fresh, removed, first: new }))
    }

    /// The first version of which the log says what its commit did: older ones go when a checkpoint says what came of them.
    async fn first(&self) -> Result<Option<u64>, LakeError> {
        let entries: Vec<_> = self.store().list(Some(&Path::from("_delta_log"))).try_collect().await?;
        let version =
            |name: Option<&str>| name?.strip_suffix(".json").and_then(|version| version.parse().ok());
        Ok(entries.iter().filter_map(|entry| version(entry.location.filename())).min())
    }

    /// The version of a transaction: it rises with every commit that has it.
    async fn transaction(&self, id: &str) -> Result<Option<i64>, LakeError> {
        let log = self.table.log_store();
        Ok(self.table.snapshot()?.transaction_version(log.as_ref(), id).await?)
    }

    /// Commits a change to what this log shows. A store may have done what it did not live to confirm: then the log names the
    /// files, and it is done, whatever the store said.
    ///
    /// # Errors
    /// When nobody knows how it ended.
    pub(crate) async fn commit(&mut self, change: &Change) -> Result<Committed, LakeError> {
        let outcome = match self.try_commit(change).await {
            Ok(Some(state)) => {
                self.table.state = Some(state);
                return Ok(Committed::Done);
            }
            Ok(None) => Committed::Lost,
            Err(error) => Committed::Failed(error),
        };
        match (self.refresh().await, outcome) {
            (Ok(()), outcome) => Ok(if self.names(change)? { Committed::Done } else { outcome }),
            (Err(_), Committed::Failed(error)) | (Err(error), _) => Err(error),
        }
    }

    /// Whether it names a file that a change brings.
    fn names(&self, change: &Change) -> Result<bool, LakeError> {
        if change.fresh.is_empty() && change.rewritten.is_empty() && change.remove.is_empty() {
            let is_set = |(key, value): &(String, Option<String>)| Ok(self.property(key)? == *value);
            return change
                .properties
                .iter()
                .map(is_set)
                .try_fold(true, |all, one: Result<_, LakeError>| Ok(all && one?));
        }
        let files: BTreeSet<_> =
            change.fresh.iter().chain(&change.rewritten).map(|file| &file.path).collect();
        Ok(self.live()?.iter().any(|file| files.contains(&file.path)))
    }

    /// What the table is after a commit; `None` when another one came first.
    async fn try_commit(&self, change: &Change) -> Result<Option<DeltaTableState>, LakeError> {
        let is_data = change.kind != ChangeKind::Layout;
        let now = now_millis();
        let mut transactions = Vec::new();
        for id in change.transactions() {
            let before = self.transaction(&id).await?;
            transactions.push(Transaction::new(id, before.map_or(0, |before| before + 1)));
        }
        let removes = change.remove.iter().filter_map(|file| {
            let remove = file.remove.clone()?;
            // Whoever reads the log learns what a removed file held.
            let tags = Some(tags(&file.sources, &file.run, false));
            let (data_change, deletion_timestamp) = (is_data, Some(now));
            Some(Action::Remove(Remove { data_change, deletion_timestamp, tags, ..remove }))
        });
        let fresh = change.fresh.iter().map(|file| (file, true));
        let adds = fresh.chain(change.rewritten.iter().map(|file| (file, false))).map(|(file, is_fresh)| {
            Action::Add(Add {
                path: file.path.clone(),
                size: i64::try_from(file.size).unwrap_or(i64::MAX),
                modification_time: now,
                data_change: is_data,
                stats: Some(file.stats.clone()),
                tags: Some(tags(&file.sources, &file.run, is_fresh)),
                ..Add::default()
            })
        });
        let mut metadata = self.table.snapshot()?.metadata().clone();
        for (key, value) in &change.properties {
            let changed = match value {
                Some(value) => metadata.add_config_key(key.clone(), value.clone()),
                None => metadata.remove_config_key(key),
            };
            metadata = changed.map_err(DeltaTableError::from)?;
        }
        let metadata = (!change.properties.is_empty()).then_some(Action::Metadata(metadata));
        let actions = removes.chain(adds).chain(metadata).collect();
        let operation = match change.kind {
            ChangeKind::Rows => {
                DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None }
            }
            ChangeKind::Layout => DeltaOperation::Optimize { predicate: None, target_size: 0 },
            ChangeKind::Deletion => DeltaOperation::Delete { predicate: None },
            ChangeKind::Renewal => DeltaOperation::Update { predicate: None },
        };
        let properties = CommitProperties::default().with_application_transactions(transactions);
        let outcome = CommitBuilder::from(properties)
            .with_actions(actions)
            .build(Some(self.table.snapshot()?), self.table.log_store(), operation)
            .await;
        match outcome {
            Ok(done) => Ok(Some(done.snapshot)),
            Err(
                DeltaTableError::Transaction {
                    source: TransactionError::CommitConflict(_) | TransactionError::MaxCommitAttempts(_),
                }
                | DeltaTableError::VersionAlreadyExists(_),
            ) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes files that were written and never named. What cannot be deleted goes with a vacuum.
    pub(crate) async fn discard(&self, files: &[NewFile]) {
        let store = self.store();
        for file in files {
            if let Err(error) = store.delete(&Path::from(file.path.as_str())).await {
                tracing::debug!(%error, file = %file.path, "could not delete a file that nothing names");
            }
        }
    }

    /// The table, for what only deltalake does.
    pub(crate) const fn table(&self) -> &DeltaTable {
        &self.table
    }

    /// The store of the table's files.
    pub(crate) fn store(&self) -> Arc<dyn ObjectStore> {
        self.table.log_store().object_store(None)
    }
}

/// The tags of a file.
fn tags(sources: &BTreeMap<String, String>, run: &str, is_fresh: bool) -> HashMap<String, Option<String>> {
    let sources = serde_json::to_string(sources).unwrap_or_default();
    let tags = [(tag::SOURCES, sources), (tag::RUN, run.to_owned()), (tag::FRESH, is_fresh.to_string())];
    tags.into_iter().map(|(key, value)| (key.to_owned(), Some(value))).collect()
}

/// The id of the transaction of every commit that moves the rows of a source.
fn transaction(source: &str) -> String {
    format!("{SOURCE}{source}")
}

fn live(
    path: &str,
    size: i64,
    stats: Option<&str>,
    tags: &dyn Fn(&str) -> Option<String>,
    remove: Option<Remove>,
) -> Result<Live, LakeError> {
    let wrong = |why: &str| damaged(path, why);
    let stats: Value = serde_json::from_str(stats.unwrap_or_default()).unwrap_or_default();
    let bound = |side: &str| stats.get(side)?.get("account_hi")?.as_i64();
    let sources = tags(tag::SOURCES).ok_or_else(|| wrong("the log does not say which sources are in it"))?;
    Ok(Live {
        path: path.to_owned(),
        size: u64::try_from(size).unwrap_or_default(),
        rows: stats.get("numRecords").and_then(Value::as_u64).unwrap_or_default(),
        // Without bounds it has no rows, or nobody knows.
        hi: (bound("minValues").unwrap_or(i64::MIN), bound("maxValues").unwrap_or(i64::MAX)),
        sources: serde_json::from_str(&sources).map_err(|_| wrong("its sources are no object of texts"))?,
        run: tags(tag::RUN).unwrap_or_else(|| path.to_owned()),
        remove,
    })
}

/// Milliseconds since 1970-01-01T00:00Z: what the protocol wants of times. Nothing is decided by it.
fn now_millis() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
