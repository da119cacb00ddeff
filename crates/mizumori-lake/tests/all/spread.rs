//! An ingest that several machines do, which share nothing but the lake: what goes to them and back goes as text.

use mizumori_core::TagKey;
use mizumori_core::keys::KeyRing;
use mizumori_core::watch::Level;
use mizumori_lake::{
    FileFacts, FillOrder, Filled, Ingested, Keep, Lake, LakeError, Material, MergeOrder, Place, Run, Runner,
    Spread, ThisMachine, Work, Written,
};
use mizumori_scan::{Dump, Progress};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::counts::survey;
use crate::world::World;

/// A machine a dump.
struct Machines {
    place: Place,
    ring: KeyRing,
    machine: ThisMachine,
}

impl Machines {
    fn of(world: &World) -> Self {
        Self { place: world.place(), ring: world.ring.clone(), machine: world.machine.clone() }
    }

    fn there(&self) -> Lake {
        Lake::open(&self.place).unwrap().unwrap()
    }
}

impl Runner for Machines {
    fn digests(&self, dumps: &[Dump], _: &Progress) -> Result<Vec<FileFacts>, LakeError> {
        Ok(dumps.iter().map(FileFacts::of).map(sent).collect())
    }

    fn fill(&self, lake: &Lake, work: &Work<'_>) -> Result<Filled, LakeError> {
        let order = sent(FillOrder::new(lake, work));
        let Material { sources, dumps, sources_of, source_of, .. } = *work.material();
        let mut spread = Spread::new(work);
        // The last one is done first.
        for at in work.dumps().collect::<Vec<_>>().into_iter().rev() {
            let (dumps, sources_of) = (&dumps[at..=at], &sources_of[at..=at]);
            let material = Material { sources, dumps, sources_of, source_of, unreadable: &[] };
            let key = TagKey::from_bytes([7; 32]);
            let (run, counts) = order.fill(&self.there(), &self.ring, &self.machine, &material, key)?;
            let run: Run = sent(run);
            spread.take(run, &counts)?;
            assert!(counts.len() == 9 || spread.take(empty(), &counts[1..]).is_err());
        }
        let merged: Result<Vec<Written>, LakeError> = spread
            .merges(lake)
            .into_iter()
            .map(|order| sent::<MergeOrder>(order).merge(&self.there()).map(sent))
            .collect();
        spread.finish(lake, merged?)
    }

    fn show(&self, work: &Work<'_>) -> Result<Vec<(String, String)>, LakeError> {
        self.machine.show(work)
    }
}

/// Nothing, from a machine.
fn empty() -> Run {
    let text = r#"{"files":[],"unreadable":[],"uncounted":0,"unsealed":0,"spilled":0,"bytes":0,"lines":0,"addresses":0,"rejected":0}"#;
    serde_json::from_str(text).unwrap()
}

fn sent<T: Serialize + DeserializeOwned>(what: T) -> T {
    serde_json::from_str(&serde_json::to_string(&what).unwrap()).unwrap()
}

/// Accounts of both organisations and of others, from one number on.
fn list(from: usize, count: usize) -> String {
    let host = |at: usize| ["suigen.example", "mori.example", "vpn.suigen.example", "else.example"][at % 4];
    (from..from + count).map(|at| format!("u{at}@{}:p{}\n", host(at), at % 3)).collect()
}

/// Three sources in one place and month, of two files each; half of what is in one file is in another.
fn sources(texts: &[String]) -> Vec<(String, Vec<(String, &str)>)> {
    let source = |at: usize| {
        let files = [2 * at, 2 * at + 1].map(|file| (format!("s{at}/{file}.txt"), texts[file].as_str()));
        (format!("id = 's{at}'\nplace = 'forum'\nleaked = '2019-01'"), files.to_vec())
    };
    (0..texts.len() / 2).map(source).collect()
}

/// What one machine writes and what many write, in `world` and with what `keep` says.
fn compare(world: &World, keep: Keep<'_>, level: Level) {
    let texts: Vec<_> = (0..6).map(|at| list(at * 3_000, 6_000)).collect();
    let sources = sources(&texts);
    let others = World { store: World::new().store, ..world.mixed() };
    let others = World { watch: world.watch.clone(), ..others };
    let machines = Machines::of(&others);
    let (mut here, mut there) = (world.lake(), others.lake());
    let one =
        world.ingest_files(&mut here, &sources, &|how| (how.keep, how.level) = (keep, Some(level))).unwrap();
    let many = others
        .ingest_files(&mut there, &sources, &|how| {
            (how.keep, how.level, how.runner) = (keep, Some(level), &machines);
        })
        .unwrap();
    let rows = |done: &Ingested| -> Vec<_> {
        done.sources.iter().map(|source| (source.id.clone(), source.what, source.rows)).collect()
    };
    assert_eq!((rows(&one), one.rows, one.uncounted), (rows(&many), many.rows, many.uncounted));
    // Of sources of one place and month it is open which has an account.
    let counted = |done: &Ingested| done.sources.iter().map(|source| source.counted).sum::<u64>();
    assert_eq!(counted(&one), counted(&many));
    assert_eq!(world.rows(&here), others.rows(&there));
    let (one, many) = (survey(world, &here), survey(&others, &there));
    assert_eq!((&one.categories, &one.sources), (&many.categories, &many.sources));
    // No run is left of those on the way.
    assert_eq!(there.vacuum(std::time::Duration::ZERO).unwrap(), 0);
    // The same again is as before.
    let again = others
        .ingest_files(&mut there, &sources, &|how| {
            (how.keep, how.level, how.runner) = (keep, Some(level), &machines);
        })
        .unwrap();
    assert!(again.versions.is_empty());
}

#[test]
fn many_machines_write_what_one_does() {
    let world = World::new();
    compare(&world, Keep::Watched(&world.watch), Level::Tags);
    let world = World::new();
    compare(&world, Keep::Everything(Some(&world.watch)), Level::Tags);
    let world = World::new();
    compare(&world, Keep::Everything(None), Level::Tags);
}

#[test]
fn many_machines_count_what_one_does() {
    let world = World::new().mixed();
    compare(&world, Keep::Watched(&world.watch), Level::Tags);
    let world = World::new().mixed();
    compare(&world, Keep::Everything(Some(&world.watch)), Level::Counts);
}

#[test]
fn sources_without_a_row_are_there() {
    let world = World::new();
    let machines = Machines::of(&world);
    let mut lake = world.lake();
    let sources = [("a", "nobody\n"), ("b", "nobody else\n")];
    let done = world.ingest_as(&mut lake, &sources, &|how| how.runner = &machines).unwrap();
    assert_eq!((done.rows, done.sources.len()), (0, 2));
    assert_eq!(lake.status().unwrap().sources, 2);
}

#[test]
fn a_machine_with_other_keys_writes_nothing() {
    let world = World::new();
    let machines = Machines { ring: KeyRing::create().unwrap(), ..Machines::of(&world) };
    let mut lake = world.lake();
    let sources = [("a", "a@suigen.example:x\n")];
    let error = world.ingest_as(&mut lake, &sources, &|how| how.runner = &machines).unwrap_err();
    assert!(matches!(error, LakeError::OtherKeys { .. }), "{error}");
    // A copy of the ring from before a domain was verified.
    let mut later = world.ring.clone();
    later.add_data_key("suigen.example").unwrap();
    let machines = Machines::of(&world);
    let world = World { ring: later, ..world };
    let error = world.ingest_as(&mut lake, &sources, &|how| how.runner = &machines).unwrap_err();
    assert!(matches!(error, LakeError::DataKeyMissing(_)), "{error}");
    assert_eq!(lake.status().unwrap().files, 0);
}
