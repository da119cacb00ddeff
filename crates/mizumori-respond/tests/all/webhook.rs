//! Webhooks against a server that answers what it is told.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use mizumori_core::Secret;
use mizumori_outbound::{Client, ClientSettings, Reach};
use mizumori_respond::Delivery;
use mizumori_respond::webhook::{Message, Webhook, WebhookSecret};
use mizumori_test_servers::{Answer, Web};

use crate::mails::{LONG, SHORT, authority, check, client};

/// Where the test command puts it.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/clients/python/bin/python");

const VERIFY: &str = "
import json, sys
from standardwebhooks.webhooks import Webhook
given = json.load(sys.stdin)
print(json.dumps(Webhook(given['secret']).verify(given['body'], given['headers'])))
";

fn hook(url: &str, secrets: Vec<WebhookSecret>) -> Webhook {
    Webhook::new(&Secret::new(url.to_owned()), secrets).unwrap()
}

fn message() -> Message {
    Message::new("evt_1", "{\"type\":\"finding.created\",\"title\":\"水源省\"}".into()).unwrap()
}

#[tokio::test]
async fn another_program_verifies_what_we_sign() {
    if std::env::var_os("MIZUMORI_WITHOUT_CLIENTS").is_some() {
        return;
    }
    let server = Web::start().unwrap();
    server.on("POST", "/hook", Answer::status(204));
    let [new, old] = [(), ()].map(|()| WebhookSecret::random().unwrap());
    let hook = hook(&format!("{}/hook", server.url()), vec![new.clone(), old.clone()]);
    // The other program takes nothing that is older than five minutes.
    check(&hook.send(&client(LONG), &message(), SystemTime::now()).await, "accepted", "");
    let got = &server.wait_for(1).unwrap()[0];
    let header = |name: &str| got.header(name).unwrap().to_owned();
    assert_eq!(header("content-type"), "application/json");
    let verify = |secret: &WebhookSecret, body: &str| {
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let headers: std::collections::BTreeMap<_, _> =
            names.into_iter().map(|name| (name, header(name))).collect();
        let given = serde_json::json!({ "secret": secret.expose(), "body": body, "headers": headers });
        let mut child = Command::new(PYTHON)
            .args(["-c", VERIFY])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python is missing: `cargo xtask test` fetches it");
        child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    };
    let body = String::from_utf8(got.body.clone()).unwrap();
    for secret in [&new, &old] {
        let read: serde_json::Value = serde_json::from_str(&verify(secret, &body).unwrap()).unwrap();
        assert_eq!(read["title"], "水源省");
    }
    assert_eq!(verify(&new, &body.replace("created", "closed")), None);
    assert_eq!(verify(&WebhookSecret::random().unwrap(), &body), None);
}

#[tokio::test]
async fn what_answers_mean() {
    let server = Web::start().unwrap();
    let hook = hook(&format!("{}/hook", server.url()), vec![WebhookSecret::random().unwrap()]);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_392_000);
    for (answer, expected, part) in [
        (Answer::status(200), "accepted", ""),
        (Answer::status(204), "accepted", ""),
        (Answer::status(410), "never", "(410)"),
        (Answer::status(404), "later", "(404)"),
        (Answer::status(500), "later", "(500)"),
        (Answer::redirect("http://127.0.0.1:1/"), "later", "(302)"),
        (Answer::closed(), "later", ""),
        (Answer::raw("220 mail.example ESMTP\r\n"), "later", ""),
        (Answer::endless(), "later", "more than"),
        (Answer::text("a".repeat(100)).cut(), "later", ""),
    ] {
        server.on("POST", "/hook", answer);
        check(&hook.send(&client(LONG), &message(), now).await, expected, part);
    }
    for (seconds, after) in [(7, 7), (1_000_000, 24 * 3600)] {
        server.on("POST", "/hook", Answer::too_many(seconds));
        let delivery = hook.send(&client(LONG), &message(), now).await;
        assert!(
            matches!(delivery, Delivery::Later { after: Some(found), .. } if found == Duration::from_secs(after)),
            "{delivery:?}"
        );
    }
    server.on("POST", "/hook", Answer::never());
    check(&hook.send(&client(SHORT), &message(), now).await, "later", "did not answer within");
    drop(server);
    check(&hook.send(&client(LONG), &message(), now).await, "later", "could not reach");
}

#[tokio::test]
async fn where_nothing_is_sent() {
    let server = Web::start_tls().unwrap();
    let secret = || vec![WebhookSecret::random().unwrap()];
    let now = SystemTime::now();
    let file = authority(server.ca_pem());
    let strict =
        ClientSettings { authorities: Some(file.path().to_owned()), ..ClientSettings::new(Reach::Public) };
    let strict = Client::new(&strict).unwrap();
    let inside = hook(&format!("{}/himitsu", server.url()), secret());
    check(&inside.send(&strict, &message(), now).await, "later", "not a public one");
    let clear = hook("http://hook.example/himitsu", secret());
    check(&clear.send(&strict, &message(), now).await, "never", "only https");
    let named = hook("https://a:himitsu@hook.example/", secret());
    check(&named.send(&strict, &message(), now).await, "never", "user name");
    let unknown = hook(&format!("{}/himitsu", server.url()), secret());
    check(&unknown.send(&client(LONG), &message(), now).await, "later", "");
    assert!(server.requests().is_empty());
}
