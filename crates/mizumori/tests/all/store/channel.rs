//! `mizumori channel`, and what becomes of notices for channels: added, listed, tested, replayed; no secret is shown.

use std::time::Duration;

use mizumori_core::keys::{AccountTag, SecretTag};
use mizumori_core::{SecretKind, Severity, Timestamp};
use mizumori_store::{
    Channel, Finding, HolderAddress, NewFinding, NewHolder, Notice, Recorded, Session, State, Taken,
};
use mizumori_test_servers::{Answer, Web};

use super::{Kept, id, on_both};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ACCOUNT: AccountTag = AccountTag { hi: 1, lo: 2 };

pub(super) fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

/// With the organisation `suigen`, and files of secrets.
fn kept(kept: &Kept) -> &Kept {
    kept.organisation("suigen", "full");
    kept.folder
        .write("hook.secret", format!("{SECRET}\n"))
        .write("room.secret", "https://hooks.example/himitsu\n");
    kept
}

/// A web server, which the configuration lets us reach.
fn web(kept: &Kept) -> Web {
    let web = Web::start_tls().unwrap();
    let store = &kept.url;
    kept.folder
        .write(
            "mizumori.toml",
            format!("store = {store:?}\n[channels]\nallowed = ['localhost']\ntlp = 'amber'\n"),
        )
        .write("ca.pem", web.ca_pem())
        .write("room.secret", format!("{}/himitsu\n", web.url()));
    web
}

/// A finding of an account that a directory knows, straight into the store.
pub(super) async fn found(session: &mut Session) -> Finding {
    let organisation = id("suigen");
    let mut tenant = session.tenant(&organisation);
    let directory = tenant.keep_directory("main", "csv", "{}").await.unwrap();
    let sync = tenant.begin_sync(directory).await.unwrap();
    let address = HolderAddress { address: "hanako@suigen.example".to_owned(), account: ACCOUNT };
    let holder = NewHolder {
        entry: "hanako".to_owned(),
        addresses: vec![address],
        enabled: true,
        ..NewHolder::default()
    };
    tenant.keep_holder(directory, sync, &holder).await.unwrap();
    tenant.end_sync(directory, sync, now()).await.unwrap();
    let new = NewFinding {
        account: ACCOUNT,
        secret: Some(SecretTag(3)),
        site: None,
        source: "list-1".to_owned(),
        place: "forum".to_owned(),
        month: "2026-10".parse().ok(),
        host: "suigen.example".to_owned(),
        kind: SecretKind::Clear,
        machine: None,
        severity: Severity::Password,
        state: State::New,
        backlog: false,
        same_as: None,
        version: 1,
    };
    let Recorded::Kept(finding) = tenant.record(&new, now()).await.unwrap() else { panic!() };
    *finding
}

fn notices(kept: &Kept) -> Vec<Notice> {
    kept.work(async |session| session.tenant(&id("suigen")).notices(None, 99).await.unwrap())
}

#[test]
fn are_added_listed_and_removed() {
    on_both(|store| {
        let kept = kept(store);
        kept.organisation("mori", "full");
        kept.run("channel add suigen desk webhook --url https://desk.example:8443/himitsu --secret-file hook.secret --addresses")
            .ends(0)
            .saying(&["channel test suigen desk"]);
        kept.run("channel add suigen siem --from password syslog --server tls://log.example --format cef")
            .ends(0);
        kept.run("channel add suigen room --from own-site chat teams --url-file room.secret --language en")
            .ends(0);
        let room = kept.folder.path("room.secret").display().to_string();
        let listed: Vec<_> = kept
            .list("channel list suigen")
            .iter()
            .map(|one| ["name", "kind", "from", "to"].map(|key| one[key].as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(
            listed,
            [
                ["desk", "webhook", "address", "desk.example:8443"],
                ["room", "chat", "own-site", &*room],
                ["siem", "syslog", "password", "log.example:6514"],
            ]
        );
        let table = kept.run("channel list suigen");
        table.ends(0).quietly().printing(&["desk.example:8443", "log.example:6514"]);
        assert!(!table.out().contains("himitsu"));
        assert_eq!(kept.list("channel list mori"), Vec::<serde_json::Value>::new());
        // Under the same name it is another one.
        kept.run("channel add suigen siem syslog --server tls://log.example:601 --format ocsf").ends(0);
        assert_eq!(kept.list("channel list suigen")[2]["to"], "log.example:601");
        kept.run("channel remove mori siem").ends(2).saying(&["there is no channel `siem`"]);
        kept.run("channel remove suigen siem").ends(0);
        kept.run("channel remove suigen siem").ends(2);
        assert_eq!(
            kept.audited(2),
            [
                ["channel add", "desk", "webhook from=address addresses"],
                ["channel add", "siem", "syslog from=password"],
                ["channel add", "room", "chat from=own-site"],
                ["channel add", "siem", "syslog from=address"],
                ["channel remove", "siem", ""],
            ]
        );
        // What is a secret is in its file alone.
        kept.run("store backup all.jsonl").ends(0);
        let backup = kept.folder.read("all.jsonl");
        assert!(!backup.contains(SECRET) && !backup.contains("hooks.example"), "{backup}");
    });
}

#[test]
fn mistakes_change_nothing() {
    on_both(|store| {
        let kept = kept(store);
        kept.organisation("try", "evaluation");
        kept.folder.write("no.secret", "himitsu").write("http.secret", "http://hooks.example/himitsu");
        for (wrong, says) in [
            (
                "suigen desk webhook --url https://desk.example --secret-file none.secret",
                "could not read the secret",
            ),
            ("suigen desk webhook --url https://desk.example --secret-file no.secret", "whsec_"),
            ("suigen desk webhook --url http://desk.example --secret-file hook.secret", "https://"),
            ("suigen desk webhook --url himitsu --secret-file hook.secret", "address is none"),
            (
                "suigen desk webhook --url https://desk.example --secret-file hook.secret --ca none.pem",
                "none.pem",
            ),
            ("suigen siem syslog --server tcp://log.example --format cef", "write tls://HOST"),
            ("suigen siem syslog --server tls://log.example --format xml", "invalid value"),
            ("suigen room chat irc --url-file room.secret", "invalid value"),
            ("suigen room chat slack --url-file no.secret", "address is none"),
            ("suigen room chat slack --url-file http.secret", "https://"),
            ("suigen room --from bad chat slack --url-file room.secret", "stealer-log"),
            ("suigen a/b chat slack --url-file room.secret", "letters, digits"),
            ("other room chat slack --url-file room.secret", "no organisation `other`"),
            ("try room chat slack --url-file room.secret", "this edition does not have that"),
        ] {
            let run = kept.run(&format!("channel add {wrong}"));
            run.ends(2).saying(&[says]);
            let shown = run.err().replace("`himitsu`", "");
            assert!(!shown.contains("himitsu") || wrong.contains("himitsu"), "{shown}");
        }
        for command in ["channel list other", "channel remove other room", "channel test other room"] {
            kept.run(command).ends(2).saying(&["no organisation `other`"]);
        }
        kept.run("channel test suigen room").ends(2).saying(&["no channel `room`", "channel list suigen"]);
        assert!(kept.audited(2).is_empty() && kept.list("channel list suigen").is_empty());
    });
}

#[test]
fn a_test_says_what_the_other_side_answered() {
    let store = Kept::sqlite();
    let kept = kept(&store);
    let web = web(kept);
    let hook = format!("--url {}/himitsu --secret-file hook.secret --ca ca.pem", web.url());
    kept.run(&format!("channel add suigen desk webhook {hook}")).ends(0);
    kept.run("channel add suigen room chat slack --url-file room.secret --ca ca.pem").ends(0);
    web.on("POST", "/himitsu", Answer::text("ok"));
    for name in ["desk", "room"] {
        kept.run(&format!("channel test suigen {name}")).ends(0).saying(&["the test message was accepted"]);
    }
    let got = web.take_requests();
    assert!(
        got[0].text().contains("\"type\":\"test\"") && got[0].text().contains("TLP:AMBER\""),
        "{}",
        got[0].text()
    );
    assert!(got[1].text().contains("これは試験の通知です"), "{}", got[1].text());
    for (answer, says) in [
        (Answer::status(404), "refused the message (404)"),
        (Answer::redirect("https://127.0.0.1/"), "refused the message (302)"),
        (Answer::too_many(60), "refused the message (429)"),
        (Answer::status(410), "given up at once"),
    ] {
        web.on("POST", "/himitsu", answer);
        for name in ["desk", "room"] {
            let run = kept.run(&format!("channel test suigen {name}"));
            run.ends(2).saying(&[says]);
            assert!(!run.err().contains("himitsu"), "{}", run.err());
        }
    }
    // What the operator has not let through cannot be reached.
    kept.folder.write("mizumori.toml", format!("store = {:?}\n", kept.url));
    kept.run("channel test suigen desk").ends(2).saying(&["not a public one"]);
    std::fs::remove_file(kept.folder.path("hook.secret")).unwrap();
    kept.run("channel test suigen desk").ends(2).saying(&["could not read the secret"]);
    for (wrong, says) in [
        ("tlp = 'white'", "no label of the Traffic Light Protocol"),
        ("per_minute = 0", "`per_minute` in [channels]"),
        ("allowed = ['10.0.0.0/99']", "see `allowed` in [channels]"),
        ("allowed = [1]", "a host or a network"),
        ("speed = 1", "speed"),
    ] {
        kept.folder.write("mizumori.toml", format!("store = {:?}\n[channels]\n{wrong}\n", kept.url));
        kept.run("channel test suigen desk").ends(2).saying(&[says]);
    }
}

#[test]
fn steps_by_hand_are_told_in_their_own_transaction() {
    on_both(|store| {
        let kept = kept(store);
        kept.run("channel add suigen room chat slack --url-file room.secret").ends(0);
        let finding = kept.work(found);
        // Whoever made it has told nobody; it is not lost.
        assert!(notices(kept).is_empty());
        let mark =
            |state: &str| kept.run(&format!("finding mark suigen {} {state} --why so", finding.reference));
        mark("confirmed").ends(0);
        mark("closed").ends(0);
        let told = notices(kept);
        assert_eq!(told.iter().map(|notice| notice.channel).collect::<Vec<_>>(), [Channel::Chat; 2]);
        let listed = kept.list("notice list suigen");
        assert_eq!((&listed[0]["to"], &listed[0]["channel"]), (&"room".into(), &"chat".into()));
        assert_eq!(listed[0]["findings"], serde_json::json!([finding.reference.as_str()]));
        // What cannot be is told to nobody.
        mark("closed").ends(2);
        assert_eq!(notices(kept).len(), 2);
    });
}

#[test]
fn what_was_sent_is_sent_again() {
    on_both(|store| {
        let kept = kept(store);
        kept.organisation("mori", "full");
        kept.run("channel add suigen room chat slack --url-file room.secret").ends(0);
        let finding = kept.work(found);
        kept.run(&format!("finding mark suigen {} confirmed --why yes", finding.reference)).ends(0);
        let before = notices(kept).remove(0);
        let number = before.id.0;
        kept.run(&format!("notice replay suigen {number}"))
            .ends(2)
            .saying(&["no notice of that number that was sent to a channel", "--state sent"]);
        kept.work(async |session| {
            let taken = Taken { by: "test", length: Duration::from_secs(60) };
            session.take_notices(Channel::Chat, taken, before.due, 9).await.unwrap();
            assert!(session.sent(before.id, "test", now()).await.unwrap());
        });
        kept.run(&format!("notice replay mori {number}")).ends(2);
        kept.run(&format!("notice replay other {number}")).ends(2).saying(&["no organisation `other`"]);
        kept.run(&format!("notice replay suigen {number}")).ends(0).saying(&["waits to be told again"]);
        let after = notices(kept).remove(0);
        assert_eq!((&after.message, after.attempts, after.done), (&before.message, 0, None));
        let audited = kept.audited(0);
        assert_eq!(audited[audited.len() - 1], ["notice replay", &*number.to_string(), ""]);
    });
}
