//! Somebody else who wants something of the records that an ingest parses, and keeps it before the lake does.
//!
//! What that is, the lake does not know: it shows records, of the sources that are wanted, and says when all of them were seen.

use std::fmt;
use std::sync::Arc;

use mizumori_core::keys::TagLayers;
use mizumori_core::{Account, ErrorClass, SourceIndex};
use mizumori_read::MemberName;
use mizumori_scan::{
    Event, HandOver, Match, MemberContext, MemberSource, PieceSizes, Proceed, Record, Scan, Sink, Witness,
    Workshop,
};

use crate::decide::{Fate, Files};
use crate::error::LakeError;
use crate::fill::{ThisMachine, Work};
use crate::forget::KeptOut;
use crate::gather::Part;
use crate::manifest::Manifest;
use crate::method::Ingest;

/// Who stands beside a lake and sees the records of an ingest.
pub trait Beside: Witness {
    /// Whether it is to see the records of a source, all of which that are parsed. `identity` tells this material of it, and what is
    /// looked for in it, from any other; nothing does where that is read once only, or cannot be read.
    fn wants(&self, source: SourceIndex, identity: Option<&str>) -> bool;

    /// Keeps what it has seen of the sources that it wanted: all of it was shown. The lake commits afterwards, so that what ends the
    /// work in between leaves no source in the lake of which nothing is kept beside it.
    ///
    /// # Errors
    /// When it cannot; or what ended it before, should it [not be well](Witness::is_well). The lake is then left as it is.
    fn keep(&self) -> Result<(), LakeError>;
}

/// Why somebody beside a lake could not keep what he saw.
#[derive(Debug)]
pub struct BesideError {
    /// Why not.
    pub error: Box<dyn std::error::Error + Send + Sync>,
    /// What the caller does next.
    pub class: ErrorClass,
    /// What there is to do, where that is known.
    pub hint: Option<String>,
}

impl fmt::Display for BesideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for BesideError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl Work<'_> {
    /// Asks who stands beside the lake whether the sources that come in this part are wanted.
    pub(crate) fn announce(&self, manifests: &[Manifest]) {
        let Some(beside) = self.how.beside else { return };
        let list = self.how.list(self.part);
        for (at, manifest) in manifests.iter().enumerate() {
            if self.ingests.get(at).is_some_and(Option::is_some) {
                beside.wants(SourceIndex(at), manifest.identity(&list).as_deref());
            }
        }
    }

    /// Tells who stands beside the lake what cannot be read.
    pub(crate) fn tell_unreadable(&self, name: &MemberName) {
        if let Some((beside, source)) = self.how.beside.zip((self.material.source_of)(name)) {
            beside.unreadable(source.index);
        }
    }
}

impl Ingest<'_> {
    /// Which sources stay in the lake as they are, and are wanted beside it: an ingest each. Those of which files are gone are not: what
    /// is left of them would take the place of more.
    pub(crate) fn wanted_beside(&self, fates: &[Fate], manifests: &[Manifest]) -> Vec<Option<String>> {
        let list = self.list(Part::Whole);
        let wanted = |(at, (fate, manifest)): (usize, (&Fate, &Manifest))| {
            let beside = self.beside?;
            let stays = matches!(fate, Fate::Stays { files: Files::There, .. });
            let is_wanted = stays && beside.wants(SourceIndex(at), manifest.identity(&list).as_deref());
            is_wanted.then(|| manifest.ingest.clone())
        };
        fates.iter().zip(manifests).enumerate().map(wanted).collect()
    }
}

/// Whether nothing is taken of an account.
pub(crate) fn is_kept_out(kept_out: &KeptOut, tags: &TagLayers, account: &Account<'_>) -> bool {
    if kept_out.is_empty() {
        return false;
    }
    let tag = tags.account(account);
    kept_out.contains(&(tag.hi, tag.lo))
}

impl ThisMachine {
    /// Shows the records of the sources that come to who stands beside the lake, and to nobody else. Gives what could not be
    /// read, with the reason.
    pub(crate) fn show_beside(&self, work: &Work<'_>) -> Result<Vec<(String, String)>, LakeError> {
        let mut unreadable = Vec::new();
        let Some(beside) = work.how.beside else { return Ok(unreadable) };
        let matcher = work.how.matcher();
        let scan = Scan {
            reader: &self.reader,
            matcher: matcher.as_ref(),
            wanted: work.how.wanted(work.part),
            limits: self.records,
            threads: self.threads,
            hand_over: HandOver::AsItComes,
            pieces: PieceSizes::default(),
        };
        let dumps = work.dumps_at(work.dumps());
        let shown = Shown { work, beside, tags: &work.ring.tags() };
        scan.run(&dumps, &shown, work.progress, |event| {
            if let Event::Unreadable { name, why } = event {
                work.tell_unreadable(&name);
                unreadable.push((name.to_string(), why));
            }
            if beside.is_well() { Proceed::GoOn } else { Proceed::Stop }
        })?;
        ended(beside, work)?;
        Ok(unreadable)
    }
}

/// Why a scan ended before its end, if it did: who stands beside it could not go on, or somebody asked to stop.
pub(crate) fn ended(beside: &dyn Beside, work: &Work<'_>) -> Result<(), LakeError> {
    if !beside.is_well() {
        beside.keep()?;
    }
    if work.progress.is_stopped() { Err(LakeError::Interrupted) } else { Ok(()) }
}

/// Makes batches that keep nothing themselves.
struct Shown<'s> {
    work: &'s Work<'s>,
    beside: &'s dyn Beside,
    tags: &'s TagLayers,
}

impl<'s> Workshop for Shown<'s> {
    type Batch = ShownBatch<'s>;

    fn source(&self, member: &MemberName) -> Option<MemberSource> {
        (self.work.material.source_of)(member).filter(|source| self.work.comes(source.index))
    }

    fn batch(&self, member: &Arc<MemberContext>) -> ShownBatch<'s> {
        let beside = self.beside.batch(member.source.index);
        ShownBatch { kept_out: self.work.kept_out, tags: self.tags, beside }
    }
}

/// What sees the records of a piece.
struct ShownBatch<'s> {
    kept_out: &'s KeptOut,
    tags: &'s TagLayers,
    beside: Option<Box<dyn Sink + Send + 's>>,
}

impl Sink for ShownBatch<'_> {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        let Some(beside) = &mut self.beside else { return };
        let account = record.login.account();
        if !account.is_some_and(|account| is_kept_out(self.kept_out, self.tags, account)) {
            beside.record(record, matched);
        }
    }

    fn settle(&mut self) {
        if let Some(mut beside) = self.beside.take() {
            beside.settle();
        }
    }

    fn weight(&self) -> usize {
        self.beside.as_ref().map_or(0, |beside| beside.weight())
    }
}
