//! What an executor agrees to run: one unit over one row, and nothing else.
//!
//! Whoever reaches a scheduler can give it any plan, and Ballista's executors would run it: read files, write files. Ours run
//! a stage only when it is the one that [`plan`](crate::unit::plan) makes; and the unit in it only when it opens under the
//! cluster's key.

use std::sync::Arc;

use ballista_core::JobId;
use ballista_core::execution_plans::ShuffleWriterExec;
use ballista_executor::execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;

use crate::unit::UnitExec;

/// Ballista's engine behind a look at what it is to run.
#[derive(Default)]
pub(crate) struct Gate(DefaultExecutionEngine);

impl ExecutionEngine for Gate {
    fn create_query_stage_exec(
        &self,
        job: JobId,
        stage: usize,
        task: usize,
        partitions: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        folder: &str,
        config: &SessionConfig,
    ) -> Result<Arc<dyn QueryStageExecutor>> {
        if is_unit(&plan) {
            self.0.create_query_stage_exec(job, stage, task, partitions, plan, folder, config)
        } else {
            Err(DataFusionError::Plan("this executor runs units of mizumori, and nothing else".to_owned()))
        }
    }
}

/// Whether a stage is a unit: its result written out, the unit, and a row in memory.
fn is_unit(stage: &Arc<dyn ExecutionPlan>) -> bool {
    let only_child = |plan: &Arc<dyn ExecutionPlan>| match plan.children().as_slice() {
        [child] => Some(Arc::clone(child)),
        _ => None,
    };
    if stage.downcast_ref::<ShuffleWriterExec>().is_none() {
        return false;
    }
    let unit = only_child(stage).filter(|unit| unit.downcast_ref::<UnitExec>().is_some());
    let row = unit.and_then(|unit| only_child(&unit));
    row.is_some_and(|row| {
        let source = row.downcast_ref::<DataSourceExec>();
        source.is_some_and(|source| source.data_source().downcast_ref::<MemorySourceConfig>().is_some())
    })
}
