//! Connections: how many, how they end, and what they are made with.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use mizumori_web::{CertificateFiles, Guard, GuardOptions, Server, ServerOptions, WebError};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::Client;
use crate::world::{World, import};

/// Writes a certificate for `localhost` that signs itself, and its key; gives the certificate.
fn certificate(folder: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("certificate.pem"), made.cert.pem()).unwrap();
    made.cert.pem()
}

fn files(folder: &Path) -> CertificateFiles {
    CertificateFiles { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") }
}

fn over_tls(
    world: &World,
    trusted: &str,
) -> std::io::Result<Client<StreamOwned<ClientConnection, TcpStream>>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, world.connect());
    stream.conn.complete_io(&mut stream.sock)?;
    Ok(Client::new(stream))
}

fn with_tls() -> (World, String) {
    let folder = tempfile::tempdir().unwrap();
    import(&folder.path().join("index"), "himitsu\n", [true, true]);
    let trusted = certificate(folder.path());
    let files = files(folder.path());
    (World::start(folder, GuardOptions::default(), Some(files)), trusted)
}

#[test]
fn a_certificate_is_replaced_without_a_restart() {
    let (world, first) = with_tls();
    assert!(world.url.starts_with("https://"));
    let mut before = over_tls(&world, &first).unwrap();
    assert_eq!(before.ask("GET", "/range/00000", &[], b"").status, 200);
    let body = br#"{"password": "himitsu"}"#;
    assert_eq!(before.ask("POST", "/api/v1/passwords/check", &[], body).status, 200);
    // Half of it is there: the key is not that of the certificate.
    let key = fs::read(world.folder().join("key.pem")).unwrap();
    let second = certificate(world.folder());
    fs::write(world.folder().join("key.pem"), b"no key").unwrap();
    world.tells("holds no private key");
    over_tls(&world, &first).unwrap();
    fs::write(world.folder().join("key.pem"), key).unwrap();
    world.tells("cannot be used with the key");
    over_tls(&world, &first).unwrap();
    let third = certificate(world.folder());
    world.tells("the certificate");
    over_tls(&world, &third).unwrap();
    assert!(over_tls(&world, &second).is_err());
    // Who was there stays.
    assert_eq!(before.ask("GET", "/range/00000", &[], b"").status, 200);
}

#[test]
fn without_tls_nothing_is_said() {
    let (world, _) = with_tls();
    let mut stream = world.connect();
    stream.write_all(b"GET /range/21BD1 HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut said = Vec::new();
    // It ends in an alert or in nothing.
    let _ = stream.read_to_end(&mut said);
    assert!(!said.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn whoever_comes_when_all_connections_are_taken_waits() {
    let world = World::of("himitsu\n");
    let mut idle: Vec<_> = (0..3).map(|_| world.client()).collect();
    for client in &mut idle {
        assert_eq!(client.ask("GET", "/range/21BD1", &[], b"").status, 200);
    }
    let (send, come) = std::sync::mpsc::channel();
    let mut fourth = world.client();
    let asking = std::thread::spawn(move || {
        let status = fourth.ask("GET", "/range/21BD1", &[], b"").status;
        send.send(status).unwrap();
    });
    // It is not answered for as long as the others stay; that nothing comes is all there is to see.
    assert!(come.recv_timeout(std::time::Duration::from_millis(200)).is_err());
    idle.pop();
    asking.join().unwrap();
    assert_eq!(come.recv().unwrap(), 200);
}

#[test]
fn the_end_lets_answers_out_and_nobody_in() {
    let mut world = World::of("himitsu\n");
    let mut idle = world.client();
    assert_eq!(idle.ask("GET", "/range/21BD1", &[], b"").status, 200);
    let address = world.connect().peer_addr().unwrap();
    world.end();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn requests_that_are_none() {
    let world = World::of("himitsu\n");
    for (request, status) in [
        (b"\x16\x03\x01 hello\r\n\r\n".to_vec(), "400"),
        (b"GET /range/21BD1 HTTP/1.1\r\nno colon\r\n\r\n".to_vec(), "400"),
        ([b"GET /".to_vec(), vec![b'a'; 100_000], b" HTTP/1.1\r\n\r\n".to_vec()].concat(), "414 431"),
        ([b"GET / HTTP/1.1\r\n".to_vec(), b"a: b\r\n".repeat(50_000), b"\r\n".to_vec()].concat(), "431"),
    ] {
        let mut stream = world.connect();
        // It may close before it has read all.
        let _ = stream.write_all(&request);
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said).into_owned();
        let got = said.split(' ').nth(1).unwrap_or_default().to_owned();
        assert!(got.is_empty() || status.contains(&got), "{said}");
    }
    assert_eq!(world.get("/range/21BD1").status, 200);
}

#[test]
fn what_cannot_be_served_is_said_before_anything_is() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        Guard::open(&folder.path().join("index"), GuardOptions::default()),
        Err(WebError::Guard(_))
    ));
    let world = World::of("himitsu\n");
    let address = world.url.split_once("://").unwrap().1.parse().unwrap();
    let options = |listen, certificate| ServerOptions {
        listen,
        certificate,
        threads: std::num::NonZeroUsize::MIN,
        connections: std::num::NonZeroUsize::MIN,
    };
    let taken = Server::bind(options(address, None)).err().unwrap();
    assert!(matches!(taken, WebError::Listen { .. }) && taken.hint().unwrap().contains("--listen"));
    let free = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let missing = Server::bind(options(free, Some(files(folder.path())))).err().unwrap();
    assert!(matches!(missing, WebError::Read { .. }));
    certificate(folder.path());
    let swapped = CertificateFiles {
        certificate: folder.path().join("key.pem"),
        key: folder.path().join("certificate.pem"),
    };
    let swapped = Server::bind(options(free, Some(swapped))).err().unwrap();
    assert!(matches!(swapped, WebError::NoPem { what: "certificate", .. }));
}
