//! Mails through a real server.

use std::time::Instant;

use mizumori_respond::mail::{MailServer, Security};
use mizumori_test_servers::{PATIENCE, Smtp};

use crate::mails::{authority, check, login, mail, prepared, real, settings};

fn started() -> Option<Smtp> {
    if Smtp::is_left_out() {
        return None;
    }
    Some(Smtp::start().unwrap())
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let Some(server) = started() else { return };
    let mut sent = mail("Taro@suigen.example", 1);
    sent.thread = vec!["f1.0@suigen.example".parse().unwrap()];
    check(&real(&server).send(&sent).await, "accepted", "");
    let mails = server.wait_for(1, Instant::now() + PATIENCE).unwrap();
    let got = &mails[0];
    assert_eq!((&*got.recipient, &*got.sender), ("taro@suigen.example", "mizumori@suigen.example"));
    for (name, value) in [
        ("Subject", &*sent.subject),
        ("Message-ID", "<f1.1@suigen.example>"),
        ("In-Reply-To", "<f1.0@suigen.example>"),
        ("References", "<f1.0@suigen.example>"),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Language", "ja"),
        ("X-TLP", "TLP:AMBER+STRICT"),
        ("Date", "Sun, 13 Sep 2020 12:26:40 +0000"),
    ] {
        assert_eq!(got.header(name).as_deref().map(str::trim), Some(value), "{name}");
    }
    assert!(got.header("To").unwrap().contains("水源 太郎"), "{:?}", got.header("To"));
    assert!(got.header("From").unwrap().contains("水源省 情報システム課"));
    assert_eq!(got.text().replace("\r\n", "\n").trim(), sent.text.trim());
    assert_eq!(got.html().trim(), "<p>水源省からのお知らせです。</p>");
    assert!(got.raw.is_ascii() && got.header("List-Unsubscribe").is_none());
}

#[tokio::test]
async fn many_mails_go_over_few_connections() {
    let Some(server) = started() else { return };
    let to = real(&server);
    for number in 0..20 {
        check(&to.send(&mail("taro@suigen.example", number)).await, "accepted", "");
    }
    to.close().await;
    server.wait_for(20, Instant::now() + PATIENCE).unwrap();
}

#[tokio::test]
async fn mails_that_go_at_once_all_arrive() {
    let Some(server) = started() else { return };
    let to = std::sync::Arc::new(real(&server));
    let all: Vec<_> = (0..24)
        .map(|number| {
            let to = std::sync::Arc::clone(&to);
            tokio::spawn(async move { to.send(&mail("taro@suigen.example", number)).await.is_accepted() })
        })
        .collect();
    for one in all {
        assert!(one.await.unwrap());
    }
    let mails = server.wait_for(24, Instant::now() + PATIENCE).unwrap();
    let mut ids: Vec<_> = mails.iter().filter_map(|mail| mail.header("Message-ID")).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 24);
}

#[tokio::test]
async fn tls_from_the_beginning() {
    let Some(server) = started() else { return };
    let file = authority(server.ca_pem());
    let mut settings = settings(server.tls_port(), Security::Tls, &file);
    settings.login = login();
    let to = MailServer::new(settings, Vec::new()).unwrap();
    to.check().await.unwrap();
    check(&to.send(&mail("taro@suigen.example", 1)).await, "accepted", "");
    server.wait_for(1, Instant::now() + PATIENCE).unwrap();
}

#[tokio::test]
async fn what_the_server_refuses() {
    let Some(server) = started() else { return };
    let to = real(&server);
    check(&to.send(&mail("unknown@suigen.example", 1)).await, "never", "the recipient (550 5.1.1)");
    check(&to.send(&mail("full@suigen.example", 2)).await, "later", "the recipient (452 4.2.2)");
    check(&to.send(&mail("taro@elsewhere.test", 3)).await, "never", "the recipient (550 5.7.1)");
    check(&to.send(&mail("taro@suigen.example", 4)).await, "accepted", "");
    let mails = server.wait_for(1, Instant::now() + PATIENCE).unwrap();
    assert_eq!(mails.len(), 1);
}

#[tokio::test]
async fn whom_the_server_does_not_let_in() {
    let Some(server) = started() else { return };
    let file = authority(server.ca_pem());
    let settings = settings(server.port(), Security::StartTls, &file);
    let nobody = prepared(settings.clone(), server.ca_pem());
    check(&nobody.send(&mail("taro@suigen.example", 1)).await, "later", "refused to let us in (530 5.7.0)");
    let mut wrong = settings;
    wrong.login = login().map(|login| mizumori_respond::mail::Login {
        password: mizumori_core::Secret::new("another".to_owned()),
        ..login
    });
    let wrong = prepared(wrong, server.ca_pem());
    check(&wrong.send(&mail("taro@suigen.example", 2)).await, "later", "refused to let us in (535");
    assert!(wrong.check().await.is_err());
    assert!(!format!("{wrong:?}").contains("another"));
}

#[tokio::test]
async fn a_server_that_comes_back() {
    let Some(mut server) = started() else { return };
    let to = real(&server);
    check(&to.send(&mail("taro@suigen.example", 1)).await, "accepted", "");
    // Who serves a connection that is open goes on when the server ends.
    to.close().await;
    server.stop().unwrap();
    check(&to.send(&mail("taro@suigen.example", 2)).await, "later", "could not reach");
    server.restart().unwrap();
    check(&to.send(&mail("taro@suigen.example", 2)).await, "accepted", "");
    assert_eq!(server.wait_for(2, Instant::now() + PATIENCE).unwrap().len(), 2);
}
