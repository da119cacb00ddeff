//! A lake under new keys: the same rows, and nothing under the old ones.

use mizumori_core::keys::KeyRing;
use mizumori_core::{Account, LocalPart};
use mizumori_lake::{Forget, Lake, LakeError, Renewed};
use mizumori_scan::Progress;

use crate::counts::survey;
use crate::world::{World, each_since};

const TEXT: &str =
    "taro@suigen.example:a\ntaro@suigen.example:b\nhana@vpn.suigen.example\njiro@mori.example:c\n";
const MORE: &str = "taro@suigen.example:a\nsaburo@mori.example:d\nforgotten@mori.example:e\n";

/// A lake with two sources, of which an account was forgotten.
fn filled(world: &World) -> Lake {
    let mut lake = world.lake();
    world.ingest(&mut lake, &[("a", TEXT), ("b", MORE)]).unwrap();
    let forgotten = Account::parse("forgotten@mori.example", LocalPart::Column).unwrap();
    lake.forget(&world.ring, &Forget::Account(world.ring.tags().account(&forgotten))).unwrap();
    lake
}

fn renewed(world: &World, lake: &mut Lake) -> Result<Renewed, LakeError> {
    lake.begin_renewal()?;
    lake.renew(&world.ring, &world.machine, &Progress::default())
}

/// The same world, its ring with one layer more.
fn layered(world: &World) -> World {
    let mut ring = world.ring.clone();
    ring.add_layer().unwrap();
    world.with_ring(ring)
}

#[test]
fn a_layer_changes_every_tag_and_nothing_else() {
    let world = World::new();
    let mut lake = filled(&world);
    let (before, figures) = (world.rows(&lake), survey(&world, &lake));
    let before_renewal = lake.version().unwrap();
    let world = layered(&world);
    let done = renewed(&world, &mut lake).unwrap();
    assert_eq!(done, Renewed { rows: 6, resealed: 0, gone: 0 });
    let after = world.rows(&lake);
    assert_eq!(after.len(), before.len());
    assert!(after.iter().all(|row| before.iter().all(|old| (old.0, old.1) != (row.0, row.1))));
    let again = survey(&world, &lake);
    assert_eq!((&again.categories, &again.sources), (&figures.categories, &figures.sources));
    assert_eq!(world.sources_of(&lake, "taro@suigen.example").len(), 2);
    // Nothing is left of the old rows, and who was forgotten stays out.
    assert_eq!(lake.vacuum(std::time::Duration::ZERO).unwrap(), 0);
    world.ingest(&mut lake, &[("c", MORE)]).unwrap();
    assert!(world.sources_of(&lake, "forgotten@mori.example").is_empty());
    assert_eq!(lake.status().unwrap().suppressed, 1);
    // Of what came with the new keys nothing is new.
    let mut new = 0;
    each_since(&lake, before_renewal, |_| new += 1).unwrap();
    assert_eq!(new, 1, "the source c, and nothing else");
}

#[test]
fn a_lake_without_a_row_keeps_its_sources() {
    let world = World::new();
    let mut lake = world.lake();
    world.ingest(&mut lake, &[("a", "no account\n"), ("b", "none either\n")]).unwrap();
    let world = layered(&world);
    assert_eq!(renewed(&world, &mut lake).unwrap(), Renewed::default());
    let status = lake.status().unwrap();
    assert_eq!((status.rows, status.sources), (0, 2));
    world.ingest(&mut lake, &[("c", TEXT)]).unwrap();
    assert_eq!(world.sources_of(&lake, "taro@suigen.example").len(), 1);
}

#[test]
fn older_keys_are_refused_and_races_are_lost() {
    let world = World::new();
    let mut lake = filled(&world);
    // Somebody is in the middle of an ingest.
    let mut other = world.there();
    other.check_keys(&world.ring).unwrap();
    lake.begin_renewal().unwrap();
    let error = world.ingest(&mut other, &[("c", TEXT)]).unwrap_err();
    assert!(matches!(error, LakeError::Renewing(_)), "{error}");
    let newer = layered(&world);
    assert!(matches!(world.there().check_keys(&newer.ring), Err(LakeError::Renewing(_))));
    renewed(&newer, &mut lake).unwrap();
    let error = world.ingest(&mut other, &[("c", TEXT)]).unwrap_err();
    assert!(matches!(error, LakeError::Layers { lake: 2, ring: 1 }), "{error}");
    let stranger = newer.with_ring(KeyRing::create().unwrap());
    assert!(matches!(renewed(&stranger, &mut lake), Err(LakeError::OtherKeys { .. })));
    // What was begun is brought to its end.
    assert!(matches!(newer.there().check_keys(&newer.ring), Err(LakeError::Renewing(_))));
    renewed(&newer, &mut lake).unwrap();
    assert_eq!(newer.rows(&lake).len(), 6);
}
