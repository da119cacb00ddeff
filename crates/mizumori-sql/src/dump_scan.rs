//! The scan of dumps as a node of a plan: all cores read, and every partition takes what comes next.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions,
    StatisticsArgs,
};
use futures::TryStreamExt;
use mizumori_scan::{Look, Matcher, Proceed, Progress, Wanted};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::columns::Column;
use crate::dump_table::LookFor;
use crate::dumps::{Events, FoundDumps, Interest, ReadDumps};
use crate::gather::{Gather, Gathered, Method};

/// Pieces of dumps that may wait between the scan and whoever takes them.
const WAITING: usize = 4;

/// Scans dumps.
#[derive(Debug)]
pub(crate) struct DumpScanExec {
    work: Arc<Work>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
    runs: Mutex<Vec<Run>>,
}

/// What is scanned, and how.
#[derive(Debug)]
pub(crate) struct Work {
    /// The dumps.
    pub(crate) found: Arc<FoundDumps>,
    /// How they are read.
    pub(crate) read: Arc<ReadDumps>,
    /// The columns that are asked for, in their order.
    pub(crate) columns: Vec<Column>,
    /// The same as a schema.
    pub(crate) schema: SchemaRef,
    /// Whether the rows of a source are wanted, by its place in the list.
    pub(crate) sources: Vec<bool>,
    /// What is looked for.
    pub(crate) look_for: LookFor,
}

/// One scan, whose rows its partitions share.
#[derive(Debug)]
struct Run {
    /// Which partitions have begun.
    begun: Vec<bool>,
    /// `None` once all have.
    rows: Option<Arc<Rows>>,
}

/// The rows of a scan that is under way. It ends when nobody is left who could take them.
#[derive(Debug)]
struct Rows {
    receiver: tokio::sync::Mutex<Receiver<Result<Vec<RecordBatch>>>>,
    _interest: Interest,
}

impl DumpScanExec {
    pub(crate) fn new(work: Work) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&work.schema)),
            Partitioning::UnknownPartitioning(work.read.threads.max(1)),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self {
            work: Arc::new(work),
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
            runs: Mutex::default(),
        }
    }

    /// The scan of which `partition` takes its share: one in which it has not begun.
    fn rows(&self, partition: usize) -> Result<Arc<Rows>> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let not_begun = |run: &Run| run.begun.get(partition) == Some(&false);
        let at = match runs.iter().position(not_begun) {
            Some(at) => at,
            None => {
                let begun = vec![false; self.properties.partitioning.partition_count()];
                runs.push(Run { begun, rows: Some(start(&self.work)?) });
                runs.len() - 1
            }
        };
        let run = runs.get_mut(at);
        let begun = run.and_then(|run| {
            *run.begun.get_mut(partition)? = true;
            let rows = run.rows.clone();
            if run.begun.iter().all(|begun| *begun) {
                run.rows = None;
            }
            rows
        });
        begun.ok_or_else(|| DataFusionError::Internal(format!("a scan has no partition {partition}")))
    }
}

impl DisplayAs for DumpScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Work { found, columns, sources, look_for, .. } = &*self.work;
        let names: Vec<_> = columns.iter().map(|column| column.name()).collect();
        let wanted = sources.iter().filter(|wanted| **wanted).count();
        let what = match look_for {
            LookFor::Everything => "everything".to_owned(),
            LookFor::Watched => "the watch list".to_owned(),
            LookFor::Domains(list) => format!("{} domains", list.domains.len()),
        };
        write!(
            f,
            "DumpScanExec: dumps={}, sources={wanted} of {}, columns=[{}], looks for {what}",
            found.dumps.len(),
            sources.len(),
            names.join(", ")
        )
    }
}

impl ExecutionPlan for DumpScanExec {
    fn name(&self) -> &'static str {
        "DumpScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.rows(partition)?;
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let pieces = futures::stream::unfold(rows, |rows| async move {
            let piece = rows.receiver.lock().await.recv().await?;
            Some((piece.map(|batches| futures::stream::iter(batches.into_iter().map(Ok))), rows))
        });
        let batches = pieces
            .try_flatten()
            .inspect_ok(move |batch: &RecordBatch| metrics.record_output(batch.num_rows()));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn statistics_from_inputs(
        &self,
        _: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        if let Some(bytes) = self.work.found.bytes {
            let parts = if args.partition().is_some() { self.work.read.threads.max(1) as u64 } else { 1 };
            statistics.total_byte_size =
                Precision::Inexact(usize::try_from(bytes / parts).unwrap_or(usize::MAX));
        }
        Ok(Arc::new(statistics))
    }
}

/// Starts a scan on threads of its own.
fn start(work: &Arc<Work>) -> Result<Arc<Rows>> {
    let (sender, receiver) = channel(WAITING);
    let (progress, interest) = work.read.begin();
    let rows = Rows { receiver: receiver.into(), _interest: interest };
    let work = Arc::clone(work);
    std::thread::Builder::new().name("scan-0".to_owned()).spawn(move || work.scan(&progress, &sender))?;
    Ok(Arc::new(rows))
}

impl Work {
    fn scan(&self, progress: &Progress, sender: &Sender<Result<Vec<RecordBatch>>>) {
        let watch = self.read.watch.as_ref();
        let of_watch = watch.map(|watch| Matcher::new(watch, Look::AccountsAndSites));
        let of_domains = match &self.look_for {
            LookFor::Domains(list) => Some(Matcher::new(list, Look::AccountsAndSites)),
            LookFor::Everything | LookFor::Watched => None,
        };
        let method = Method {
            found: &self.found,
            tags: &self.read.tags,
            judge: of_watch.as_ref().filter(|_| of_domains.is_some()),
            watch,
            columns: &self.columns,
            schema: &self.schema,
            sources: &self.sources,
        };
        let wanted = if matches!(self.look_for, LookFor::Everything) { Wanted::All } else { Wanted::Watched };
        let scan = self.read.scan(of_domains.as_ref().or(of_watch.as_ref()), wanted);
        let dumps = self.found.dumps.iter().zip(&self.found.sources_of);
        let is_wanted = |sources: &Vec<_>| sources.iter().any(|source| method.is_wanted(*source));
        let dumps: Vec<_> =
            dumps.filter(|(_, sources)| is_wanted(sources)).map(|(dump, _)| dump.clone()).collect();
        let mut events = Events::new(&self.read, progress);
        let outcome = scan.run(&dumps, &Gather(&method), progress, |event| {
            let Some(rows) = events.batch(event).and_then(Gathered::take) else { return Proceed::GoOn };
            // Nobody takes it: the query has all that it wanted.
            match sender.blocking_send(rows.map_err(DataFusionError::from)) {
                Ok(()) => Proceed::GoOn,
                Err(_) => Proceed::Stop,
            }
        });
        if let Err(error) = outcome {
            // Whoever does not listen any more does not want to know.
            let _ = sender.blocking_send(Err(DataFusionError::External(Box::new(error))));
        }
    }
}
