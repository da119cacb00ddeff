//! Somebody writes for longer than others wait for their turn: what was done meanwhile is kept nonetheless, and not done twice.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_monitor::{Neutraliser, Sender, Sent};
use mizumori_store::{Channel, NoticeState};
use mizumori_test_servers::FaultySmtp;
use tokio::sync::oneshot;

use crate::neutraliser::{ON, audited, leaked};
use crate::sender::{post, told};
use crate::world::{World, now};

/// How long those wait who are looked at.
const PATIENCE: Duration = Duration::from_millis(100);
/// So often the time is asked for before whoever writes ends: more often than once a try.
const LOOKS: u32 = 5;

/// A clock in whose hands somebody begins to write when something has happened, and ends when he was waited for in vain.
struct Writer<'w, F> {
    world: &'w World,
    has_happened: F,
    state: Mutex<Writing>,
}

enum Writing {
    NotYet,
    Now(oneshot::Sender<()>, u32),
    Over,
}

impl<'w, F: Fn() -> bool> Writer<'w, F> {
    fn after(world: &'w World, has_happened: F) -> Self {
        Self { world, has_happened, state: Mutex::new(Writing::NotYet) }
    }

    fn now(&self) -> Timestamp {
        let mut state = self.state.lock().unwrap();
        *state = match std::mem::replace(&mut *state, Writing::Over) {
            Writing::NotYet if (self.has_happened)() => Writing::Now(self.begin(), 0),
            Writing::Now(end, LOOKS) => {
                end.send(()).unwrap();
                Writing::Over
            }
            Writing::Now(end, looks) => Writing::Now(end, looks + 1),
            other => other,
        };
        now()
    }

    fn begin(&self) -> oneshot::Sender<()> {
        let ((end, ended), (begun, begins)) = (oneshot::channel(), mpsc::channel());
        let store = self.world.store.clone();
        self.world.runtime.spawn(async move {
            let session = store.write().await.unwrap();
            begun.send(()).unwrap();
            ended.await.unwrap();
            drop(session);
        });
        begins.recv().unwrap();
        end
    }

    fn has_written(&self) -> bool {
        matches!(*self.state.lock().unwrap(), Writing::Over)
    }
}

#[test]
fn a_mail_that_was_sent_is_kept_as_sent() {
    let (world, server) = (told(1), FaultySmtp::start_plain().unwrap());
    let sender = Sender::new(world.store_waiting(PATIENCE), "one".to_owned(), post(server.port(), 600));
    let writer = Writer::after(&world, || server.mails().len() == 1);
    // By one channel: who waits for the clock must not be writing himself.
    let sent = world.run(sender.send_by(Channel::Mail, || writer.now())).unwrap();
    assert_eq!(sent.sent, 1);
    assert!(writer.has_written());
    assert_eq!(world.notices()[0].state, NoticeState::Sent);
    // An hour later nobody sends it again.
    world.run(sender.send(|| now().after(PATIENCE * 36_000))).unwrap();
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn what_was_done_in_a_directory_is_kept_as_done() {
    let (world, people) = leaked(ON, &["hanako@suigen.example"]);
    let store = world.store_waiting(PATIENCE);
    let neutraliser = Neutraliser::through(store, "one".to_owned(), people.connect());
    let writer = Writer::after(&world, || people.acted().len() == 1);
    assert_eq!(world.run(neutraliser.neutralise(|| writer.now())).unwrap().done, 1);
    assert!(writer.has_written());
    assert_eq!(audited(&world), ["force-change: asked", "force-change: done"]);
}

#[test]
fn who_has_nothing_to_do_waits_for_nobody() {
    let (world, server) = (told(1), FaultySmtp::start_plain().unwrap());
    world.run(async {
        let sender = |store| Sender::new(store, "one".to_owned(), post(server.port(), 600));
        assert_eq!(sender(world.store.clone()).send(now).await.unwrap().sent, 1);
        let idle = Sender::new(world.store.clone(), "two".to_owned(), post(server.port(), 600));
        let writing = world.store.write().await.unwrap();
        // It would wait for half a minute, and give up.
        let sent = tokio::time::timeout(PATIENCE * 200, idle.send(now)).await;
        assert_eq!(sent.unwrap().unwrap(), Sent::default());
        drop(writing);
    });
}
