//! The driver: gives units to a cluster, and takes each result once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::{
    BALLISTA_CLIENT_IO_RETRIES_TIMES, BALLISTA_CLIENT_IO_RETRY_WAIT_TIME_MS,
    BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK,
};
use ballista_core::execution_plans::execute_physical_plan;
use ballista_core::extension::SessionConfigExt;
use datafusion::common::{DataFusionError, Result};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::stream::FuturesUnordered;
use futures::{StreamExt, TryStreamExt};
use mizumori_core::keys::ClusterKey;
use mizumori_lake::Background;
use tokio::time::Instant;

use crate::error::ClusterError;
use crate::greeting::greet;
use crate::tls::Tls;
use crate::unit::{UnitCodec, UnitError, opened, parts_of, plan, unit_of};

/// How often the driver looks whether it was interrupted.
const TICK: Duration = Duration::from_millis(100);

/// How long the driver waits, and how often it tries.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Units that are given out at once: more than the cluster has slots for, so that none is idle.
    pub at_once: usize,
    /// Attempts at a unit.
    pub attempts: u32,
    /// Before a second attempt; before each further one, so much longer.
    pub pause: Duration,
    /// When no unit at all has come back for so long, those that are out are given again.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { at_once: 64, attempts: 6, pause: Duration::from_secs(5), stall: Duration::from_secs(900) }
    }
}

/// A cluster, by its scheduler.
pub struct Cluster {
    host: String,
    port: u16,
    key: ClusterKey,
    tls: Option<Tls>,
    patience: Patience,
    runtime: Background,
}

/// A name that nothing else has.
pub(crate) fn drawn_name() -> Result<String, ClusterError> {
    let mut drawn = [0; 16];
    getrandom::fill(&mut drawn).map_err(mizumori_core::keys::KeyError::NoRandomness)?;
    Ok(format!("{:032x}", u128::from_be_bytes(drawn)))
}

/// A unit that is to be done.
#[derive(Clone, Copy)]
struct Due {
    number: usize,
    attempt: u32,
}

impl Cluster {
    /// The cluster of the scheduler at `host` and `port`, with this machine's certificate where it speaks TLS.
    ///
    /// # Errors
    /// When the certificate is none for this, or no thread can be started.
    pub fn new(
        host: &str,
        port: u16,
        key: ClusterKey,
        tls: Option<Tls>,
        patience: Patience,
    ) -> Result<Self, ClusterError> {
        tls.as_ref().map_or(Ok(()), Tls::check_client)?;
        let runtime = Background::start(2, "driver");
        let runtime = runtime.map_err(|error| ClusterError::Start { what: "driver", cause: error.into() })?;
        Ok(Self { host: host.to_owned(), port, key, tls, patience, runtime })
    }

    /// Has every unit done, and gives each result to `take` once, with the number of its unit, in no order. A unit whose machine is lost
    /// is given again, until it has been tried often enough; what came of an earlier attempt is not looked at any more.
    ///
    /// # Errors
    /// When the scheduler is none that this machine can speak with, a unit cannot be done, `take` fails, or `is_stopped` says so.
    pub fn run<E: From<ClusterError>>(
        &self,
        units: &[Vec<u8>],
        is_stopped: &dyn Fn() -> bool,
        take: &mut dyn FnMut(usize, Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        greet(&self.host, self.port, self.tls.as_ref())?;
        let mut due: VecDeque<_> = (0..units.len()).map(|number| Due { number, attempt: 1 }).collect();
        let mut out = FuturesUnordered::new();
        let mut waiting: Vec<Due> = Vec::new();
        let mut last = Instant::now();
        while !due.is_empty() || !waiting.is_empty() {
            while waiting.len() < self.patience.at_once.max(1)
                && let Some(next) = due.pop_front()
            {
                let unit = units.get(next.number).map(Vec::as_slice).unwrap_or_default();
                waiting.push(next);
                out.push(async move {
                    // A machine, or the scheduler, may need a moment to come back.
                    tokio::time::sleep(self.patience.pause * (next.attempt - 1)).await;
                    (next, self.attempt(next, unit).await)
                });
            }
            // What is taken may have to wait, which nothing may that runs in here.
            let came = self.runtime.block_on(async { tokio::time::timeout(TICK, out.next()).await });
            if is_stopped() {
                return Err(ClusterError::Interrupted.into());
            }
            let Ok(Some((unit, outcome))) = came else {
                if last.elapsed() >= self.patience.stall {
                    // Whatever is out may be out for ever. Nothing that it did is named anywhere.
                    out.clear();
                    for unit in waiting.drain(..) {
                        due.push_back(self.again(unit, "no machine has answered")?);
                    }
                    last = Instant::now();
                }
                continue;
            };
            last = Instant::now();
            waiting.retain(|waiting| waiting.number != unit.number);
            match outcome {
                Ok(result) => take(unit.number, result)?,
                Err(UnitError::Transient(why)) => {
                    tracing::warn!(unit = unit.number, attempt = unit.attempt, why, "a unit is given again");
                    due.push_back(self.again(unit, &why)?);
                }
                Err(UnitError::Permanent(why)) => {
                    return Err(ClusterError::Unit { unit: unit.number, why }.into());
                }
            }
        }
        Ok(())
    }

    /// The next attempt at a unit.
    fn again(&self, unit: Due, why: &str) -> Result<Due, ClusterError> {
        if unit.attempt >= self.patience.attempts {
            return Err(ClusterError::Lost {
                unit: unit.number,
                attempts: unit.attempt,
                why: why.to_owned(),
            });
        }
        Ok(Due { attempt: unit.attempt + 1, ..unit })
    }

    /// One attempt at a unit: a job of its own.
    async fn attempt(&self, unit: Due, what: &[u8]) -> Result<Vec<u8>, UnitError> {
        let lost = |error: DataFusionError| UnitError::Transient(error.strip_backtrace());
        let id = drawn_name().map_err(|error| UnitError::Transient(error.to_string()))?;
        let sealed =
            self.key.seal(&unit_of(&id), what).map_err(|error| UnitError::Permanent(error.to_string()))?;
        let codec = Arc::new(UnitCodec::default());
        let mut config = SessionConfig::new_with_ballista()
            .with_ballista_use_tls(self.tls.is_some())
            .with_ballista_physical_extension_codec(Arc::clone(&codec) as _)
            .set_usize(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1)
            // A result on a machine that is gone is not waited for: the unit is given again.
            .set_usize(BALLISTA_CLIENT_IO_RETRIES_TIMES, 1)
            .set_usize(BALLISTA_CLIENT_IO_RETRY_WAIT_TIME_MS, 100);
        if let Some(tls) = &self.tls {
            config = config.with_ballista_override_create_grpc_client_endpoint(tls.endpoints());
        }
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let plan = plan(&id, &sealed).map_err(lost)?;
        let settings = config.ballista_config();
        let rows = execute_physical_plan::<PhysicalPlanNode>(
            format!("{scheme}://{}:{}", self.host, self.port),
            &settings,
            plan,
            &*codec,
            id.clone(),
            config.clone(),
        );
        let rows: Vec<_> = rows.await.map_err(lost)?.try_collect().await.map_err(lost)?;
        let sealed = rows.iter().flat_map(parts_of).collect::<Vec<_>>();
        let broken =
            || UnitError::Transient(format!("what came back of unit {} is not its result", unit.number));
        opened(&self.key, &id, &sealed).ok_or_else(broken)?
    }
}
