//! The private check over HTTP; everything is invented.

use std::num::NonZeroU32;
use std::path::Path;

use mizumori_core::{Account, LocalPart, Secret};
use mizumori_guard::private::{PairSource, Parameters, PrivateWriter, QUESTION, Query, SlowHash};
use mizumori_web::{GuardOptions, PrivateOptions};

use crate::client::Answer;
use crate::world::{World, import};

const TARO: &str = "taro@suigen.example";

fn account(text: &str) -> Account<'_> {
    Account::parse(text, LocalPart::Column).unwrap()
}

/// Makes an index with one pair.
fn fill(folder: &Path, password: &str) {
    let slow = SlowHash { memory_kib: 8, passes: 1, lanes: 1 };
    let (index, keys) = (folder.join("private"), folder.join("keys"));
    if !keys.exists() {
        drop(PrivateWriter::create(&index, &keys, slow).unwrap());
    }
    let mut writer = PrivateWriter::open(&index, &keys).unwrap();
    let gather = writer.gather(1 << 20).unwrap();
    gather.add(0, &account(TARO), password.as_bytes()).unwrap();
    let source = PairSource { number: 0, source: password.to_owned(), id: None };
    writer.commit(&gather, &[source], &mut || Ok(())).unwrap();
}

fn world(per_minute: u32) -> World {
    let folder = tempfile::tempdir().unwrap();
    import(&folder.path().join("index"), "himitsu\n", [true, true]);
    fill(folder.path(), "himitsu");
    let private = PrivateOptions {
        folder: folder.path().join("private"),
        keys: folder.path().join("keys"),
        per_minute: NonZeroU32::new(per_minute).unwrap(),
    };
    World::start(folder, GuardOptions { private: Some(private), ..GuardOptions::default() }, None)
}

fn parameters(world: &World) -> Parameters {
    Parameters::parse(&world.get("/api/v1/private/parameters").body).unwrap()
}

fn query(parameters: &Parameters, password: &str) -> Query {
    let password = Secret::new(password.as_bytes().to_vec());
    Query::new(&parameters.generations[0], &account(TARO), &password).unwrap()
}

fn post(world: &World, question: &[u8]) -> Answer {
    world.client().ask("POST", "/api/v1/private/query", &[], question)
}

#[test]
fn pairs_and_what_comes_while_it_runs() {
    let world = world(100);
    let parameters = parameters(&world);
    let is_in = |password: &str| {
        let query = query(&parameters, password);
        let answer = post(&world, &query.message());
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/octet-stream"));
        assert_eq!(answer.header("cache-control"), "no-store");
        query.finish(&answer.body).unwrap()
    };
    assert!(is_in("himitsu") && !is_in("kotoba"));
    fill(world.folder(), "kotoba");
    world.tells("the private index, generation 1");
    assert!(is_in("himitsu") && is_in("kotoba"));
    let metrics = world.get("/metrics");
    assert!(metrics.text().contains("{asked=\"private\",status=\"200\"} 5\n"), "{}", metrics.text());
}

#[test]
fn who_asks_too_often_waits() {
    let world = world(3);
    let question = query(&parameters(&world), "x").message();
    for _ in 0..3 {
        assert_eq!(post(&world, &question).status, 200);
    }
    let answer = post(&world, &question);
    assert_eq!(answer.status, 429);
    assert!((1..=20).contains(&answer.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    // Parameters say nothing about pairs.
    assert_eq!(world.get("/api/v1/private/parameters").status, 200);
}

#[test]
fn what_is_no_question() {
    let world = world(100);
    let sound = query(&parameters(&world), "x").message();
    let mut of_old = sound.clone();
    of_old[1] = 7;
    let mut no_element = sound.clone();
    no_element[12..].fill(0xFF);
    for (question, status) in [
        (&b"himitsu"[..], 400),
        (&sound[..QUESTION - 1], 400),
        (&[sound.as_slice(), b"x"].concat(), 413),
        (&of_old, 409),
        (&no_element, 400),
    ] {
        let answer = post(&world, question);
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let answer = world.get("/api/v1/private/query");
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    let answer = world.ask("DELETE", "/api/v1/private/parameters", &[]);
    assert_eq!((answer.status, answer.header("allow")), (405, "GET"));
}

#[test]
fn without_an_index_there_is_no_private_check() {
    let world = World::of("himitsu\n");
    assert_eq!(world.get("/api/v1/private/parameters").status, 404);
    assert_eq!(post(&world, &[0; QUESTION]).status, 404);
}
