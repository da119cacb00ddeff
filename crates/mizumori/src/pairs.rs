//! The pairs of watched accounts and their passwords that are parsed, into an index for the private check.
//!
//! A pair is hashed, slowly, by the worker that parses it, and no further. Each source is an import of its own; a command's are in
//! the index at once, when it is done and before a lake has them, or not at all.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[cfg(feature = "lake")]
use clap::Args;
#[cfg(feature = "lake")]
use mizumori_core::WatchList;
use mizumori_core::{SecretKind, SourceIndex};
use mizumori_guard::private::{PairGather, PairSource, PrivateWriter};
use mizumori_guard::{Change, GuardError};
#[cfg(feature = "lake")]
use mizumori_lake::{Beside, Ingested, LakeError};
use mizumori_scan::{Match, Progress, Record, Sink, Witness};

#[cfg(feature = "lake")]
use crate::commands::guard::KeysOption;
#[cfg(feature = "lake")]
use crate::config::Config;
#[cfg(feature = "lake")]
use crate::counted::counted;
use crate::gathered::Gathered;
#[cfg(feature = "lake")]
use crate::guarding::beside;
#[cfg(feature = "lake")]
use crate::outcome::Failure;
use crate::progress::grouped;
use crate::tidings;

/// The option of the command that fills a private index beside a lake. Nothing else switches it on.
#[cfg(feature = "lake")]
#[derive(Clone, Debug, Args)]
pub(crate) struct PrivateOption {
    /// Add each account of the watch list that stands beside its clear password to this private index (see `guard private`)
    ///
    /// Whoever knows a pair can then ask whether it has leaked, and tells nobody which. Each pair goes through a slow hash: how many
    /// a second is told at the start. All of it is in the index when the command is done, or nothing of it. A source takes the place of
    /// what it brought before; what is in the index already changes nothing.
    #[arg(long, value_name = "FOLDER")]
    private: Option<PathBuf>,

    #[command(flatten)]
    keys: KeysOption,
}

/// A private index that is being filled.
pub(crate) struct Pairing {
    /// How it is named.
    #[cfg(feature = "lake")]
    index: String,
    writer: Mutex<PrivateWriter>,
    gather: PairGather,
    progress: Arc<Progress>,
    /// The ids of the sources.
    names: Vec<String>,
    /// What came of each source: how many pairs it brought.
    gathered: Gathered<u64>,
    /// Why it cannot go on.
    failed: Mutex<Option<GuardError>>,
}

/// A private index that is named, and its keys.
pub(crate) struct PrivatePlace {
    pub(crate) folder: PathBuf,
    pub(crate) keys: PathBuf,
}

#[cfg(feature = "lake")]
impl PrivateOption {
    /// Whether an index is named.
    pub(crate) const fn is_asked(&self) -> bool {
        self.private.is_some()
    }

    /// The index that is named, for the accounts of a watch list. Says how many pairs a second come into it.
    pub(crate) fn place(
        &self,
        config: &Config,
        watch: Option<&WatchList>,
        threads: usize,
    ) -> Result<Option<PrivatePlace>, Failure> {
        let Some(folder) = self.private.clone() else { return Ok(None) };
        if watch.is_none() {
            return Err(Failure::say("--private is for the accounts of a watch list")
                .hint("give --watch FILE, with --all as well where the lake is to keep every account"));
        }
        let place = PrivatePlace { folder, keys: self.keys.file(config)? };
        place.tell_pace(threads)?;
        Ok(Some(place))
    }
}

impl PrivatePlace {
    /// Measures how many pairs a second come into the index, and says it.
    pub(crate) fn tell_pace(&self, threads: usize) -> Result<(), GuardError> {
        let pace = PrivateWriter::open(&self.folder, &self.keys)?.gather(0)?.pace()?;
        // Cores that share memory are not faster than they are alone.
        let each = pace.as_secs_f64() / threads.max(1) as f64;
        tidings::say(&format!(
            "the private index `{}`: up to {} pairs a second on {threads} threads; a million take {} at least",
            self.folder.display(),
            grouped((1.0 / each.max(1e-9)) as u64),
            rounded(Duration::from_secs_f64(each * 1e6)),
        ));
        Ok(())
    }

    /// Takes the index, so that nobody else writes to it until this is done. `names` are the ids of the sources.
    pub(crate) fn open(
        &self,
        names: Vec<String>,
        memory: u64,
        progress: &Arc<Progress>,
    ) -> Result<Pairing, GuardError> {
        let writer = PrivateWriter::open(&self.folder, &self.keys)?;
        let gather = writer.gather(memory)?;
        Ok(Pairing {
            #[cfg(feature = "lake")]
            index: self.folder.display().to_string(),
            writer: Mutex::new(writer),
            gather,
            progress: Arc::clone(progress),
            names,
            gathered: Gathered::default(),
            failed: Mutex::default(),
        })
    }
}

impl Pairing {
    /// Says what became of the index, after an ingest that went on or did not.
    #[cfg(feature = "lake")]
    pub(crate) fn tell_after(&self, ingested: &Result<Ingested, LakeError>) {
        if !self.has_changed() && !ingested.as_ref().is_ok_and(|ingested| !ingested.interrupted) {
            tidings::warning(&format!("the private index `{}` is as it was", self.index));
            return;
        }
        let [added, replaced, as_before] = self.gathered.changes();
        let (added, [replaced, as_before]) = (counted(added, "source"), [replaced, as_before].map(grouped));
        let pairs: u64 = self.gathered.each(|(.., pairs)| *pairs).into_iter().sum();
        tidings::say(&format!(
            "the private index `{}`: {added} added, {replaced} replaced, {as_before} as before; {}, {} of them hashed",
            self.index,
            counted(pairs, "pair"),
            grouped(self.gather.hashed()),
        ));
    }

    /// Whether the index is another one now.
    #[cfg(feature = "lake")]
    pub(crate) fn has_changed(&self) -> bool {
        self.gathered.has_changed()
    }

    /// Gathers from every source, whatever the index has of it.
    pub(crate) fn want_all(&self) {
        self.gathered.want_all(self.names.len());
    }

    /// What takes the pairs of a piece of a source, where all of them are gathered.
    pub(crate) fn piece(&self, source: SourceIndex) -> Piece<'_> {
        self.gathered.begins(source);
        Piece { pairing: self, source }
    }

    fn add(&self, source: SourceIndex, record: &Record<'_>, matched: Option<&Match>) {
        let Some(account) = record.login.account() else { return };
        let is_wanted = matched.is_some_and(|matched| matched.account.is_some())
            && record.secret.kind() == SecretKind::Clear;
        // A piece may hold so many that nobody would wait for its end.
        if !is_wanted || self.progress.is_stopped() || !self.is_well() {
            return;
        }
        let number = u32::try_from(source.0).unwrap_or(u32::MAX);
        if let Err(error) = self.gather.add(number, account, record.secret.expose().as_bytes()) {
            self.failed().get_or_insert(error);
        }
    }

    /// What came of each source, and how many pairs it brought.
    pub(crate) fn done(&self) -> Vec<(String, Change, u64)> {
        let name = |source: usize| self.names.get(source).cloned().unwrap_or_default();
        self.gathered.each(|(source, change, pairs)| (name(source), change, *pairs))
    }

    /// Takes everything that was gathered into the index.
    pub(crate) fn commit(&self) -> Result<(), GuardError> {
        let (wanted, failed) = (self.gathered.take(), self.failed().take());
        let ended = if self.progress.is_stopped() { Some(GuardError::Interrupted) } else { failed };
        if let Some(error) = ended {
            // The failure is what is told; what cannot be deleted now is deleted by whoever writes next.
            let _ = self.writer.lock().unwrap_or_else(PoisonError::into_inner).tidy();
            return Err(error);
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let sources: Vec<_> = wanted
            .iter()
            .filter_map(|(at, identity)| {
                let (number, source) = (u32::try_from(*at).ok()?, self.names.get(*at)?.clone());
                Some(PairSource { number, source, id: identity.clone() })
            })
            .collect();
        let mut go_on = || if self.progress.is_stopped() { Err(GuardError::Interrupted) } else { Ok(()) };
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let done = writer.commit(&self.gather, &sources, &mut go_on)?;
        for (source, (change, pairs)) in sources.iter().zip(done) {
            self.gathered.came(source.number as usize, change, pairs);
        }
        Ok(())
    }

    fn failed(&self) -> MutexGuard<'_, Option<GuardError>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Witness for Pairing {
    fn batch(&self, source: SourceIndex) -> Option<Box<dyn Sink + Send + '_>> {
        let is_wanted = self.gathered.begins(source);
        is_wanted.then(|| Box::new(Piece { pairing: self, source }) as Box<dyn Sink + Send>)
    }

    fn unreadable(&self, source: SourceIndex) {
        self.gathered.unreadable(source);
    }

    fn is_well(&self) -> bool {
        self.failed().is_none()
    }
}

#[cfg(feature = "lake")]
impl Beside for Pairing {
    fn wants(&self, source: SourceIndex, identity: Option<&str>) -> bool {
        let Some(name) = self.names.get(source.0) else { return false };
        self.gathered.wants(source, identity, |identity| {
            self.writer.lock().unwrap_or_else(PoisonError::into_inner).knows(name, identity)
        })
    }

    fn keep(&self) -> Result<(), LakeError> {
        self.commit().map_err(beside)
    }
}

/// The records of a piece; nothing of them is kept here.
pub(crate) struct Piece<'p> {
    pairing: &'p Pairing,
    source: SourceIndex,
}

impl Sink for Piece<'_> {
    fn record(&mut self, record: &Record<'_>, matched: Option<&Match>) {
        self.pairing.add(self.source, record, matched);
    }
}

/// A duration as people say it.
fn rounded(duration: Duration) -> String {
    let minutes = duration.as_secs().div_ceil(60);
    match minutes {
        ..=1 => "a minute".to_owned(),
        2..=180 => format!("{minutes} minutes"),
        181..=4_320 => format!("{} hours", minutes.div_ceil(60)),
        _ => format!("{} days", grouped(minutes.div_ceil(1_440))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_say_them() {
        for (seconds, words) in [
            (3, "a minute"),
            (61, "2 minutes"),
            (10_800, "180 minutes"),
            (10_801, "4 hours"),
            (259_201, "4 days"),
        ] {
            assert_eq!(rounded(Duration::from_secs(seconds)), words);
        }
    }
}
