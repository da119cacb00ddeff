//! Chats against a server that answers as Slack, Teams and Mattermost do, and as nobody should.

use std::time::{Duration, SystemTime};

use mizumori_core::{LeakTime, Secret, SecretKind, Severity, Timestamp};
use mizumori_outbound::{Client, ClientSettings, Reach};
use mizumori_respond::chat::{Chat, ChatKind};
use mizumori_respond::event::{Event, Happened, Subject};
use mizumori_respond::{Delivery, Tlp};
use mizumori_test_servers::{Answer, Web};
use serde_json::Value;

use crate::mails::{LONG, SHORT, check, client};

const KINDS: [ChatKind; 3] = [ChatKind::Slack, ChatKind::Teams, ChatKind::Mattermost];
/// The address of a webhook is a secret.
const PATH: &str = "/services/T0/himitsu";

fn event() -> Event {
    Event {
        id: "evt_1".to_owned(),
        happened: Happened::Created,
        at: Timestamp(1_795_392_000_123),
        finding: "f1".to_owned(),
        reference: "SG-2026-0001".to_owned(),
        organisation: "水源省".to_owned(),
        subject: Subject::Account("taro@suigen.example".to_owned()),
        severity: Severity::Password,
        state: "new".to_owned(),
        is_closed: false,
        source: "sample-2026".to_owned(),
        title: "<!channel> @here 水 | *A* sample".to_owned(),
        time: LeakTime::Month("2026-05".parse().unwrap()),
        site: Some("shop.example".to_owned()),
        kind: SecretKind::Clear,
        tlp: Tlp::Amber,
    }
}

fn chat(kind: ChatKind, server: &Web) -> Chat {
    Chat::new(kind, &Secret::new(format!("{}{PATH}?sig=himitsu", server.url()))).unwrap()
}

async fn send(kind: ChatKind, server: &Web, client: &Client) -> Delivery {
    let delivery = chat(kind, server).send(client, &event(), SystemTime::UNIX_EPOCH).await;
    let why = delivery.why().map(ToString::to_string).unwrap_or_default();
    assert!(!why.contains("himitsu") && !format!("{delivery:?}").contains("himitsu"), "{why}");
    delivery
}

#[tokio::test]
async fn what_they_get() {
    let server = Web::start().unwrap();
    for (kind, answer) in [
        (ChatKind::Slack, Answer::text("ok")),
        // A workflow takes it and posts it afterwards.
        (ChatKind::Teams, Answer::status(202)),
        (ChatKind::Mattermost, Answer::text("ok")),
    ] {
        server.on("POST", PATH, answer);
        check(&send(kind, &server, &client(LONG)).await, "accepted", "");
        let got = server.take_requests();
        assert_eq!(got.len(), 1, "{kind:?}");
        assert_eq!(got[0].header("content-type"), Some("application/json"));
        assert_eq!(got[0].query.as_deref(), Some("sig=himitsu"));
        let text = got[0].text();
        assert!(!text.contains("taro") && !text.contains("@here") && !text.contains("<!"), "{text}");
        let body: Value = serde_json::from_str(&text).unwrap();
        let pointer = match kind {
            ChatKind::Slack => "/blocks/0/text/text",
            ChatKind::Teams => "/attachments/0/content/body/0/inlines/0/text",
            ChatKind::Mattermost => "/text",
        };
        assert!(body.pointer(pointer).unwrap().as_str().unwrap().contains("水源省"), "{text}");
    }
}

#[tokio::test]
async fn what_their_answers_mean() {
    let server = Web::start().unwrap();
    let said = |status, body: &str| Answer::text(body).with_status(status);
    let json = |status, body: &str| Answer::json(body).with_status(status);
    let connector = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with \
                     ContextId tcid=0,server=SG2PEPF000";
    for (kind, answer, expected, part) in [
        (ChatKind::Slack, said(400, "invalid_payload"), "later", "(400)"),
        (ChatKind::Slack, said(403, "action_prohibited"), "later", "(403)"),
        (ChatKind::Slack, said(404, "no_service"), "later", "(404)"),
        (ChatKind::Slack, said(410, "channel_is_archived"), "never", "(410)"),
        (ChatKind::Slack, said(500, "rollup_error"), "later", "(500)"),
        (ChatKind::Teams, said(200, "1"), "accepted", ""),
        (ChatKind::Teams, said(200, connector), "later", "(429)"),
        (ChatKind::Teams, said(200, "endpoint returned HTTP error "), "later", "refused the message"),
        (ChatKind::Teams, json(400, r#"{"error":{"code":"TriggerInputSchemaMismatch"}}"#), "later", "(400)"),
        (
            ChatKind::Teams,
            json(401, r#"{"error":{"code":"DirectApiAuthorizationRequired"}}"#),
            "later",
            "(401)",
        ),
        (ChatKind::Teams, json(404, r#"{"error":{"code":"WorkflowNotFound"}}"#), "later", "(404)"),
        (
            ChatKind::Mattermost,
            json(400, r#"{"id":"web.incoming_webhook.parse.app_error"}"#),
            "later",
            "(400)",
        ),
        (
            ChatKind::Mattermost,
            json(404, r#"{"id":"web.incoming_webhook.channel.app_error"}"#),
            "later",
            "(404)",
        ),
        (
            ChatKind::Mattermost,
            json(501, r#"{"id":"web.incoming_webhook.disabled.app_error"}"#),
            "later",
            "(501)",
        ),
    ] {
        server.on("POST", PATH, answer);
        check(&send(kind, &server, &client(LONG)).await, expected, part);
    }
}

#[tokio::test]
async fn too_many() {
    let server = Web::start().unwrap();
    for kind in KINDS {
        for (answer, expected) in [
            (Answer::too_many(30), Some(30)),
            (Answer::too_many(1_000_000), Some(24 * 3600)),
            (Answer::status(429), None),
            (Answer::status(429).header("retry-after", "soon"), None),
            (Answer::status(503).header("retry-after", "Thu, 01 Jan 1970 00:02:00 GMT"), Some(120)),
        ] {
            server.on("POST", PATH, answer.clone());
            let delivery = send(kind, &server, &client(LONG)).await;
            let Delivery::Later { after, .. } = delivery else { panic!("{answer:?}: {delivery:?}") };
            assert_eq!(after, expected.map(Duration::from_secs), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn whoever_answers_something_else() {
    let server = Web::start().unwrap();
    let page = "\u{feff}\n<!DOCTYPE html><title>Sign in to the network of the hotel</title>";
    for kind in KINDS {
        for (answer, part) in [
            (Answer::text(page), "cannot be understood"),
            (Answer::redirect("http://127.0.0.1:1/"), "(302)"),
            (Answer::closed(), ""),
            (Answer::raw("220 mail.example ESMTP\r\n"), ""),
            (Answer::raw("\u{0}\u{1}"), ""),
            (Answer::endless(), "more than"),
            (Answer::text("ok".repeat(100)).cut(), ""),
        ] {
            server.on("POST", PATH, answer);
            check(&send(kind, &server, &client(LONG)).await, "later", part);
        }
        for (answer, name) in
            [(Answer::never(), "never"), (Answer::text("ok".repeat(1000)).slowly(LONG), "slowly")]
        {
            server.on("POST", PATH, answer);
            let delivery = send(kind, &server, &client(SHORT)).await;
            assert!(matches!(delivery, Delivery::Later { .. }), "{name}: {delivery:?}");
            check(&delivery, "later", "did not answer within");
        }
        // Late is not lost.
        server.on("POST", PATH, Answer::text("ok").after(Duration::from_millis(50)));
        check(&send(kind, &server, &client(LONG)).await, "accepted", "");
    }
}

#[tokio::test]
async fn where_nothing_is_posted() {
    let mut server = Web::start().unwrap();
    let strict = Client::new(&ClientSettings::new(Reach::Public)).unwrap();
    check(&send(ChatKind::Slack, &server, &strict).await, "never", "only https");
    let inside = Chat::new(ChatKind::Teams, &Secret::new("https://127.0.0.1:1/himitsu".to_owned())).unwrap();
    check(&inside.send(&strict, &event(), SystemTime::now()).await, "later", "not a public one");
    assert!(server.requests().is_empty());
    server.on("POST", PATH, Answer::text("ok"));
    server.stop();
    check(&send(ChatKind::Mattermost, &server, &client(LONG)).await, "later", "could not reach");
    server.restart().unwrap();
    check(&send(ChatKind::Mattermost, &server, &client(LONG)).await, "accepted", "");
}
