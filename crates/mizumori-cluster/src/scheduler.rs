//! The scheduler: it knows executors and hands out units. It holds no key and no data, and forgets all when it ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;

use crate::error::ClusterError;
use crate::unit::UnitCodec;

/// Executors ask for work: what is free on one, it knows best.
pub(crate) const POLICY: TaskSchedulingPolicy = TaskSchedulingPolicy::PullStaged;

/// How a scheduler serves.
#[derive(Clone, Debug)]
pub struct SchedulerOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// After so long without a word an executor is taken for dead, and its units are given to others. A busy executor speaks
    /// every five seconds.
    pub silence: Duration,
}

/// Serves until the process ends.
///
/// # Errors
/// When it cannot listen.
pub fn scheduler(options: &SchedulerOptions) -> Result<(), ClusterError> {
    let start = |cause| ClusterError::Start { what: "scheduler", cause };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| start(error.into()))?;
    let config = SchedulerConfig {
        bind_host: options.listen.ip().to_string(),
        bind_port: options.listen.port(),
        external_host: options.listen.ip().to_string(),
        executor_timeout_seconds: options.silence.as_secs().max(1),
        expire_dead_executor_interval_seconds: 1,
        executor_termination_grace_period: 1,
        scheduling_policy: POLICY,
        override_physical_codec: Some(Arc::new(UnitCodec::default())),
        ..SchedulerConfig::default()
    };
    runtime.block_on(async {
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| start(error.into()))?;
        start_server(cluster, options.listen, Arc::new(config)).await.map_err(|error| start(error.into()))
    })
}
