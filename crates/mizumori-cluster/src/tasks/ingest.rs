//! The ingest in units: each machine writes the rows of its dumps into runs, and then each merges a range of keys of all of them. The
//! driver alone commits.

use std::collections::HashMap;

use mizumori_core::keys::ClusterKey;
use mizumori_lake::{
    FileFacts, FillOrder, Filled, Lake, LakeError, Material, MergeOrder, Run, Runner, Spread, Work, Written,
};
use mizumori_read::MemberName;
use mizumori_scan::{Dump, Progress};
use serde::{Deserialize, Serialize};

use super::dumps::{DumpsText, Here, Long, SharedDumps};
use super::{Hands, framed, other_version, parted};
use crate::driver::{Cluster, drawn_name};
use crate::error::ClusterError;
use crate::unit::UnitError;

/// Dumps, for runs.
#[derive(Serialize, Deserialize)]
pub(super) struct Task {
    /// The run, for the key of its counts.
    run: String,
    order: FillOrder,
    dumps: DumpsText,
}

/// Has a cluster do the work of an ingest.
pub struct ClusterIngest<'d> {
    /// The cluster.
    pub cluster: &'d Cluster,
    /// Its key.
    pub key: &'d ClusterKey,
    /// The dumps, in the order of those of the ingest, and their sources, in the order of its.
    pub dumps: SharedDumps<'d>,
}

impl ClusterIngest<'_> {
    fn run(
        &self,
        tasks: impl Iterator<Item = super::Task>,
        progress: &Progress,
        take: &mut dyn FnMut(usize, Vec<u8>) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let units: Vec<_> = tasks.map(|task| task.to_bytes()).collect();
        self.cluster.run(&units, &|| progress.is_stopped(), take)
    }
}

impl Runner for ClusterIngest<'_> {
    fn digests(&self, dumps: &[Dump], progress: &Progress) -> Result<Vec<FileFacts>, LakeError> {
        let mut facts: Vec<_> = dumps.iter().map(FileFacts::known).collect();
        let unknown = facts.iter().enumerate().filter(|(_, known)| known.is_none()).map(|(at, _)| at);
        let units = self.dumps.units(unknown, Long::Whole)?;
        let numbers: HashMap<_, _> =
            dumps.iter().enumerate().map(|(at, dump)| (dump.name.as_str(), at)).collect();
        self.run(units.into_iter().map(super::Task::Digest), progress, &mut |number, result| {
            let found: Vec<FileFacts> = serde_json::from_slice(&result).map_err(|_| other_version(number))?;
            for found in found {
                if let Some(facts) = numbers.get(found.name()).and_then(|at| facts.get_mut(*at)) {
                    *facts = Some(found);
                }
            }
            Ok(())
        })?;
        Ok(facts.into_iter().flatten().collect())
    }

    fn show(&self, _: &Work<'_>) -> Result<Vec<(String, String)>, LakeError> {
        Err(LakeError::Elsewhere(
            "who stands beside the lake sees nothing of what other machines read".into(),
        ))
    }

    fn fill(&self, lake: &Lake, work: &Work<'_>) -> Result<Filled, LakeError> {
        if work.is_seen_beside() {
            self.show(work)?;
        }
        let run = drawn_name()?;
        let order = FillOrder::new(lake, work);
        let fill = |dumps| super::Task::Fill(Task { run: run.clone(), order: order.clone(), dumps });
        let units = self.dumps.units(work.dumps(), Long::Cut)?;
        let mut spread = Spread::new(work);
        self.run(units.into_iter().map(fill), work.progress(), &mut |number, result| {
            let (run, counts) = parted::<Run>(&result).ok_or_else(|| other_version(number))?;
            spread.take(run, counts)
        })?;
        let merges = spread.merges(lake);
        let mut merged: Vec<Option<Written>> = vec![None; merges.len()];
        self.run(merges.into_iter().map(super::Task::Merge), work.progress(), &mut |number, result| {
            let written = serde_json::from_slice(&result).map_err(|_| other_version(number))?;
            if let Some(merged) = merged.get_mut(number) {
                *merged = Some(written);
            }
            Ok(())
        })?;
        spread.finish(lake, merged.into_iter().flatten().collect())
    }
}

/// What is wrong with a cluster, as what is wrong with the work that it was to do.
impl From<ClusterError> for LakeError {
    fn from(error: ClusterError) -> Self {
        match error {
            ClusterError::Interrupted => Self::Interrupted,
            error => Self::Elsewhere(Box::new(error)),
        }
    }
}

/// Finds out what dumps are known by.
pub(super) fn digest(hands: &Hands, dumps: &DumpsText) -> Result<Vec<u8>, UnitError> {
    let here = Here::of(dumps, hands)?;
    let facts: Vec<_> = here.dumps.iter().map(FileFacts::of).collect();
    serde_json::to_vec(&facts).map_err(|error| UnitError::Permanent(error.to_string()))
}

/// Writes runs.
pub(super) fn fill(hands: &Hands, task: &Task) -> Result<Vec<u8>, UnitError> {
    let (lake, ring) = (hands.lakes)(task.order.lake())?;
    let here = Here::of(&task.dumps, hands)?;
    let sources_of: Vec<_> = here.dumps.iter().map(|dump| here.map.of_dump(&dump.name)).collect();
    let source_of = |member: &MemberName| here.source(member);
    let (sources, dumps) = (&here.sources, &here.dumps);
    let (sources_of, unreadable) = (&sources_of, &[]);
    let material = Material { sources, dumps, sources_of, source_of: &source_of, unreadable };
    let (machine, key) = (hands.machine(&here.reader), hands.key.tags_of(&task.run));
    let (run, counts) = task.order.fill(&lake, &ring, &machine, &material, key)?;
    framed(&run, &counts)
}

/// Merges runs.
pub(super) fn merge(hands: &Hands, order: &MergeOrder) -> Result<Vec<u8>, UnitError> {
    let (lake, _) = (hands.lakes)(order.lake())?;
    let written = order.merge(&lake)?;
    serde_json::to_vec(&written).map_err(|error| UnitError::Permanent(error.to_string()))
}
