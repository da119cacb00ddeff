//! The tables of a lake by their names: what no question names is not looked up.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use mizumori_lake::{Table, Tables};
use tokio::sync::OnceCell;

use crate::error::of_lake;
use crate::lake_table::{self, LakeTable};

const SOURCES: &str = "sources";

/// The tables of a lake.
pub(crate) struct LakeSchema {
    tables: Arc<Tables>,
    environment: Arc<RuntimeEnv>,
    exposures: Arc<dyn TableProvider>,
    sources: Arc<dyn TableProvider>,
    /// `None` inside where nothing was ever counted. All questions of a session see the same.
    counts: OnceCell<Option<Arc<dyn TableProvider>>>,
}

impl fmt::Debug for LakeSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LakeSchema")
    }
}

impl LakeSchema {
    /// The tables of a lake for questions that run in `environment`.
    pub(crate) fn new(tables: Tables, environment: Arc<RuntimeEnv>) -> Result<Self> {
        let tables = Arc::new(tables);
        let exposures = in_store(tables.exposures().clone(), &environment)?;
        let schema = lake_table::sources(&[])?.schema();
        let sources = Sources { tables: Arc::clone(&tables), schema: Arc::clone(&schema) };
        let sources = Arc::new(StreamingTable::try_new(schema, vec![Arc::new(sources)])?);
        Ok(Self { tables, environment, exposures, sources, counts: OnceCell::new() })
    }

    async fn counts(&self) -> Result<Option<Arc<dyn TableProvider>>> {
        let open = async || {
            let counts = self.tables.counts().await.map_err(of_lake)?;
            counts.map(|counts| in_store(counts, &self.environment)).transpose()
        };
        self.counts.get_or_try_init(open).await.cloned()
    }
}

/// A table whose files questions find in its store.
fn in_store(table: Table, environment: &RuntimeEnv) -> Result<Arc<dyn TableProvider>> {
    let url = ObjectStoreUrl::parse(format!("lake://{}", table.name))?;
    environment.register_object_store(url.as_ref(), Arc::clone(&table.store));
    Ok(Arc::new(LakeTable::new(table, url)))
}

#[async_trait]
impl SchemaProvider for LakeSchema {
    fn table_names(&self) -> Vec<String> {
        [Tables::COUNTS, Tables::EXPOSURES, SOURCES].map(str::to_owned).to_vec()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match name {
            Tables::EXPOSURES => Ok(Some(Arc::clone(&self.exposures))),
            Tables::COUNTS => self.counts().await,
            SOURCES => Ok(Some(Arc::clone(&self.sources))),
            _ => Ok(None),
        }
    }

    /// Whether something was counted is not known before it is asked for.
    fn table_exist(&self, name: &str) -> bool {
        [Tables::COUNTS, Tables::EXPOSURES, SOURCES].contains(&name)
    }
}

/// The table `sources`, read when it is scanned.
struct Sources {
    tables: Arc<Tables>,
    schema: SchemaRef,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources")
    }
}

impl PartitionStream for Sources {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let tables = Arc::clone(&self.tables);
        let read = async move { lake_table::sources(&tables.sources().await.map_err(of_lake)?) };
        let batches = futures::stream::once(read);
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}
