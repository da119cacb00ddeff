//! One unit of work as a plan, and its encoding.
//!
//! A plan is a memory table of one row, which holds the sealed unit, and `UnitExec` over it: Ballista knows how to cut and encode
//! the first, our codec encodes the second. It gives the sealed result back in rows of at most a megabyte, so that
//! no message grows large. What a unit is, its [`Work`] knows.

use std::fmt;
use std::sync::Arc;

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::arrow::array::{Array, AsArray, BinaryArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result, Statistics};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    ReplaceChildrenOptions, StatisticsArgs,
};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use futures::{StreamExt, TryStreamExt};
use mizumori_core::keys::ClusterKey;

/// What our node's encoding begins with; the digit rises with every change, so that other versions refuse it.
const MARK: &[u8] = b"mizumori unit 1";
/// Bytes of a result in one row.
const ROW: usize = 1 << 20;

/// Why a unit could not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Another attempt may succeed: a store or a machine failed.
    #[error("{0}")]
    Transient(String),
    /// No attempt will: the unit asks for what is not there.
    #[error("{0}")]
    Permanent(String),
}

/// Knows what units are, and does them. It is called by several threads at once.
pub trait Work: Send + Sync {
    /// Does the unit `what`; what came of it.
    ///
    /// # Errors
    /// When it cannot be done, here or anywhere.
    fn run(&self, what: &[u8]) -> Result<Vec<u8>, UnitError>;
}

/// What is sealed as what.
pub(crate) fn unit_of(id: &str) -> String {
    format!("mizumori unit {id}")
}

/// The same for what came of it.
fn result_of(id: &str) -> String {
    format!("mizumori result {id}")
}

/// How a unit ended, as it is sealed: a byte, then the result or the reason.
mod outcome {
    pub(super) const DONE: u8 = 0;
    pub(super) const TRANSIENT: u8 = 1;
    pub(super) const PERMANENT: u8 = 2;
}

/// Opens what came back of unit `id`; `None` when it is something else.
pub(crate) fn opened(
    key: &ClusterKey,
    id: &str,
    sealed: &[u8],
) -> Option<std::result::Result<Vec<u8>, UnitError>> {
    let bytes = key.open(&result_of(id), sealed)?;
    let (outcome, rest) = bytes.split_first()?;
    let why = || String::from_utf8_lossy(rest).into_owned();
    match *outcome {
        outcome::DONE => Some(Ok(rest.to_vec())),
        outcome::TRANSIENT => Some(Err(UnitError::Transient(why()))),
        outcome::PERMANENT => Some(Err(UnitError::Permanent(why()))),
        _ => None,
    }
}

fn units() -> SchemaRef {
    let field = |name: &str| Field::new(name, DataType::Binary, false);
    Arc::new(Schema::new(vec![field("id"), field("unit")]))
}

fn results() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("result", DataType::Binary, false)]))
}

/// The plan that does the unit `id`.
pub(crate) fn plan(id: &str, sealed: &[u8]) -> Result<Arc<dyn ExecutionPlan>> {
    let columns: Vec<Arc<dyn Array>> =
        vec![Arc::new(BinaryArray::from(vec![id.as_bytes()])), Arc::new(BinaryArray::from(vec![sealed]))];
    let batch = RecordBatch::try_new(units(), columns)?;
    let row = MemorySourceConfig::try_new_exec(&[vec![batch]], units(), None)?;
    Ok(Arc::new(UnitExec::new(row, None)))
}

/// What an executor does units with.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) key: ClusterKey,
    pub(crate) work: Arc<dyn Work>,
}

impl Tools {
    /// Does the unit `id`. Whatever comes of it is sealed; what does not open under our key is not done.
    fn run(&self, id: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let refused = || DataFusionError::Plan("a unit that is not of this cluster's key".to_owned());
        let what = self.key.open(&unit_of(id), sealed).ok_or_else(refused)?;
        let (outcome, bytes) = match self.work.run(&what) {
            Ok(bytes) => (outcome::DONE, bytes),
            Err(UnitError::Transient(why)) => (outcome::TRANSIENT, why.into_bytes()),
            Err(UnitError::Permanent(why)) => (outcome::PERMANENT, why.into_bytes()),
        };
        let all = [&[outcome], bytes.as_slice()].concat();
        self.key.seal(&result_of(id), &all).map_err(|error| DataFusionError::External(Box::new(error)))
    }
}

/// Does the units that its input names.
pub(crate) struct UnitExec {
    input: Arc<dyn ExecutionPlan>,
    /// `None` where the plan is only made.
    tools: Option<Tools>,
    properties: Arc<PlanProperties>,
}

impl fmt::Debug for UnitExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnitExec")
    }
}

impl UnitExec {
    fn new(input: Arc<dyn ExecutionPlan>, tools: Option<Tools>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(results()),
            Partitioning::UnknownPartitioning(input.properties().output_partitioning().partition_count()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { input, tools, properties: Arc::new(properties) }
    }
}

impl DisplayAs for UnitExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnitExec")
    }
}

impl ExecutionPlan for UnitExec {
    fn name(&self) -> &'static str {
        "UnitExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    /// A unit is one row: more partitions below it would be empty.
    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input =
            children.pop().ok_or_else(|| DataFusionError::Internal("a unit has one input".to_owned()))?;
        Ok(Arc::new(Self::new(input, self.tools.clone())))
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let no_tools = || DataFusionError::Plan("units are done by executors".to_owned());
        let tools = self.tools.clone().ok_or_else(no_tools)?;
        let input = self.input.execute(partition, context)?;
        let done = input.then(move |batch| {
            let tools = tools.clone();
            async move {
                let batch = batch?;
                // It reads, hashes and waits: not on a thread that serves others.
                let rows = tokio::task::spawn_blocking(move || rows_of(&tools, &batch)).await;
                let rows = rows.map_err(|error| DataFusionError::External(Box::new(error)))??;
                Ok::<_, DataFusionError>(futures::stream::iter(rows.into_iter().map(Ok)))
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(results(), done.try_flatten())))
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        Ok(Arc::new(Statistics::new_unknown(&results())))
    }
}

/// Does the units of a batch; their results in rows.
fn rows_of(tools: &Tools, batch: &RecordBatch) -> Result<Vec<RecordBatch>> {
    let column = |at: usize| batch.columns().get(at).and_then(|column| column.as_binary_opt::<i32>());
    let (Some(ids), Some(units)) = (column(0), column(1)) else {
        return Err(DataFusionError::Plan("units have other columns".to_owned()));
    };
    let mut rows = Vec::new();
    for (id, unit) in ids.iter().flatten().zip(units.iter().flatten()) {
        let result = tools.run(&String::from_utf8_lossy(id), unit)?;
        for part in result.chunks(ROW) {
            let column: Arc<dyn Array> = Arc::new(BinaryArray::from(vec![part]));
            rows.push(RecordBatch::try_new(results(), vec![column])?);
        }
    }
    Ok(rows)
}

/// The bytes of a row of a result.
pub(crate) fn parts_of(batch: &RecordBatch) -> Vec<u8> {
    let column = batch.columns().first().and_then(|column| column.as_binary_opt::<i32>());
    column
        .into_iter()
        .flat_map(|column| column.iter().flatten().flatten().copied().collect::<Vec<_>>())
        .collect()
}

/// Encodes our node; everything else goes to Ballista's own codec, which one of ours replaces.
#[derive(Default)]
pub(crate) struct UnitCodec {
    tools: Option<Tools>,
    others: BallistaPhysicalExtensionCodec,
}

impl UnitCodec {
    /// The codec of an executor.
    pub(crate) fn with_tools(tools: Tools) -> Self {
        Self { tools: Some(tools), ..Self::default() }
    }
}

impl fmt::Debug for UnitCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnitCodec")
    }
}

impl PhysicalExtensionCodec for UnitCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match inputs {
            [input] if bytes == MARK => Ok(Arc::new(UnitExec::new(Arc::clone(input), self.tools.clone()))),
            _ => self.others.try_decode(bytes, inputs, context, converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if node.downcast_ref::<UnitExec>().is_some() {
            bytes.extend_from_slice(MARK);
            return Ok(());
        }
        self.others.try_encode(node, bytes, converter)
    }

    fn try_decode_udf(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.others.try_decode_udf(name, bytes)
    }

    fn try_encode_udf(&self, node: &ScalarUDF, bytes: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode_udf(node, bytes)
    }

    fn try_decode_udaf(&self, name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
        self.others.try_decode_udaf(name, bytes)
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, bytes: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode_udaf(node, bytes)
    }

    fn try_decode_udwf(&self, name: &str, bytes: &[u8]) -> Result<Arc<WindowUDF>> {
        self.others.try_decode_udwf(name, bytes)
    }

    fn try_encode_udwf(&self, node: &WindowUDF, bytes: &mut Vec<u8>) -> Result<()> {
        self.others.try_encode_udwf(node, bytes)
    }
}
