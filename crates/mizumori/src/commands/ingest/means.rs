//! Who does the work of an ingest: this machine, or a cluster.

use std::sync::Arc;

#[cfg(feature = "cluster")]
use mizumori_cluster::{Cluster, ClusterIngest, SharedDumps};
#[cfg(feature = "cluster")]
use mizumori_core::keys::ClusterKey;
use mizumori_lake::{Material, Merging, Runner, ThisMachine};
use mizumori_read::Reader;
use mizumori_scan::{Progress, SourceMap};

use super::{Arguments, spill_bytes};
#[cfg(feature = "cluster")]
use crate::cluster::{ClusterOptions, shared};
use crate::config::Config;
use crate::dumps::FoundDump;
use crate::input;
use crate::outcome::Failure;

/// What an ingest works with.
pub(super) struct Means {
    pub(super) machine: ThisMachine,
    #[cfg(feature = "cluster")]
    cluster: Option<(Cluster, ClusterKey)>,
    #[cfg(feature = "cluster")]
    options: ClusterOptions,
}

/// What others than this machine have to know of the dumps.
pub(super) struct Shared<'s> {
    /// As they were found, in the order of the ingest.
    pub(super) found: &'s [&'s FoundDump],
    /// Which member is of which source of the ingest.
    pub(super) map: &'s SourceMap,
}

/// What the lake may use of the memory: an index takes its part, and another one as much.
fn lake_memory(arguments: &Arguments, config: &Config) -> u64 {
    let all = input::memory(arguments.memory, config);
    #[cfg(feature = "guard")]
    let all = {
        let indexes = u64::from(arguments.guard.is_asked()) + u64::from(arguments.private.is_asked());
        all - indexes * guard_memory(arguments, config)
    };
    all
}

/// What an index may use of it: a quarter, of which much more than what an import takes would be of no use.
#[cfg(feature = "guard")]
pub(super) fn guard_memory(arguments: &Arguments, config: &Config) -> u64 {
    (input::memory(arguments.memory, config) / 4).min(crate::commands::guard::MEMORY)
}

impl Means {
    pub(super) fn of(
        arguments: &Arguments,
        config: &Config,
        reader: Reader,
        threads: usize,
    ) -> Result<Self, Failure> {
        let machine = ThisMachine {
            reader,
            records: config.records,
            threads,
            memory_bytes: lake_memory(arguments, config),
            disk_bytes: spill_bytes(config),
            folder: std::env::temp_dir(),
        };
        Ok(Self {
            machine,
            #[cfg(feature = "cluster")]
            cluster: arguments.cluster.open(config)?,
            #[cfg(feature = "cluster")]
            options: arguments.cluster.clone(),
        })
    }

    /// How this machine merges what is committed, until `progress` is stopped.
    pub(super) fn merging(&self, progress: &Arc<Progress>) -> Merging {
        let ThisMachine { threads, memory_bytes, .. } = self.machine;
        Merging { threads, memory_bytes, progress: Arc::clone(progress) }
    }

    /// Gives `work` whoever does it.
    pub(super) fn with<T>(
        &self,
        material: &Material<'_>,
        shared_as: &Shared<'_>,
        work: impl FnOnce(&dyn Runner) -> T,
    ) -> T {
        #[cfg(feature = "cluster")]
        if let Some((cluster, key)) = &self.cluster {
            let dumps = shared(shared_as.found.iter().copied());
            let unit_bytes = self.options.unit_bytes()(&dumps);
            let (sources, passwords) = (material.sources, self.machine.reader.passwords());
            let dumps = SharedDumps { dumps: &dumps, sources, map: shared_as.map, passwords, unit_bytes };
            return work(&ClusterIngest { cluster, key, dumps });
        }
        #[cfg(not(feature = "cluster"))]
        let _ = (material, shared_as.found, shared_as.map);
        work(&self.machine)
    }
}
