//! What became of it: passwords that were changed, accounts that are gone, and those of whom nobody hears anything.

use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_core::keys::LogTag;
use mizumori_monitor::{Body, FollowedUp, follow_up};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{NewHolder, State};

use crate::world::{World, now, one};

const DAY: Duration = Duration::from_secs(24 * 3600);
const HANAKO: &str = "hanako@suigen.example";

/// A finding of somebody who was told of it.
fn told(change: impl Fn(&mut NewHolder)) -> World {
    let world = World::new();
    world.prove("suigen.example");
    world.leak("before", "x@mori.example:secret");
    world.find();
    world.directory(&[HANAKO], change);
    world.leak("list", "hanako@suigen.example:secret");
    assert_eq!(world.find().findings, 1);
    world
}

fn look(world: &World, at: Timestamp) -> FollowedUp {
    world.run(follow_up(&world.store, at)).unwrap()
}

fn state(world: &World) -> State {
    world.findings()[0].is.state
}

fn letters(world: &World) -> Vec<LetterKind> {
    world.notices().iter().map(|notice| Body::parse(&notice.body).unwrap().letter).collect()
}

#[test]
fn a_change_closes_it() {
    let world = told(|_| ());
    let later = now().after(DAY);
    assert_eq!(look(&world, later), FollowedUp::default());
    // Before it was told, and one that is still to come, are none.
    for (changed, must_change) in
        [(Some(Timestamp(now().0 - 1_000)), false), (Some(later), true), (None, false)]
    {
        world.directory(&[HANAKO], |holder| {
            (holder.password_changed, holder.must_change) = (changed, must_change);
        });
        // The leak is of 2019: what was changed after that is a rule's matter.
        world.rule("already-changed", "{\"enabled\":false}");
        assert_eq!(look(&world, later), FollowedUp::default(), "{changed:?}");
    }
    world.directory(&[HANAKO], |holder| holder.password_changed = Some(now().after(DAY / 2)));
    assert_eq!(look(&world, later).settled, 1);
    assert_eq!(state(&world), State::Closed);
    let finding = world.findings().remove(0);
    let steps = world.run(async {
        let mut session = world.store.read().await.unwrap();
        session.tenant(&one()).steps(finding.id).await.unwrap()
    });
    let steps: Vec<_> = steps.iter().map(|step| step.to).collect();
    assert_eq!(steps, [State::Notified, State::Changed, State::Closed]);
    assert_eq!(look(&world, later), FollowedUp::default());
}

#[test]
fn another_sites_password_and_a_machine_are_not_closed_by_it() {
    let world = told(|_| ());
    world.rule("already-changed", "{\"enabled\":false}");
    let mut shop = world.exposure("shop", "hanako@suigen.example:other");
    shop.site = Some("shop.example".to_owned());
    let mut log = world.exposure("log", "hanako@suigen.example:third");
    log.log = Some(LogTag(1));
    world.leaks.commit(vec![shop, log]);
    assert_eq!(world.find().findings, 2);
    world.directory(&[HANAKO], |holder| holder.password_changed = Some(now().after(DAY / 2)));
    assert_eq!(look(&world, now().after(DAY)).settled, 2);
    let states: Vec<_> = world.findings().iter().map(|finding| finding.is.state).collect();
    assert_eq!(states, [State::Closed, State::Notified, State::Changed]);
}

#[test]
fn an_account_that_is_disabled_later_ends_it() {
    let world = told(|_| ());
    world.directory(&[HANAKO], |holder| holder.enabled = false);
    assert_eq!(look(&world, now().after(DAY)).settled, 1);
    assert_eq!(state(&world), State::InactiveAccount);
}

#[test]
fn reminders_and_then_the_administrator() {
    let world = told(|_| ());
    let before = world.notices().len();
    let at = |days: u32| look(&world, now().after(DAY * days));
    assert_eq!([at(1), at(2)], [FollowedUp::default(); 2]);
    for days in [3, 6, 9] {
        assert_eq!(at(days).reminded, 1, "{days}");
        // Two processes, or two rounds: once.
        assert_eq!(at(days), FollowedUp::default(), "{days}");
    }
    assert_eq!(at(13), FollowedUp::default());
    assert_eq!(at(14).overdue, 1);
    assert_eq!([at(15), at(100)], [FollowedUp::default(); 2]);
    let (reminder, overdue) = (LetterKind::UserReminder, LetterKind::AdminOverdue);
    assert_eq!(letters(&world)[before..], [reminder, reminder, reminder, overdue]);
    // One thread a finding and person.
    let notices = world.notices();
    let thread = |at: usize| Body::parse(&notices[at].body).unwrap().thread;
    let first = notices.iter().find(|notice| notice.destination == HANAKO).unwrap();
    assert_eq!(thread(before), Some(first.message.clone()));
    assert_eq!(thread(before + 2), thread(before));
}

#[test]
fn whoever_has_confirmed_is_left_alone() {
    let world = told(|_| ());
    let finding = world.findings().remove(0);
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        let organisation = one();
        let mut tenant = session.tenant(&organisation);
        tenant.step(&finding, State::Confirmed, "hanako", "I see to it", now()).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(look(&world, now().after(DAY * 3)).reminded, 0);
    assert_eq!(look(&world, now().after(DAY * 20)).overdue, 1);
    world.rule("reminders", "{\"enabled\":false}");
    assert_eq!(look(&world, now().after(DAY * 99)), FollowedUp::default());
}

#[test]
fn a_backlog_waits_for_its_release() {
    let world = World::new();
    world.directory(&[HANAKO], |_| ());
    world.leak("list", "hanako@suigen.example:secret\nother@suigen.example:secret2");
    world.find();
    world.prove("suigen.example");
    assert_eq!(world.find().findings, 2);
    assert_eq!(look(&world, now().after(DAY * 30)), FollowedUp::default());
    let released = world.run(world.finder().release(&one(), now().after(DAY), "boss")).unwrap();
    assert_eq!((released.findings, released.notices), (2, 3));
    let mut told = letters(&world);
    told.sort();
    let admin = LetterKind::AdminFinding;
    assert_eq!(told, [LetterKind::UserFinding, admin, admin, LetterKind::AdminBacklog]);
    assert!(
        world.findings().iter().all(|finding| finding.is.state == State::Notified && !finding.is.backlog)
    );
    let again = world.run(world.finder().release(&one(), now().after(DAY), "boss")).unwrap();
    assert_eq!((again.findings, again.notices), (0, 0));
}
