//! What becomes of each source of an ingest, decided before anything is scanned.

use std::collections::{BTreeMap, BTreeSet};

use mizumori_core::{LeakTime, Source};

use crate::error::LakeError;
use crate::lake::Lake;
use crate::manifest::{Ingests, Manifest, whole_of};
use crate::method::{Ingest, Missing, Refused, WhatHappened};
use crate::tally::{Group, group_of, is_lowered};

/// What becomes of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is ingested in one commit: as new, or in the place of what is there. (Watched rows first would take away, until the rest
    /// is there, what was there before.)
    Comes(WhatHappened),
    /// It is new, and ingested in halves.
    ComesInHalves,
    /// Its watched rows are there, of this ingest: the rest is to come.
    Completes(String),
    /// It is there from these files, with so many rows and counted accounts; or from these and others, which are gone.
    Stays { rows: u64, counted: u64, files: Files },
    /// It is left as it is, for a reason that was told.
    HeldBack,
}

impl Fate {
    /// Whether all of it is scanned.
    const fn comes(&self) -> bool {
        matches!(self, Self::Comes(_) | Self::ComesInHalves)
    }
}

/// Whether the files of a source that is there are there, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// They are.
    There,
    /// Some are gone.
    Gone,
}

/// What was decided.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    /// By source.
    pub(crate) fates: Vec<Fate>,
    /// Why sources are left as they are.
    pub(crate) held_back: Vec<(String, LakeError)>,
    /// The sources that have counts already.
    pub(crate) counted: BTreeSet<String>,
    /// What could not be read of those that stay.
    pub(crate) unreadable: BTreeSet<(String, String)>,
    /// What was there: should it be something else at the commit, somebody else was quicker.
    pub(crate) there: Ingests,
}

/// What is asked: sources, and what would be in the lake of each.
pub(crate) struct Asked<'a> {
    pub(crate) sources: &'a [Source],
    /// The manifests of whole ingests.
    pub(crate) manifests: &'a [Manifest],
    /// The scope of the first half, where there are halves.
    pub(crate) first_scope: Option<&'a str>,
    pub(crate) how: &'a Ingest<'a>,
}

impl Lake {
    /// Decides about every source.
    pub(crate) fn decide(&self, asked: &Asked<'_>) -> Result<Decided, LakeError> {
        let there = self.ingests()?;
        let mut decided = Decided::default();
        for (source, manifest) in asked.sources.iter().zip(asked.manifests) {
            let fate = match there.get(manifest.id()) {
                None if asked.first_scope.is_some() => Fate::ComesInHalves,
                None => Fate::Comes(WhatHappened::Added),
                Some(ingest) => {
                    let before = self.manifest(manifest.id(), ingest)?;
                    if before.counts.is_some() {
                        decided.counted.insert(manifest.id().to_owned());
                    }
                    let fate = asked.fate(source, manifest, &before, &mut decided)?;
                    if matches!(fate, Fate::Stays { .. }) {
                        decided.unreadable.extend(before.run.unreadable);
                    }
                    fate
                }
            };
            decided.fates.push(fate);
        }
        self.decide_groups(asked, &mut decided)?;
        decided.there = there;
        Ok(decided)
    }

    /// Whether what was decided by `before` about sources that come whole holds by what is there now.
    pub(crate) fn still_holds(
        &self,
        come: &[&Manifest],
        before: &Ingests,
        missing: Missing,
    ) -> Result<(), LakeError> {
        let there = self.ingests()?;
        let is_new = |(id, ingest): &(&String, &String)| before.get(*id) != Some(*ingest);
        let groups = groups_counted(come)?;
        for (id, ingest) in there.iter().filter(is_new) {
            let quicker = self.manifest(id, ingest)?;
            match come.iter().find(|manifest| manifest.id() == id) {
                // What it has and we have not would go.
                Some(manifest) if missing == Missing::Refused && !quicker.missing_in(manifest).is_empty() => {
                    return Err(LakeError::Raced(id.clone()));
                }
                Some(_) => {}
                None if !groups.is_empty()
                    && quicker.counts.as_ref().is_some_and(|counts| counts.rows > 0) =>
                {
                    let source = quicker.source()?;
                    if let Some(ours) = groups.get(&group_of(&source)) {
                        return Err(counted_already(ours, &source, vec![id.clone()]));
                    }
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Sources of one place and month are counted together, or not at all: no account is kept with which another could be
    /// compared.
    fn decide_groups(&self, asked: &Asked<'_>, decided: &mut Decided) -> Result<(), LakeError> {
        let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for (at, source) in asked.sources.iter().enumerate() {
            groups.entry(group_of(source)).or_default().push(at);
        }
        groups.retain(|_, members| {
            let source = |at: &usize| asked.sources.get(*at);
            let lowered = members.iter().filter(|at| source(at).is_some_and(is_lowered)).count();
            // Where some sources are kept as counts and others as rows, both decide about an account.
            if lowered == 0 || lowered == members.len() {
                members.retain(|at| source(at).is_some_and(|source| asked.how.may_count(source)));
            }
            members.iter().any(|at| decided.fates.get(*at).is_some_and(Fate::comes))
        });
        if groups.is_empty() {
            return Ok(());
        }
        for members in groups.values().filter(|members| members.len() > 1) {
            for at in members {
                match decided.fates.get_mut(*at) {
                    Some(fate @ (Fate::Completes(_) | Fate::Stays { files: Files::There, .. })) => {
                        *fate = Fate::Comes(WhatHappened::Replaced);
                    }
                    Some(fate @ Fate::ComesInHalves) => *fate = Fate::Comes(WhatHappened::Added),
                    _ => {}
                }
            }
        }
        let coming = |at: &usize| decided.fates.get(*at).is_some_and(Fate::comes);
        let coming: BTreeSet<_> = groups.values().flatten().copied().filter(coming).collect();
        let id_of = |at: usize| asked.manifests.get(at).map(Manifest::id).unwrap_or_default();
        let come: BTreeSet<_> = coming.iter().map(|at| id_of(*at)).collect();
        let mut counted: BTreeMap<Group, Vec<String>> = BTreeMap::new();
        for (id, ingest) in self.ingests()? {
            if !come.contains(&*id) {
                let manifest = self.manifest(&id, &ingest)?;
                let group = group_of(&manifest.source()?);
                if manifest.counts.is_some_and(|counts| counts.rows > 0) && groups.contains_key(&group) {
                    counted.entry(group).or_default().push(id);
                }
            }
        }
        for (group, counted) in counted {
            let members = groups.get(&group).into_iter().flatten().filter(|at| coming.contains(*at));
            for (at, source) in members.filter_map(|at| Some((*at, asked.sources.get(*at)?))) {
                let error = counted_already(source.id.as_str(), source, counted.clone());
                if asked.how.refused != Refused::HoldsBack {
                    return Err(error);
                }
                decided.held_back.push((source.id.to_string(), error));
                if let Some(fate) = decided.fates.get_mut(at) {
                    *fate = Fate::HeldBack;
                }
            }
        }
        Ok(())
    }
}

/// The groups in which sources are counted, each with one of the sources.
pub(crate) fn groups_counted<'m>(come: &[&'m Manifest]) -> Result<BTreeMap<Group, &'m str>, LakeError> {
    let counted =
        come.iter().filter(|manifest| manifest.counts.as_ref().is_some_and(|counts| counts.rows > 0));
    counted.map(|manifest| Ok((group_of(&manifest.source()?), manifest.id()))).collect()
}

/// That `counted` have been counted, with which the source `id`, of the place and time of `group`, would have to be.
fn counted_already(id: &str, group: &Source, counted: Vec<String>) -> LakeError {
    let time = match group.time() {
        LeakTime::Unknown => "of unknown month".to_owned(),
        time => time.to_string(),
    };
    LakeError::CountedAlready { source_id: id.to_owned(), place: group.place.clone(), time, counted }
}

impl Asked<'_> {
    /// What becomes of a source of which the lake has `before`.
    fn fate(
        &self,
        source: &Source,
        manifest: &Manifest,
        before: &Manifest,
        decided: &mut Decided,
    ) -> Result<Fate, LakeError> {
        let refused = self.how.refused;
        let counted = before.counts.as_ref().map_or(0, |counts| counts.accounts);
        let stays = |files| Fate::Stays { rows: before.rows, counted, files };
        match (whole_of(&before.ingest), self.first_scope) {
            (None, _) if before.brings_as(manifest) => return Ok(stays(Files::There)),
            (None, _) if refused == Refused::HoldsBack && before.covers(manifest) => {
                return Ok(stays(Files::Gone));
            }
            // What is counted of the rest would have to be counted together with others.
            (Some(whole), Some(scope)) if !self.how.counts_others(source) => {
                let mut first = manifest.clone();
                scope.clone_into(&mut first.scope);
                if before.brings_as(&first) {
                    return Ok(Fate::Completes(whole.to_owned()));
                }
            }
            _ => {}
        }
        let files = before.missing_in(manifest);
        if !files.is_empty() && self.how.missing == Missing::Refused {
            let source_id = manifest.id().to_owned();
            let error = LakeError::FilesMissing { source_id: source_id.clone(), files };
            if refused == Refused::EndsIt {
                return Err(error);
            }
            decided.held_back.push((source_id, error));
            return Ok(Fate::HeldBack);
        }
        Ok(Fate::Comes(WhatHappened::Replaced))
    }
}
