//! Accounts are acted upon once, as the rule says, and nobody else's.

mod again;
mod by_hand;
mod slapd;
mod when;
mod whom;

use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_monitor::{Body, Neutralised, Neutraliser};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{Task, TaskState};

use crate::people::People;
use crate::world::{World, one};

const HANAKO: &str = "hanako@suigen.example";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Everything is done at once.
pub(crate) const ON: &str = r#"{"enabled":true,"dry_run":false,"from":"password"}"#;

/// An organisation with this rule and these people.
pub(super) fn started(rule: &str, people: &[&str]) -> (World, People) {
    let world = World::new();
    world.prove("suigen.example");
    world.leak("before", "x@mori.example:secret");
    world.find();
    world.rule("neutralise", rule);
    world.rule("already-changed", r#"{"enabled":false}"#);
    world.directory(people, |_| ());
    (world, People::new(people))
}

/// The same, with a leak of a password of each.
pub(crate) fn leaked(rule: &str, people: &[&str]) -> (World, People) {
    let (world, directory) = started(rule, people);
    let lines: Vec<_> = people.iter().map(|person| format!("{person}:secret")).collect();
    world.leak("list", &lines.join("\n"));
    world.find();
    (world, directory)
}

pub(super) fn neutraliser(world: &World, people: &People, name: &str) -> Neutraliser {
    Neutraliser::through(world.store.clone(), name.to_owned(), people.connect())
}

pub(super) fn act(world: &World, people: &People, at: Timestamp) -> Neutralised {
    world.run(neutraliser(world, people, "one").neutralise(|| at)).unwrap()
}

/// The tasks, the first first.
pub(super) fn tasks(world: &World) -> Vec<Task> {
    let mut tasks = world.run(async {
        let mut session = world.store.read().await.unwrap();
        session.tenant(&one()).tasks(&[], 1_000).await.unwrap()
    });
    tasks.reverse();
    tasks
}

/// What became of the only task there is.
pub(super) fn ended(world: &World) -> (TaskState, String) {
    let [task] = &tasks(world)[..] else { panic!("{:?}", tasks(world)) };
    (task.is.state, task.detail.clone().unwrap_or_default())
}

/// What stands in the audit log of it, in order.
pub(crate) fn audited(world: &World) -> Vec<String> {
    world.run(async {
        let mut session = world.store.read().await.unwrap();
        let entries = session.audit_after(0).await.unwrap().into_iter();
        entries
            .filter(|entry| entry.action == "finding neutralise" && entry.actor == "the loop")
            .map(|entry| entry.detail)
            .collect()
    })
}

pub(super) fn letters(world: &World, kind: LetterKind) -> usize {
    let letter = |body: &str| Body::parse(body).unwrap().letter;
    world.notices().iter().filter(|notice| letter(&notice.body) == kind).count()
}

pub(super) const fn done(count: u64) -> Neutralised {
    Neutralised { done: count, cancelled: 0, held: 0, later: 0, failed: 0, postponed: 0 }
}
