//! Files and pages of a real web server.

use std::sync::Arc;
use std::time::Duration;

use mizumori_core::ErrorClass;
use mizumori_outbound::Schemes;
use mizumori_proof::{Absence, Method, ProofError, Prover, ProverSettings, Trouble};
use mizumori_test_servers::{Answer, Dns, Validity};

use crate::site::{FILE, Site};
use crate::world::{OTHER, absence, assert_proved, provide, settings, trouble};

#[tokio::test]
async fn a_file_proves_it() {
    let site = Site::new("suigen.example");
    let line = site.challenge.line();
    site.file(Answer::text(format!("{line}\r\n")));
    let place = "https://suigen.example/.well-known/mizumori-domain-verification.txt";
    assert_proved(site.look(Method::File).await, "suigen.example", Method::File, place);
    // The token is in nothing that we send: a site that repeats what it is asked would prove itself.
    let asked = format!("{:?}", site.web.requests());
    assert!(asked.contains(FILE) && !asked.contains(&site.challenge.token().to_string()), "{asked}");
    for content in [line.replace(&site.challenge.token().to_string(), OTHER), format!("{line}{line}")] {
        site.file(Answer::text(content));
        assert_eq!(absence(site.look(Method::File).await), Absence::OtherContent);
    }
    // The element does not prove what the file should, nor the other way round.
    site.file(Answer::text(site.challenge.meta_element()));
    assert_eq!(absence(site.look(Method::File).await), Absence::OtherContent);
}

#[tokio::test]
async fn an_element_proves_it() {
    let site = Site::new("水源.example");
    let element = site.challenge.meta_element();
    site.page(&format!("<!doctype html><head><title>水源</title>{element}</head><body>"));
    let proved = site.look(Method::Meta).await;
    assert_proved(proved, "xn--1rw63c.example", Method::Meta, "https://xn--1rw63c.example/");
    for (page, why) in [
        (format!("<head></head><body>{element}"), Absence::NoElement),
        (format!("<head><!--{element}--></head>"), Absence::NoElement),
        (format!("<head><script>{element}</script></head>"), Absence::NoElement),
        (element.replace(&site.challenge.token().to_string(), OTHER), Absence::OtherContent),
        (site.challenge.line(), Absence::NoElement),
    ] {
        site.page(&page);
        assert_eq!(absence(site.look(Method::Meta).await), why, "{page}");
    }
    let (japanese, _, _) = encoding_rs::SHIFT_JIS.encode("<title>表示</title>");
    let page = [&japanese, element.as_bytes()].concat();
    site.web.on("GET", "/", Answer::text(page).header("content-type", "text/html; charset=Shift_JIS"));
    assert!(site.look(Method::Meta).await.is_ok());
    assert!(site.paths().iter().all(|path| path == "/"));
}

#[tokio::test]
async fn a_status_is_a_no_or_a_perhaps() {
    let site = Site::new("suigen.example");
    for status in [300, 303, 304, 400, 401, 403, 404, 410, 451] {
        site.file(Answer::status(status));
        assert_eq!(absence(site.look(Method::File).await), Absence::Status(status));
    }
    for status in [408, 425, 429, 500, 502, 503, 599] {
        // With the right content: a page of errors is no proof.
        site.file(Answer::text(site.challenge.line()).with_status(status));
        assert_eq!(trouble(site.look(Method::File).await), Trouble::Status(status));
    }
    site.file(Answer::status(204));
    assert_eq!(absence(site.look(Method::File).await), Absence::OtherContent);
    site.file(Answer::text(site.challenge.line()).with_status(203));
    assert!(site.look(Method::File).await.is_ok());
}

#[tokio::test]
async fn what_is_too_long_is_no_proof() {
    let site = Site::new("suigen.example");
    let (line, element) = (site.challenge.line(), site.challenge.meta_element());
    site.file(Answer::text(format!("{line}{}", " ".repeat(64 << 10))));
    assert_eq!(absence(site.look(Method::File).await), Absence::TooLong(64 << 10));
    site.file(Answer::text(format!("{line}{}", " ".repeat((64 << 10) - line.len()))));
    assert!(site.look(Method::File).await.is_ok());
    site.page(&format!("<head>{element}</head>{}", "x".repeat(1 << 20)));
    let result = site.look(Method::Meta).await;
    assert_eq!(result.as_ref().unwrap_err().class(), ErrorClass::Limit);
    assert_eq!(absence(result), Absence::TooLong(1 << 20));
    site.page(&format!("<head>{element}</head>{}", "x".repeat((1 << 20) - 200)));
    assert!(site.look(Method::Meta).await.is_ok());
    for (method, path) in [(Method::File, FILE), (Method::Meta, "/")] {
        site.web.on("GET", path, Answer::endless());
        assert!(matches!(absence(site.look(method).await), Absence::TooLong(_)));
    }
}

#[tokio::test]
async fn sites_that_fail() {
    let mut site = Site::new("suigen.example");
    for answer in [Answer::raw("nonsense\r\n\r\n"), Answer::closed(), Answer::text("123456").cut()] {
        site.file(answer);
        let why = trouble(site.look(Method::File).await);
        assert!(matches!(why, Trouble::Broken | Trouble::Unreachable), "{why:?}");
    }
    let limit = Duration::from_millis(500);
    let patient = std::mem::replace(&mut site.settings.site_timeout, limit);
    for answer in [
        Answer::never(),
        Answer::text(site.challenge.line()).after(Duration::from_secs(3600)),
        Answer::text(site.challenge.line()).slowly(Duration::from_secs(3600)),
    ] {
        site.file(answer);
        assert_eq!(trouble(site.look(Method::File).await), Trouble::TimedOut(limit));
    }
    site.settings.site_timeout = patient;
    site.web.stop();
    let error = site.look(Method::File).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Environment);
    assert_eq!(trouble(Err(error)), Trouble::Unreachable);
}

#[tokio::test]
async fn certificates_that_are_not_the_sites() {
    let expired = Site::with("suigen.example", Validity::Expired);
    let mut unknown = Site::new("suigen.example");
    let mut other = Site::new("other.example");
    for site in [&expired, &unknown, &other] {
        site.file(Answer::text(site.challenge.line()));
    }
    let trusted = unknown.settings.authorities.take();
    (unknown.settings.authorities, other.settings.authorities) = (other.settings.authorities.take(), trusted);
    for site in [&expired, &unknown, &other] {
        assert_eq!(trouble(site.look(Method::File).await), Trouble::Tls);
        assert!(site.paths().is_empty());
    }
}

#[tokio::test]
async fn plain_http_only_where_it_is_allowed() {
    let mut site = Site::plain("suigen.example");
    site.file(Answer::text(site.challenge.line()));
    let place = "http://suigen.example/.well-known/mizumori-domain-verification.txt";
    assert_proved(site.look(Method::File).await, "suigen.example", Method::File, place);
    // Who says no is told of, and not that there is no https.
    site.file(Answer::status(404));
    let error = site.look(Method::File).await.unwrap_err();
    assert!(error.to_string().contains(place) && error.to_string().contains("404"), "{error}");
    site.file(Answer::status(503));
    assert!(matches!(site.look(Method::File).await, Err(ProofError::Unasked { .. })));
    let asked = site.web.take_requests().len();
    assert_eq!(asked, 3);
    site.settings.schemes = Schemes::Https;
    site.file(Answer::text(site.challenge.line()));
    assert!(matches!(site.look(Method::File).await, Err(ProofError::Unasked { .. })));
    assert_eq!(site.web.take_requests().len(), 0);
}

#[tokio::test]
async fn a_site_in_our_own_network_is_not_asked() {
    let mut site = Site::new("suigen.example");
    site.file(Answer::text(site.challenge.line()));
    site.settings.allowed.clear();
    for (method, addresses) in [
        (Method::File, None),
        (Method::File, Some("169.254.169.254:80")),
        (Method::Meta, Some("[::1]:80")),
        (Method::Meta, Some("10.0.0.1:443")),
    ] {
        if let Some(address) = addresses {
            site.settings.hosts.insert("suigen.example".to_owned(), vec![address.parse().unwrap()]);
        }
        let error = site.look(method).await.unwrap_err();
        assert!(error.hint().is_some());
        assert_eq!(trouble(Err(error)), Trouble::NotPublic, "{addresses:?}");
    }
    assert!(site.paths().is_empty());
}

#[tokio::test]
async fn one_prover_looks_for_many_at_once() {
    let (one, two) = (Site::new("one.example"), Site::new("two.example"));
    let dns = Dns::start().unwrap();
    dns.set_txt("_mizumori-challenge.one.example", &[&one.challenge.line()]).unwrap();
    one.file(Answer::text(one.challenge.line()));
    one.page(&one.challenge.meta_element());
    let prover = Prover::new(&ProverSettings { name_servers: vec![dns.address()], ..one.settings.clone() });
    let prover = Arc::new(prover.unwrap());
    let (record, file, meta, two) = tokio::join!(
        prover.check(&one.challenge, Method::Dns),
        prover.check(&one.challenge, Method::File),
        prover.check(&one.challenge, Method::Meta),
        prover.check(&two.challenge, Method::Dns),
    );
    assert!(record.is_ok() && file.is_ok() && meta.is_ok());
    assert_eq!(absence(two), Absence::NoSuchName);
    assert_eq!(format!("{prover:?}"), "Prover { .. }");
    // A task of its own may look, on another thread.
    for method in [Method::Dns, Method::File, Method::Meta] {
        let (prover, challenge) = (prover.clone(), one.challenge.clone());
        let looked = tokio::spawn(async move { prover.check(&challenge, method).await }).await.unwrap();
        assert_eq!(looked.unwrap().method, method);
    }
}

#[test]
fn settings_that_cannot_be_used() {
    provide();
    let missing = ProverSettings {
        authorities: Some("/nonexistent/authorities.pem".into()),
        ..settings(&["127.0.0.1:9".parse().unwrap()])
    };
    let error = Prover::new(&missing).unwrap_err();
    assert!(matches!(error, ProofError::Client(_)) && error.class() == ErrorClass::Usage, "{error:?}");
    // The system's name servers, where it names any; nobody is asked here.
    match Prover::new(&settings(&[])) {
        Ok(_) => {}
        Err(error) => assert!(matches!(error, ProofError::Names(_)) && error.hint().is_some(), "{error:?}"),
    }
}
