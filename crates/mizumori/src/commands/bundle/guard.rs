//! Indexes of leaked passwords in a bundle: their files go as they are, and come as a source of an index.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use mizumori_bundle::{BundleWriter, EntryHead, EntryKind};
use mizumori_guard::{Import, Index, IndexWriter, Order, What, verify};
use mizumori_read::Reader;
use mizumori_scan::Progress;
use tempfile::TempDir;

use crate::commands::guard::{Shown, memory};
use crate::config::Config;
use crate::input;
use crate::interrupt;
use crate::outcome::Failure;

/// An index that is carried out.
pub(super) struct Carried {
    name: String,
    index: Index,
}

/// Opens indexes, before anything is written.
pub(super) fn open_all(folders: &[PathBuf]) -> Result<Vec<Carried>, Failure> {
    let mut names = BTreeSet::new();
    let open = |folder: &PathBuf| {
        let whole =
            fs::canonicalize(folder).with_context(|| format!("could not read `{}`", folder.display()));
        let whole = whole.map_err(Failure::new)?;
        let name = whole.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        EntryHead::new(EntryKind::Guard, &name, "index.json").map_err(|error| {
            Failure::new(error).hint(format!("give the folder of `{}` such a name", folder.display()))
        })?;
        let index = Index::open(folder)?;
        if index.status().kinds.iter().all(|kind| kind.rows == 0) {
            return Err(Failure::say(format!("the index `{name}` is empty")));
        }
        if !names.insert(name.clone()) {
            return Err(Failure::say(format!("two indexes are named `{name}`")));
        }
        Ok(Carried { name, index })
    };
    folders.iter().map(open).collect()
}

impl Carried {
    /// Writes its files, what names them last.
    pub(super) fn write<W: Write>(&self, writer: &mut BundleWriter<'_, W>) -> Result<(), Failure> {
        // Opened at once: what an import deletes meanwhile can be read to its end.
        for (name, mut file) in self.index.files()? {
            writer.entry(&EntryHead::new(EntryKind::Guard, &self.name, &name)?, &mut file)?;
        }
        let manifest = self.index.manifest_text()?;
        writer.entry(&EntryHead::new(EntryKind::Guard, &self.name, "index.json")?, &mut &*manifest)?;
        Ok(())
    }
}

/// Indexes that came, in a folder beside the index that they go into; it is gone in the end.
pub(super) struct Staged<'i> {
    into: Option<&'i Path>,
    folder: Option<TempDir>,
    names: BTreeSet<String>,
}

impl<'i> Staged<'i> {
    pub(super) const fn beside(into: Option<&'i Path>) -> Self {
        Self { into, folder: None, names: BTreeSet::new() }
    }

    /// Keeps a file of an index.
    pub(super) fn keep(&mut self, head: &EntryHead, body: &mut dyn Read) -> Result<(), Failure> {
        let Some(into) = self.into else {
            return Err(Failure::say("the bundle holds leaked passwords, and no index is named for them")
                .hint("--guard INDEX names one, --without-guard leaves them out; nothing was changed"));
        };
        if self.folder.is_none() {
            let parent =
                into.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let made = tempfile::Builder::new().prefix(".mizumori-").tempdir_in(parent);
            let made = made.with_context(|| format!("could not write to `{}`", parent.display()));
            self.folder = Some(made.map_err(Failure::new)?);
        }
        let Some(folder) = &self.folder else { return Ok(()) };
        let index = folder.path().join(&head.of);
        if self.names.insert(head.of.clone()) {
            fs::create_dir(&index)?;
        }
        // As readable as an index: by its owner alone.
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(index.join(&head.name))?;
        io::copy(body, &mut file)?;
        Ok(())
    }

    /// Looks at all of them before any is taken.
    pub(super) fn verify(&self) -> Result<(), Failure> {
        let Some(folder) = &self.folder else { return Ok(()) };
        for name in &self.names {
            if !verify(&folder.path().join(name), &mut |_| Ok(()))?.is_empty() {
                return Err(Failure::say(format!(
                    "the index `{name}` in the bundle was damaged when it was written"
                ))
                .hint("nothing was changed; ask the sender for a new one"));
            }
        }
        Ok(())
    }

    /// Makes each of them a source of the index, in the place of what it brought before. Gives how many hashes came.
    pub(super) fn import(&self, sender: &str, config: &Config) -> Result<u64, Failure> {
        let (Some(into), Some(folder)) = (self.into, &self.folder) else { return Ok(0) };
        let progress = Arc::new(Progress::default());
        interrupt::stops(&progress);
        let mut hashes = 0;
        for name in &self.names {
            let index = folder.path().join(name);
            let mut writer = IndexWriter::open(into)?;
            let reader = Reader::new(config.limits);
            let import = Import {
                reader: &reader,
                format: None,
                order: Order::Any,
                words: [true; 2],
                source: Some(format!("bundle {sender} {name}")),
                threads: input::threads(None, config),
                memory: memory(None, config),
                observer: Arc::new(Shown(Arc::clone(&progress))),
            };
            let done = import.run(&mut writer, &What::Index(&index))?;
            hashes += done.rows.iter().sum::<u64>();
        }
        Ok(hashes)
    }
}
