//! Parts of plans that other machines do: whatever stands between the scan of dumps and the first exchange.
//!
//! There every partition is worked on for itself, so that it may be cut as one likes: each machine takes some of the dumps, and
//! what comes of them are partitions of the same part. What needs all of them (the final step of an aggregate, a sort, a join)
//! stays here.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::ipc::reader::StreamReader;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::limit::LocalLimitExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    ReplaceChildrenOptions, StatisticsArgs,
};
use mizumori_scan::Progress;
use tokio::sync::mpsc::{Sender, channel};

use crate::dump_scan::{DumpScanExec, Work};
use crate::dumps::FoundDumps;
use crate::part;

/// Units whose rows may wait to be taken.
const WAITING: usize = 4;

/// Other machines, which do a part of a plan with some dumps each.
pub trait Elsewhere: Send + Sync {
    /// Has `part` done with the dumps of `found` whose numbers are `dumps`, and gives what came of each unit to `take` once, until that
    /// says no more. [`do_part`](crate::do_part) is what a machine does.
    ///
    /// # Errors
    /// When it cannot be done. Whoever stops `progress` ends it.
    fn run(
        &self,
        part: &[u8],
        found: &FoundDumps,
        dumps: &[usize],
        progress: &Progress,
        take: &mut dyn FnMut(UnitRows) -> GoOn,
    ) -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// What came of a unit.
#[derive(Debug, Default)]
pub struct UnitRows {
    /// The rows, as an Arrow IPC stream.
    pub rows: Vec<u8>,
    /// What could not be read, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// Lines that were read.
    pub lines: u64,
}

/// Whether somebody wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoOn {
    /// Somebody does.
    Yes,
    /// Nobody does.
    No,
}

/// Gives the parts of a plan that can be done elsewhere to others.
pub(crate) struct SpreadRule(pub(crate) Arc<dyn Elsewhere>);

impl fmt::Debug for SpreadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpreadRule")
    }
}

/// A plan that was looked at.
enum Looked {
    /// It can be done elsewhere as a whole.
    Part(Arc<dyn ExecutionPlan>),
    /// Whatever of it can be is.
    Done(Arc<dyn ExecutionPlan>),
}

impl PhysicalOptimizerRule for SpreadRule {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        self.done(self.look(plan)?)
    }

    fn name(&self) -> &'static str {
        "spread"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

impl SpreadRule {
    fn done(&self, looked: Looked) -> Result<Arc<dyn ExecutionPlan>> {
        match looked {
            Looked::Part(part) => Ok(Arc::new(ElsewhereExec::new(&part, Arc::clone(&self.0))?)),
            Looked::Done(plan) => Ok(plan),
        }
    }

    fn look(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Looked> {
        if plan.downcast_ref::<DumpScanExec>().is_some() {
            return Ok(Looked::Part(plan));
        }
        let children = plan.children();
        if children.is_empty() {
            return Ok(Looked::Done(plan));
        }
        let mut looked = Vec::new();
        for child in children {
            looked.push(self.look(Arc::clone(child))?);
        }
        if matches!(&*looked, [Looked::Part(_)]) && is_of_a_partition(&*plan) {
            return Ok(Looked::Part(plan));
        }
        // The first rows of each unit hold the first of all: they are sorted there, and again here.
        let first = plan.downcast_ref::<SortExec>().is_some_and(|sort| sort.fetch().is_some());
        let children = if first && matches!(&*looked, [Looked::Part(_)]) {
            vec![self.done(Looked::Part(Arc::clone(&plan)))?]
        } else {
            looked.into_iter().map(|looked| self.done(looked)).collect::<Result<_>>()?
        };
        plan.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
            .map(Looked::Done)
    }
}

/// Whether a node works on every partition for itself, however the rows are divided.
fn is_of_a_partition(plan: &dyn ExecutionPlan) -> bool {
    plan.is::<FilterExec>()
        || plan.is::<ProjectionExec>()
        || plan.is::<LocalLimitExec>()
        || plan
            .downcast_ref::<AggregateExec>()
            .is_some_and(|aggregate| *aggregate.mode() == AggregateMode::Partial)
}

/// A part of a plan that others do.
struct ElsewhereExec {
    part: Arc<[u8]>,
    /// The part, for people.
    shown: String,
    /// The scan in it.
    work: Arc<Work>,
    elsewhere: Arc<dyn Elsewhere>,
    properties: Arc<PlanProperties>,
}

impl fmt::Debug for ElsewhereExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ElsewhereExec")
    }
}

impl ElsewhereExec {
    fn new(part: &Arc<dyn ExecutionPlan>, elsewhere: Arc<dyn Elsewhere>) -> Result<Self> {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(part.schema()),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let lines = DisplayableExecutionPlan::new(&**part).indent(false).to_string();
        let shown = lines.lines().map(str::trim).collect::<Vec<_>>().join(" <- ");
        let no_scan = || DataFusionError::Internal("a part without a scan".to_owned());
        Ok(Self {
            part: part::encoded(part)?.into(),
            shown,
            work: scan_of(part).ok_or_else(no_scan)?,
            elsewhere,
            properties: Arc::new(properties),
        })
    }
}

/// What the scan below a chain of nodes does.
fn scan_of(part: &Arc<dyn ExecutionPlan>) -> Option<Arc<Work>> {
    match part.downcast_ref::<DumpScanExec>() {
        Some(scan) => Some(scan.work()),
        None => part.children().first().and_then(|child| scan_of(child)),
    }
}

impl DisplayAs for ElsewhereExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ElsewhereExec: a unit at a time: {}", self.shown)
    }
}

impl ExecutionPlan for ElsewhereExec {
    fn name(&self) -> &'static str {
        "ElsewhereExec"
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

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (sender, receiver) = channel(WAITING);
        let (progress, interest) = self.work.read.begin();
        let (part, work) = (Arc::clone(&self.part), Arc::clone(&self.work));
        let elsewhere = Arc::clone(&self.elsewhere);
        std::thread::Builder::new()
            .name("elsewhere".to_owned())
            .spawn(move || ask(&*elsewhere, &part, &work, &progress, &sender))?;
        let batches = futures::stream::unfold((receiver, interest), |(mut receiver, interest)| async move {
            receiver.recv().await.map(|batch| (batch, (receiver, interest)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(Arc::new(Statistics::new_unknown(&self.schema())))
    }
}

/// Has a part done, and hands over the rows.
fn ask(
    elsewhere: &dyn Elsewhere,
    part: &[u8],
    work: &Work,
    progress: &Progress,
    sender: &Sender<Result<RecordBatch>>,
) {
    let dumps = work.dumps();
    let outcome = elsewhere.run(part, &work.found, &dumps, progress, &mut |unit| {
        work.read.progress.lines.fetch_add(unit.lines, std::sync::atomic::Ordering::Relaxed);
        for (name, why) in unit.unreadable {
            work.read.troubles.add(name, why);
        }
        let batches = StreamReader::try_new(&*unit.rows, None).map_err(DataFusionError::from);
        let batches: Box<dyn Iterator<Item = Result<RecordBatch>>> = match batches {
            Ok(batches) => Box::new(batches.map(|batch| batch.map_err(DataFusionError::from))),
            Err(error) => Box::new(std::iter::once(Err(error))),
        };
        for batch in batches {
            if sender.blocking_send(batch).is_err() {
                return GoOn::No;
            }
        }
        GoOn::Yes
    });
    if let Err(error) = outcome {
        // Whoever does not listen any more does not want to know.
        let _ = sender.blocking_send(Err(DataFusionError::External(error)));
    }
}
