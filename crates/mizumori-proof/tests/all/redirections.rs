//! Where a site may lead us, and where not.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mizumori_outbound::Schemes;
use mizumori_proof::{Absence, Method, Trouble};
use mizumori_test_servers::{Answer, Web};

use crate::site::{FILE, Site};
use crate::world::{absence, assert_proved, trouble};

fn moved(status: u16, to: &str) -> Answer {
    Answer::status(status).header("location", to)
}

#[tokio::test]
async fn within_the_domain() {
    let site = Site::new("suigen.example");
    let line = site.challenge.line();
    let there = "/there?a=b";
    site.web.on("GET", "/there", Answer::text(line));
    let urls = [
        there.to_owned(),
        format!("https://suigen.example{there}"),
        format!("https://www.suigen.example{there}"),
        format!("//www.suigen.example{there}"),
        format!("https://WWW.Suigen.example:443{there}#x"),
        "../there".to_owned(),
    ];
    for (status, url) in [301, 302, 307, 308, 301, 302].into_iter().zip(urls) {
        site.file(moved(status, &url));
        let place = "https://suigen.example/.well-known/mizumori-domain-verification.txt";
        assert_proved(site.look(Method::File).await, "suigen.example", Method::File, place);
    }
    site.page("");
    site.web.on("GET", "/", moved(302, "/ja/"));
    site.web.on("GET", "/ja/", Answer::text(site.challenge.meta_element()));
    assert!(site.look(Method::Meta).await.is_ok());
}

#[tokio::test]
async fn to_others() {
    let (other, inner) = (Web::start_tls().unwrap(), Web::start().unwrap());
    let mut site = Site::new("suigen.example");
    site.settings.schemes = Schemes::HttpsAndHttp;
    // The operator lets even that through; the site must not use it.
    site.settings
        .allowed
        .extend(["other.example", "localhost", "127.0.0.1"].map(|name| name.parse().unwrap()));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, other.port()));
    for name in ["other.example", "a.suigen.example", "suigen.example.other.example"] {
        site.settings.hosts.insert(name.to_owned(), vec![address]);
    }
    for web in [&other, &inner] {
        let line = site.challenge.line();
        web.on_any(move |_| Some(Answer::text(line.clone())));
    }
    let port = site.web.port();
    for url in [
        "https://other.example/",
        "https://a.suigen.example/",
        "https://www.a.suigen.example/",
        "https://wwwsuigen.example/",
        "https://suigen.example.other.example/",
        "https://other.example/suigen.example",
        "https://suigen.example@other.example/",
        "https://user:pass@suigen.example/",
        &format!("https://suigen.example:{port}/"),
        "http://suigen.example:25/",
        "http://127.0.0.1/",
        &inner.url(),
        &other.url(),
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://2130706433/",
        "file:///etc/passwd",
        "gopher://suigen.example/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "https://",
        "",
        "http://[",
    ] {
        site.file(moved(302, url));
        let result = site.look(Method::File).await;
        let expected = if url.is_empty() { Absence::Redirects } else { Absence::LedAway };
        assert_eq!(absence(result), expected, "{url}");
    }
    assert!(other.requests().is_empty() && inner.requests().is_empty());
    site.file(Answer::status(302));
    assert_eq!(absence(site.look(Method::File).await), Absence::LedAway, "without saying where");
    site.file(Answer::raw("HTTP/1.1 302 Found\r\nlocation: \u{80}\u{ff}\r\ncontent-length: 0\r\n\r\n"));
    assert_eq!(absence(site.look(Method::File).await), Absence::LedAway);
}

#[tokio::test]
async fn to_a_name_of_its_own_in_our_network() {
    let mut site = Site::new("suigen.example");
    site.file(moved(302, "https://www.suigen.example/there"));
    for address in ["169.254.169.254:80", "127.0.0.1:80", "[fd00::1]:80"] {
        site.settings.allowed = vec!["suigen.example".parse().unwrap()];
        site.settings.hosts.insert("www.suigen.example".to_owned(), vec![address.parse().unwrap()]);
        assert_eq!(trouble(site.look(Method::File).await), Trouble::NotPublic, "{address}");
    }
    assert!(site.paths().iter().all(|path| path == FILE));
}

#[tokio::test]
async fn from_https_to_http() {
    let plain = Site::plain("suigen.example");
    plain.web.on("GET", "/there", Answer::text(plain.challenge.line()));
    let mut site = Site::new("suigen.example");
    site.file(moved(301, "http://www.suigen.example/there"));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, plain.web.port()));
    site.settings.hosts.insert("www.suigen.example".to_owned(), vec![address]);
    assert_eq!(absence(site.look(Method::File).await), Absence::LedAway);
    assert!(plain.paths().is_empty());
    site.settings.schemes = Schemes::HttpsAndHttp;
    assert!(site.look(Method::File).await.is_ok());
    assert_eq!(plain.paths(), ["/there"]);
}

#[tokio::test]
async fn round_and_round() {
    let mut site = Site::new("suigen.example");
    site.file(moved(302, FILE));
    assert_eq!(absence(site.look(Method::File).await), Absence::Redirects);
    assert_eq!(site.web.take_requests().len(), 6, "the first and five more");
    // The time is for all of them together.
    site.settings.site_timeout = Duration::from_millis(500);
    site.file(moved(302, FILE).after(Duration::from_millis(400)));
    assert_eq!(trouble(site.look(Method::File).await), Trouble::TimedOut(Duration::from_millis(500)));
    assert!(site.paths().len() <= 2);
}
