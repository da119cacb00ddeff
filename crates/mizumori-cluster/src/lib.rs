//! Many machines: units of work, run by executors that a scheduler knows.
//!
//! Scheduler and executors are those of [Ballista](https://datafusion.apache.org/ballista/), and nothing else names it. What runs on them
//! is always one unit: a plan of one node of ours over one row that describes it (`unit.rs`), given as a job of its own. The driver
//! ([`Cluster::run`]) takes each unit's result once, gives a unit again whose machine was lost, and returns when all have come.
//!
//! Invariants: what a unit is and what comes of it is sealed under the cluster's key, so that the scheduler and the network see
//! neither; executors run nothing but units that open under it; no unit's result is taken twice; a part that has a certificate
//! speaks TLS with both sides verified (`tls.rs`), and nothing else.

mod driver;
mod error;
mod executor;
mod gate;
mod greeting;
mod scheduler;
mod tasks;
mod tls;
mod unit;

pub use driver::{Cluster, Patience};
pub use error::ClusterError;
pub use executor::{ExecutorOptions, executor};
pub use greeting::Refusal;
pub use scheduler::{SchedulerOptions, scheduler};
pub use tasks::{
    ClusterIngest, ClusterQuery, ClusterSurvey, Hands, OpenLake, SharedDump, SharedDumps, Surveyed, UnitBytes,
};
pub use tls::{Tls, TlsError};
pub use unit::{UnitError, Work};
