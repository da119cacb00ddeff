//! The scheduler: it knows executors and hands out units. It holds no key and no data, and forgets all when it ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tonic::Request;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::error::ClusterError;
use crate::tls::Tls;
use crate::unit::UnitCodec;

/// Executors ask for work: what is free on one, it knows best.
pub(crate) const POLICY: TaskSchedulingPolicy = TaskSchedulingPolicy::PullStaged;

/// The longest message between two parts.
pub(crate) const MESSAGE_BYTES: u32 = 16 << 20;

/// How a scheduler serves.
#[derive(Clone, Debug)]
pub struct SchedulerOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// After so long without a word an executor is taken for dead, and its units are given to others. A busy executor speaks
    /// every five seconds.
    pub silence: Duration,
    /// Its certificate, where the cluster speaks TLS.
    pub tls: Option<Tls>,
}

/// Serves until the process ends.
///
/// # Errors
/// When it cannot listen, or its certificate is none for a server.
pub fn scheduler(options: &SchedulerOptions) -> Result<(), ClusterError> {
    let tls = options.tls.as_ref();
    tls.map_or(Ok(()), |tls| tls.check_server(None))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let start = |cause| ClusterError::Start { what: "scheduler", cause };
    let runtime = runtime.map_err(|error| start(error.into()))?;
    let config = SchedulerConfig {
        bind_host: options.listen.ip().to_string(),
        bind_port: options.listen.port(),
        external_host: options.listen.ip().to_string(),
        executor_timeout_seconds: options.silence.as_secs().max(1),
        expire_dead_executor_interval_seconds: 1,
        executor_termination_grace_period: 1,
        scheduling_policy: POLICY,
        grpc_server_max_decoding_message_size: MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES,
        override_physical_codec: Some(Arc::new(UnitCodec::default())),
        override_create_grpc_client_endpoint: tls.map(Tls::endpoints),
        use_tls: tls.is_some(),
        ..SchedulerConfig::default()
    };
    runtime.block_on(serve(options.listen, config, tls)).map_err(start)
}

/// Ballista's own server knows no TLS, and nothing else that it serves (pages for probes) is asked for here.
async fn serve(
    listen: SocketAddr,
    config: SchedulerConfig,
    tls: Option<&Tls>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    config.validate()?;
    let incoming = TcpIncoming::bind(listen)?.with_nodelay(Some(true));
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await?;
    let service = SchedulerGrpcServer::new(scheduler)
        .max_encoding_message_size(MESSAGE_BYTES as usize)
        .max_decoding_message_size(MESSAGE_BYTES as usize);
    // Ballista takes this for the address of an executor that tells none, and is not prepared to find nothing.
    let from = |mut request: Request<()>| {
        if let Some(address) = request.remote_addr() {
            request.extensions_mut().insert(ConnectInfo(address));
        }
        Ok(request)
    };
    let mut server = Server::builder();
    if let Some(tls) = tls {
        server = server.tls_config(tls.server())?;
    }
    server.add_service(InterceptedService::new(service, from)).serve_with_incoming(incoming).await?;
    Ok(())
}
