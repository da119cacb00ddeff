//! What is done again, and what is not: tasks that wait, were cancelled or done before, and findings that come again.

use mizumori_core::{Groups, Timestamp};
use mizumori_directory::Entry;
use mizumori_monitor::{Neutralised, Spared, make_tasks, preview};
use mizumori_store::{NewHolder, State, TaskState};

use super::{DAY, HANAKO, HOUR, ON, act, audited, done, ended, leaked, tasks};
use crate::people::{Mood, People};
use crate::world::{World, now, one};

/// The rule, which spares a group.
fn never() -> String {
    ON.replace('}', r#","never":["Key Keepers"]}"#)
}

fn unknown(entry: &mut Entry) {
    entry.groups = Groups::Unknown;
}

fn known(entry: &mut Entry) {
    entry.groups = Groups::All(Vec::new());
}

fn unread(holder: &mut NewHolder) {
    holder.groups = Groups::Unknown;
}

fn make(world: &World, people: &People) -> u64 {
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        let made = make_tasks(&mut session.tenant(&one()), &*people.connect(), now()).await.unwrap();
        session.commit().await.unwrap();
        made
    })
}

fn spared(world: &World, people: &People) -> Vec<Option<Spared>> {
    let seen = world.run(async {
        let mut session = world.store.read().await.unwrap();
        preview(&mut session.tenant(&one()), &*people.connect()).await.unwrap()
    });
    seen.into_iter().map(|seen| seen.spared).collect()
}

fn find_at(world: &World, at: Timestamp) -> u64 {
    world.run(world.finder().find(&world.known(), at)).unwrap().tasks
}

#[test]
fn groups_that_are_not_known_for_a_moment_cancel_nothing() {
    let waits = (TaskState::Waiting, "its groups are not known".to_owned());
    // The directory could not tell when it was read last; nobody asks it in vain.
    let (world, people) = leaked(&never(), &[HANAKO]);
    world.directory(&[HANAKO], unread);
    assert_eq!(act(&world, &people, now()), Neutralised { later: 1, ..done(0) });
    assert_eq!((ended(&world), people.state().knocks, audited(&world)), (waits.clone(), 0, Vec::new()));
    assert_eq!(act(&world, &people, now()), done(0), "not at once");
    assert_eq!(act(&world, &people, now().after(HOUR)).later, 1);
    world.directory(&[HANAKO], |_| ());
    assert_eq!(act(&world, &people, now().after(HOUR * 3)), done(1));
    // It cannot tell just now.
    let (world, people) = leaked(&never(), &[HANAKO]);
    people.change(HANAKO, unknown);
    assert_eq!(act(&world, &people, now()), Neutralised { later: 1, ..done(0) });
    assert_eq!((ended(&world), people.acted()), (waits, Vec::new()));
    people.change(HANAKO, known);
    assert_eq!(act(&world, &people, now().after(HOUR)), done(1));
    assert_eq!(audited(&world), ["force-change: asked", "force-change: done"]);
}

#[test]
fn what_waits_for_groups_is_not_given_up_for_it() {
    let (world, people) = leaked(&never(), &[HANAKO]);
    people.change(HANAKO, unknown);
    let mut at = now();
    for _ in 0..60 {
        assert_eq!(act(&world, &people, at).later, 1);
        at = at.after(HOUR);
    }
    // A directory that does not answer then is asked for a day, as ever.
    people.is(Mood::Away);
    assert_eq!(act(&world, &people, at), Neutralised { later: 1, ..done(0) });
    people.is(Mood::Well);
    people.change(HANAKO, known);
    assert_eq!(act(&world, &people, at.after(HOUR)), done(1));
}

#[test]
fn what_waits_for_groups_leaves_the_day_to_others() {
    let one_a_day = never().replace('}', r#","most_a_day":1}"#);
    let people = [HANAKO, "taro@suigen.example"];
    let (world, directory) = leaked(&one_a_day, &people);
    directory.change(HANAKO, unknown);
    let acted = act(&world, &directory, now());
    assert_eq!((acted.later, acted.done), (1, 1), "{acted:?}");
    assert_eq!(directory.acted(), ["force-change taro@suigen.example"]);
}

#[test]
fn another_finding_of_the_account_waits_as_well() {
    let (world, people) = leaked(&never(), &[HANAKO]);
    world.leak("more", &format!("{HANAKO}:second"));
    world.find();
    let first = world.findings().remove(0);
    world.mark(&first, State::RiskAccepted);
    world.directory(&[HANAKO], unread);
    assert_eq!(act(&world, &people, now()), Neutralised { later: 1, ..done(0) });
    world.directory(&[HANAKO], |_| ());
    assert_eq!(act(&world, &people, now().after(HOUR)), done(1));
}

#[test]
fn an_answer_that_was_lost_is_not_forgotten_while_groups_are_not_known() {
    let (world, people) = leaked(&never(), &[HANAKO]);
    people.is(Mood::Silent);
    assert_eq!(act(&world, &people, now()).later, 1);
    people.is(Mood::Well);
    world.directory(&[HANAKO], unread);
    assert_eq!(act(&world, &people, now().after(HOUR)).later, 1);
    world.directory(&[HANAKO], |holder| holder.must_change = true);
    assert_eq!(act(&world, &people, now().after(HOUR * 3)), done(1));
    assert_eq!((ended(&world).1, people.acted().len()), ("done; it was asked for before".to_owned(), 1));
}

#[test]
fn who_is_taken_out_of_never_may_have_a_task_again() {
    let (world, people) = leaked(ON, &[HANAKO]);
    let spares =
        |name: &str| world.rule("neutralise", &ON.replace('}', &format!(r#","never":["{name}"]}}"#)));
    spares(HANAKO);
    assert_eq!(act(&world, &people, now()), Neutralised { cancelled: 1, ..done(0) });
    assert_eq!(make(&world, &people), 0);
    spares("user:root");
    assert_eq!((spared(&world, &people), make(&world, &people)), (vec![None], 1));
    assert_eq!(act(&world, &people, now()), done(1));
    let states: Vec<_> = tasks(&world).iter().map(|task| task.is.state).collect();
    assert_eq!(states, [TaskState::Cancelled, TaskState::Done]);
}

#[test]
fn what_was_done_is_not_made_again_for_the_same_leak() {
    // Nobody sees sessions, so that nothing else says that they were ended.
    let (world, people) = leaked(&ON.replace('}', r#","action":"end-sessions"}"#), &[HANAKO]);
    world.leak("beside", &format!("{HANAKO}:second"));
    world.find();
    assert_eq!(act(&world, &people, now().after(HOUR)), done(1));
    let once = || Some(Spared::Once);
    assert_eq!((spared(&world, &people), make(&world, &people)), (vec![once(), once()], 0));
    // A newer one is another matter, and so is one of those that comes again.
    world.rule("neutralise", r#"{"from":"password","action":"end-sessions","dry_run":false}"#);
    world.leak("newer", &format!("{HANAKO}:third"));
    assert_eq!(find_at(&world, now().after(HOUR * 2)), 0, "the rule is off");
    assert_eq!(spared(&world, &people), [once(), once(), None]);
    world.leak("copy", &format!("{HANAKO}:second"));
    find_at(&world, now().after(HOUR * 3));
    assert_eq!(spared(&world, &people), [once(), None, once()], "the account is acted upon once");
    assert_eq!(make(&world, &people), 1);
    world.rule("neutralise", &ON.replace('}', r#","action":"end-sessions"}"#));
    assert_eq!(act(&world, &people, now().after(DAY)), done(1));
    assert_eq!((make(&world, &people), people.acted().len()), (0, 2));
    // Another action was not done.
    world.rule("neutralise", &ON.replace('}', r#","action":"disable"}"#));
    assert_eq!(make(&world, &people), 1);
}

#[test]
fn what_is_released_is_tried_for_a_day_from_then_on() {
    let (world, people) = leaked(ON, &[HANAKO]);
    people.is(Mood::Away);
    assert_eq!(act(&world, &people, now()).later, 1);
    world.rule("neutralise", r#"{"enabled":true,"from":"password"}"#);
    assert_eq!(act(&world, &people, now().after(HOUR)).held, 1);
    let release = |at: Timestamp| {
        world.run(async {
            let mut session = world.store.write().await.unwrap();
            session.tenant(&one()).release_tasks(at).await.unwrap();
            session.commit().await.unwrap();
        });
    };
    let (late, later) = (now().after(DAY * 2), now().after(DAY * 2 + HOUR));
    release(late);
    assert_eq!(act(&world, &people, late), Neutralised { later: 1, ..done(0) });
    people.is(Mood::Well);
    assert_eq!(act(&world, &people, later), done(1));
    let held = "force-change: held: the rule is a dry run";
    assert_eq!(audited(&world), ["force-change: asked", held, "force-change: asked", "force-change: done"]);
    // What an earlier try has done is in the log as well, though nobody asks for it once more.
    let (world, people) = leaked(ON, &[HANAKO]);
    people.is(Mood::Silent);
    assert_eq!(act(&world, &people, now()).later, 1);
    world.rule("neutralise", r#"{"enabled":true,"from":"password"}"#);
    assert_eq!(act(&world, &people, now().after(HOUR)).held, 1);
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        session.tenant(&one()).release_tasks(late).await.unwrap();
        session.commit().await.unwrap();
    });
    world.directory(&[HANAKO], |holder| holder.must_change = true);
    assert_eq!(act(&world, &people, late), done(1));
    assert_eq!(audited(&world), ["force-change: asked", held, "force-change: done"]);
}
