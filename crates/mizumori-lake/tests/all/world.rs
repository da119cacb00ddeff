//! A small lake in memory, and dumps for it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use mizumori_core::keys::KeyRing;
use mizumori_core::{Account, LocalPart, Source, SourceIndex, WatchList};
use mizumori_lake::{
    Commits, Ingest, Ingested, Keep, Lake, LakeError, Material, Missing, New, Place, Refused, Runner,
    ThisMachine, Untold,
};
use mizumori_read::{Bytes, Limits, MemberName, Reader};
use mizumori_scan::{Dump, DumpPlace, MemberSource, Progress, RecordLimits};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use url::Url;

pub(crate) const LIST: &str = "[[category]]\nid = 'c'\nname = 'C'\n[[organisation]]\nid = 'o'\ncategory = 'c'\nname = 'O'\n\
    domains = ['suigen.example', 'mori.example']\n";

/// The same accounts of two organisations, one of them at level `counts`.
pub(crate) const MIXED: &str = "[[category]]\nid = 'c'\nname = 'C'\n[[organisation]]\nid = 'o'\ncategory = 'c'\nname = 'O'\n\
    domains = ['suigen.example']\n[[organisation]]\nid = 'm'\ncategory = 'c'\nname = 'M'\nlevel = 'counts'\n\
    domains = ['mori.example']\n";

/// A store, a key ring and a watch list.
pub(crate) struct World {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) ring: KeyRing,
    pub(crate) watch: WatchList,
    pub(crate) machine: ThisMachine,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::over(Arc::new(InMemory::new()))
    }

    pub(crate) fn over(store: Arc<dyn ObjectStore>) -> Self {
        let watch = WatchList::parse("list", LIST).unwrap();
        let machine = ThisMachine {
            reader: Reader::new(Limits::default()),
            records: RecordLimits::default(),
            threads: 2,
            memory_bytes: 1 << 30,
            disk_bytes: 1 << 30,
            folder: std::env::temp_dir(),
        };
        Self { store, ring: KeyRing::create().unwrap(), watch, machine }
    }

    /// The same store and keys, where one of two organisations is only counted.
    pub(crate) fn mixed(&self) -> Self {
        let watch = WatchList::parse("list", MIXED).unwrap();
        let machine = self.machine.clone();
        Self { store: Arc::clone(&self.store), ring: self.ring.clone(), watch, machine }
    }

    /// The same with another ring.
    pub(crate) fn with_ring(&self, ring: KeyRing) -> Self {
        let (watch, machine) = (self.watch.clone(), self.machine.clone());
        Self { store: Arc::clone(&self.store), ring, watch, machine }
    }

    pub(crate) fn place(&self) -> Place {
        Place::of_store(Arc::clone(&self.store), Url::parse("memory:///lake/").unwrap())
    }

    /// The lake, made when it is not there.
    pub(crate) fn lake(&self) -> Lake {
        Lake::create(&self.place(), &self.ring).unwrap()
    }

    /// The lake as another process finds it, whatever its keys.
    pub(crate) fn there(&self) -> Lake {
        Lake::open(&self.place()).unwrap().unwrap()
    }

    /// Ingests sources, each one text, into what `lake` shows.
    pub(crate) fn ingest(&self, lake: &mut Lake, sources: &[(&str, &str)]) -> Result<Ingested, LakeError> {
        self.ingest_as(lake, sources, &|_| {})
    }

    /// The same with `change` made to how it is done.
    pub(crate) fn ingest_as<'w>(
        &'w self,
        lake: &mut Lake,
        sources: &[(&str, &str)],
        change: &dyn Fn(&mut Ingest<'w>),
    ) -> Result<Ingested, LakeError> {
        let described: Vec<_> = sources
            .iter()
            .map(|(id, text)| {
                (format!("id = '{id}'\nleaked = '2019-01'"), vec![(format!("{id}.txt"), *text)])
            })
            .collect();
        self.ingest_files(lake, &described, change)
    }

    /// Ingests sources, each with its description and its files, of which each has a name and a text.
    pub(crate) fn ingest_files<'w>(
        &'w self,
        lake: &mut Lake,
        sources: &[(String, Vec<(String, &str)>)],
        change: &dyn Fn(&mut Ingest<'w>),
    ) -> Result<Ingested, LakeError> {
        self.ingest_by(lake, sources, &self.machine, change)
    }

    /// The same by another runner.
    pub(crate) fn ingest_by<'w>(
        &'w self,
        lake: &mut Lake,
        sources: &[(String, Vec<(String, &str)>)],
        runner: &'w dyn Runner,
        change: &dyn Fn(&mut Ingest<'w>),
    ) -> Result<Ingested, LakeError> {
        let described: Vec<_> =
            sources.iter().map(|(description, _)| Source::parse("s", description).unwrap()).collect();
        let (mut dumps, mut sources_of) = (Vec::new(), Vec::new());
        for (at, (_, files)) in sources.iter().enumerate() {
            for (name, text) in files {
                let place = DumpPlace::Held(Arc::new(Bytes::new(text.as_bytes())));
                dumps.push(Dump::new(MemberName::new(name), place));
                sources_of.push(vec![SourceIndex(at)]);
            }
        }
        let index = |name: &MemberName| {
            let at = dumps.iter().position(|dump| name.as_str().starts_with(dump.name.as_str()))?;
            let source = sources_of[at][0];
            Some(MemberSource { index: source, time: described[source.0].time() })
        };
        let material = Material {
            sources: &described,
            dumps: &dumps,
            sources_of: &sources_of,
            source_of: &index,
            unreadable: &[],
        };
        let mut how = Ingest {
            runner,
            keep: Keep::Watched(&self.watch),
            level: None,
            missing: Missing::Refused,
            refused: Refused::EndsIt,
            commits: Commits::One,
            beside: None,
        };
        change(&mut how);
        lake.ingest(&self.ring, &material, &how, &Progress::default())
    }

    /// How many exposures of an account the lake has in each source.
    pub(crate) fn sources_of(&self, lake: &Lake, account: &str) -> BTreeMap<String, usize> {
        let account = Account::parse(account, LocalPart::Column).unwrap();
        let mut sources = BTreeMap::new();
        for exposure in lake.points().unwrap().account(&self.ring.tags(), &account).unwrap() {
            *sources.entry(exposure.source).or_default() += 1;
        }
        sources
    }

    /// Every row, as one sorted list of what tells rows apart.
    pub(crate) fn rows(&self, lake: &Lake) -> Vec<(i64, i64, Option<i64>, String)> {
        let mut rows = Vec::new();
        for domain in ["suigen.example", "mori.example"] {
            for row in lake.points().unwrap().domain(self.ring.tags().domain(domain)).unwrap() {
                rows.push((row.account.hi, row.account.lo, row.secret.map(|tag| tag.0), row.source));
            }
        }
        rows.sort();
        rows
    }
}

/// A list of so many accounts, beginning with number `first`, each with its secret.
pub(crate) fn list(first: usize, accounts: usize) -> String {
    (first..first + accounts).map(|at| format!("user{at}@suigen.example:secret{at}\n")).collect()
}

/// Everything that came after a version.
pub(crate) fn each_since(
    lake: &Lake,
    version: u64,
    mut receive: impl FnMut(New),
) -> Result<Vec<Untold>, LakeError> {
    lake.since(version, &mut |new| {
        receive(new);
        ControlFlow::Continue(())
    })
}
