//! Servers that are slow, endless, gone, or no servers of HTTP.

use std::time::{Duration, SystemTime};

use mizumori_core::{ErrorClass, Secret};
use mizumori_outbound::{ClientSettings, Method, OutboundError, Reach, Request};
use tokio::net::TcpListener;

use crate::servers::{Act, Server, client, loopback, ok, say};

async fn failure(settings: &ClientSettings, url: &str) -> OutboundError {
    let error = client(settings).send(Request::get(url).unwrap()).await.unwrap_err();
    let shown = format!("{error} {error:?} {:?}", std::error::Error::source(&error).map(ToString::to_string));
    assert!(!shown.contains("himitsu") && !shown.contains("/hook"), "{shown}");
    error
}

#[tokio::test]
async fn a_request_and_its_answer() {
    let server = Server::start(say(
        "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nX-A: b\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno",
    ))
    .await;
    let request = Request::new(Method::POST, &server.url())
        .and_then(|request| request.header("X-Kind", "test"))
        .and_then(|request| request.bearer(&Secret::new("token-1".to_owned())))
        .and_then(|request| request.body("application/json", "{}"))
        .unwrap();
    let answer = client(&loopback(Reach::Public)).send(request).await.unwrap();
    assert_eq!((answer.status(), &answer.body()[..]), (429, &b"no"[..]));
    assert!(!answer.is_success());
    assert_eq!(answer.header("x-a"), Some("b"));
    assert_eq!(answer.retry_after(SystemTime::now()), Some(Duration::from_secs(7)));
    let head = server.heads().remove(0).to_lowercase();
    for line in [
        "post /hook?token=himitsu http/1.1",
        "x-kind: test",
        "authorization: bearer token-1",
        "content-type: application/json",
        "content-length: 2",
        "user-agent: mizumori/",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
}

#[tokio::test]
async fn an_answer_that_never_comes() {
    for act in
        [Act::Hang(Vec::new()), Act::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec())]
    {
        let server = Server::start(act).await;
        let settings = ClientSettings { timeout: Duration::from_millis(300), ..loopback(Reach::Public) };
        let error = failure(&settings, &server.url()).await;
        assert!(matches!(error, OutboundError::TimedOut { .. }), "{error:?}");
        assert_eq!(error.class(), ErrorClass::Environment);
    }
}

#[tokio::test]
async fn an_answer_without_end() {
    let mut forever = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    forever.resize(4096, b'x');
    let claimed = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nx";
    for act in [Act::Repeat(forever), say(claimed)] {
        let server = Server::start(act).await;
        let error = failure(&loopback(Reach::Public), &server.url()).await;
        assert!(matches!(error, OutboundError::TooLong { limit: 1_048_576, .. }), "{error:?}");
        assert_eq!(error.class(), ErrorClass::Limit);
    }
    let settings = ClientSettings { max_answer: 4, ..loopback(Reach::Public) };
    let server = Server::start(ok("four")).await;
    let answer = client(&settings).send(Request::get(&server.url()).unwrap()).await.unwrap();
    assert_eq!(&answer.body()[..], b"four", "what is as long as the limit is read");
}

#[tokio::test]
async fn what_is_no_http() {
    let endless_head = Act::Repeat(b"x-header: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".to_vec());
    for act in [say("SSH-2.0-Example\r\n"), say("HTTP/1.1 abc\r\n\r\n"), endless_head] {
        let server = Server::start(act).await;
        let error = failure(&loopback(Reach::Public), &server.url()).await;
        assert!(
            matches!(error, OutboundError::Broken { .. } | OutboundError::Unreachable { .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_ends_early() {
    for act in [say(""), say("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")] {
        let server = Server::start(act).await;
        let error = failure(&loopback(Reach::Public), &server.url()).await;
        assert!(
            matches!(error, OutboundError::Broken { .. } | OutboundError::Unreachable { .. }),
            "{error:?}"
        );
        assert_eq!(server.connections(), 1, "nothing is tried twice");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/hook?token=himitsu", listener.local_addr().unwrap());
    drop(listener);
    let error = failure(&loopback(Reach::Anywhere), &url).await;
    assert!(matches!(error, OutboundError::Unreachable { .. }), "{error:?}");
}
