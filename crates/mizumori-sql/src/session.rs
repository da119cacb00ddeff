//! A session: the tables and functions that a question may name, and how it is answered.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{DataFusionError, Result as PlanResult, ScalarValue};
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
#[cfg(feature = "spread")]
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::Expr;
use datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use futures::StreamExt;
use mizumori_lake::{Background, Lake};
use mizumori_scan::Progress;

use crate::domains;
use crate::dump_table::DumpTable;
use crate::dumps::{FoundDumps, ReadDumps};
#[cfg(feature = "spread")]
use crate::elsewhere::{Elsewhere, SpreadRule};
use crate::error::SqlError;
use crate::lake_schema::LakeSchema;
use crate::spill::Spills;

/// How often a query under way looks whether it was interrupted.
const TICK: Duration = Duration::from_millis(100);
/// The part of the memory that operators may fill: the rest is what they do not count.
const POOL: f64 = 0.4;
/// What a sort keeps free for merging what it has spilled, where there is enough.
const MERGE: usize = 10 << 20;

/// What a session may use.
#[derive(Clone, Debug)]
pub struct Room {
    /// Cores.
    pub threads: usize,
    /// Bytes of memory, roughly.
    pub memory_bytes: u64,
    /// Bytes on disk for what does not fit.
    pub disk_bytes: u64,
    /// The folder for that.
    pub folder: PathBuf,
}

/// What a query hands over.
#[derive(Debug)]
pub enum Answer<'a> {
    /// The columns; first, and once.
    Columns(&'a SchemaRef),
    /// Some rows.
    Rows(&'a RecordBatch),
}

/// How a query ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of the answer was handed over.
    Complete,
    /// It was interrupted.
    Interrupted,
}

/// Tables and functions that questions may name.
pub struct Session {
    context: SessionContext,
    /// What still runs (a scan of which nobody wants more) is not waited for.
    runtime: Background,
    progress: Arc<Progress>,
}

impl Session {
    /// A session in which `scan('PATH', …)` and `domains('PATH', …)` read dumps.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(read: ReadDumps, room: &Room) -> Result<Self, SqlError> {
        let runtime = Background::start(room.threads, "query").map_err(SqlError::Io)?;
        let context = context(room)?;
        let progress = Arc::clone(&read.progress);
        let read = Arc::new(read);
        for kind in [Kind::Scan, Kind::Domains] {
            context.register_udtf(kind.name(), Arc::new(DumpFunction { read: Arc::clone(&read), kind }));
        }
        Ok(Self { context, runtime, progress })
    }

    /// Adds the tables of a lake at its version: `exposures`, `sources`, and `counts` where something was only counted. The
    /// latter two are read when a question names them.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn add_lake(&self, lake: &Lake) -> Result<(), SqlError> {
        let schema = LakeSchema::new(lake.tables()?, self.context.runtime_env())?;
        let names = self.context.copied_config().options().catalog.clone();
        if let Some(catalog) = self.context.catalog(&names.default_catalog) {
            catalog.register_schema(&names.default_schema, Arc::new(schema))?;
        }
        Ok(())
    }

    /// Has others do what stands between the scan of dumps and the first exchange of a plan.
    #[cfg(feature = "spread")]
    #[must_use]
    pub fn spread(mut self, elsewhere: Arc<dyn Elsewhere>) -> Self {
        let mut state = SessionStateBuilder::new_from_existing(self.context.state())
            .with_physical_optimizer_rule(Arc::new(SpreadRule(elsewhere)))
            .build();
        // With one partition a plan has no exchange.
        let partitions = &mut state.config_mut().options_mut().execution.target_partitions;
        *partitions = (*partitions).max(2);
        self.context = SessionContext::new_with_state(state);
        self
    }

    /// Answers a question: SQL that reads, and changes nothing.
    ///
    /// # Errors
    /// When it cannot be understood or answered, or `receive` fails.
    pub fn ask(
        &self,
        question: &str,
        receive: &mut dyn FnMut(Answer<'_>) -> std::io::Result<()>,
    ) -> Result<Ended, SqlError> {
        self.runtime.block_on(self.answer(question, receive))
    }

    async fn answer(
        &self,
        question: &str,
        receive: &mut dyn FnMut(Answer<'_>) -> std::io::Result<()>,
    ) -> Result<Ended, SqlError> {
        let reading =
            SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let frame = self.context.sql_with_options(question, reading).await?;
        let mut rows = frame.execute_stream().await?;
        receive(Answer::Columns(&rows.schema())).map_err(SqlError::Answer)?;
        loop {
            let next = tokio::time::timeout(TICK, rows.next()).await;
            if self.progress.is_stopped() {
                return Ok(Ended::Interrupted);
            }
            match next {
                Err(_) => {}
                Ok(None) => return Ok(Ended::Complete),
                Ok(Some(batch)) => receive(Answer::Rows(&batch?)).map_err(SqlError::Answer)?,
            }
        }
    }
}

/// What plans are made and carried out in.
pub(crate) fn context(room: &Room) -> Result<SessionContext, SqlError> {
    let pool = (room.memory_bytes as f64 * POOL) as usize;
    let spills = Spills::new(room.folder.clone(), room.disk_bytes);
    let environment = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(pool)))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_temp_file_factory(Arc::new(spills)))
        .build_arc()?;
    let config = SessionConfig::new()
        .with_target_partitions(room.threads.max(1))
        .with_information_schema(true)
        .with_sort_spill_reservation_bytes(MERGE.min(pool / (8 * room.threads.max(1))));
    Ok(SessionContext::new_with_config_rt(config, environment))
}

/// A function of a query whose arguments are paths of dumps.
#[derive(Debug)]
struct DumpFunction {
    read: Arc<ReadDumps>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Scan,
    Domains,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Domains => "domains",
        }
    }
}

impl TableFunctionImpl for DumpFunction {
    fn call_with_args(&self, arguments: TableFunctionArgs<'_, '_>) -> PlanResult<Arc<dyn TableProvider>> {
        let path = |argument: &Expr| match argument {
            Expr::Literal(ScalarValue::Utf8(Some(path)) | ScalarValue::Utf8View(Some(path)), _) => {
                Some(path.clone())
            }
            _ => None,
        };
        let paths: Option<Vec<_>> = arguments.exprs().iter().map(path).collect();
        let Some(paths) = paths.filter(|paths| !paths.is_empty()) else {
            let name = self.kind.name();
            return Err(DataFusionError::Plan(format!(
                "{name} wants paths of dumps as texts: {name}('dumps/')"
            )));
        };
        let found = Arc::new(find(&self.read, &paths)?);
        match self.kind {
            Kind::Scan => Ok(Arc::new(DumpTable::new(found, Arc::clone(&self.read)))),
            Kind::Domains => domains::domains(found, Arc::clone(&self.read)),
        }
    }
}

/// Finds dumps on a thread of its own: what is found on an object store waits for it, which a thread that runs queries must not.
fn find(read: &ReadDumps, paths: &[String]) -> PlanResult<FoundDumps> {
    let found = std::thread::scope(|scope| scope.spawn(|| read.find.find(paths)).join());
    match found {
        Ok(found) => found.map_err(DataFusionError::External),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
