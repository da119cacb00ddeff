//! A part of a plan as bytes, and what a machine does with it.
//!
//! Of the scan in it only what is looked for travels: the dumps are the machine's, and so are its keys.

use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion_proto::bytes::{
    physical_plan_from_bytes_with_extension_codec, physical_plan_to_bytes_with_extension_codec,
};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use futures::StreamExt;
use mizumori_core::WatchList;
use serde::{Deserialize, Serialize};

use crate::columns::{COLUMNS, DUMP_SCHEMA};
use crate::dump_scan::{DumpScanExec, Work};
use crate::dump_table::LookFor;
use crate::dumps::{FoundDumps, ReadDumps};
use crate::error::SqlError;
use crate::session::{Room, context};

/// A scan as it travels.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScanText {
    columns: Vec<String>,
    sources: Vec<bool>,
    look_for: LookForText,
}

#[derive(Serialize, Deserialize)]
enum LookForText {
    Everything,
    Watched,
    Domains(String),
}

/// Encodes scans; on the machine that does a part, it knows the dumps there.
#[derive(Debug, Default)]
struct ScanCodec {
    here: Option<(Arc<FoundDumps>, Arc<ReadDumps>)>,
}

impl PhysicalExtensionCodec for ScanCodec {
    fn try_decode(
        &self,
        bytes: &[u8],
        _: &[Arc<dyn ExecutionPlan>],
        _: &TaskContext,
        _: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wrong = |why: &str| DataFusionError::Plan(format!("a part of another version: {why}"));
        let (found, read) = self.here.as_ref().ok_or_else(|| wrong("nothing is read here"))?;
        let text: ScanText = serde_json::from_slice(bytes).map_err(|_| wrong("a scan"))?;
        let place = |name: &String| COLUMNS.iter().position(|column| column.name() == name);
        let places: Option<Vec<_>> = text.columns.iter().map(place).collect();
        let places = places.ok_or_else(|| wrong("a column"))?;
        let look_for = match text.look_for {
            LookForText::Everything => LookFor::Everything,
            LookForText::Watched => LookFor::Watched,
            LookForText::Domains(list) => {
                let list = WatchList::parse("query", &list).map_err(|_| wrong("a list of domains"))?;
                LookFor::Domains(Arc::new(list))
            }
        };
        let fields: Vec<_> = places.iter().filter_map(|at| DUMP_SCHEMA.fields().get(*at)).cloned().collect();
        Ok(Arc::new(DumpScanExec::new(Work {
            found: Arc::clone(found),
            read: Arc::clone(read),
            columns: places.iter().filter_map(|at| COLUMNS.get(*at)).copied().collect(),
            schema: Arc::new(Schema::new(fields)),
            sources: text.sources,
            look_for,
        })))
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        _: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let Some(scan) = node.downcast_ref::<DumpScanExec>() else {
            return Err(DataFusionError::Internal(format!("{} is done here", node.name())));
        };
        let work = scan.work();
        let text = ScanText {
            columns: work.columns.iter().map(|column| column.name().to_owned()).collect(),
            sources: work.sources.clone(),
            look_for: match &work.look_for {
                LookFor::Everything => LookForText::Everything,
                LookFor::Watched => LookForText::Watched,
                LookFor::Domains(list) => LookForText::Domains(list.text.to_string()),
            },
        };
        serde_json::to_writer(bytes, &text).map_err(|error| DataFusionError::External(Box::new(error)))
    }
}

/// A part as bytes.
pub(crate) fn encoded(part: &Arc<dyn ExecutionPlan>) -> Result<Vec<u8>> {
    let bytes = physical_plan_to_bytes_with_extension_codec(Arc::clone(part), &ScanCodec::default())?;
    Ok(bytes.into())
}

/// Does a part of a plan with the dumps of `found`; gives its rows as an Arrow IPC stream.
///
/// # Errors
/// When it is of another version, or cannot be done.
pub fn do_part(
    part: &[u8],
    found: FoundDumps,
    read: ReadDumps,
    room: &Room,
) -> std::result::Result<Vec<u8>, SqlError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(SqlError::Io)?;
    let context = context(room)?;
    let codec = ScanCodec { here: Some((Arc::new(found), Arc::new(read))) };
    let plan = physical_plan_from_bytes_with_extension_codec(part, &context.task_ctx(), &codec)?;
    let schema = plan.schema();
    let rows = async {
        let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
        let mut rows = execute_stream(plan, context.task_ctx())?;
        while let Some(batch) = rows.next().await {
            writer.write(&batch?)?;
        }
        Ok::<_, DataFusionError>(writer.into_inner()?)
    };
    Ok(runtime.block_on(rows)?)
}
