//! `mizumori ingest --follow`: what is dropped into a folder, as it comes.
//!
//! Nothing of what was taken is remembered from one start to the next: the lake knows the files of its sources, and which of
//! them are there by half.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mizumori_core::keys::KeyRing;
use mizumori_core::{ErrorClass, Source, WatchList};
#[cfg(feature = "guard")]
use mizumori_lake::Beside;
use mizumori_lake::{Ingested, Keep, Lake, Material, ThisMachine};
use mizumori_scan::Progress;

use super::means::{Means, Shared};
use super::{Arguments, Format, Watched, followed, rendered, tell};
#[cfg(feature = "guard")]
use crate::besides::Besides;
use crate::config::Config;
use crate::drop_folder::{DropFolder, Due};
use crate::dumps::Dumps;
#[cfg(feature = "guard")]
use crate::guarding;
use crate::input;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
#[cfg(feature = "guard")]
use crate::pairs::PrivatePlace;
use crate::progress::{Bar, grouped};
use crate::sources::Sources;
use crate::tidings;

/// How long an interrupt waits at most.
const NAP: Duration = Duration::from_millis(100);

/// A drop folder and the lake that it goes into.
struct Follower<'f> {
    arguments: &'f Arguments,
    means: &'f Means,
    /// Where the watch list comes from.
    watched: &'f Watched<'f>,
    /// The one of the last look.
    watch: Option<Arc<WatchList>>,
    /// Bytes that an index may use.
    #[cfg(feature = "guard")]
    guard_memory: u64,
    #[cfg(feature = "guard")]
    private: Option<PrivatePlace>,
    lake: Lake,
    ring: KeyRing,
    progress: Arc<Progress>,
    files: DropFolder,
    out: Output,
    /// What was told and is so still.
    told: BTreeSet<String>,
}

/// Follows the PATHs until somebody ends it.
pub(super) fn run(
    arguments: &Arguments,
    config: &Config,
    progress: &Arc<Progress>,
    watched: &Watched<'_>,
) -> Result<Outcome, Failure> {
    followed(&arguments.input.paths)?;
    let watch = watched()?;
    arguments.keep(watch.as_deref())?;
    let reader = input::reader(&arguments.input, config);
    let threads = input::threads(arguments.input.threads, config);
    // A PATH that is not there at the start is a mistake; later it may be a disk that comes back.
    Dumps::below(&arguments.input.paths, &reader, threads)?;
    let means = Means::of(arguments, config, reader, threads)?;
    // Others may write to the index while nothing comes; that it is one is known now.
    #[cfg(feature = "guard")]
    arguments.guard.check()?;
    #[cfg(feature = "guard")]
    let private = arguments.private.place(config, watch.as_deref(), threads)?;
    let (lake, ring) = arguments.lake.open_or_create(config)?;
    let mut follower = Follower {
        arguments,
        means: &means,
        watched,
        watch,
        #[cfg(feature = "guard")]
        guard_memory: super::means::guard_memory(arguments, config),
        #[cfg(feature = "guard")]
        private,
        lake: lake.merging(means.merging(progress)),
        ring,
        progress: Arc::clone(progress),
        files: DropFolder::new(arguments.settle),
        out: Output::open(None)?,
        told: BTreeSet::new(),
    };
    tidings::say("following; Ctrl-C ends it");
    while !progress.is_stopped() {
        follower.round()?;
        let asleep = Instant::now();
        while !progress.is_stopped() && asleep.elapsed() < arguments.interval {
            std::thread::sleep(NAP.min(arguments.interval));
        }
    }
    follower.out.finish()?;
    Ok(Outcome::Interrupted)
}

impl Follower<'_> {
    /// Looks once, and ingests what is due.
    fn round(&mut self) -> Result<(), Failure> {
        let mut troubles = BTreeSet::new();
        match (self.watched)() {
            Ok(watch) => self.watch = watch,
            Err(failure) => {
                troubles.insert(trouble(&failure));
            }
        }
        let ThisMachine { reader, threads, .. } = &self.means.machine;
        let dumps = Dumps::below(&self.arguments.input.paths, reader, *threads);
        match dumps {
            Ok(dumps) => {
                let unreadable = dumps.unreadable.iter();
                troubles.extend(unreadable.map(|(file, why)| format!("could not read `{file}`: {why}")));
                let (sources, wrong) = Sources::of_those_right(&dumps);
                troubles.extend(wrong.iter().map(trouble));
                if let Err(failure) = self.take(&dumps, &sources, &mut troubles) {
                    self.tell(troubles);
                    return Err(failure);
                }
            }
            Err(failure) => {
                troubles.insert(trouble(&failure));
            }
        }
        self.tell(troubles);
        Ok(())
    }

    /// Tells what was not told when the last round ended.
    fn tell(&mut self, troubles: BTreeSet<String>) {
        for trouble in troubles.difference(&self.told) {
            tidings::warning(trouble);
        }
        self.told = troubles;
    }

    fn take(
        &mut self,
        dumps: &Dumps,
        sources: &Sources,
        troubles: &mut BTreeSet<String>,
    ) -> Result<(), Failure> {
        let watch = self.watch.clone();
        let keep = self.arguments.keep(watch.as_deref())?;
        let how = self.arguments.how(keep, &self.means.machine, None);
        let group = |source: &Source| {
            how.may_count(source).then(|| (mizumori_survey::folded_place(&source.place), source.time()))
        };
        let due = self.files.look(dumps, sources, Instant::now(), group);
        if due.is_empty() {
            return Ok(());
        }
        match self.ingest(dumps, sources, &due, keep) {
            Ok(ingested) => {
                if !ingested.interrupted {
                    self.files.taken(dumps, sources, &due);
                }
                self.report(&ingested)
            }
            Err(error) if error.class() == ErrorClass::Usage => Err(error.into()),
            // The next round tries again.
            Err(error) => {
                troubles.insert(Failure::from(error).in_words());
                Ok(())
            }
        }
    }

    fn ingest(
        &mut self,
        dumps: &Dumps,
        sources: &Sources,
        due: &Due,
        keep: Keep<'_>,
    ) -> Result<Ingested, mizumori_lake::LakeError> {
        let found: Vec<_> = due.iter().filter_map(|at| dumps.found.get(*at)).collect();
        // Of the sources only those that come: what is not among the due files is not missing.
        let of: Vec<_> = found.iter().map(|found| sources.of_dump(&found.dump.name)).collect();
        let come: BTreeSet<_> = of.iter().flatten().copied().collect();
        let number = |source: &mizumori_core::SourceIndex| {
            come.iter().position(|known| known == source).map(mizumori_core::SourceIndex)
        };
        let list: Vec<_> = come.iter().filter_map(|at| sources.list.get(at.0).cloned()).collect();
        let sources_of: Vec<Vec<_>> = of.iter().map(|of| of.iter().filter_map(number).collect()).collect();
        let scanned: Vec<_> = found.iter().map(|found| found.dump.clone()).collect();
        let source_of = |member: &mizumori_read::MemberName| {
            let source = sources.of_member(member)?;
            Some(mizumori_scan::MemberSource { index: number(&source.index)?, ..source })
        };
        let material =
            // What could not be opened comes when it can be: it is told, and nowhere written.
            Material { sources: &list, dumps: &scanned, sources_of: &sources_of, source_of: &source_of, unreadable: &[] };
        let progress = Arc::new(self.progress.next_run());
        let bar = Bar::follow(&progress, found.iter().map(|found| found.bytes).sum());
        let map = sources.map.renumbered(|source| number(&source));
        let arguments = self.arguments;
        #[cfg(feature = "guard")]
        let guarding = {
            let names = list.iter().map(|source| Some(source.id.to_string())).collect();
            arguments.guard.open(names, self.guard_memory, &progress).map_err(guarding::beside)?
        };
        #[cfg(feature = "guard")]
        let pairing = {
            let names = list.iter().map(|source| source.id.to_string()).collect();
            let open = |place: &PrivatePlace| place.open(names, self.guard_memory, &progress);
            self.private.as_ref().map(open).transpose().map_err(guarding::beside)?
        };
        #[cfg(feature = "guard")]
        let besides = Besides::of([
            guarding.as_ref().map(|guarding| guarding as &dyn Beside),
            pairing.as_ref().map(|pairing| pairing as &dyn Beside),
        ]);
        #[cfg(feature = "guard")]
        let beside = besides.as_one();
        #[cfg(not(feature = "guard"))]
        let beside = None;
        let ingested = self.means.with(&material, &Shared { found: &found, map: &map }, |runner| {
            self.lake.ingest(&self.ring, &material, &arguments.how(keep, runner, beside), &progress)
        });
        drop(bar);
        #[cfg(feature = "guard")]
        if let Some(guarding) = guarding.as_ref().filter(|guarding| guarding.has_changed()) {
            guarding.tell();
        }
        #[cfg(feature = "guard")]
        if let Some(pairing) = pairing.as_ref().filter(|pairing| pairing.has_changed()) {
            pairing.tell_after(&ingested);
        }
        ingested
    }

    fn report(&mut self, ingested: &Ingested) -> Result<(), Failure> {
        if !ingested.versions.is_empty() {
            self.out.write_all(rendered(ingested, self.arguments.format).as_bytes())?;
            self.out.flush()?;
        }
        if ingested.versions.is_empty() {
            if !ingested.sources.is_empty() {
                tidings::say(&format!(
                    "{} sources are there already",
                    grouped(ingested.sources.len() as u64)
                ));
            }
        } else if self.arguments.format == Format::Json {
            for source in &ingested.sources {
                tidings::say(&format!("{}: {} rows", source.id, grouped(source.rows)));
            }
        }
        tell(ingested);
        if ingested.interrupted && !ingested.versions.is_empty() {
            tidings::warning(
                "interrupted: what concerns the watch list is there, the rest comes with the next start",
            );
        }
        Ok(())
    }
}

/// A failure in one sentence, with what to do.
fn trouble(failure: &Failure) -> String {
    let next = failure.next().map(|next| format!("; {next}")).unwrap_or_default();
    format!("{}{next}", failure.in_words())
}
