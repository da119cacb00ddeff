//! `--guard INDEX`: what a scan or an ingest parses, as hashes into an index of leaked passwords.
//!
//! Passwords are hashed by the worker that parses them, and no further. Each source is an import of its own; the command's are in
//! the index at once, when it is done, or not at all.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
#[cfg(feature = "lake")]
use mizumori_core::ErrorClass;
use mizumori_core::{SecretKind, SourceIndex};
#[cfg(feature = "lake")]
use mizumori_guard::IndexWriter;
use mizumori_guard::{Change, DumpSource, GuardError, Harvest, Imported, Observer, Passwords};
#[cfg(feature = "lake")]
use mizumori_lake::{Beside, BesideError, Ingested, LakeError};
use mizumori_scan::{DumpPlace, Match, Progress, Record, Sink, Witness};

use crate::commands::guard;
use crate::counted::counted;
use crate::dumps::Dumps;
use crate::gathered::Gathered;
use crate::progress::grouped;
use crate::sources::Sources;
use crate::tidings;

/// The option of the commands that parse secrets. Nothing else switches it on.
#[derive(Clone, Debug, Args)]
pub(crate) struct GuardOption {
    /// Add the SHA-1 and NTLM hash of each clear secret that is parsed to this index of leaked passwords (see `guard`)
    ///
    /// With a watch list these are the secrets of records that concern it, with --all those of every record. The index is made where
    /// there is none, and holds all of it when the command is done, or nothing of it. A source takes the place of what it brought
    /// before; what is in the index already changes nothing. These hashes have no salt: of a weak password they are as good as the
    /// password. Only this option does it: neither MIZUMORI_GUARD nor mizumori.toml.
    #[arg(long, value_name = "INDEX")]
    guard: Option<PathBuf>,
}

/// Sources named at most, of those that were replaced.
const NAMED: usize = 5;

/// An index that is being added to.
pub(crate) struct Guarding {
    index: String,
    harvest: Harvest,
    /// The names of the sources; standard input has none by which it would be known again.
    names: Vec<Option<String>>,
    gathered: Gathered<Imported>,
}

impl GuardOption {
    /// Whether an index is named.
    #[cfg(feature = "lake")]
    pub(crate) const fn is_asked(&self) -> bool {
        self.guard.is_some()
    }

    /// Whether the index that is named can be added to now.
    #[cfg(feature = "lake")]
    pub(crate) fn check(&self) -> Result<(), GuardError> {
        self.guard.as_deref().map_or(Ok(()), |folder| IndexWriter::open(folder).map(drop))
    }

    /// Takes the index that is named, so that nobody else writes to it until this is done. `names` are those of the sources.
    pub(crate) fn open(
        &self,
        names: Vec<Option<String>>,
        memory: u64,
        progress: &Arc<Progress>,
    ) -> Result<Option<Guarding>, GuardError> {
        let Some(folder) = &self.guard else { return Ok(None) };
        let is_new = !folder.join("index.json").exists();
        let harvest = Harvest::open(folder, memory, Arc::new(Stopping(Arc::clone(progress))))?;
        if is_new {
            tidings::say(guard::KEEP_IT_SAFE);
        }
        let index = folder.display().to_string();
        Ok(Some(Guarding { index, harvest, names, gathered: Gathered::default() }))
    }
}

/// The names under which sources are in an index.
pub(crate) fn names(dumps: &Dumps, sources: &Sources) -> Vec<Option<String>> {
    let piped = dumps.found.iter().filter(|found| matches!(found.dump.place, DumpPlace::StandardInput));
    let piped: BTreeSet<_> = piped.flat_map(|found| sources.of_dump(&found.dump.name)).collect();
    let each = sources.list.iter().enumerate();
    each.map(|(at, source)| (!piped.contains(&SourceIndex(at))).then(|| source.id.to_string())).collect()
}

impl Guarding {
    /// Gathers from every source, whatever the index has of it.
    #[cfg(feature = "scan")]
    pub(crate) fn want_all(&self) {
        self.gathered.want_all(self.names.len());
    }

    /// Takes everything that was gathered into the index.
    pub(crate) fn keep(&self) -> Result<(), GuardError> {
        let wanted = self.gathered.take();
        let sources: Vec<_> = wanted
            .iter()
            .map(|(number, id)| DumpSource { number: *number, name: self.name(*number), id: id.as_deref() })
            .collect();
        for (source, imported) in sources.iter().zip(self.harvest.commit(&sources)?) {
            self.gathered.came(source.number, imported.change, imported);
        }
        Ok(())
    }

    fn name(&self, source: usize) -> Option<&str> {
        self.names.get(source).and_then(Option::as_deref)
    }

    /// Says what became of the index.
    pub(crate) fn tell(&self) {
        let [added, replaced, as_before] = self.gathered.changes();
        let (added, [replaced, as_before]) = (counted(added, "source"), [replaced, as_before].map(grouped));
        let done = self.gathered.each(|(source, change, imported)| (source, change, *imported));
        let rows = done.iter().fold([0; 2], |sum, (.., one)| [sum[0] + one.rows[0], sum[1] + one.rows[1]]);
        let [sha1, ntlm] = rows.map(grouped);
        tidings::say(&format!(
            "the index `{}`: {added} added, {replaced} replaced, {as_before} as before; {sha1} SHA-1, {ntlm} NTLM",
            self.index,
        ));
        let replaced = done.iter().filter(|(_, change, _)| *change == Change::Replaced);
        let names: Vec<_> =
            replaced.filter_map(|(source, ..)| self.name(*source)).map(|name| format!("`{name}`")).collect();
        if let Some(some) = names.get(..names.len().min(NAMED)).filter(|some| !some.is_empty()) {
            let more = names.len() - some.len();
            let more = if more > 0 { format!(" and {} more", grouped(more as u64)) } else { String::new() };
            tidings::say(&format!("what they brought before is gone from it: {}{more}", some.join(", ")));
        }
        let undecodable: u64 = done.iter().map(|(.., one)| one.undecodable).sum();
        if undecodable > 0 {
            tidings::warning(&format!(
                "{} passwords are not in the index: they are no text of their file's encoding",
                grouped(undecodable)
            ));
        }
    }

    /// Says that the index has nothing of it.
    pub(crate) fn tell_left(&self) {
        tidings::warning(&format!("the index `{}` is as it was", self.index));
    }

    /// Says it of an ingest that went on or did not: what came by half may be in the index then.
    #[cfg(feature = "lake")]
    pub(crate) fn tell_after(&self, ingested: &Result<Ingested, LakeError>) {
        if self.has_changed() || ingested.as_ref().is_ok_and(|ingested| !ingested.interrupted) {
            self.tell();
        } else {
            self.tell_left();
        }
    }

    /// Whether the index is another one now.
    #[cfg(feature = "lake")]
    pub(crate) fn has_changed(&self) -> bool {
        self.gathered.has_changed()
    }
}

impl Witness for Guarding {
    fn batch(&self, source: SourceIndex) -> Option<Box<dyn Sink + Send + '_>> {
        let is_wanted = self.gathered.begins(source);
        is_wanted.then(|| Box::new(Seen(self.harvest.passwords(source.0))) as Box<dyn Sink + Send>)
    }

    fn unreadable(&self, source: SourceIndex) {
        self.gathered.unreadable(source);
    }

    fn is_well(&self) -> bool {
        self.harvest.is_well()
    }
}

#[cfg(feature = "lake")]
impl Beside for Guarding {
    fn wants(&self, source: SourceIndex, identity: Option<&str>) -> bool {
        self.gathered.wants(source, identity, |identity| self.harvest.knows(self.name(source.0), identity))
    }

    fn keep(&self) -> Result<(), LakeError> {
        Guarding::keep(self).map_err(beside)
    }
}

/// What is wrong with an index, as what is wrong with the ingest that was to fill it.
#[cfg(feature = "lake")]
pub(crate) fn beside(error: GuardError) -> LakeError {
    match error.class() {
        ErrorClass::Interrupted => LakeError::Interrupted,
        class => BesideError { class, hint: error.hint(), error: Box::new(error) }.into(),
    }
}

/// The passwords of a piece, out of its records.
struct Seen<'h>(Passwords<'h>);

impl Sink for Seen<'_> {
    fn record(&mut self, record: &Record<'_>, _matched: Option<&Match>) {
        if record.secret.kind() == SecretKind::Clear {
            self.0.add(record.secret.expose());
        }
    }

    fn settle(&mut self) {
        self.0.hand_over();
    }

    fn weight(&self) -> usize {
        self.0.weight()
    }
}

/// Ends with the scan.
struct Stopping(Arc<Progress>);

impl Observer for Stopping {
    fn read(&self, _bytes: u64) {}

    fn lines(&self, _lines: u64) {}

    fn is_stopped(&self) -> bool {
        self.0.is_stopped()
    }
}
