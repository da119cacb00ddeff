//! A store that fails at any moment: the lake is as it was before, or as it is after, and the next try completes.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::stream::{BoxStream, StreamExt};
use mizumori_core::{Account, LocalPart};
use mizumori_lake::{Forget, Lake, LakeError};
use mizumori_scan::Progress;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::world::{World, list};

/// Fails every write from a certain one on, as a disk that is full or a network that is gone.
#[derive(Debug)]
pub(crate) struct Failing {
    store: InMemory,
    /// Writes that succeed still.
    pub(crate) left: AtomicI64,
}

impl Failing {
    /// A store that does not fail yet.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { store: InMemory::new(), left: AtomicI64::new(i64::MAX) })
    }

    fn write(&self) -> Result<()> {
        if self.left.fetch_sub(1, Ordering::Relaxed) > 0 {
            return Ok(());
        }
        Err(object_store::Error::Generic { store: "failing", source: "the disk is full".into() })
    }
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failing")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Failing {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.write()?;
        self.store.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.write()?;
        self.store.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.store.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.write() {
            Ok(()) => self.store.delete_stream(paths),
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.store.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.write()?;
        self.store.copy_opts(from, to, options).await
    }
}

/// Runs `work` with more and more writes that succeed, until it does; after each try the lake must be as `check` says of
/// one that was not done or was.
pub(crate) fn at_every_write(
    prepare: impl Fn(&World, &mut Lake),
    work: impl Fn(&World, &mut Lake) -> std::result::Result<(), LakeError>,
    check: impl Fn(&World, &Lake) -> bool,
) {
    for writes in 0..200 {
        let store = Failing::new();
        let world = World::over(Arc::clone(&store) as Arc<dyn ObjectStore>);
        let mut lake = world.lake();
        prepare(&world, &mut lake);
        store.left.store(writes, Ordering::Relaxed);
        let outcome = work(&world, &mut lake);
        store.left.store(i64::MAX, Ordering::Relaxed);
        // What another process sees, which knows nothing of this one.
        let done = check(&world, &world.there());
        let Err(error) = outcome else {
            assert!(done, "done, but not to be seen, with {writes} writes");
            assert!(writes > 0, "nothing was written");
            return;
        };
        let mut causes =
            std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        assert!(causes.any(|cause| cause.to_string().contains("full")), "{error:?}");
        work(&world, &mut world.there()).unwrap();
        assert!(check(&world, &world.there()), "not completed after {writes} writes");
    }
    panic!("never done");
}

#[test]
fn an_ingest() {
    let work = |world: &World, lake: &mut Lake| {
        world.ingest(lake, &[("a", &list(0, 50)), ("b", &list(20, 50))]).map(drop)
    };
    at_every_write(
        |_, _| {},
        work,
        |world, lake| match world.rows(lake).len() {
            0 => false,
            100 => true,
            rows => panic!("{rows} rows"),
        },
    );
}

#[test]
fn a_disk_too_small_for_what_does_not_fit_into_memory() {
    let mut world = World::new();
    let mut lake = world.lake();
    world.ingest(&mut lake, &[("a", &list(0, 50))]).unwrap();
    let before = futures::executor::block_on(world.store.list(None).count());
    (world.machine.memory_bytes, world.machine.disk_bytes) = (1 << 16, 1 << 16);
    let text = list(0, 20_000);
    let error = world.ingest(&mut lake, &[("a", &text)]).unwrap_err();
    assert!(error.to_string().contains("temporary"), "{error}");
    assert_eq!(world.rows(&world.there()).len(), 50);
    assert_eq!(futures::executor::block_on(world.store.list(None).count()), before, "something is left");
    // With room for it the same is done.
    world.machine.disk_bytes = 1 << 30;
    let done = world.ingest(&mut lake, &[("a", &text)]).unwrap();
    assert!(done.spilled > 1 << 16, "{} bytes", done.spilled);
    assert_eq!(world.rows(&world.there()).len(), 20_000);
}

#[test]
fn a_replacement_in_a_merged_file() {
    let prepare = |world: &World, lake: &mut Lake| {
        world.ingest(lake, &[("a", &list(0, 50)), ("b", &list(20, 50))]).unwrap();
        lake.optimize(true).unwrap();
    };
    let work = |world: &World, lake: &mut Lake| world.ingest(lake, &[("a", &list(0, 10))]).map(drop);
    at_every_write(prepare, work, |world, lake| match world.rows(lake).len() {
        100 => false,
        60 => true,
        rows => panic!("{rows} rows"),
    });
}

#[test]
fn a_merge() {
    let prepare = |world: &World, lake: &mut Lake| {
        for id in ["a", "b"] {
            world.ingest(lake, &[(id, &list(0, 50))]).unwrap();
        }
    };
    at_every_write(
        prepare,
        |_, lake| lake.optimize(true).map(drop),
        |world, lake| {
            assert_eq!(world.rows(lake).len(), 100);
            lake.status().unwrap().runs == 1
        },
    );
}

#[test]
fn forgetting() {
    let prepare = |world: &World, lake: &mut Lake| {
        world.ingest(lake, &[("a", &list(0, 50)), ("b", &list(20, 50))]).unwrap();
    };
    let work = |world: &World, lake: &mut Lake| {
        let account = Account::parse("user30@suigen.example", LocalPart::Column).unwrap();
        lake.forget(&world.ring, &Forget::Account(world.ring.tags().account(&account))).map(drop)
    };
    at_every_write(prepare, work, |world, lake| match world.rows(lake).len() {
        100 => false,
        98 => true,
        rows => panic!("{rows} rows"),
    });
}

#[test]
fn an_ingest_with_counts() {
    let old = [("a", "x@suigen.example:p\nx@mori.example:p\ny@mori.example:p\n")];
    let new =
        [("a", "x@suigen.example:p\nz@suigen.example:p\nx@mori.example:p\n"), ("b", "z@mori.example:p\n")];
    let prepare = |world: &World, lake: &mut Lake| {
        world.mixed().ingest(lake, &old).unwrap();
    };
    let work = |world: &World, lake: &mut Lake| world.mixed().ingest(lake, &new).map(drop);
    at_every_write(prepare, work, |world, lake| match crate::counts::totals(&world.mixed(), lake) {
        (1, 2) => false,
        (2, 2) => true,
        totals => panic!("{totals:?}"),
    });
}

#[test]
fn an_ingest_in_two_commits() {
    let text = "x@suigen.example:p\ny@elsewhere.example:p\nx@mori.example:p\n";
    let work = |world: &World, lake: &mut Lake| {
        crate::halves::ingest(&world.mixed(), lake, &[("a", text), ("b", text)]).map(drop)
    };
    at_every_write(
        |_, _| {},
        work,
        |world, lake| {
            let world = world.mixed();
            let rest =
                lake.points().unwrap().domain(world.ring.tags().domain("elsewhere.example")).unwrap().len();
            match (world.rows(lake).len(), crate::counts::totals(&world, lake), rest) {
                (0, (0, 0), 0) | (2, (2, 2), 0) => false,
                (2, (2, 2), 2) => true,
                state => panic!("{state:?}"),
            }
        },
    );
}

#[test]
fn forgetting_a_domain_that_was_counted() {
    let prepare = |world: &World, lake: &mut Lake| {
        world
            .mixed()
            .ingest(lake, &[("a", "x@suigen.example:p\nx@mori.example:p\ny@mori.example:p\n")])
            .unwrap();
    };
    let work = |world: &World, lake: &mut Lake| {
        lake.forget(&world.ring, &Forget::domain(mizumori_core::DomainName::parse("mori.example").unwrap()))
            .map(drop)
    };
    at_every_write(prepare, work, |world, lake| match crate::counts::totals(&world.mixed(), lake) {
        (1, 2) => false,
        (1, 0) => true,
        totals => panic!("{totals:?}"),
    });
}

#[test]
fn a_renewal() {
    // The ring with the new layer is kept before the lake is touched, as the command does it.
    let newer = RefCell::new(None);
    let prepare = |world: &World, lake: &mut Lake| {
        world.ingest(lake, &[("a", &list(0, 50)), ("b", &list(20, 50))]).unwrap();
        let mut ring = world.ring.clone();
        ring.add_layer().unwrap();
        newer.replace(Some(world.with_ring(ring)));
    };
    let work = |world: &World, lake: &mut Lake| {
        let newer = newer.borrow();
        lake.begin_renewal()?;
        lake.renew(&newer.as_ref().unwrap().ring, &world.machine, &Progress::default()).map(drop)
    };
    at_every_write(prepare, work, |world, lake| {
        let newer = newer.borrow();
        let newer = newer.as_ref().unwrap();
        let keys = [lake.check_keys(&world.ring), lake.check_keys(&newer.ring)];
        assert_eq!(lake.status().unwrap().rows, 100);
        match keys {
            // Not begun, where the newer ring is refused or does as well as the older; or begun, where nobody is let in.
            [Ok(()), _] | [Err(LakeError::Renewing(_)), Err(LakeError::Renewing(_))] => false,
            [Err(LakeError::Layers { lake: 2, ring: 1 }), Ok(())] => {
                assert_eq!(
                    (newer.rows(lake).len(), newer.sources_of(lake, "user30@suigen.example").len()),
                    (100, 2)
                );
                true
            }
            keys => panic!("{keys:?}"),
        }
    });
}

#[test]
fn a_lake_of_a_later_version_is_left_alone() {
    let store = Arc::new(InMemory::new());
    let world = World::over(Arc::<InMemory>::clone(&store));
    world.ingest(&mut world.lake(), &[("a", &list(0, 10))]).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let path = Path::from("lake/exposures/_delta_log/00000000000000000000.json");
    let log = runtime.block_on(async { store.get(&path).await.unwrap().bytes().await }).unwrap();
    let later = String::from_utf8(log.to_vec())
        .unwrap()
        .replace("\"mizumori.version\":\"1\"", "\"mizumori.version\":\"2\"");
    assert_ne!(later.as_bytes(), log);
    runtime.block_on(store.put(&path, later.into_bytes().into())).unwrap();
    for outcome in [Lake::open(&world.place()).map(drop), Lake::create(&world.place(), &world.ring).map(drop)]
    {
        let error = outcome.unwrap_err();
        assert!(matches!(&error, LakeError::Version { version, .. } if version == "2"), "{error}");
    }
}
