//! When it is done, how often it is tried, and what is seen of it afterwards.

use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_directory::{Entry, EntryId, Outcome, Standing};
use mizumori_monitor::{Body, Neutralised, follow_up};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{NewHolder, Room, State, Taken, TaskState};

use super::{DAY, HANAKO, HOUR, ON, act, audited, done, ended, leaked, letters, neutraliser, tasks};
use crate::people::{Mood, People};
use crate::world::{World, now, one};

#[test]
fn a_dry_run_comes_first() {
    let (world, people) = leaked(r#"{"enabled":true,"from":"password"}"#, &[HANAKO, "jiro@suigen.example"]);
    assert!(tasks(&world).iter().all(|task| task.is.state == TaskState::Held));
    assert_eq!((act(&world, &people, now().after(DAY)), people.acted().len()), (done(0), 0));
    // What somebody lets go ahead is done, though others are still held.
    let first = tasks(&world)[0].id;
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        session.tenant(&one()).release_task(first, now()).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(act(&world, &people, now()), done(1));
    assert_eq!(people.acted(), ["force-change hanako@suigen.example"]);
    // What waited when somebody stopped it is held as well.
    let (world, people) = leaked(ON, &[HANAKO]);
    world.rule("neutralise", r#"{"enabled":true,"from":"password","dry_run":true}"#);
    assert_eq!(act(&world, &people, now()), Neutralised { held: 1, ..done(0) });
    assert_eq!(ended(&world), (TaskState::Held, "the rule is a dry run".to_owned()));
    assert_eq!((people.state().knocks, audited(&world)), (0, Vec::new()));
}

#[test]
fn the_user_may_be_quicker() {
    let delayed = r#"{"enabled":true,"dry_run":false,"from":"password","delay_minutes":60}"#;
    let (soon, later) = (now().after(HOUR / 2), now().after(HOUR));
    // Nobody was.
    let (world, people) = leaked(delayed, &[HANAKO]);
    assert_eq!(act(&world, &people, soon), done(0));
    assert_eq!(act(&world, &people, later), done(1));
    // The directory was read meanwhile: the finding is over.
    let (world, people) = leaked(delayed, &[HANAKO]);
    world.directory(&[HANAKO], |holder| holder.password_changed = Some(soon));
    world.run(follow_up(&world.store, soon)).unwrap();
    assert_eq!(act(&world, &people, later), Neutralised { cancelled: 1, ..done(0) });
    assert_eq!(ended(&world), (TaskState::Cancelled, "the finding is `closed`".to_owned()));
    assert_eq!((people.state().knocks, audited(&world)), (0, Vec::new()));
    // It was not: the directory itself knows better.
    let (world, people) = leaked(delayed, &[HANAKO]);
    people.change_password(HANAKO, soon);
    assert_eq!(act(&world, &people, later), Neutralised { cancelled: 1, ..done(0) });
    let words = "the password was changed on 2026-11-23";
    assert_eq!(ended(&world), (TaskState::Cancelled, words.to_owned()));
    assert_eq!(
        audited(&world),
        ["force-change: asked".to_owned(), format!("force-change: cancelled: {words}")]
    );
    assert_eq!(people.acted(), Vec::<String>::new());
    // Somebody else has asked for it.
    let (world, people) = leaked(delayed, &[HANAKO]);
    people.change(HANAKO, |entry| entry.must_change = true);
    assert_eq!(act(&world, &people, later), Neutralised { cancelled: 1, ..done(0) });
    assert_eq!(ended(&world).1, "a change of the password is asked for already");
}

#[test]
fn only_so_many_a_day() {
    let few = r#"{"enabled":true,"dry_run":false,"from":"password","most_a_day":2}"#;
    let people: Vec<_> = (0..5).map(|at| format!("p{at}@suigen.example")).collect();
    let people: Vec<_> = people.iter().map(String::as_str).collect();
    let (world, directory) = leaked(few, &people);
    let waits = |count| {
        assert_eq!(letters(&world, LetterKind::AdminNeutraliseWaits), count);
    };
    assert_eq!(act(&world, &directory, now()), Neutralised { postponed: 3, ..done(2) });
    waits(1);
    let evening: Timestamp = "2026-11-23T23:59:59Z".parse().unwrap();
    assert_eq!(act(&world, &directory, evening), done(0));
    // More of the same day wait as well, and nobody hears of it again.
    world.directory(&[HANAKO], |_| ());
    world.directory(&people.iter().copied().chain([HANAKO]).collect::<Vec<_>>(), |_| ());
    world.leak("more", &format!("{HANAKO}:secret"));
    assert_eq!(world.find().tasks, 1);
    assert_eq!(act(&world, &directory, evening), Neutralised { postponed: 1, ..done(0) });
    waits(1);
    let midnight: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
    assert!(tasks(&world).iter().skip(2).all(|task| task.is.due == midnight));
    assert_eq!(act(&world, &directory, midnight), Neutralised { postponed: 2, ..done(2) });
    waits(2);
    let hers = Entry::new(EntryId::new(HANAKO).unwrap());
    directory.state().entries.insert(HANAKO.to_owned(), hers);
    assert_eq!(act(&world, &directory, midnight.after(DAY)), done(2));
    waits(2);
    assert_eq!(directory.acted().len(), 6);
    let body = world.notices().into_iter().find(|notice| notice.message.contains("tasks-until")).unwrap();
    let body = Body::parse(&body.body).unwrap();
    assert_eq!((body.counts.values().sum::<u64>(), body.items.len()), (3, 3));
}

#[test]
fn two_at_once_never_both_act() {
    let people: Vec<_> = (0..20).map(|at| format!("p{at}@suigen.example")).collect();
    let people: Vec<_> = people.iter().map(String::as_str).collect();
    let (world, directory) = leaked(ON, &people);
    let [first, second] = ["one", "two"].map(|name| neutraliser(&world, &directory, name));
    let (first, second) = world.run(async {
        let second = tokio::spawn(async move { second.neutralise(now).await.unwrap() });
        (first.neutralise(now).await.unwrap(), second.await.unwrap())
    });
    assert_eq!(first.done + second.done, 20);
    let mut acted = directory.acted();
    acted.sort();
    acted.dedup();
    assert_eq!((acted.len(), directory.acted().len()), (20, 20));
    assert_eq!(audited(&world).len(), 40);
}

#[test]
fn what_was_begun_by_one_who_is_gone_is_finished_by_another() {
    let (world, people) = leaked(ON, &[HANAKO]);
    // Killed when the directory had done it, and before that was written down.
    let task = tasks(&world)[0].id;
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        let taken = Taken { by: "gone", length: HOUR };
        let room = Room { since: Timestamp(0), most: 9 };
        let organisation = one();
        let mut tenant = session.tenant(&organisation);
        assert_eq!(tenant.take_tasks(taken, room, now(), 9).await.unwrap().len(), 1);
        tenant.ask_task(task, "gone", now()).await.unwrap().unwrap();
        session.commit().await.unwrap();
    });
    people.change(HANAKO, |entry| entry.must_change = true);
    world.directory(&[HANAKO], |holder| holder.must_change = true);
    assert_eq!(act(&world, &people, now()), done(0));
    assert_eq!(act(&world, &people, now().after(HOUR * 2)), done(1));
    assert_eq!((people.acted().len(), people.state().knocks), (0, 0));
    assert_eq!(ended(&world), (TaskState::Done, "done; it was asked for before".to_owned()));
    assert_eq!(audited(&world), ["force-change: done"], "it was asked for by the other one");
}

/// What happens between two tries.
type Change<'c> = &'c dyn Fn(&World, &People);

#[test]
fn an_answer_that_was_lost_does_not_undo_what_was_done() {
    for (action, rule) in [("force-change", ON), ("disable", &ON.replace('}', r#","action":"disable"}"#))] {
        let soon = now().after(HOUR);
        let changes: &[Change<'_>] = &[
            &|_, _| (),
            // The directory was read meanwhile.
            &|world, _| {
                world.directory_at(&[HANAKO], soon, |holder| match action {
                    "disable" => holder.enabled = false,
                    _ => holder.must_change = true,
                });
                world.run(follow_up(&world.store, soon)).unwrap();
            },
            // The user has done what he was to do.
            &|_, people| {
                if action == "force-change" {
                    people.change_password(HANAKO, soon);
                }
            },
            // A try that did nothing says nothing of the one before it.
            &|world, people| {
                people.is(Mood::Away);
                assert_eq!(act(world, people, soon).later, 1);
            },
        ];
        for (at, change) in changes.iter().enumerate() {
            let (world, people) = leaked(rule, &[HANAKO]);
            people.is(Mood::Silent);
            assert_eq!(act(&world, &people, now()), Neutralised { later: 1, ..done(0) });
            change(&world, &people);
            people.is(Mood::Well);
            assert_eq!(act(&world, &people, now().after(HOUR * 2)), done(1), "{action} {at}");
            assert_eq!(ended(&world), (TaskState::Done, "done; it was asked for before".to_owned()));
            assert_eq!(audited(&world), [format!("{action}: asked"), format!("{action}: done")]);
            assert_eq!(people.acted().len(), 1);
        }
    }
}

#[test]
fn what_somebody_else_has_done_is_not_ours() {
    let disabling = ON.replace('}', r#","action":"disable"}"#);
    let (world, people) = leaked(&disabling, &[HANAKO]);
    people.is(Mood::Away);
    assert_eq!(act(&world, &people, now()).later, 1);
    people.is(Mood::Well);
    people.change(HANAKO, |entry| entry.standing = Standing::Disabled);
    assert_eq!(act(&world, &people, now().after(HOUR)), Neutralised { cancelled: 1, ..done(0) });
    assert_eq!(ended(&world), (TaskState::Cancelled, "the account is disabled".to_owned()));
}

#[test]
fn a_directory_that_is_down_for_hours() {
    let people = ["a@suigen.example", "b@suigen.example", "c@suigen.example"];
    let (world, directory) = leaked(ON, &people);
    directory.is(Mood::Away);
    assert_eq!(act(&world, &directory, now()), Neutralised { later: 3, ..done(0) });
    assert_eq!(directory.state().knocks, 1, "one knock a round is enough");
    assert_eq!(act(&world, &directory, now()), done(0));
    let tried = tasks(&world).remove(0);
    assert_eq!((tried.attempts, tried.is.due), (1, now().after(Duration::from_secs(15))));
    assert!(tried.detail.unwrap().contains("`ldap.suigen.example` cannot be reached"));
    let mut at = now();
    for _ in 0..10 {
        at = at.after(HOUR / 2);
        act(&world, &directory, at);
    }
    directory.is(Mood::Well);
    assert_eq!(act(&world, &directory, at.after(HOUR)), done(3));
    assert_eq!(directory.acted().len(), 3);
    assert_eq!(audited(&world).iter().filter(|detail| detail.ends_with("asked")).count(), 3);
    assert_eq!(letters(&world, LetterKind::AdminNotNeutralised), 0);
}

#[test]
fn what_is_over_before_the_directory_answers_is_not_asked_for_any_more() {
    let (world, people) = leaked(ON, &[HANAKO]);
    people.is(Mood::Away);
    assert_eq!(act(&world, &people, now()).later, 1);
    world.directory(&[HANAKO], |holder| holder.enabled = false);
    world.run(follow_up(&world.store, now())).unwrap();
    assert_eq!(act(&world, &people, now().after(HOUR)).cancelled, 1);
    let words = "force-change: cancelled: the finding is `inactive-account`";
    assert_eq!(audited(&world), ["force-change: asked", words]);
}

#[test]
fn who_asks_for_time_gets_it_for_all() {
    let people = ["a@suigen.example", "b@suigen.example"];
    let (world, directory) = leaked(ON, &people);
    directory.is(Mood::Busy(HOUR));
    assert_eq!(act(&world, &directory, now()).later, 2);
    assert!(tasks(&world).iter().all(|task| task.is.due == now().after(HOUR)));
    assert_eq!(directory.state().knocks, 1);
}

#[test]
fn nobody_waits_for_whoever_has_many() {
    let people: Vec<_> = (0..20).map(|at| format!("p{at}@suigen.example")).collect();
    let mut people: Vec<_> = people.iter().map(String::as_str).collect();
    let (world, _) = leaked(ON, &people);
    let taro = "taro@mori.example";
    people.push(taro);
    let directory = People::new(&people);
    let other = world.other("zwei", "mori.example");
    world.of(&other, ON, taro);
    world.leak("theirs", &format!("{taro}:secret"));
    assert_eq!(world.find().tasks, 1);
    assert_eq!(act(&world, &directory, now()), done(21));
    let at = directory.acted().iter().position(|acted| acted.ends_with(taro));
    assert!(at < Some(10), "{at:?}");
}

#[test]
fn a_day_is_long_enough() {
    let (world, people) = leaked(ON, &[HANAKO]);
    people.is(Mood::Away);
    let mut at = now();
    for round in 0..40 {
        let acted = act(&world, &people, at);
        if acted.failed > 0 {
            assert!(round > 20 && now().until(at) > HOUR * 22, "{round}");
            assert_eq!(ended(&world).0, TaskState::Failed);
            assert_eq!(letters(&world, LetterKind::AdminNotNeutralised), 1);
            let audited = audited(&world);
            assert_eq!(audited[0], "force-change: asked");
            assert!(audited[1].starts_with("force-change: failed: `ldap.suigen.example`"), "{audited:?}");
            assert_eq!((audited.len(), act(&world, &people, at.after(DAY))), (2, done(0)));
            return;
        }
        assert_eq!(acted.later, 1, "{round}");
        at = at.after(HOUR);
    }
    panic!("it is tried for ever");
}

#[test]
fn no_is_no() {
    for (mood, words) in [
        (Mood::Refusing(Outcome::Exempt), "the directory exempts the account from it"),
        (Mood::Refusing(Outcome::NotSupported), "the directory cannot do that"),
        (Mood::Refusing(Outcome::NotFound), "the directory has no such entry any more"),
        (Mood::ReadOnly, "this kind of directory cannot do that: it is only read"),
    ] {
        let (world, people) = leaked(ON, &[HANAKO]);
        people.is(mood);
        assert_eq!(act(&world, &people, now()), Neutralised { failed: 1, ..done(0) });
        assert_eq!(ended(&world), (TaskState::Failed, words.to_owned()));
        assert_eq!(audited(&world)[1], format!("force-change: failed: {words}"));
        assert_eq!(act(&world, &people, now().after(DAY)), done(0));
        assert_eq!(letters(&world, LetterKind::AdminNotNeutralised), 1);
    }
    // Nobody is there any more.
    let (world, _) = leaked(ON, &[HANAKO]);
    assert_eq!(act(&world, &People::new(&[]), now()).failed, 1);
}

#[test]
fn the_letter_of_it_waits_for_the_end_of_quiet_hours() {
    let (world, people) = leaked(ON, &[HANAKO]);
    let ends = world.be_quiet();
    people.is(Mood::Refusing(Outcome::Exempt));
    assert_eq!(act(&world, &people, now()).failed, 1);
    assert_eq!(world.notices().pop().unwrap().due, ends);
}

#[test]
fn what_was_done_is_verified() {
    let (world, people) = leaked(ON, &[HANAKO]);
    assert_eq!(act(&world, &people, now()), done(1));
    let read = |at: Timestamp, change: &dyn Fn(&mut NewHolder)| {
        world.directory_at(&[HANAKO], at, change);
        world.run(follow_up(&world.store, at)).unwrap();
        let task = tasks(&world).remove(0);
        (task.detail.unwrap(), task.verified)
    };
    let detail = |words: &str| (words.to_owned(), None);
    // Before it was done, it could not be seen.
    assert_eq!(read(now(), &|_| ()), detail("done; the directory shows it"));
    assert_eq!(read(now().after(HOUR), &|_| ()), detail("the directory does not show it"));
    assert_eq!(
        read(now().after(HOUR * 2), &|is| is.must_change = true),
        detail("the directory shows that a change is asked for")
    );
    let changed = now().after(HOUR * 3);
    assert_eq!(
        read(changed, &|is| is.password_changed = Some(changed)),
        ("the directory shows that the password was changed".to_owned(), Some(changed))
    );
    assert_eq!(world.findings()[0].is.state, State::Closed);
}

#[test]
fn only_what_is_to_be_seen_is_said_to_be() {
    let late = "done; the directory does not show it yet";
    for (action, mood, words) in [
        ("force-change", Mood::Well, "done; the directory shows it"),
        ("force-change", Mood::Late, late),
        ("disable", Mood::Well, "done; the directory shows it"),
        ("disable", Mood::Late, late),
        ("end-sessions", Mood::Well, "done; no directory shows sessions"),
    ] {
        let (world, people) = leaked(&ON.replace('}', &format!(r#","action":"{action}"}}"#)), &[HANAKO]);
        people.is(mood);
        assert_eq!(act(&world, &people, now()), done(1));
        assert_eq!(ended(&world), (TaskState::Done, words.to_owned()), "{action} {mood:?}");
    }
}
