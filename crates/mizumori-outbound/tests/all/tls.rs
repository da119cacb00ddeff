//! Certificates that are right, expired, somebody else's, or of an authority that nobody knows.

use std::fs;

use mizumori_outbound::{Client, ClientSettings, OutboundError, Reach, Request};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::servers::{Server, certified, client, loopback, ok};

#[tokio::test]
async fn certificates() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    for (name, last_year, is_good) in
        [("hook.example", 4000, true), ("other.example", 4000, false), ("hook.example", 2020, false)]
    {
        let certified = certified(name, last_year);
        fs::write(&file, &certified.authority).unwrap();
        let server = Server::start_with(ok("secure"), Some(certified.config)).await;
        let settings = ClientSettings {
            authorities: Some(file.clone()),
            hosts: [("hook.example".to_owned(), vec![server.address])].into(),
            ..loopback(Reach::Public)
        };
        let request = || Request::get("https://hook.example/").unwrap();
        let answer = client(&settings).send(request()).await;
        match answer {
            Ok(answer) => assert!(is_good && &answer.body()[..] == b"secure"),
            Err(error) => assert!(!is_good && matches!(error, OutboundError::Tls { .. }), "{error:?}"),
        }
        // Whom this machine trusts has not signed it.
        let unknown = ClientSettings { authorities: None, ..settings };
        match Client::new(&unknown) {
            Ok(client) => {
                let error = client.send(request()).await.unwrap_err();
                assert!(matches!(error, OutboundError::Tls { .. }), "{error:?}");
            }
            Err(error) => assert!(matches!(error, OutboundError::Prepare(_)), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_without_tls() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        // A mail server, say, which speaks first.
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let (_folder, file) = authority_file();
    let settings = ClientSettings {
        hosts: [("hook.example".to_owned(), vec![address])].into(),
        authorities: Some(file),
        ..loopback(Reach::Public)
    };
    let error = client(&settings).send(Request::get("https://hook.example/").unwrap()).await.unwrap_err();
    assert!(matches!(error, OutboundError::Tls { .. } | OutboundError::Unreachable { .. }), "{error:?}");
}

#[test]
fn files_of_authorities() {
    let (folder, file) = authority_file();
    let settings = |file| ClientSettings { authorities: Some(file), ..loopback(Reach::Public) };
    assert!(Client::new(&settings(file.clone())).is_ok());
    assert!(matches!(
        Client::new(&settings(folder.path().join("none.pem"))),
        Err(OutboundError::ReadAuthorities { .. })
    ));
    for nonsense in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        fs::write(&file, nonsense).unwrap();
        let error = Client::new(&settings(file.clone())).unwrap_err();
        assert!(matches!(error, OutboundError::NoAuthorities(_) | OutboundError::Prepare(_)), "{error:?}");
    }
}

fn authority_file() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    fs::write(&file, certified("hook.example", 4000).authority).unwrap();
    (folder, file)
}
