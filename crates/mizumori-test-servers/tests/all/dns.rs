//! A name server that a real resolver asks, and once byte by byte.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RecordType;
use mizumori_test_servers::{Dns, DnsMood, PATIENCE, Transport};

/// One that asks this server alone, keeps nothing, and tries once.
fn resolver(dns: &Dns, timeout: Duration) -> TokioResolver {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = dns.address().port();
        connection
    });
    let server = NameServerConfig::new(dns.address().ip(), true, connections.to_vec());
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    (options.timeout, options.attempts, options.cache_size) = (timeout, 0, 0);
    builder.build().unwrap()
}

/// The records of a name as a zone file has them, or why there are none.
async fn ask(dns: &Dns, name: &str, kind: RecordType) -> Result<Vec<String>, String> {
    let found = resolver(dns, PATIENCE).lookup(name, kind).await.map_err(|error| error.to_string())?;
    Ok(found.answers().iter().map(|record| record.data.to_string()).collect())
}

#[tokio::test]
async fn two_at_once_hold_what_they_are_told() {
    let (one, two) = (Dns::start().unwrap(), Dns::start().unwrap());
    one.set_txt("_mizumori.Suigen.example", &["proof=1", "other"]).unwrap();
    one.set_mx("suigen.example", &[(10, "mail.suigen.example"), (20, "backup.example")]).unwrap();
    one.set_a("mail.suigen.example", &[Ipv4Addr::new(192, 0, 2, 7)]).unwrap();
    one.set_aaaa("mail.suigen.example", &["2001:db8::7".parse().unwrap()]).unwrap();
    one.set_alias("www.suigen.example", "mail.suigen.example").unwrap();
    one.set_txt("水源.example", &["water"]).unwrap();
    let check = async |name: &str, kind: RecordType, expected: &[&str]| {
        assert_eq!(ask(&one, name, kind).await.unwrap(), expected, "{name}");
    };
    check("_mizumori.suigen.example.", RecordType::TXT, &["proof=1", "other"]).await;
    check("SUIGEN.example.", RecordType::MX, &["10 mail.suigen.example.", "20 backup.example."]).await;
    check("mail.suigen.example.", RecordType::A, &["192.0.2.7"]).await;
    check("mail.suigen.example.", RecordType::AAAA, &["2001:db8::7"]).await;
    check("xn--1rw63c.example.", RecordType::TXT, &["water"]).await;
    let alias = ask(&one, "www.suigen.example.", RecordType::A).await.unwrap();
    assert!(alias.contains(&"192.0.2.7".to_owned()), "{alias:?}");
    assert!(ask(&two, "suigen.example.", RecordType::MX).await.is_err());
    assert_eq!(two.questions().len(), 1);
    let asked = &one.questions()[0];
    assert_eq!((&*asked.name, &*asked.kind, asked.over), ("_mizumori.suigen.example", "TXT", Transport::Udp));
    assert_eq!(one.set_txt("a..example", &[]).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn records_change_while_it_runs() {
    let dns = Dns::start().unwrap();
    let txt = async || ask(&dns, "suigen.example.", RecordType::TXT).await;
    assert!(txt().await.is_err());
    dns.set_txt("suigen.example", &["first"]).unwrap();
    assert_eq!(txt().await.unwrap(), ["first"]);
    dns.set_txt("suigen.example", &["second"]).unwrap();
    assert_eq!(txt().await.unwrap(), ["second"]);
    dns.set_txt("suigen.example", &[]).unwrap();
    assert!(txt().await.is_err());
    dns.set_txt("suigen.example", &[""]).unwrap();
    assert_eq!(txt().await.unwrap(), [""]);
    dns.clear("suigen.example").unwrap();
    assert!(txt().await.is_err());
}

#[tokio::test]
async fn wildcards_stand_for_names_that_are_not_there() {
    let dns = Dns::start().unwrap();
    dns.set_txt("*.suigen.example", &["any"]).unwrap();
    dns.set_txt("a.b.suigen.example", &["own"]).unwrap();
    dns.set_alias("*.alias.example", "c.suigen.example").unwrap();
    let txt = async |name: &str| ask(&dns, name, RecordType::TXT).await;
    assert_eq!(txt("x.suigen.example.").await.unwrap(), ["any"]);
    assert_eq!(txt("x.y.suigen.example.").await.unwrap(), ["any"]);
    assert_eq!(txt("a.b.suigen.example.").await.unwrap(), ["own"]);
    assert_eq!(txt("x.alias.example.").await.unwrap().last().unwrap(), "any");
    // These exist, or stand below one that exists.
    for name in ["suigen.example.", "b.suigen.example.", "x.b.suigen.example.", "x.a.b.suigen.example."] {
        assert!(txt(name).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn what_is_too_long_for_a_datagram_comes_over_tcp() {
    let dns = Dns::start().unwrap();
    let long = "水".repeat(2000);
    dns.set_txt("suigen.example", &[&long]).unwrap();
    let found = resolver(&dns, PATIENCE).lookup("suigen.example.", RecordType::TXT).await.unwrap();
    let answers = found.answers();
    let hickory_resolver::proto::rr::RData::TXT(txt) = &answers[0].data else { panic!("{answers:?}") };
    assert_eq!(txt.txt_data.concat(), long.as_bytes());
    dns.set_mood(DnsMood::OnlyTcp);
    dns.set_txt("short.example", &["short"]).unwrap();
    assert_eq!(ask(&dns, "short.example.", RecordType::TXT).await.unwrap(), ["short"]);
    let over = |transport| dns.questions().iter().filter(|question| question.over == transport).count();
    assert_eq!((over(Transport::Udp), over(Transport::Tcp)), (2, 2));
}

#[tokio::test]
async fn it_fails_as_it_is_told() {
    let dns = Dns::start().unwrap();
    dns.set_txt("suigen.example", &["first"]).unwrap();
    for mood in [DnsMood::ServFail, DnsMood::Refuses] {
        dns.set_mood(mood);
        assert!(ask(&dns, "suigen.example.", RecordType::TXT).await.is_err(), "{mood:?}");
    }
    for mood in [DnsMood::Silent, DnsMood::Nonsense, DnsMood::WrongId] {
        dns.set_mood(mood);
        // What comes is none, and the resolver waits for another.
        let hasty = resolver(&dns, Duration::from_millis(50));
        assert!(hasty.lookup("suigen.example.", RecordType::TXT).await.is_err(), "{mood:?}");
    }
    dns.set_mood(DnsMood::Answers);
    assert_eq!(ask(&dns, "suigen.example.", RecordType::TXT).await.unwrap(), ["first"]);
}

/// Asks for the TXT records of `name.example`, without recursion; a header, the name, kind 16, class 1.
const QUESTION: &[u8] = b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x04name\x07example\0\0\x10\0\x01";

#[test]
fn the_bytes_are_those_of_rfc_1035() {
    let dns = Dns::start().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.connect(dns.address()).unwrap();
    let ask = || {
        socket.send(QUESTION).unwrap();
        let mut answer = [0; 512];
        let length = socket.recv(&mut answer).unwrap();
        answer[..length].to_vec()
    };
    // An authoritative answer: no such name, and the record that says so.
    assert_eq!(ask()[..12], *b"\x12\x34\x84\x03\0\x01\0\0\0\x01\0\0");
    dns.set_txt("below.name.example", &["x"]).unwrap();
    // There is one, without records.
    assert_eq!(ask()[..12], *b"\x12\x34\x84\0\0\x01\0\0\0\x01\0\0");
    dns.set_txt("name.example", &["abc"]).unwrap();
    let answer = ask();
    assert_eq!(answer[..12], *b"\x12\x34\x84\0\0\x01\0\x01\0\0\0\0");
    assert_eq!(answer[12..QUESTION.len()], QUESTION[12..]);
    assert_eq!(answer[QUESTION.len()..], *b"\xc0\x0c\0\x10\0\x01\0\0\0\x3c\0\x04\x03abc");
    // Nonsense is passed over.
    socket.send(b"nonsense").unwrap();
    assert_eq!(ask(), answer);
    let mut stream = TcpStream::connect(dns.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    for _ in 0..2 {
        stream.write_all(&[&[0, 30], QUESTION].concat()).unwrap();
        let mut over_tcp = vec![0; 2 + answer.len()];
        stream.read_exact(&mut over_tcp).unwrap();
        assert_eq!((usize::from(over_tcp[1]), &over_tcp[2..]), (answer.len(), &*answer));
    }
    let address = dns.address();
    drop(dns);
    assert!(TcpStream::connect(address).is_err());
}
