//! A web server that answers what it is told, looked at byte by byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use mizumori_test_servers::{Answer, Certificate, PATIENCE, Validity, Web};

use crate::tls::over_tls;

fn connect(web: &Web) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", web.port())).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Asks, and reads until the server closes.
fn ask(mut stream: impl Read + Write, method: &str, target: &str, body: &str) -> String {
    let length = body.len();
    let head = format!("{method} {target} HTTP/1.1\r\nhost: test.example\r\nconnection: close\r\n");
    stream.write_all(format!("{head}content-length: {length}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn two_at_once_answer_what_they_are_told() {
    let other = std::thread::spawn(|| Web::start_tls().unwrap());
    let (one, two) = (Web::start().unwrap(), other.join().unwrap());
    one.on("POST", "/hook", Answer::json("{}").header("x-a", "b"));
    two.on("GET", "/file", Answer::text("水"));
    let answer = ask(connect(&one), "POST", "/hook?a=b", "body");
    assert!(
        answer.starts_with("HTTP/1.1 200 ")
            && answer.contains("x-a: b\r\n")
            && answer.ends_with("\r\n\r\n{}")
    );
    let answer = ask(over_tls(connect(&two), two.ca_pem()).unwrap(), "GET", "/file", "");
    assert!(answer.contains("content-length: 3\r\n") && answer.ends_with("\r\n\r\n水"), "{answer}");
    assert!(ask(connect(&one), "GET", "/hook", "").starts_with("HTTP/1.1 404 "));
    let requests = one.wait_for(2).unwrap();
    let hook = &requests[0];
    assert_eq!((&*hook.method, &*hook.path, hook.query.as_deref()), ("POST", "/hook", Some("a=b")));
    assert_eq!((hook.header("Host"), &*hook.text()), (Some("test.example"), "body"));
    assert_eq!((one.take_requests().len(), one.requests().len(), two.requests().len()), (2, 0, 1));
    assert!(one.url().starts_with("http://127.0.0.1:") && two.url().starts_with("https://localhost:"));
    assert!(one.ca_pem().is_empty());
}

#[test]
fn answers_follow_each_other_and_rules_come_first() {
    let web = Web::start().unwrap();
    web.on_each("GET", "/", [Answer::too_many(7), Answer::status(503), Answer::text("done")]);
    let get = || ask(connect(&web), "GET", "/", "");
    assert!(get().contains("429 any reason\r\nretry-after: 7\r\n"));
    assert!(get().contains(" 503 "));
    for _ in 0..2 {
        assert!(get().ends_with("done"));
    }
    web.on_any(|request| {
        (request.query.as_deref() == Some("moved")).then(|| Answer::redirect("http://[::1]/"))
    });
    assert!(ask(connect(&web), "GET", "/?moved", "").contains("location: http://[::1]/\r\n"));
    assert!(get().ends_with("done"));
}

#[test]
fn one_connection_carries_many_requests() {
    let web = Web::start().unwrap();
    web.on("GET", "/a", Answer::text("first"));
    web.on("HEAD", "/a", Answer::text("first"));
    web.on("POST", "/b", Answer::status(204));
    let mut stream = connect(&web);
    stream.write_all(b"GET /a HTTP/1.1\r\n\r\nHEAD /a HTTP/1.1\r\n\r\n").unwrap();
    stream.write_all(b"POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n").unwrap();
    let answer = ask(stream, "GET", "/a", "");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 4, "{answer}");
    assert_eq!(answer.matches("first").count(), 2);
    assert!(answer.contains("204 any reason\r\n\r\nHTTP/1.1 200"));
    assert_eq!(web.requests()[2].body, b"x");
}

#[test]
fn answers_can_be_wrong() {
    let web = Web::start().unwrap();
    let check = |answer: Answer, expected: &str| {
        web.on("GET", "/", answer);
        let answer = ask(connect(&web), "GET", "/", "");
        assert!(answer.ends_with(expected) && answer.is_empty() == expected.is_empty(), "{answer}");
    };
    check(Answer::raw("nonsense"), "nonsense");
    check(Answer::closed(), "");
    check(Answer::text("123456").cut(), "content-length: 6\r\n\r\n123");
    check(Answer::text("123").slowly(Duration::from_millis(1)), "\r\n\r\n123");
    check(Answer::text("late").after(Duration::from_millis(1)).with_status(201), "\r\n\r\nlate");
    web.on("GET", "/", Answer::endless());
    let mut stream = connect(&web);
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    stream.read_exact(&mut vec![0; 1 << 20]).unwrap();
    // Who asks what cannot be read is told nothing.
    let mut stream = connect(&web);
    stream.write_all(b"nonsense\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // What was sent and not read makes an end a reset.
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(answer, b"");
}

#[test]
fn who_waits_is_let_go_at_the_end() {
    for answer in [
        Answer::never(),
        Answer::text("late").after(Duration::from_secs(3600)),
        Answer::text("slow").slowly(Duration::from_secs(3600)),
    ] {
        let mut web = Web::start().unwrap();
        web.on("GET", "/", answer);
        let stream = connect(&web);
        let waiting = std::thread::spawn(move || ask(stream, "GET", "/", ""));
        web.wait_for(1).unwrap();
        assert!(!waiting.is_finished());
        web.stop();
        assert!(!waiting.join().unwrap().contains("late"));
        assert!(TcpStream::connect(("127.0.0.1", web.port())).is_err());
        web.on("GET", "/", Answer::text("again"));
        web.restart().unwrap();
        assert!(ask(connect(&web), "GET", "/", "").ends_with("again"));
    }
}

#[test]
fn an_expired_certificate_is_refused() {
    let web = Web::start_with(Certificate::of_loopback(Validity::Expired).unwrap()).unwrap();
    assert!(over_tls(connect(&web), web.ca_pem()).is_err());
    // The server goes on.
    assert!(over_tls(connect(&web), web.ca_pem()).is_err());
}
