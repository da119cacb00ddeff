//! How far a client goes.

use mizumori_core::{ErrorClass, Secret};
use mizumori_outbound::{ClientSettings, OutboundError, Reach, Refusal, Request, Schemes, Url};

use crate::servers::{Server, client, loopback, ok, say};

async fn refusal(settings: &ClientSettings, url: &str) -> Refusal {
    let error = client(settings).send(Request::get(url).unwrap()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Usage, "{error:?}");
    match error {
        OutboundError::Refused { why, .. } => why,
        other => panic!("{other:?}"),
    }
}

/// Settings that let nothing private through, with a name for the server.
fn strict(server: &Server) -> ClientSettings {
    let named = [
        ("rebound.example".to_owned(), vec![server.address]),
        ("empty.example".to_owned(), Vec::new()),
        ("none.example".to_owned(), vec!["169.254.169.254:80".parse().unwrap(), "[::1]:80".parse().unwrap()]),
    ];
    ClientSettings { allowed: Vec::new(), hosts: named.into(), ..loopback(Reach::Public) }
}

#[tokio::test]
async fn private_addresses_are_not_asked() {
    let server = Server::start(ok("secret")).await;
    let port = server.address.port();
    let strict = strict(&server);
    for url in [
        server.url(),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://rebound.example:{port}/"),
        "http://none.example/".to_owned(),
    ] {
        assert_eq!(refusal(&strict, &url).await, Refusal::Address, "{url}");
    }
    let empty = client(&strict).send(Request::get("http://empty.example/").unwrap()).await.unwrap_err();
    assert!(matches!(empty, OutboundError::Unreachable { .. }), "{empty:?}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn what_the_operator_lets_through() {
    let server = Server::start(ok("here")).await;
    let url = format!("http://rebound.example:{}/", server.address.port());
    for allowed in ["rebound.example", "127.0.0.0/8"] {
        let settings = ClientSettings { allowed: vec![allowed.parse().unwrap()], ..strict(&server) };
        let answer = client(&settings).send(Request::get(&url).unwrap()).await.unwrap();
        assert_eq!(&answer.body()[..], b"here");
    }
    // The port is that of the name's entry where the URL has none.
    let settings = ClientSettings { reach: Reach::Anywhere, ..strict(&server) };
    let answer = client(&settings).send(Request::get("http://rebound.example/").unwrap()).await.unwrap();
    assert!(answer.is_success());
    // Neither lets another name or network through.
    let settings = ClientSettings { allowed: vec!["other.example".parse().unwrap()], ..strict(&server) };
    assert_eq!(refusal(&settings, &url).await, Refusal::Address);
}

#[tokio::test]
async fn redirections_are_answers_unless_they_are_followed() {
    let target = Server::start(ok("there")).await;
    let moved = |to: &str| {
        say(&format!(
            "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ))
    };
    let server = Server::start(moved(&target.url())).await;
    let answer = client(&loopback(Reach::Public)).send(Request::get(&server.url()).unwrap()).await.unwrap();
    assert_eq!((answer.status(), target.connections()), (302, 0));

    let following = ClientSettings { hosts: strict(&target).hosts, redirects: 2, ..loopback(Reach::Public) };
    let answer = client(&following).send(Request::get(&server.url()).unwrap()).await.unwrap();
    assert_eq!((&answer.body()[..], target.connections()), (&b"there"[..], 1));

    for (to, why) in [
        ("http://127.0.0.2:1/", Refusal::Address),
        ("http://none.example/", Refusal::Address),
        ("http://user:pass@127.0.0.1:1/", Refusal::Credentials),
    ] {
        let server = Server::start(moved(to)).await;
        assert_eq!(refusal(&following, &server.url()).await, why, "{to}");
    }
    let server = Server::start(moved("/again")).await;
    assert_eq!(refusal(&following, &server.url()).await, Refusal::Redirects);
    assert_eq!(server.connections(), 3, "the first and two more");
}

#[tokio::test]
async fn plain_http_only_where_it_is_allowed() {
    let server = Server::start(ok("plain")).await;
    let settings = ClientSettings { schemes: Schemes::Https, ..loopback(Reach::Anywhere) };
    assert_eq!(refusal(&settings, &server.url()).await, Refusal::Scheme);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_proxy_is_asked_in_our_stead() {
    let proxy = Server::start(ok("by proxy")).await;
    let mut url = Url::parse(&format!("http://{}", proxy.address)).unwrap();
    url.set_username("user").unwrap();
    url.set_password(Some("himitsu")).unwrap();
    let settings =
        ClientSettings { proxy: Some(Secret::new(url)), allowed: Vec::new(), ..loopback(Reach::Public) };
    assert!(!format!("{settings:?} {:?}", client(&settings)).contains("himitsu"));
    let answer = client(&settings).send(Request::get("http://hook.suigen.example/x").unwrap()).await.unwrap();
    assert_eq!(&answer.body()[..], b"by proxy");
    let head = proxy.heads().remove(0);
    assert!(head.starts_with("GET http://hook.suigen.example/x HTTP/1.1"), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic"), "{head}");
    for local in ["http://10.0.0.1/", "http://wiki/"] {
        assert_eq!(refusal(&settings, local).await, Refusal::Address, "{local}");
    }
}
