//! Private indexes from making to answering.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use mizumori_core::Secret;
use proptest::prelude::*;

use super::key_file::KeyFile;
use super::testing::{FAST, Place, account, asked, named};
use super::*;
use crate::error::GuardError;
use crate::index::Change;

const TARO: &str = "taro@suigen.example";
const JIRO: &str = "jiro@suigen.example";

#[test]
fn pairs_are_found_and_others_are_not() {
    let place = Place::new();
    assert!(!asked(&place.open(), TARO, "himitsu"));
    place.import("a", "1", &[(TARO, "himitsu"), (JIRO, "kotoba"), (TARO, "himitsu")]);
    let index = place.open();
    assert!(asked(&index, TARO, "himitsu") && asked(&index, "TARO@Suigen.example", "ｈｉｍｉｔｓｕ"));
    assert!(!asked(&index, TARO, "kotoba") && !asked(&index, JIRO, "himitsu") && !asked(&index, TARO, ""));
    assert_eq!(PrivateStatus::of(&place.index()).unwrap().generations[0].pairs, 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Beside a set of pairs, with sources that come again and runs that do not fit into memory.
    #[test]
    fn as_a_set_of_pairs(
        imports in prop::collection::vec((0_u8..3, prop::collection::vec((0_u8..40, 0_u8..6), 0..200)), 1..5),
    ) {
        let place = Place::new();
        let mut twin: [HashSet<(u8, u8)>; 3] = Default::default();
        for (number, (source, pairs)) in imports.iter().enumerate() {
            let mut writer = place.writer();
            let gather = writer.gather(0).unwrap();
            for (of, password) in pairs {
                let of = format!("user{of}@suigen.example");
                gather.add(0, &account(&of), &[*password]).unwrap();
            }
            let source_of = named(&source.to_string(), &number.to_string());
            let id = number.to_string();
            let done = writer.commit(&gather, std::slice::from_ref(&source_of), &mut || Ok(())).unwrap();
            let set: HashSet<_> = pairs.iter().copied().collect();
            prop_assert_eq!(done[0].1, set.len() as u64);
            prop_assert!(writer.knows(&source_of.source, &id));
            twin[usize::from(*source)] = set;
        }
        let all: HashSet<_> = twin.iter().flatten().copied().collect();
        prop_assert_eq!(PrivateStatus::of(&place.index()).unwrap().generations[0].pairs, all.len() as u64);
        let index = place.open();
        for of in 0..40 {
            for password in 0..6 {
                let account = format!("user{of}@suigen.example");
                let text = std::str::from_utf8(&[password]).unwrap().to_owned();
                prop_assert_eq!(asked(&index, &account, &text), all.contains(&(of, password)));
            }
        }
    }
}

#[test]
fn a_source_is_replaced_and_a_known_one_is_told() {
    let place = Place::new();
    place.import("a", "1", &[(TARO, "old"), (TARO, "both")]);
    place.import("b", "1", &[(TARO, "both")]);
    let mut writer = place.writer();
    assert!(writer.knows("a", "1"));
    assert!(!writer.knows("a", "2") && !writer.knows("c", "1"));
    let gather = writer.gather(1 << 20).unwrap();
    gather.add(1, &account(TARO), b"new").unwrap();
    let second = PairSource { number: 1, ..named("a", "2") };
    let done = writer.commit(&gather, &[named("c", "1"), second], &mut || Ok(())).unwrap();
    assert_eq!(done, [(Change::Added, 0), (Change::Replaced, 1)]);
    drop(writer);
    let index = place.open();
    let found = ["old", "both", "new"].map(|password| asked(&index, TARO, password));
    assert_eq!(found, [false, true, true]);
    assert!(place.writer().forget("b").unwrap());
    assert!(!asked(&place.open(), TARO, "both"));
    assert!(!place.writer().forget("b").unwrap());
    // `a` has a file of rows, `c` has none.
    assert_eq!(place.names().len(), 4, "{:?}", place.names());
}

#[test]
fn the_same_pairs_once_more_change_nothing() {
    let place = Place::new();
    let import = |sources: &[(&str, &[(&str, &str)])]| {
        let mut writer = place.writer();
        let gather = writer.gather(1 << 20).unwrap();
        let mut all = Vec::new();
        for ((source, pairs), number) in sources.iter().zip(0..) {
            for (of, password) in *pairs {
                gather.add(number, &account(of), password.as_bytes()).unwrap();
            }
            all.push(PairSource { number, source: (*source).to_owned(), id: None });
        }
        writer.commit(&gather, &all, &mut || Ok(())).unwrap()
    };
    let manifest = || fs::read_to_string(place.index().join("private.json")).unwrap();
    let pairs = [(TARO, "himitsu"), (JIRO, "kotoba")];
    assert_eq!(import(&[("a", &pairs), ("b", &pairs)]), [(Change::Added, 2), (Change::Added, 2)]);
    let (before, names) = (manifest(), place.names());
    let turned = [pairs[1], pairs[0]];
    assert_eq!(import(&[("b", &turned), ("a", &pairs)]), [(Change::AsBefore, 0), (Change::AsBefore, 0)]);
    assert_eq!((manifest(), place.names()), (before.clone(), names));
    // Which sources have the same pairs nobody sees who has no key.
    let told: serde_json::Value = serde_json::from_str(&before).unwrap();
    let sources = &told["generations"][0]["sources"];
    assert_ne!(sources[0]["id"], sources[1]["id"]);
    // One that is as before beside one that is not.
    assert_eq!(import(&[("a", &pairs[..1]), ("b", &pairs)]), [(Change::Replaced, 1), (Change::AsBefore, 0)]);
    let index = place.open();
    assert!(asked(&index, TARO, "himitsu") && asked(&index, JIRO, "kotoba"));
    assert!(place.writer().forget("b").unwrap());
    assert!(!asked(&place.open(), JIRO, "kotoba"));
    assert_eq!(import(&[("b", &[])]), [(Change::Added, 0)]);
    assert_eq!(import(&[("b", &[])]), [(Change::AsBefore, 0)]);
    // Under another key it is not known.
    place.writer().rotate(None).unwrap();
    assert_eq!(import(&[("a", &pairs[..1])]), [(Change::Added, 1)]);
}

#[test]
fn two_generations_answer_until_the_older_one_is_retired() {
    let place = Place::new();
    place.import("a", "1", &[(TARO, "himitsu")]);
    let before = place.open();
    assert_eq!(place.writer().rotate(None).unwrap(), 2);
    assert!(!place.writer().knows("a", "1"), "it has to be imported again");
    assert!(place.writer().rotate(None).unwrap_err().to_string().contains("retire the older one"));
    place.import("b", "1", &[(JIRO, "kotoba")]);
    let index = before.reopened().unwrap().unwrap();
    assert!(index.reopened().unwrap().is_none());
    let parameters = index.parameters();
    let [old, new] = &parameters.generations[..] else { panic!("two generations") };
    assert!(old.number == 1 && new.number == 2 && old.public_key != new.public_key);
    assert!(asked(&index, TARO, "himitsu") && asked(&index, JIRO, "kotoba"));
    place.import("a", "1", &[(TARO, "himitsu")]);
    place.writer().retire(1).unwrap();
    let index = place.open();
    assert_eq!(index.parameters().generations.len(), 1);
    assert!(asked(&index, TARO, "himitsu") && asked(&index, JIRO, "kotoba"));
    assert!(KeyFile::read(&place.keys()).unwrap().seed(1).is_err(), "its key is gone");
    let mut writer = place.writer();
    assert!(writer.retire(1).is_err() && writer.retire(2).is_err());
    assert_eq!(writer.rotate(None).unwrap(), 3, "no number is given twice");
    // Whoever asks the retired one is told to look again.
    let old = before.parameters().generations[0].clone();
    let query = Query::new(&old, &account(TARO), &Secret::new(b"himitsu".to_vec())).unwrap();
    assert!(matches!(index.answer(&query.message()), Err(GuardError::OldParameters)));
}

#[test]
fn an_answer_for_another_question_is_none() {
    let place = Place::new();
    place.import("a", "1", &[(TARO, "himitsu")]);
    let (index, other) = (place.open(), Place::new());
    let parameters = index.parameters();
    let generation = &parameters.generations[0];
    let query = || Query::new(generation, &account(TARO), &Secret::new(b"himitsu".to_vec())).unwrap();
    let (first, second) = (query(), query());
    let answer = index.answer(&first.message()).unwrap();
    assert!(first.finish(&answer).unwrap());
    assert!(matches!(second.finish(&answer), Err(GuardError::Proof)), "it is blinded otherwise");
    let strange = other.open().answer(&first.message()).unwrap();
    assert!(matches!(first.finish(&strange), Err(GuardError::Proof)), "another key");
    let mut cut = answer.clone();
    cut.truncate(answer.len() - 1);
    assert!(matches!(first.finish(&cut), Err(GuardError::Answer(_))));
    let mut question = first.message();
    question[1] = 3;
    assert!(matches!(index.answer(&question), Err(GuardError::OldParameters)));
    question[1] = 0;
    question[8] = 1;
    assert!(matches!(index.answer(&question), Err(GuardError::Question(_))), "there is one bucket");
    question[8] = 0;
    question[12..].fill(0xFF);
    assert!(matches!(index.answer(&question), Err(GuardError::Question(_))), "this is no element");
}

#[test]
fn what_fails_or_is_left_behind_changes_nothing() {
    let place = Place::new();
    place.import("a", "1", &[(TARO, "himitsu")]);
    let before = (place.names(), fs::read(place.index().join("private.json")).unwrap());
    let mut writer = place.writer();
    let gather = writer.gather(0).unwrap();
    for number in 0..1_500_u32 {
        gather.add(0, &account(TARO), &number.to_le_bytes()).unwrap();
    }
    assert!(place.names().len() > before.0.len(), "a run was written");
    let mut calls = 0;
    let mut stop = || {
        calls += 1;
        if calls > 1 { Err(GuardError::Interrupted) } else { Ok(()) }
    };
    let done = writer.commit(&gather, &[named("a", "2")], &mut stop);
    assert!(matches!(done, Err(GuardError::Interrupted)));
    let now = || (place.names(), fs::read(place.index().join("private.json")).unwrap());
    assert_eq!(now(), before);
    drop(writer);
    // What a process left that was killed.
    fs::write(place.index().join("00000009-1-000001.rows"), b"x").unwrap();
    fs::write(place.index().join("private.json.tmp"), b"x").unwrap();
    assert!(asked(&place.open(), TARO, "himitsu"));
    drop(place.writer());
    assert_eq!(now(), before);
}

#[test]
fn keys_and_folders_that_do_not_belong_together() {
    let (place, other) = (Place::new(), Place::new());
    let open = |index: &Path, keys: &Path| PrivateIndex::open(index, keys).map(drop).unwrap_err();
    assert!(open(&place.index(), &other.keys()).to_string().contains("keys of another index"));
    let missing = open(&place.index().join("x"), &place.keys());
    assert!(matches!(missing, GuardError::MissingPrivate(_)) && missing.hint().is_some());
    let again = PrivateWriter::create(&place.index(), &place.keys().with_extension("2"), FAST);
    assert!(again.map(drop).unwrap_err().to_string().contains("already"));
    let fresh = place.index().with_file_name("fresh");
    let taken = PrivateWriter::create(&fresh, &place.keys(), FAST).map(drop).unwrap_err();
    assert!(taken.to_string().contains("there already"), "{taken}");
    let inside = PrivateWriter::create(&fresh, &fresh.join("keys"), FAST).map(drop).unwrap_err();
    assert!(inside.to_string().contains("in the folder of the index"), "{inside}");
    let held = place.writer();
    let second = PrivateWriter::open(&place.index(), &place.keys()).map(drop).unwrap_err();
    assert!(matches!(second, GuardError::Locked(_)));
    drop(held);
}

#[test]
fn damage_is_told_and_never_answers() {
    let place = Place::new();
    place.import("a", "1", &[(TARO, "himitsu")]);
    let name = place.names().into_iter().find(|name| name.ends_with(".buckets")).unwrap();
    let path = place.index().join(name);
    let sound = fs::read(&path).unwrap();
    for at in (0..sound.len()).step_by(61) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x40;
        fs::write(&path, bytes).unwrap();
        assert!(PrivateIndex::open(&place.index(), &place.keys()).is_err(), "{at}");
    }
    fs::remove_file(&path).unwrap();
    let error = PrivateIndex::open(&place.index(), &place.keys()).map(drop).unwrap_err();
    assert!(error.to_string().contains("is missing"), "{error}");
}

/// Nothing on the disk tells an account or a password, nor where an account has its place.
#[test]
fn nothing_clear_is_on_the_disk() {
    let place = Place::new();
    place.import("a", "1", &[("canary@suigen.example", "canary-himitsu")]);
    for name in place.names() {
        let bytes = fs::read(place.index().join(&name)).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary"), "{name}");
    }
}
