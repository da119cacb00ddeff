//! An executor: it asks a scheduler for units and does them.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use mizumori_core::keys::ClusterKey;

use crate::error::ClusterError;
use crate::gate::Gate;
use crate::scheduler::POLICY;
use crate::unit::{Tools, UnitCodec, Work};

/// How long a result lies on an executor's disk, and how often it is looked: longer than any unit takes, since a unit's folder is
/// as old as its beginning. The executor's end takes all of them away.
const KEPT_SECONDS: u64 = 24 * 60 * 60;
const LOOKED_SECONDS: u64 = 60 * 60;

/// How an executor works.
#[derive(Clone, Debug)]
pub struct ExecutorOptions {
    /// The scheduler's host and port.
    pub scheduler: (String, u16),
    /// Where it listens: results are fetched from it.
    pub listen: IpAddr,
    /// The name under which others reach it.
    pub host: String,
    /// The port for results; the next one is the scheduler's way to it.
    pub port: u16,
    /// Units that it does at once.
    pub slots: usize,
    /// The folder for sealed results that wait to be fetched.
    pub folder: PathBuf,
    /// Seconds between two signs of life while it is idle.
    pub heartbeat_seconds: u64,
}

/// Serves until the process ends.
///
/// # Errors
/// When it cannot listen, or finds no scheduler.
pub fn executor(options: &ExecutorOptions, key: ClusterKey, work: Arc<dyn Work>) -> Result<(), ClusterError> {
    let start = |cause| ClusterError::Start { what: "executor", cause };
    let id: [u8; 8] = {
        let mut id = [0; 8];
        getrandom::fill(&mut id).map_err(|error| start(error.into()))?;
        id
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| start(error.into()))?;
    let config = ExecutorProcessConfig {
        executor_id: format!("{}-{:016x}", options.host, u64::from_be_bytes(id)),
        bind_host: options.listen.to_string(),
        external_host: Some(options.host.clone()),
        port: options.port,
        grpc_port: options.port.saturating_add(1),
        scheduler_host: options.scheduler.0.clone(),
        scheduler_port: options.scheduler.1,
        scheduler_connect_timeout_seconds: 30,
        vcores: options.slots.max(1),
        work_dir: Some(options.folder.to_string_lossy().into_owned()),
        job_data_ttl_seconds: KEPT_SECONDS,
        job_data_clean_up_interval_seconds: LOOKED_SECONDS,
        executor_heartbeat_interval_seconds: options.heartbeat_seconds.max(1),
        task_scheduling_policy: POLICY,
        override_execution_engine: Some(Arc::new(Gate::default())),
        override_physical_codec: Some(Arc::new(UnitCodec::with_tools(Tools { key, work }))),
        ..ExecutorProcessConfig::default()
    };
    runtime.block_on(start_executor_process(Arc::new(config))).map_err(|error| start(error.into()))
}
