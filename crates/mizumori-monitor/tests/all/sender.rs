//! What is due goes out: once, in time, and never not at all.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_monitor::letter::Templates;
use mizumori_monitor::{ChannelPost, MailPost, Post, Sender, Sent};
use mizumori_respond::Tlp;
use mizumori_respond::mail::{MailAddress, MailServer, MailSettings, Security};
use mizumori_store::{Channel, NoticeState, Taken};
use mizumori_test_servers::{FaultySmtp, SmtpFault, Stage, free_port};

use crate::world::{World, now};

const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn post(port: u16, per_minute: u32) -> Post {
    let settings = MailSettings {
        security: Security::PlainToLoopback,
        timeout: Duration::from_secs(20),
        ..MailSettings::new("127.0.0.1", port)
    };
    let mail = MailPost {
        server: MailServer::new(settings, Vec::new()).unwrap(),
        from: MailAddress::new("mizumori@suigen.example").unwrap(),
        tlp: Tlp::AmberStrict,
        templates: Templates::default(),
        per_minute: NonZeroU32::new(per_minute).unwrap(),
    };
    Post { mail: Some(mail), channels: ChannelPost::new("watch.example") }
}

fn sender(world: &World, name: &str, port: u16) -> Sender {
    Sender::new(world.store.clone(), name.to_owned(), post(port, 600))
}

fn send(world: &World, sender: &Sender, at: Timestamp) -> Sent {
    world.run(sender.send(|| at)).unwrap()
}

/// An organisation whose administrator is to hear of so many findings.
pub(crate) fn told(findings: usize) -> World {
    let world = World::new();
    world.prove("suigen.example");
    world.leak("before", "x@mori.example:secret");
    world.find();
    let lines: Vec<_> = (0..findings).map(|at| format!("a{at}@suigen.example:secret{at}")).collect();
    world.leak("list", &lines.join("\n"));
    assert_eq!(world.find().notices, findings as u64);
    world
}

fn states(world: &World) -> Vec<NoticeState> {
    world.notices().iter().map(|notice| notice.state).collect()
}

#[test]
fn each_goes_out_once() {
    let (world, server) = (told(3), FaultySmtp::start_plain().unwrap());
    let (one, two) = (sender(&world, "one", server.port()), sender(&world, "two", server.port()));
    let (first, second) = world.run(async { tokio::join!(one.send(now), two.send(now)) });
    assert_eq!(first.unwrap().sent + second.unwrap().sent, 3);
    assert_eq!(states(&world), [NoticeState::Sent; 3]);
    assert_eq!(send(&world, &one, now()), Sent::default());
    let mails = server.mails();
    let ids: std::collections::BTreeSet<_> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!((mails.len(), ids.len()), (3, 3));
    for mail in mails {
        assert_eq!(mail.recipient, "csirt@suigen.example");
        assert_eq!(mail.header("Reply-To").as_deref().map(str::trim), Some("csirt@suigen.example"));
        assert!(mail.header("From").unwrap().contains("水源大学"), "{:?}", mail.header("From"));
        assert!(!mail.text().contains("secret"), "{}", mail.text());
    }
}

#[test]
fn a_server_that_is_down_delays_and_loses_nothing() {
    let world = told(2);
    let nobody = sender(&world, "one", free_port().unwrap());
    let later = |count| Sent { later: count, ..Sent::default() };
    assert_eq!(send(&world, &nobody, now()), later(2));
    // Not before it is due again.
    assert_eq!(send(&world, &nobody, now().after(Duration::from_secs(1))), Sent::default());
    assert_eq!(send(&world, &nobody, now().after(MINUTE)), later(2));
    let notices = world.notices();
    assert!(notices.iter().all(|notice| notice.attempts == 2 && notice.problem.is_some()), "{notices:?}");
    let server = FaultySmtp::start_plain().unwrap();
    let healed = sender(&world, "two", server.port());
    assert_eq!(send(&world, &healed, now().after(MINUTE * 5)).sent, 2);
    assert_eq!(server.mails().len(), 2);
}

#[test]
fn no_is_no_and_later_is_later() {
    let (world, server) = (told(1), FaultySmtp::start_plain().unwrap());
    let sender = sender(&world, "one", server.port());
    server.fail_times(Stage::Recipient, SmtpFault::Temporary, 1);
    assert_eq!(send(&world, &sender, now()).later, 1);
    server.fail(Stage::Recipient, SmtpFault::Permanent);
    assert_eq!(send(&world, &sender, now().after(MINUTE)).dead, 1);
    let [notice] = &world.notices()[..] else { panic!() };
    assert_eq!(notice.state, NoticeState::Dead);
    let problem = notice.problem.as_deref().unwrap();
    assert!(problem.contains("550") && !problem.contains("csirt@"), "{problem}");
    // An administrator who has put it right has it tried again.
    server.heal();
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        session.tenant(&crate::world::one()).revive(notice.id, now()).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(send(&world, &sender, now().after(MINUTE)).sent, 1);
}

#[test]
fn it_is_given_up_after_days() {
    let world = told(1);
    let nobody = sender(&world, "one", free_port().unwrap());
    let mut at = now();
    for round in 0..200 {
        let sent = send(&world, &nobody, at);
        if sent.dead > 0 {
            assert!(round > 90 && now().until(at) > MINUTE * 60 * 24 * 3, "{round} rounds");
            return;
        }
        assert_eq!(sent.later, 1, "{round}");
        at = at.after(MINUTE * 61);
    }
    panic!("it is tried for ever");
}

#[test]
fn a_mass_is_not_taken_only_to_be_put_back() {
    let (world, server) = (told(10), FaultySmtp::start_plain().unwrap());
    world.rule("tell-administrator", r#"{"enabled":false}"#);
    let people: Vec<_> = (0..200).map(|at| format!("p{at}@suigen.example")).collect();
    world.directory(&people.iter().map(String::as_str).collect::<Vec<_>>(), |_| ());
    let lines: Vec<_> = people.iter().map(|person| format!("{person}:secret")).collect();
    world.leak("mass", &lines.join("\n"));
    assert_eq!(world.find().notices, 200);
    let sender = Sender::new(world.store.clone(), "one".to_owned(), post(server.port(), 2));
    let looks = AtomicU32::new(0);
    let clock = || {
        looks.fetch_add(1, Ordering::Relaxed);
        now()
    };
    let sent = world.run(sender.send_by(Channel::Mail, clock)).unwrap();
    assert_eq!(sent, Sent { sent: 2, later: 208, dead: 0 });
    // What is taken is looked at one by one, and that is few.
    assert!(looks.load(Ordering::Relaxed) < 100, "{looks:?}");
    assert!(world.notices().iter().all(|notice| notice.due <= now().after(MINUTE)));
}

#[test]
fn patience_begins_with_the_first_try() {
    let (world, server) = (told(1), FaultySmtp::start_plain().unwrap());
    let sender = sender(&world, "one", server.port());
    server.fail(Stage::Recipient, SmtpFault::Temporary);
    // It waited for a week before anybody tried it, because nothing ran.
    let week = now().after(MINUTE * 60 * 24 * 7);
    assert_eq!(send(&world, &sender, week), Sent { later: 1, ..Sent::default() });
    let days = week.after(MINUTE * 60 * 24 * 4);
    assert_eq!(send(&world, &sender, days), Sent { dead: 1, ..Sent::default() });
    // Somebody has it tried again: it has as long once more.
    let notice = world.notices().remove(0);
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        session.tenant(&crate::world::one()).revive(notice.id, days).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(send(&world, &sender, days), Sent { later: 1, ..Sent::default() });
    server.heal();
    assert_eq!(send(&world, &sender, days.after(MINUTE)).sent, 1);
}

#[test]
fn a_mass_goes_out_slowly() {
    let (world, server) = (told(5), FaultySmtp::start_plain().unwrap());
    let sender = Sender::new(world.store.clone(), "one".to_owned(), post(server.port(), 2));
    // The first rounds begin at a full minute, so that none of them is cut short by the next one.
    let minute = |number: u32| now().after(MINUTE * number);
    assert_eq!(send(&world, &sender, minute(0)), Sent { sent: 2, later: 3, dead: 0 });
    assert_eq!(send(&world, &sender, minute(0)), Sent::default());
    assert_eq!(send(&world, &sender, minute(1)).sent, 2);
    assert_eq!(send(&world, &sender, minute(2)).sent, 1);
    // Waiting for room is no attempt.
    assert!(world.notices().iter().all(|notice| notice.attempts == 1));
}

#[test]
fn what_a_sender_took_that_is_gone_is_sent_by_another() {
    let (world, server) = (told(1), FaultySmtp::start_plain().unwrap());
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        let taken = Taken { by: "gone", length: MINUTE };
        assert_eq!(session.take_notices(Channel::Mail, taken, now(), 10).await.unwrap().len(), 1);
        session.commit().await.unwrap();
    });
    let sender = sender(&world, "one", server.port());
    assert_eq!(send(&world, &sender, now()), Sent::default());
    assert_eq!(send(&world, &sender, now().after(MINUTE * 2)).sent, 1);
    assert_eq!(server.mails().len(), 1);
}
