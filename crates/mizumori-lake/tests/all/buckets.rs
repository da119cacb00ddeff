//! A lake in a bucket: what it says is what a folder says, whoever else writes and whatever the store does; and a look-up is
//! few requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mizumori_core::keys::KeyRing;
use mizumori_core::{Account, DomainName, LocalPart, WatchList};
use mizumori_lake::{Forget, Lake, LakeError, Place, SurveyOf};
use mizumori_survey::AskedPeriod;
use mizumori_test_store::{ACCESS_KEY, BUCKET, Fault, Kind, Request, SECRET_KEY, TestStore};
use object_store::aws::AmazonS3Builder;
use object_store::memory::InMemory;
use object_store::{BackoffConfig, RetryConfig};
use url::Url;

use crate::counts;
use crate::world::{LIST, World, each_since, list};

/// A world whose lake lies in a bucket of `store`.
fn in_bucket(store: &TestStore) -> World {
    let retries = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: std::time::Duration::from_millis(1),
            max_backoff: std::time::Duration::from_millis(2),
            base: 2.,
        },
        ..RetryConfig::default()
    };
    let bucket = AmazonS3Builder::new()
        .with_bucket_name(BUCKET)
        .with_endpoint(store.endpoint())
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_access_key_id(ACCESS_KEY)
        .with_secret_access_key(SECRET_KEY)
        .with_retry(retries)
        .build()
        .unwrap();
    World::over(Arc::new(bucket))
}

/// What was asked: of the log, and of the rest.
#[derive(Debug, Default)]
struct Asked {
    log: BTreeMap<Kind, usize>,
    data: BTreeMap<Kind, usize>,
    /// Bytes of the ranges that were asked for.
    bytes: u64,
}

fn asked(store: &TestStore) -> Asked {
    let mut asked = Asked::default();
    for request in store.take_requests() {
        let of = if request.key.contains("_delta_log") { &mut asked.log } else { &mut asked.data };
        *of.entry(request.kind).or_default() += 1;
        asked.bytes += request.range.map_or(0, |(from, to)| to - from);
    }
    asked
}

/// So many GETs, and nothing else.
fn gets(number: usize) -> BTreeMap<Kind, usize> {
    BTreeMap::from([(Kind::Get, number)])
}

fn account(world: &World, text: &str) -> Forget {
    let account = Account::parse(text, LocalPart::Column).unwrap();
    Forget::Account(world.ring.tags().account(&account))
}

#[test]
fn it_says_what_a_folder_says() {
    let store = TestStore::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ring = KeyRing::create().unwrap();
    let watch = WatchList::parse("list", LIST).unwrap();
    let mut bucket = in_bucket(&store);
    (bucket.ring, bucket.watch) = (ring, watch);
    let local = Place::parse(folder.path().to_str().unwrap()).unwrap();
    let mut lakes = [bucket.lake(), Lake::create(&local, &bucket.ring).unwrap()];
    for lake in &mut lakes {
        bucket.ingest(lake, &[("a", &list(0, 300)), ("b", "x@mori.example:1\ny@mori.example:2\n")]).unwrap();
        bucket.ingest(lake, &[("c", &list(200, 300))]).unwrap();
        bucket.ingest(lake, &[("a", &list(0, 250))]).unwrap();
    }
    let check = |lakes: &[Lake; 2], rows: usize| {
        let [first, second] = lakes.each_ref().map(|lake| bucket.rows(lake));
        assert_eq!(first, second);
        assert_eq!(first.len(), rows);
        let reports = lakes.each_ref().map(|lake| {
            let asked = AskedPeriod { from: None, to: None };
            let of = SurveyOf { watch: Arc::new(bucket.watch.clone()), asked, by: "test", threads: 2 };
            let report = lake.survey(&bucket.ring, &of).unwrap();
            mizumori_survey::render::json(&report, mizumori_survey::Detail::Host).unwrap()
        });
        assert_eq!(reports[0], reports[1]);
        let new = lakes.each_ref().map(|lake| {
            let mut new = Vec::new();
            each_since(lake, 0, |commit| new.push((commit.version, commit.exposures.len()))).unwrap();
            new
        });
        assert_eq!(new[0], new[1]);
        assert!(!new[0].is_empty());
    };
    check(&lakes, 552);
    for lake in &mut lakes {
        assert!(lake.optimize(true).unwrap().version.is_some());
        assert_eq!(lake.status().unwrap().runs, 1);
    }
    check(&lakes, 552);
    for lake in &mut lakes {
        lake.forget(&bucket.ring, &account(&bucket, "user210@suigen.example")).unwrap();
        lake.forget(&bucket.ring, &Forget::source("b")).unwrap();
        lake.forget(&bucket.ring, &Forget::domain(DomainName::parse("mori.example").unwrap())).unwrap();
        assert!(lake.vacuum(std::time::Duration::ZERO).unwrap() > 0);
    }
    check(&lakes, 548);
    assert!(bucket.sources_of(&lakes[0], "user210@suigen.example").is_empty());
    // Nothing is left but what the log names.
    let files = store.keys().unwrap().iter().filter(|key| key.ends_with(".parquet")).count();
    assert_eq!(files, lakes[0].status().unwrap().files);
}

#[test]
fn two_that_ingest_at_the_same_time_lose_and_double_nothing() {
    let store = TestStore::start().unwrap();
    let world = in_bucket(&store);
    let mut lakes: Vec<_> = (0..4).map(|_| world.lake()).collect();
    let lists: Vec<_> = (0..4).map(|at| list(at * 50, 100)).collect();
    std::thread::scope(|scope| {
        for (at, lake) in lakes.iter_mut().enumerate() {
            let (world, text) = (&world, &lists[at]);
            // Two write one source, two others one each.
            let id = ["same", "same", "other", "third"][at];
            scope.spawn(move || world.ingest(lake, &[(id, text)]).unwrap());
        }
    });
    let rows = world.rows(&world.lake());
    let of = |id: &str| rows.iter().filter(|row| row.3 == id).count();
    assert_eq!((of("same"), of("other"), of("third"), rows.len()), (100, 100, 100, 300));
    // Of one source the rows are those of one ingest, not some of each.
    let lake = world.lake();
    let (first, last) = ("user0@suigen.example", "user149@suigen.example");
    let has = |account| world.sources_of(&lake, account).contains_key("same");
    assert!(has(first) != has(last));
}

#[test]
fn a_store_that_is_busy_is_asked_again() {
    let store = TestStore::start().unwrap();
    let world = in_bucket(&store);
    let mut lake = world.lake();
    for _ in 0..4 {
        store.fail_next([Fault::SlowDown, Fault::InternalError]);
        world.ingest(&mut lake, &[("a", &list(0, 100))]).unwrap();
        store.fail_next([Fault::SlowDown]);
        world.ingest(&mut lake, &[("b", &list(50, 100))]).unwrap();
    }
    store.fail_next([Fault::SlowDown; 3]);
    assert_eq!(world.rows(&world.lake()).len(), 200);
}

#[test]
fn a_commit_whose_answer_is_lost_is_one_commit() {
    let store = TestStore::start().unwrap();
    let world = in_bucket(&store);
    let mut lake = world.lake();
    world.ingest(&mut lake, &[("a", &list(0, 50)), ("b", &list(0, 50))]).unwrap();
    let is_commit = |request: &Request| request.kind == Kind::Put && request.key.contains("_delta_log/0");
    // The client tries again, and is told that another commit came first: its own.
    let (last, answers) = (Mutex::new(String::new()), Arc::new(AtomicUsize::new(0)));
    let lost = Arc::clone(&answers);
    store.fail_when(move |request| {
        let is_first = is_commit(request) && *last.lock().unwrap() != request.key;
        last.lock().unwrap().clone_from(&request.key);
        is_first.then(|| {
            lost.fetch_add(1, Ordering::Relaxed);
            Fault::AnswerLost
        })
    });
    world.ingest(&mut lake, &[("c", &list(0, 60))]).unwrap();
    world.ingest(&mut lake, &[("a", &list(0, 40))]).unwrap();
    lake.optimize(true).unwrap();
    assert_eq!(answers.load(Ordering::Relaxed), 3);
    // And now there is no answer however often it tries.
    store.fail_when(move |request| is_commit(request).then_some(Fault::AnswerLost));
    world.ingest(&mut lake, &[("c", &list(0, 70))]).unwrap();
    store.heal();
    let mut lake = world.lake();
    assert_eq!(world.rows(&lake).len(), 70 + 40 + 50);
    assert_eq!(lake.version().unwrap(), 5);
    // A vacuum takes nothing that is needed.
    lake.vacuum(std::time::Duration::ZERO).unwrap();
    assert_eq!(world.rows(&world.lake()).len(), 70 + 40 + 50);
}

#[test]
fn a_commit_of_counts_whose_answer_is_lost_is_one_commit() {
    let is_commit =
        |request: &Request| request.kind == Kind::Put && request.key.contains("/counts/_delta_log/0");
    for answered_in_the_end in [true, false] {
        let store = TestStore::start().unwrap();
        let world = in_bucket(&store).mixed();
        let mut lake = world.lake();
        let (last, answers) = (Mutex::new(String::new()), Arc::new(AtomicUsize::new(0)));
        let lost = Arc::clone(&answers);
        store.fail_when(move |request| {
            let is_first = is_commit(request) && *last.lock().unwrap() != request.key;
            last.lock().unwrap().clone_from(&request.key);
            lost.fetch_add(usize::from(is_first), Ordering::Relaxed);
            let loses = if answered_in_the_end { is_first } else { is_commit(request) };
            loses.then_some(Fault::AnswerLost)
        });
        let text = "x@suigen.example:p\nx@mori.example:p\ny@mori.example:p\nz@deep.mori.example:p\n";
        world.ingest(&mut lake, &[("a", text)]).unwrap();
        // The table, and what the ingest counted.
        let before = answers.load(Ordering::Relaxed);
        assert!(before >= 2, "{before}");
        assert_eq!((counts::totals(&world, &lake), lake.status().unwrap().counts), ((1, 3), 2));
        let deep = Forget::domain(DomainName::parse("deep.mori.example").unwrap());
        assert_eq!(lake.forget(&world.ring, &deep).unwrap().counted, 1);
        assert_eq!(answers.load(Ordering::Relaxed), before + 1);
        store.heal();
        let mut lake = world.lake();
        assert_eq!((counts::totals(&world, &lake), lake.status().unwrap().counts), ((1, 2), 1));
        lake.vacuum(std::time::Duration::ZERO).unwrap();
        assert_eq!(counts::totals(&world, &world.lake()), (1, 2));
        let is_count = |key: &&String| key.contains("/counts/") && key.ends_with(".parquet");
        assert_eq!(store.keys().unwrap().iter().filter(is_count).count(), 1);
    }
}

#[test]
fn what_is_forgotten_is_looked_up_once() {
    let store = TestStore::start().unwrap();
    let world = in_bucket(&store).mixed();
    let mut lake = world.lake();
    let counted = "x@suigen.example:p\nx@mori.example:p\n";
    let kept = "y@suigen.example:p\n";
    // In a file each: of files of several sources those that stay are rewritten.
    for (id, text) in [("a", counted), ("b", counted), ("c", kept), ("d", kept)] {
        world.ingest(&mut lake, &[(id, text)]).unwrap();
    }
    let manifests = |store: &TestStore| {
        let of = |request: &Request| request.kind == Kind::Get && request.key.contains("/sources/");
        let keys: Vec<_> = store.take_requests().into_iter().filter(of).map(|request| request.key).collect();
        assert_eq!(BTreeSet::from_iter(&keys).len(), keys.len(), "{keys:#?}");
        keys.len()
    };
    store.take_requests();
    assert_eq!(lake.forget(&world.ring, &Forget::source("a")).unwrap().counted, 1);
    assert_eq!(manifests(&store), 4);
    lake.vacuum(std::time::Duration::ZERO).unwrap();
    assert_eq!(manifests(&store), 3);
    assert_eq!(counts::totals(&world, &lake), (3, 1));
}

#[test]
fn a_look_up_is_few_requests() {
    let store = TestStore::start().unwrap();
    let world = in_bucket(&store);
    let mut lake = world.lake();
    // So many that the file is read in parts: three row groups.
    world.ingest(&mut lake, &[("large", &list(0, 300_000))]).unwrap();
    let look = |lake: &Lake, what: &str, expected: usize| {
        store.take_requests();
        assert_eq!(world.sources_of(lake, what).len(), expected, "{what}");
        let asked = asked(&store);
        assert!(asked.log.is_empty(), "{asked:?}");
        asked
    };
    lake.optimize(true).unwrap();
    let status = lake.status().unwrap();
    assert!(status.bytes / status.files as u64 > 2 << 20, "{status:?}: these are small files");
    for at in [0, 77_777, 299_999] {
        let asked = look(&lake, &format!("user{at}@suigen.example"), 1);
        // The end of the file that can hold it, and its pages with what lies between them.
        assert_eq!(asked.data, gets(2));
        assert!((1..3 << 20).contains(&asked.bytes), "{asked:?}");
    }

    // Each small run on top is one request more.
    for at in 0..3 {
        world.ingest(&mut lake, &[(&*format!("small{at}"), &list(at * 1_000, 3_000))]).unwrap();
    }
    assert_eq!(lake.status().unwrap().runs, 4);
    assert_eq!(look(&lake, "user2500@suigen.example", 4).data, gets(2 + 3));
    // What is known of the files is not asked again.
    let points = lake.points().unwrap();
    let find = |account: &str| {
        points.account(&world.ring.tags(), &Account::parse(account, LocalPart::Column).unwrap()).unwrap()
    };
    find("user0@suigen.example");
    store.take_requests();
    find("user2500@suigen.example");
    let again = asked(&store);
    assert!(again.data.get(&Kind::Get).is_some_and(|gets| *gets <= 2) && again.log.is_empty(), "{again:?}");
    lake.optimize(true).unwrap();
    assert_eq!(look(&lake, "user2500@suigen.example", 4).data, gets(2));

    // Who opens the lake reads its log, and nothing else.
    store.take_requests();
    let opened = Lake::open(&world.place()).unwrap().unwrap();
    let asked = asked(&store);
    assert!(asked.data.is_empty(), "{asked:?}");
    assert_eq!(opened.status().unwrap().runs, 1);
    // Which checkpoint there is, and each commit since, which deltalake reads twice.
    let commits = usize::try_from(opened.version().unwrap()).unwrap() + 1;
    assert_eq!(asked.log, BTreeMap::from([(Kind::Get, 1 + 2 * commits), (Kind::List, 2)]));
}

#[test]
fn what_is_wrong_is_said_with_the_place() {
    let place = Place::of_store(Arc::new(InMemory::new()), Url::parse("memory:///lake/").unwrap());
    assert!(Lake::open(&place).unwrap().is_none());
    let store = TestStore::start().unwrap();
    let world = in_bucket(&store);
    let mut lake = world.lake();
    // Of a store that somebody else opened, errors are as they are; nothing is lost.
    store.fail_when(|request| (request.kind == Kind::Put).then_some(Fault::AccessDenied));
    let error = world.ingest(&mut lake, &[("a", &list(0, 10))]).unwrap_err();
    assert!(matches!(error, LakeError::Object(_) | LakeError::Log(_)), "{error:?}");
    store.heal();
    assert!(world.rows(&world.lake()).is_empty());
    world.ingest(&mut lake, &[("a", &list(0, 10))]).unwrap();
    assert_eq!(world.rows(&world.lake()).len(), 10);
}
