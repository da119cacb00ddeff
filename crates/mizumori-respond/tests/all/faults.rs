//! Servers that fail at every word.

use std::time::Instant;

use mizumori_respond::mail::{MailServer, MailSettings, Security};
use mizumori_test_servers::{Certificate, FaultySmtp, PATIENCE, SmtpFault, Stage, Validity};

use crate::mails::{LONG, SHORT, authority, check, faulty, mail, prepared, settings, told};

const TO: &str = "taro@suigen.example";

/// What a refusal at a stage means, the number it came with being 4xx or 5xx.
const STAGES: &[(Stage, &str)] = &[
    (Stage::Greeting, "later"),
    (Stage::Hello, "later"),
    (Stage::StartTls, "later"),
    (Stage::Auth, "later"),
    (Stage::Mail, "later"),
    (Stage::Recipient, "never"),
    (Stage::Data, "never"),
    (Stage::Message, "never"),
];

#[tokio::test]
async fn refusals_at_every_stage() {
    let server = FaultySmtp::start().unwrap();
    for (stage, permanent) in STAGES {
        for (fault, expected) in [
            (SmtpFault::Temporary, "later"),
            (SmtpFault::Permanent, *permanent),
            (SmtpFault::Nonsense, "later"),
            (SmtpFault::Endless, "later"),
            (SmtpFault::Closes, "later"),
        ] {
            let to = faulty(&server, LONG);
            server.fail(*stage, fault);
            let delivery = to.send(&mail(TO, 1)).await;
            let (found, why) = told(&delivery);
            assert_eq!(found, expected, "{stage:?} {fault:?}: {why}");
            assert!(!why.contains("not from you") && !why.contains('@'), "{why}");
            server.heal();
            check(&to.send(&mail(TO, 2)).await, "accepted", "");
        }
    }
}

#[tokio::test]
async fn silence_at_every_stage() {
    let server = FaultySmtp::start().unwrap();
    for (stage, _) in STAGES {
        server.fail(*stage, SmtpFault::Hangs);
        check(&faulty(&server, SHORT).send(&mail(TO, 1)).await, "later", "did not take it within 0.4 s");
        server.heal();
    }
    check(&faulty(&server, LONG).send(&mail(TO, 2)).await, "accepted", "");
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile() {
    let server = FaultySmtp::start().unwrap();
    let to = faulty(&server, LONG);
    check(&to.send(&mail(TO, 1)).await, "accepted", "");
    server.fail_times(Stage::Mail, SmtpFault::Closes, 1);
    check(&to.send(&mail(TO, 2)).await, "accepted", "");
    assert_eq!((server.connections(), server.mails().len()), (2, 2));
    check(&to.send(&mail(TO, 3)).await, "accepted", "");
    assert_eq!(server.connections(), 2, "the new one is used again");
}

#[tokio::test]
async fn a_mail_whose_answer_is_lost_keeps_its_name() {
    let server = FaultySmtp::start().unwrap();
    let to = faulty(&server, LONG);
    server.fail_times(Stage::Message, SmtpFault::Closes, 1);
    check(&to.send(&mail(TO, 1)).await, "later", "");
    check(&to.send(&mail(TO, 1)).await, "accepted", "");
    let ids: Vec<_> = server.mails().iter().filter_map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids, ["<f1.1@suigen.example>", "<f1.1@suigen.example>"]);
}

#[tokio::test]
async fn what_is_cut_off_in_the_middle_is_not_taken_up_again() {
    let server = FaultySmtp::start().unwrap();
    let to = std::sync::Arc::new(faulty(&server, LONG));
    server.fail(Stage::Recipient, SmtpFault::Hangs);
    let cut = tokio::spawn({
        let to = std::sync::Arc::clone(&to);
        async move { to.send(&mail("cut@suigen.example", 1)).await.is_accepted() }
    });
    let deadline = Instant::now() + PATIENCE;
    while !server.commands().iter().any(|command| command.starts_with("RCPT")) {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    cut.abort();
    assert!(cut.await.is_err());
    server.heal();
    check(&to.send(&mail(TO, 2)).await, "accepted", "");
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipient, TO);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_refused_mail_does_not_cost_the_connection() {
    let server = FaultySmtp::start().unwrap();
    let to = faulty(&server, LONG);
    for number in 0..5 {
        server.fail_times(Stage::Recipient, SmtpFault::Permanent, 1);
        check(&to.send(&mail(TO, number)).await, "never", "refused the recipient (550 5.7.1)");
    }
    check(&to.send(&mail(TO, 9)).await, "accepted", "");
    assert_eq!((server.connections(), server.mails().len()), (1, 1));
}

#[tokio::test]
async fn without_tls_not_a_word_of_a_mail() {
    let server = FaultySmtp::start_plain().unwrap();
    check(&faulty(&server, LONG).send(&mail(TO, 1)).await, "later", "no STARTTLS");
    assert!(server.commands().iter().all(|command| command.starts_with("EHLO") || command == "QUIT"));
}

#[tokio::test]
async fn certificates_that_are_not_taken() {
    let expired = FaultySmtp::start_with(Certificate::of_loopback(Validity::Expired).unwrap()).unwrap();
    check(&faulty(&expired, LONG).send(&mail(TO, 1)).await, "later", "securely");
    let unknown = FaultySmtp::start().unwrap();
    let file = authority(expired.ca_pem());
    let mut other = settings(unknown.port(), Security::StartTls, &file);
    check(&prepared(other.clone(), expired.ca_pem()).send(&mail(TO, 1)).await, "later", "securely");
    other.authorities = None;
    check(&MailServer::new(other, Vec::new()).unwrap().send(&mail(TO, 1)).await, "later", "securely");
    assert!(expired.mails().is_empty() && unknown.mails().is_empty());
}

#[tokio::test]
async fn plain_goes_to_this_machine_only() {
    let server = FaultySmtp::start_plain().unwrap();
    let file = authority(server.ca_pem());
    let near = settings(server.port(), Security::PlainToLoopback, &file);
    check(&MailServer::new(near.clone(), Vec::new()).unwrap().send(&mail(TO, 1)).await, "accepted", "");
    let far = MailSettings { host: "192.0.2.1".to_owned(), ..near };
    check(
        &MailServer::new(far, Vec::new()).unwrap().send(&mail(TO, 1)).await,
        "later",
        "this machine itself",
    );
}

#[tokio::test]
async fn nobody_is_there() {
    let server = FaultySmtp::start().unwrap();
    let to = faulty(&server, LONG);
    check(&to.send(&mail(TO, 1)).await, "accepted", "");
    drop(server);
    check(&to.send(&mail(TO, 2)).await, "later", "");
}

#[test]
fn settings_that_make_no_sense() {
    let file = authority("no certificate");
    let settings = settings(25, Security::StartTls, &file);
    let error = MailServer::new(settings.clone(), Vec::new()).unwrap_err();
    assert!(error.to_string().contains("no certificate in PEM"), "{error}");
    let missing = MailSettings { authorities: Some("/nowhere/ca.pem".into()), ..settings.clone() };
    assert!(MailServer::new(missing, Vec::new()).unwrap_err().to_string().contains("could not read"));
    let named =
        |hello: &str| MailSettings { hello: Some(hello.to_owned()), authorities: None, ..settings.clone() };
    for hello in ["", "a b", "a\r\nMAIL FROM:<b@suigen.example>"] {
        assert!(MailServer::new(named(hello), Vec::new()).is_err(), "{hello}");
    }
}
