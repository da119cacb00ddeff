//! What is due for channels goes out: signed, in order, at their pace; whatever the other side does nothing is lost, and nobody
//! gets where he should not.

mod changed;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mizumori_core::{Lang, Severity, Timestamp};
use mizumori_monitor::{
    ChannelPost, ChannelSettings, Channels, Destination, Format, Naming, Post, Sender, Sent, Service,
};
use mizumori_respond::webhook::WebhookSecret;
use mizumori_store::{Channel, Notice, NoticeState, Outlet, OutletId, State, Taken};
use mizumori_test_servers::{Answer, Web, free_port};
use tempfile::TempDir;

use crate::syslog::Collector;
use crate::world::{World, now, one};

const MINUTE: Duration = Duration::from_secs(60);
const PATH: &str = "/in/himitsu";

/// A world with a web server, and what channels there need.
struct Set {
    world: World,
    web: Web,
    files: TempDir,
}

impl Set {
    fn new() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (world, web, files) = (World::new(), Web::start_tls().unwrap(), tempfile::tempdir().unwrap());
        let set = Self { world, web, files };
        set.write("ca.pem", set.web.ca_pem());
        set.write("secret", &WebhookSecret::random().unwrap().expose());
        set.write("url", &format!("{}{PATH}\n", set.web.url()));
        set.web.on("POST", PATH, Answer::status(204));
        set.world.prove("suigen.example");
        set.world.leak("before", "x@mori.example:secret");
        set.world.find();
        set
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn hook(&self) -> ChannelSettings {
        self.hook_at(&format!("{}{PATH}", self.web.url()))
    }

    fn hook_at(&self, url: &str) -> ChannelSettings {
        let to = Destination::Webhook {
            url: url.to_owned(),
            secret_file: self.path("secret"),
            accounts: Naming::Tag,
            authorities: Some(self.path("ca.pem")),
        };
        ChannelSettings { to, from: Severity::Address }
    }

    fn chat(&self) -> ChannelSettings {
        let to = Destination::Chat {
            service: Service::Mattermost,
            url_file: self.path("url"),
            language: Lang::Ja,
            authorities: Some(self.path("ca.pem")),
        };
        ChannelSettings { to, from: Severity::Address }
    }

    /// With a channel, and so many findings that it is to hear of.
    fn told(settings: impl Fn(&Self) -> ChannelSettings, findings: usize) -> Self {
        let set = Self::new();
        set.world.channel("siem", &settings(&set));
        set.find("list", findings);
        set
    }

    fn find(&self, source: &str, findings: usize) {
        let lines: Vec<_> = (0..findings).map(|at| format!("{source}{at}@suigen.example:pass{at}")).collect();
        self.world.leak(source, &lines.join("\n"));
        assert_eq!(self.world.find().findings, findings as u64);
    }

    fn sender(&self, name: &str) -> Sender {
        self.sender_with(name, post())
    }

    fn sender_with(&self, name: &str, channels: ChannelPost) -> Sender {
        Sender::new(self.world.store.clone(), name.to_owned(), Post { mail: None, channels })
    }

    fn send(&self, sender: &Sender, at: Timestamp) -> Sent {
        self.world.run(sender.send(|| at)).unwrap()
    }

    fn notices(&self) -> Vec<Notice> {
        self.world.notices().into_iter().filter(|notice| notice.channel != Channel::Mail).collect()
    }
}

fn post() -> ChannelPost {
    ChannelPost { allowed: vec!["localhost".parse().unwrap()], ..ChannelPost::new("watch.example") }
}

const fn sent(sent: u64, later: u64, dead: u64) -> Sent {
    Sent { sent, later, dead }
}

#[test]
fn a_webhook_gets_signed_events_in_their_order() {
    let set = Set::told(Set::hook, 3);
    set.world.mark(&set.world.findings()[0], State::Closed);
    let (one, two) = (set.sender("one"), set.sender("two"));
    let (first, second) = set.world.run(async { tokio::join!(one.send(now), two.send(now)) });
    assert_eq!(first.unwrap().sent + second.unwrap().sent, 4);
    // Without mail letters wait.
    assert!(
        set.world
            .notices()
            .iter()
            .all(|notice| (notice.channel == Channel::Mail) == (notice.state == NoticeState::Waiting))
    );
    let got = set.web.take_requests();
    assert_eq!(got.len(), 4);
    let of_first = set.world.findings()[0].reference.to_string();
    let mut said = Vec::new();
    for request in &got {
        let event: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(request.header("webhook-id"), event["id"].as_str());
        assert!(request.header("webhook-signature").unwrap().starts_with("v1,"));
        assert_eq!(
            (&event["tlp"], &event["data"]["organisation"]),
            (&"TLP:AMBER+STRICT".into(), &"水源大学".into())
        );
        assert!(event["data"]["account"].is_null() && event["data"]["account_tag"].is_string());
        assert!(
            !request.text().contains("pass") || request.text().contains("password"),
            "{}",
            request.text()
        );
        if event["data"]["reference"] == of_first.as_str() {
            said.push(event["type"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(said.len(), 2);
    assert_eq!(set.send(&one, now()), Sent::default());
}

#[test]
fn each_message_is_of_its_own_time() {
    let set = Set::told(Set::hook, 3);
    // A clock that goes on by a minute whenever somebody looks at it.
    let looks = AtomicU32::new(0);
    let clock = || now().after(MINUTE * looks.fetch_add(1, Ordering::Relaxed));
    let sender = set.sender("one");
    assert_eq!(set.world.run(sender.send_by(Channel::Webhook, clock)).unwrap().sent, 3);
    let got = set.web.take_requests();
    let times: Vec<u64> =
        got.iter().map(|request| request.header("webhook-timestamp").unwrap().parse().unwrap()).collect();
    assert!(times.len() == 3 && times.is_sorted_by(|one, next| next - one >= 60), "{times:?}");
}

#[test]
fn what_was_sent_is_replayed_under_the_same_name() {
    let set = Set::told(Set::hook, 1);
    let sender = set.sender("one");
    set.send(&sender, now());
    let notice = set.notices().remove(0);
    set.world.run(async {
        let mut session = set.world.store.write().await.unwrap();
        session.tenant(&one()).replay(notice.id, now()).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(set.send(&sender, now()), sent(1, 0, 0));
    let got = set.web.take_requests();
    assert_eq!((got.len(), got[0].header("webhook-id")), (2, got[1].header("webhook-id")));
    assert_eq!(got[0].body, got[1].body);
}

#[test]
fn its_schedule_is_that_of_standard_webhooks() {
    let set = Set::told(Set::hook, 1);
    set.web.on("POST", PATH, Answer::status(500));
    let (sender, mut at) = (set.sender("one"), now());
    for pause in [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] {
        assert_eq!(set.send(&sender, at), sent(0, 1, 0), "{pause}");
        let due = at.after(Duration::from_secs(pause));
        assert_eq!(set.notices()[0].due, due);
        assert_eq!(set.send(&sender, Timestamp(due.0 - 1)), Sent::default());
        at = due;
    }
    assert_eq!(set.send(&sender, at), sent(0, 0, 1));
    let dead = set.notices().remove(0);
    assert_eq!((dead.state, dead.attempts), (NoticeState::Dead, 10));
    let problem = dead.problem.unwrap();
    assert!(problem.contains("(500)") && !problem.contains("himitsu"), "{problem}");
    // Somebody has put it right.
    set.web.on("POST", PATH, Answer::status(200));
    set.world.run(async {
        let mut session = set.world.store.write().await.unwrap();
        session.tenant(&one()).revive(dead.id, at).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(set.send(&sender, at.after(MINUTE * 10)), sent(1, 0, 0));
}

#[test]
fn others_wait_behind_what_is_not_taken() {
    let set = Set::told(Set::hook, 40);
    set.web.on("POST", PATH, Answer::status(503));
    let sender = set.sender("one");
    // One attempt, and nothing else is tried, though there is more than is taken at once.
    assert_eq!(set.send(&sender, now()), sent(0, 40, 0));
    assert_eq!(set.web.take_requests().len(), 1);
    let tried: u32 = set.notices().iter().map(|notice| notice.attempts).sum();
    assert_eq!(tried, 1);
    // What comes meanwhile waits as well.
    set.find("more", 1);
    assert_eq!(set.send(&sender, now().after(Duration::from_secs(1))), sent(0, 1, 0));
    assert_eq!(set.web.take_requests().len(), 0);
    set.web.on("POST", PATH, Answer::status(200));
    assert_eq!(set.send(&sender, now().after(MINUTE * 5)), sent(41, 0, 0));
    let names = |got: &[mizumori_test_servers::Request]| {
        got.iter().map(|request| request.header("webhook-id").unwrap().to_owned()).collect::<Vec<_>>()
    };
    let expected: Vec<_> = set.notices().into_iter().map(|notice| notice.message).collect();
    assert_eq!(names(&set.web.take_requests()), expected);
}

#[test]
fn after_four_days_all_of_them_are_given_up() {
    let set = Set::told(Set::hook, 40);
    set.web.on("POST", PATH, Answer::status(503));
    let sender = set.sender("one");
    set.send(&sender, now());
    let late = now().after(MINUTE * 60 * 24 * 4);
    assert_eq!(set.send(&sender, late), sent(0, 0, 40));
    assert!(set.notices().iter().all(|notice| notice.state == NoticeState::Dead && notice.problem.is_some()));
    assert_eq!(set.web.take_requests().len(), 2);
}

#[test]
fn whoever_asks_for_time_gets_it() {
    let set = Set::told(Set::hook, 2);
    set.web.on("POST", PATH, Answer::too_many(3_600));
    let sender = set.sender("one");
    assert_eq!(set.send(&sender, now()), sent(0, 2, 0));
    assert!(set.notices().iter().all(|notice| notice.due == now().after(MINUTE * 60)));
    set.web.on("POST", PATH, Answer::status(200));
    assert_eq!(set.send(&sender, now().after(MINUTE * 59)), Sent::default());
    assert_eq!(set.send(&sender, now().after(MINUTE * 60)), sent(2, 0, 0));
}

#[test]
fn whatever_the_other_side_does() {
    let set = Set::told(Set::hook, 1);
    let mut at = now();
    let short = ChannelPost { timeout: Duration::from_millis(400), ..post() };
    for (answer, part) in [
        (Answer::redirect("http://127.0.0.1:1/"), "(302)"),
        (Answer::never(), "did not answer within"),
        (Answer::text("a".repeat(1_000)).slowly(MINUTE), "did not answer within"),
        (Answer::closed(), ""),
        (Answer::raw("220 mail.example ESMTP\r\n"), ""),
        (Answer::endless(), "more than"),
    ] {
        set.web.on("POST", PATH, answer);
        // Each by another process, which has not left it alone.
        let limit = if part.contains("within") { short.clone() } else { post() };
        let sender = set.sender_with("one", limit);
        assert_eq!(set.send(&sender, at), sent(0, 1, 0), "{part}");
        let notice = set.notices().remove(0);
        let problem = notice.problem.unwrap();
        assert!(problem.contains(part) && !problem.contains("himitsu"), "{problem}");
        at = notice.due;
    }
    set.web.on("POST", PATH, Answer::status(410));
    assert_eq!(set.send(&set.sender("one"), at), sent(0, 0, 1));
}

#[test]
fn nobody_gets_behind_the_operators_gate() {
    let set = Set::told(Set::hook, 1);
    let strict = ChannelPost::new("watch.example");
    assert_eq!(set.send(&set.sender_with("one", strict), now()), sent(0, 1, 0));
    let problem = set.notices()[0].problem.clone().unwrap();
    assert!(problem.contains("not a public one"), "{problem}");
    assert!(set.web.take_requests().is_empty());
}

#[test]
fn nobody_listens() {
    let set = Set::new();
    set.world.channel("siem", &set.hook_at(&format!("https://localhost:{}/", free_port().unwrap())));
    set.world.channel("other", &set.hook());
    set.find("list", 2);
    // One that is down keeps no other one waiting.
    assert_eq!(set.send(&set.sender("one"), now()), sent(2, 2, 0));
    assert_eq!(set.web.take_requests().len(), 2);
}

#[test]
fn channels_and_files_that_are_gone() {
    let set = Set::told(Set::hook, 1);
    set.world.channel("chat", &set.chat());
    set.find("more", 1);
    let secret = std::fs::read_to_string(set.path("secret")).unwrap();
    for name in ["secret", "url"] {
        std::fs::remove_file(set.path(name)).unwrap();
    }
    let sender = set.sender("one");
    assert_eq!(set.send(&sender, now()), sent(0, 3, 0));
    let problem = set.notices()[0].problem.clone().unwrap();
    assert!(problem.contains("could not read the secret in"), "{problem}");
    // What is in it now is none.
    set.write("url", "himitsu");
    set.write("secret", &secret);
    assert_eq!(set.send(&sender, now().after(MINUTE * 6)), sent(2, 1, 0));
    let chat = set.notices().into_iter().find(|notice| notice.destination == "chat").unwrap();
    let problem = chat.problem.unwrap();
    assert!(problem.contains("address") && !problem.contains("himitsu"), "{problem}");
    set.world.run(async {
        let mut session = set.world.store.write().await.unwrap();
        session.tenant(&one()).remove_outlet("chat", now()).await.unwrap();
        session.commit().await.unwrap();
    });
    // One that comes later under the same name is another one.
    set.write("url", &format!("{}{PATH}\n", set.web.url()));
    set.world.channel("chat", &set.chat());
    set.web.take_requests();
    assert_eq!(set.send(&sender, now().after(MINUTE * 60)), Sent::default());
    let chat = set.notices().into_iter().find(|notice| notice.destination == "chat").unwrap();
    assert_eq!((chat.state, chat.problem.as_deref()), (NoticeState::Dead, Some("the channel was removed")));
    assert!(set.web.take_requests().is_empty());
}

#[test]
fn a_mass_goes_out_slowly() {
    let set = Set::told(Set::hook, 5);
    let slow = ChannelPost { per_minute: NonZeroU32::new(2).unwrap(), ..post() };
    let sender = set.sender_with("one", slow);
    for (minute, expected) in [(0, sent(2, 3, 0)), (0, sent(0, 0, 0)), (1, sent(2, 1, 0)), (2, sent(1, 0, 0))]
    {
        assert_eq!(set.send(&sender, now().after(MINUTE * minute)), expected, "{minute}");
    }
    assert!(set.notices().iter().all(|notice| notice.attempts == 1));
}

#[test]
fn what_a_sender_took_that_is_gone_is_sent_by_another() {
    let set = Set::told(Set::hook, 2);
    set.world.run(async {
        let mut session = set.world.store.write().await.unwrap();
        let taken = Taken { by: "gone", length: MINUTE };
        assert_eq!(session.take_notices(Channel::Webhook, taken, now(), 10).await.unwrap().len(), 2);
        session.commit().await.unwrap();
    });
    let sender = set.sender("one");
    assert_eq!(set.send(&sender, now()), Sent::default());
    assert_eq!(set.send(&sender, now().after(MINUTE * 2)), sent(2, 0, 0));
}

#[test]
fn what_a_writer_left_behind_is_told_by_the_sender() {
    let set = Set::told(Set::hook, 1);
    let finding = set.world.findings();
    set.world.run(async {
        let mut session = set.world.store.write().await.unwrap();
        // Somebody took the step and announced nothing.
        session.tenant(&one()).step(&finding[0], State::Confirmed, "a", "b", now()).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(set.send(&set.sender("one"), now()), sent(2, 0, 0));
    assert!(set.web.take_requests()[1].text().contains("confirmed"));
}

#[test]
fn a_chat_reads_no_account() {
    let set = Set::told(Set::chat, 12);
    assert_eq!(set.send(&set.sender("one"), now()), sent(1, 0, 0));
    set.world.mark(&set.world.findings()[0], State::Closed);
    set.web.on("POST", PATH, Answer::text("ok"));
    assert_eq!(set.send(&set.sender("one"), now()), sent(1, 0, 0));
    let got = set.web.take_requests();
    assert!(got[0].text().contains("新規12件"), "{}", got[0].text());
    assert!(got[1].text().contains("検出が終了"), "{}", got[1].text());
    for request in got {
        let text = request.text();
        assert!(!text.contains("list0") && text.contains("AMBER"), "{text}");
    }
}

#[test]
fn a_collector_gets_records() {
    let set = Set::new();
    let collector = Collector::start(&set.world.runtime);
    set.write("log.pem", collector.certificate.authority_pem());
    for (name, format) in [("ocsf", Format::Ocsf), ("cef", Format::Cef)] {
        let to = Destination::Syslog {
            host: "localhost".to_owned(),
            port: collector.port,
            format,
            accounts: Naming::Tag,
            authorities: Some(set.path("log.pem")),
        };
        set.world.channel(name, &ChannelSettings { to, from: Severity::Address });
    }
    set.find("list", 2);
    assert_eq!(set.send(&set.sender("one"), now()), sent(4, 0, 0));
    let messages = collector.wait_for(4);
    let (ocsf, cef): (Vec<_>, Vec<_>) =
        messages.iter().partition(|message| message.contains("\"class_uid\":2004"));
    assert_eq!((ocsf.len(), cef.len()), (2, 2));
    for message in &messages {
        assert!(
            message.contains(" watch.example mizumori ") && message.contains("tlp=\"TLP:AMBER+STRICT\""),
            "{message}"
        );
        assert!(
            !message.contains("pass0") && !message.contains('@') || message.contains("mizumori@32473"),
            "{message}"
        );
    }
    assert!(cef.iter().all(|message| message.contains("CEF:0|Mizumori|")), "{cef:?}");
    // One whose certificate nobody knows.
    set.write("log.pem", set.web.ca_pem());
    set.find("more", 1);
    assert_eq!(set.send(&set.sender("two"), now()), sent(0, 2, 0));
}

#[test]
fn a_test_says_that_it_is_one() {
    let set = Set::new();
    let organisation = set.world.run(async {
        let mut session = set.world.store.read().await.unwrap();
        session.organisation(&one()).await.unwrap().unwrap()
    });
    let channels = Channels::new(post());
    let test = |settings: &ChannelSettings| {
        set.world.run(channels.test(&organisation, &outlet(settings), "1", now()))
    };
    assert!(test(&set.hook()).unwrap().is_accepted());
    assert!(test(&set.chat()).unwrap().is_accepted());
    let got = set.web.take_requests();
    assert_eq!(got[0].header("webhook-id"), Some("test-1-3"));
    assert!(
        got[0].text().contains("\"type\":\"test\"") && got[1].text().contains("試験"),
        "{}",
        got[1].text()
    );
    set.web.on("POST", PATH, Answer::status(404));
    let refused = test(&set.chat()).unwrap();
    let why = refused.why().unwrap().to_string();
    assert!(why.contains("(404)") && !why.contains("himitsu"), "{why}");
    std::fs::remove_file(set.path("secret")).unwrap();
    assert!(test(&set.hook()).is_err());
    let none = Outlet { document: "{}".to_owned(), ..outlet(&set.hook()) };
    assert!(set.world.run(channels.test(&organisation, &none, "1", now())).is_err());
}

fn outlet(settings: &ChannelSettings) -> Outlet {
    Outlet {
        id: OutletId(3),
        name: "siem".to_owned(),
        channel: settings.channel(),
        document: settings.to_text(),
    }
}
