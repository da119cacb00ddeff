//! A lake, open: its tables, its keys, and what all of its work needs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{StreamExt as _, TryStreamExt as _};
use mizumori_core::keys::KeyRing;
use mizumori_core::{Source, WatchList};
use mizumori_read::{FileAt, ReadAt};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};

use crate::background::Background;
use crate::error::{LakeError, damaged};
use crate::log::{Live, Log};
use crate::manifest::{Ingests, Manifest, learn};
use crate::merge::Merging;
use crate::method::EVERYTHING;
use crate::place::Place;
use crate::run_file::{Reads, RunFile};
use crate::schema::EXPOSURES;
use crate::stored::Stored;

/// The version of the layout of a lake.
const VERSION: u32 = 1;
/// Requests for small objects that are under way at the same time.
pub(crate) const AT_ONCE: usize = 16;
/// The table of exposures.
pub(crate) const TABLE: &str = "exposures";

/// Properties of the table.
pub(crate) mod property {
    pub(super) const VERSION: &str = "mizumori.version";
    pub(super) const KEYS: &str = "mizumori.keys";
    pub(crate) const LAYERS: &str = "mizumori.layers";
    /// There while all of it is brought under new keys.
    pub(crate) const RENEWING: &str = "mizumori.renewing";
    pub(super) const SUFFIXES: &str = "mizumori.suffixes";
}

/// Manifests that were read, by the ids of their sources and their ingests: one that a log names changes no more.
pub(crate) type Known = BTreeMap<(String, String), Manifest>;

/// A lake at one version of its log.
///
/// Its calls block: they are for threads that are not asynchronous.
pub struct Lake {
    pub(crate) place: Place,
    pub(crate) runtime: Background,
    pub(crate) log: Log,
    /// How files are merged.
    pub(crate) merging: Merging,
    /// How many layers the keys have of whoever works with it; 0 while nobody has said so.
    expected: AtomicUsize,
}

impl Lake {
    /// Opens the lake at `place`; `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot be read, or the lake is of a later version.
    pub fn open(place: &Place) -> Result<Option<Self>, LakeError> {
        let runtime = runtime()?;
        let Some(log) = runtime.block_on(Log::open(place, TABLE))? else { return Ok(None) };
        let (place, merging, expected) = (place.clone(), Merging::default(), AtomicUsize::new(0));
        let lake = Self { place, runtime, log, merging, expected };
        let version = lake.log.property(property::VERSION)?.unwrap_or_default();
        if version != VERSION.to_string() {
            return Err(LakeError::Version { place: lake.place.to_string(), version, known: VERSION });
        }
        Ok(Some(lake))
    }

    /// Creates an empty lake whose tags are made with `ring`, or opens the one that is there.
    ///
    /// # Errors
    /// When the store cannot be written, or the lake that is there is of a later version or of other keys.
    pub fn create(place: &Place, ring: &KeyRing) -> Result<Self, LakeError> {
        place.make()?;
        let runtime = runtime()?;
        let properties = [
            (property::VERSION, VERSION.to_string()),
            (property::KEYS, ring.id().to_owned()),
            (property::LAYERS, ring.tags().layers().to_string()),
            (property::SUFFIXES, mizumori_core::domain::SUFFIX_LIST.to_owned()),
        ];
        runtime.block_on(Log::create(place, TABLE, &EXPOSURES, &properties))?;
        drop(runtime);
        let lake = Self::open(place)?.ok_or_else(|| LakeError::Missing(place.to_string()))?;
        lake.check_keys(ring)?;
        Ok(lake)
    }

    /// The same, which merges files so from now on: when it ingests, forgets and optimises. Otherwise it uses all cores, and
    /// nobody can stop it.
    #[must_use]
    pub fn merging(self, merging: Merging) -> Self {
        Self { merging, ..self }
    }

    /// Refuses a key ring with which the lake's tags were not made.
    ///
    /// # Errors
    /// When it is another ring, or has more or fewer layers.
    pub fn check_keys(&self, ring: &KeyRing) -> Result<(), LakeError> {
        let lake = self.keys()?;
        if lake != ring.id() {
            return Err(LakeError::OtherKeys { lake, given: ring.id().to_owned() });
        }
        if self.is_renewing()? {
            return Err(LakeError::Renewing(self.place.to_string()));
        }
        let layers = self.layers()?;
        if layers != ring.tags().layers() {
            return Err(LakeError::Layers { lake: layers, ring: ring.tags().layers() });
        }
        self.expected.store(layers, Ordering::Relaxed);
        Ok(())
    }

    /// Whether all of it is being brought under new keys.
    pub(crate) fn is_renewing(&self) -> Result<bool, LakeError> {
        Ok(self.log.property(property::RENEWING)?.is_some())
    }

    /// Under how many layers of keys its tags are.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn layers(&self) -> Result<usize, LakeError> {
        let layers = self.log.property(property::LAYERS)?;
        Ok(layers.and_then(|layers| layers.parse().ok()).unwrap_or(1))
    }

    /// Refuses to write what was made with keys that are not the lake's any more.
    pub(crate) fn check_still(&self) -> Result<(), LakeError> {
        if self.is_renewing()? {
            return Err(LakeError::Renewing(self.place.to_string()));
        }
        match (self.expected.load(Ordering::Relaxed), self.layers()?) {
            (0, _) => Ok(()),
            (expected, lake) if expected != lake => Err(LakeError::Layers { lake, ring: expected }),
            _ => Ok(()),
        }
    }

    /// The id of the key ring with which its tags were made.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn keys(&self) -> Result<String, LakeError> {
        Ok(self.log.property(property::KEYS)?.unwrap_or_default())
    }

    /// The public suffix list by which its tags were made, where that is another than this program's: tags of accounts begin
    /// with one of their registrable domain, and that of some hosts is another now.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn other_suffix_list(&self) -> Result<Option<String>, LakeError> {
        let list = self.log.property(property::SUFFIXES)?;
        Ok(list.filter(|list| list != mizumori_core::domain::SUFFIX_LIST))
    }

    /// A URL under which other machines find it too: those that have the same folder, if it is one.
    pub fn url(&self) -> &str {
        self.place.url()
    }

    /// The version of the log that it shows.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn version(&self) -> Result<u64, LakeError> {
        self.log.version()
    }

    /// Reads what was committed since it was opened.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn refresh(&mut self) -> Result<(), LakeError> {
        let Self { runtime, log, .. } = self;
        runtime.block_on(log.refresh())
    }

    /// Asks the newest version. What fails because somebody else took away what an older one names is asked again.
    ///
    /// # Errors
    /// The question's own, when nothing was committed meanwhile.
    pub fn current<T>(&mut self, mut ask: impl FnMut(&Self) -> Result<T, LakeError>) -> Result<T, LakeError> {
        loop {
            let asked = self.version()?;
            match ask(self) {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    self.refresh()?;
                    if self.version()? == asked {
                        return Err(error);
                    }
                }
            }
        }
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Opens a live file.
    pub(crate) fn run_file(&self, file: &Live) -> Result<RunFile, LakeError> {
        self.open_run(&file.path, file.size)
    }

    /// Opens a file of the table of exposures, by its path there and its size in bytes.
    pub(crate) fn open_run(&self, path: &str, size: u64) -> Result<RunFile, LakeError> {
        let (at, reads): (Arc<dyn ReadAt>, _) = match self.place.file(TABLE, path) {
            Some(path) => (Arc::new(FileAt::open(&path)?), Reads::Cheap),
            None => {
                let handle = self.runtime.clone();
                (Arc::new(Stored::new(handle, self.log.store(), path, size)), Reads::Dear)
            }
        };
        RunFile::open(path, at, reads)
    }

    /// Deletes an object of the lake; it need not be there.
    pub(crate) fn delete(&self, path: &str) -> Result<(), LakeError> {
        match self.wait(self.place.store().delete(&Path::from(path))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes an object of the lake, beside its tables.
    pub(crate) fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), LakeError> {
        self.wait(self.place.store().put(&Path::from(path), PutPayload::from(bytes)))?;
        Ok(())
    }

    /// Reads an object of the lake; `None` when it is not there.
    pub(crate) fn get(&self, path: &str) -> Result<Option<Vec<u8>>, LakeError> {
        let path = Path::from(path);
        let got = self.wait(async { self.place.store().get(&path).await?.bytes().await });
        match got {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The manifest of the ingest of a source.
    pub(crate) fn manifest(&self, id: &str, ingest: &str) -> Result<Manifest, LakeError> {
        let path = Manifest::path(id, ingest);
        let bytes = self.get(&path)?.ok_or_else(|| damaged(&*path, "it is not there"))?;
        Manifest::parse(&path, &bytes)
    }

    /// The manifests of all sources, with their ids and ingests.
    pub(crate) fn manifests(&self) -> Result<Vec<(String, String, Manifest)>, LakeError> {
        self.wait(manifests(&self.place, self.ingests()?))
    }

    /// Reads the manifests of `ingests` that are not among the known ones, many at the same time.
    pub(crate) fn learn_manifests<'i>(
        &self,
        ingests: impl IntoIterator<Item = (&'i String, &'i String)>,
        known: &mut Known,
    ) -> Result<(), LakeError> {
        let ingests = ingests.into_iter().map(|(id, ingest)| (id.clone(), ingest.clone()));
        let unknown: Vec<_> = ingests.filter(|source| !known.contains_key(source)).collect();
        let read = self.wait(manifests(&self.place, unknown))?;
        known.extend(read.into_iter().map(|(id, ingest, manifest)| ((id, ingest), manifest)));
        Ok(())
    }

    /// One of them, which is read when it is not known yet.
    pub(crate) fn known_manifest<'k>(
        &self,
        id: &str,
        ingest: &str,
        known: &'k mut Known,
    ) -> Result<&'k Manifest, LakeError> {
        match known.entry((id.to_owned(), ingest.to_owned())) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => Ok(unknown.insert(self.manifest(id, ingest)?)),
        }
    }

    /// The sources whose rows are in the lake, each with the ingest that brought them.
    pub(crate) fn ingests(&self) -> Result<Ingests, LakeError> {
        let mut all = BTreeMap::new();
        for file in self.log.live()? {
            learn(&mut all, file.sources);
        }
        Ok(all)
    }

    /// The sources of which the lake keeps the accounts of another watch list than `watch`, and no others: what that list does
    /// not name is missing.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn kept_for_others(&self, watch: &WatchList) -> Result<Vec<String>, LakeError> {
        let mut others = Vec::new();
        for (id, _, manifest) in self.manifests()? {
            let list = manifest.scope.split(' ').next().unwrap_or_default();
            if list.split('+').next() != Some(EVERYTHING) && list != watch.digest {
                others.push(id);
            }
        }
        Ok(others)
    }

    /// The sources of which something is kept as counts: of these accounts nobody can say more.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn kept_as_counts(&self) -> Result<Vec<String>, LakeError> {
        let counted = self.manifests()?.into_iter().filter(|(_, _, manifest)| manifest.counts.is_some());
        Ok(counted.map(|(id, _, _)| id).collect())
    }

    /// A source in the lake.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn source(&self, id: &str) -> Result<Option<Source>, LakeError> {
        match self.ingests()?.get(id) {
            Some(ingest) => self.manifest(id, ingest)?.source().map(Some),
            None => Ok(None),
        }
    }

    /// The sources in the lake, by their ids.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub fn sources(&self) -> Result<Vec<Source>, LakeError> {
        self.manifests()?.iter().map(|(_, _, manifest)| manifest.source()).collect()
    }
}

/// The manifests of some ingests, each with the id of its source; many are read at the same time.
pub(crate) async fn manifests(
    place: &Place,
    ingests: impl IntoIterator<Item = (String, String)>,
) -> Result<Vec<(String, String, Manifest)>, LakeError> {
    let read = |(id, ingest): (String, String)| async move {
        let path = Manifest::path(&id, &ingest);
        let bytes = match place.store().get(&Path::from(&*path)).await {
            Ok(got) => got.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Err(damaged(path, "it is not there")),
            Err(error) => return Err(error.into()),
        };
        let manifest = Manifest::parse(&path, &bytes)?;
        Ok((id, ingest, manifest))
    };
    futures::stream::iter(ingests).map(read).buffered(AT_ONCE).try_collect().await
}

fn runtime() -> Result<Background, LakeError> {
    Background::start(2, "lake").map_err(LakeError::Io)
}
