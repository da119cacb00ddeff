//! An executor: it asks a scheduler for units and does them.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::error::BallistaError;
use ballista_core::utils::create_grpc_server;
use ballista_executor::ArrowFlightServerProvider;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_executor::flight_service::BallistaFlightService;
use mizumori_core::keys::ClusterKey;

use crate::error::ClusterError;
use crate::gate::Gate;
use crate::greeting::{Greeting, greet};
use crate::scheduler::{MESSAGE_BYTES, POLICY};
use crate::tls::Tls;
use crate::unit::{Tools, UnitCodec, Work};

/// How long a result lies on an executor's disk, and how often it is looked: longer than any unit takes, since a unit's folder is
/// as old as its beginning. The executor's end takes all of them away.
const KEPT_SECONDS: u64 = 24 * 60 * 60;
const LOOKED_SECONDS: u64 = 60 * 60;

/// How often it looks for a scheduler that is not there yet.
const LOOK: Duration = Duration::from_millis(500);

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
    /// Its certificate, where the cluster speaks TLS.
    pub tls: Option<Tls>,
}

/// Serves until the process ends.
///
/// # Errors
/// When it cannot listen, or finds a scheduler that it cannot speak with. For one that is not there it waits.
pub fn executor(options: &ExecutorOptions, key: ClusterKey, work: Arc<dyn Work>) -> Result<(), ClusterError> {
    let tls = options.tls.as_ref();
    if let Some(tls) = tls {
        tls.check_client()?;
        tls.check_server(Some(&options.host))?;
    }
    let (host, port) = (&options.scheduler.0, options.scheduler.1);
    while greet(host, port, tls)? == Greeting::Silence {
        std::thread::sleep(LOOK);
    }
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
        scheduler_host: host.clone(),
        scheduler_port: port,
        scheduler_connect_timeout_seconds: 30,
        vcores: options.slots.max(1),
        work_dir: Some(options.folder.to_string_lossy().into_owned()),
        job_data_ttl_seconds: KEPT_SECONDS,
        job_data_clean_up_interval_seconds: LOOKED_SECONDS,
        executor_heartbeat_interval_seconds: options.heartbeat_seconds.max(1),
        grpc_max_decoding_message_size: MESSAGE_BYTES,
        grpc_max_encoding_message_size: MESSAGE_BYTES,
        task_scheduling_policy: POLICY,
        override_execution_engine: Some(Arc::new(Gate::default())),
        override_physical_codec: Some(Arc::new(UnitCodec::with_tools(Tools { key, work }))),
        override_create_grpc_client_endpoint: tls.map(Tls::endpoints),
        override_arrow_flight_service: Some(results(options.tls.clone())),
        ..ExecutorProcessConfig::default()
    };
    runtime.block_on(start_executor_process(Arc::new(config))).map_err(|error| start(error.into()))
}

/// What results are fetched from: Ballista's service, on a server that can speak TLS.
fn results(tls: Option<Tls>) -> Arc<ArrowFlightServerProvider> {
    Arc::new(move |folder, address, mut shutdown, config| {
        let service = FlightServiceServer::new(BallistaFlightService::new(folder))
            .max_decoding_message_size(MESSAGE_BYTES as usize)
            .max_encoding_message_size(MESSAGE_BYTES as usize);
        let mut server = create_grpc_server(&config);
        let tls = tls.clone();
        tokio::spawn(async move {
            if let Some(tls) = tls {
                server = server.tls_config(tls.server()).map_err(BallistaError::TonicError)?;
            }
            let served = server.add_service(service).serve_with_shutdown(address, shutdown.recv());
            served.await.map_err(BallistaError::TonicError)
        })
    })
}
