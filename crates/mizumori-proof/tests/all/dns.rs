//! TXT records of a real name server.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use mizumori_core::{DomainName, ErrorClass};
use mizumori_proof::{Absence, Challenge, Method, Proof, ProofError, ProverSettings, Result, Trouble};
use mizumori_test_servers::{Dns, DnsMood, Transport, free_port};

use crate::world::{OTHER, TOKEN, absence, assert_proved, challenge, prover, settings, trouble};

const NAME: &str = "_mizumori-challenge.suigen.example";

fn line(token: &str) -> String {
    format!("mizumori-domain-verification={token}")
}

/// A name server with these records.
fn with(values: &[&str]) -> Dns {
    let dns = Dns::start().unwrap();
    dns.set_txt(NAME, values).unwrap();
    dns
}

async fn look(dns: &Dns) -> Result<Proof> {
    prover(&settings(&[dns.address()])).check(&challenge("suigen.example"), Method::Dns).await
}

#[tokio::test]
async fn a_record_proves_it() {
    let (long, right) = ("x".repeat(2000), line(TOKEN));
    for values in [
        vec![&*right],
        vec!["v=spf1 -all", &line(OTHER), &right, "other"],
        vec![&format!("  {right} ")],
        // So long that it becomes two strings, of which the second begins within the token.
        vec![&format!("{}{right}", " ".repeat(210))],
        // Too long for a datagram, so that it comes over TCP.
        vec![&long, &right],
    ] {
        let dns = with(&values);
        assert_proved(look(&dns).await, "suigen.example", Method::Dns, NAME);
        let is_long = values.contains(&&*long);
        assert_eq!(dns.questions().iter().any(|question| question.over == Transport::Tcp), is_long);
    }
}

#[tokio::test]
async fn other_records_do_not() {
    let right = line(TOKEN);
    for values in [
        vec![&*line(OTHER)],
        vec![TOKEN],
        vec![""],
        vec!["v=spf1 -all", "mizumori-domain-verification="],
        vec![&*format!("{right}0")],
        vec![&*format!("x{right}")],
        vec![&*right.to_uppercase()],
        vec![&*format!("\"{right}\"")],
        vec![&*format!("{right},{right}")],
        vec!["mizumori-domain-verification=", TOKEN],
    ] {
        assert_eq!(absence(look(&with(&values)).await), Absence::OtherRecords, "{values:?}");
    }
}

#[tokio::test]
async fn a_record_of_another_name_does_not() {
    let dns = Dns::start().unwrap();
    for name in ["suigen.example", "_mizumori-challenge.b.suigen.example", "_mizumori-challenge.example"] {
        dns.set_txt(name, &[&line(TOKEN)]).unwrap();
    }
    assert_eq!(absence(look(&dns).await), Absence::NoSuchName);
    dns.set_a(NAME, &[Ipv4Addr::new(192, 0, 2, 1)]).unwrap();
    assert_eq!(absence(look(&dns).await), Absence::NoRecords);
    let error = look(&dns).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Usage);
    assert_eq!(error.to_string(), format!("the proof is not there: {NAME} has no TXT record"));
}

#[tokio::test]
async fn what_is_published_and_taken_away_is_seen_at_once() {
    let dns = Dns::start().unwrap();
    let prover = prover(&settings(&[dns.address()]));
    let challenge = challenge("suigen.example");
    for _ in 0..2 {
        assert_eq!(absence(prover.check(&challenge, Method::Dns).await), Absence::NoSuchName);
        dns.set_txt(NAME, &[&line(TOKEN)]).unwrap();
        assert!(prover.check(&challenge, Method::Dns).await.is_ok());
        dns.clear(NAME).unwrap();
    }
}

#[tokio::test]
async fn a_japanese_name() {
    let dns = Dns::start().unwrap();
    let place = "_mizumori-challenge.xn--1rw63c.example";
    dns.set_txt(place, &[&line(TOKEN)]).unwrap();
    let prover = prover(&settings(&[dns.address()]));
    let proved = prover.check(&challenge("水源.example"), Method::Dns).await;
    assert_proved(proved, "xn--1rw63c.example", Method::Dns, place);
}

#[tokio::test]
async fn aliases_are_followed() {
    let dns = Dns::start().unwrap();
    // The holder's part is done, the keeper's is not.
    dns.set_alias(NAME, "one.keeper.example").unwrap();
    assert_eq!(absence(look(&dns).await), Absence::NoSuchName);
    dns.set_alias("one.keeper.example", "two.keeper.example").unwrap();
    dns.set_txt("two.keeper.example", &[&line(TOKEN)]).unwrap();
    assert_proved(look(&dns).await, "suigen.example", Method::Dns, NAME);
    dns.set_txt("two.keeper.example", &[&line(OTHER)]).unwrap();
    assert_eq!(absence(look(&dns).await), Absence::OtherRecords);
    // Round and round.
    dns.clear("two.keeper.example").unwrap();
    dns.set_alias("two.keeper.example", NAME).unwrap();
    assert!(matches!(look(&dns).await.unwrap_err(), ProofError::Missing { .. } | ProofError::Unasked { .. }));
}

#[tokio::test]
async fn a_wildcard_record_proves_it_and_a_wildcard_alias_does_not() {
    let dns = Dns::start().unwrap();
    // Whoever writes this into the zone holds the zone.
    dns.set_txt("*.suigen.example", &[&line(TOKEN)]).unwrap();
    assert_proved(look(&dns).await, "suigen.example", Method::Dns, NAME);
    // This only says that all sites are served by somebody, who must not be able to prove the domain.
    dns.clear("*.suigen.example").unwrap();
    dns.set_alias("*.suigen.example", "pages.example").unwrap();
    dns.set_txt("pages.example", &[&line(TOKEN)]).unwrap();
    assert_eq!(absence(look(&dns).await), Absence::WildcardAlias);
    // This says that he may.
    dns.set_alias(NAME, "pages.example").unwrap();
    assert_eq!(absence(look(&dns).await), Absence::WildcardAlias, "it cannot be told from the wildcard");
    dns.set_alias("*.suigen.example", "other.example").unwrap();
    assert_proved(look(&dns).await, "suigen.example", Method::Dns, NAME);
    dns.clear("*.suigen.example").unwrap();
    assert_proved(look(&dns).await, "suigen.example", Method::Dns, NAME);
}

#[tokio::test]
async fn who_cannot_answer_says_nothing() {
    let dns = with(&[&line(TOKEN)]);
    for (mood, why) in [(DnsMood::ServFail, Trouble::ServFail), (DnsMood::Refuses, Trouble::Refused)] {
        dns.set_mood(mood);
        assert_eq!(trouble(look(&dns).await), why);
    }
    dns.set_mood(DnsMood::OnlyTcp);
    assert_proved(look(&dns).await, "suigen.example", Method::Dns, NAME);
    let hasty = ProverSettings { names_timeout: Duration::from_millis(300), ..settings(&[dns.address()]) };
    for mood in [DnsMood::Silent, DnsMood::Nonsense, DnsMood::WrongId] {
        dns.set_mood(mood);
        let result = prover(&hasty).check(&challenge("suigen.example"), Method::Dns).await;
        let error = result.unwrap_err();
        assert!(matches!(error, ProofError::Unasked { .. }), "{mood:?}: {error:?}");
        assert_eq!(error.class(), ErrorClass::Environment);
    }
    dns.set_mood(DnsMood::Answers);
    assert!(look(&dns).await.is_ok());
}

#[tokio::test]
async fn nobody_is_there() {
    let gone = format!("127.0.0.1:{}", free_port().unwrap()).parse().unwrap();
    let hasty = ProverSettings { names_timeout: Duration::from_millis(500), ..settings(&[gone]) };
    let error = prover(&hasty).check(&challenge("suigen.example"), Method::Dns).await.unwrap_err();
    assert!(matches!(error, ProofError::Unasked { .. }), "{error:?}");
}

#[tokio::test]
async fn one_that_only_knows_who_knows_is_not_believed() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut question = [0; 512];
        // Until the test is over and its resolver gone: there is one question, or one more.
        while let Ok((length, client)) = socket.recv_from(&mut question) {
            let end = 12 + question[12..length].iter().position(|byte| *byte == 0).unwrap() + 5;
            let mut answer = question[..end].to_vec();
            // An answer without records, and whom to ask: example. NS ns.example.
            answer[2..12].copy_from_slice(b"\x80\0\0\x01\0\0\0\x01\0\0");
            answer.extend(b"\x07example\0\0\x02\0\x01\0\0\0\x3c\0\x0c\x02ns\x07example\0");
            let _ = socket.send_to(&answer, client);
        }
    });
    let result = prover(&settings(&[address])).check(&challenge("suigen.example"), Method::Dns).await;
    assert_eq!(trouble(result), Trouble::Referral);
}

#[tokio::test]
async fn more_than_half_of_the_name_servers_have_to_see_it() {
    let all = [with(&[&line(TOKEN)]), with(&[&line(TOKEN)]), with(&[&line(TOKEN)])];
    let settings = settings(&all.each_ref().map(Dns::address));
    let prover = prover(&settings);
    let challenge = challenge("suigen.example");
    let look = async || prover.check(&challenge, Method::Dns).await;
    assert!(look().await.is_ok());
    all[0].set_mood(DnsMood::ServFail);
    assert!(look().await.is_ok());
    all[1].clear(NAME).unwrap();
    assert_eq!(trouble(look().await), Trouble::ServFail);
    all[0].set_mood(DnsMood::Answers);
    assert!(look().await.is_ok());
    all[0].clear(NAME).unwrap();
    assert_eq!(absence(look().await), Absence::NoSuchName);
}

#[tokio::test]
async fn names_too_long_for_the_label_are_refused() {
    let label = "a".repeat(60);
    let domain = DomainName::parse(&format!("{label}.{label}.{label}.{label}.example")).unwrap();
    let challenge = Challenge::new(domain, TOKEN.parse().unwrap()).unwrap();
    let dns = Dns::start().unwrap();
    let error = prover(&settings(&[dns.address()])).check(&challenge, Method::Dns).await.unwrap_err();
    assert!(matches!(error, ProofError::Unprovable { .. }), "{error:?}");
    assert!(dns.questions().is_empty());
}

#[tokio::test]
async fn a_mail_is_not_looked_for() {
    let dns = Dns::start().unwrap();
    let result = prover(&settings(&[dns.address()])).check(&challenge("suigen.example"), Method::Mail).await;
    assert!(matches!(result, Err(ProofError::ByHand)));
}
