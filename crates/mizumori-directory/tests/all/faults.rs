//! Servers that fail in ways in which a real one cannot be made to: silent, talking nonsense, refusing.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use mizumori_core::Secret;
use mizumori_directory::ldap::{Flavour, LdapDirectory, LdapSettings, Protection};
use mizumori_directory::{Directory, DirectoryError, EntryId, Lookup, Neutralise, Whom};
use mizumori_test_servers::free_port;

/// What becomes of a connection when everything was said.
#[derive(Clone, Copy, PartialEq)]
enum Behind {
    Closed,
    Open,
}

/// Listens, answers each request that comes with the next of these, whatever was asked; gives the port.
fn server(answers: &[&[u8]], behind: Behind) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers: Vec<Vec<u8>> = answers.iter().map(|answer| answer.to_vec()).collect();
    // It ends with the process: whoever asks nothing more is not waited for.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = answers.clone();
            std::thread::spawn(move || serve(stream, &answers, behind));
        }
    });
    port
}

fn serve(mut stream: TcpStream, answers: &[Vec<u8>], behind: Behind) {
    let mut buffer = [0; 4096];
    for answer in answers {
        if !matches!(stream.read(&mut buffer), Ok(1..)) || stream.write_all(answer).is_err() {
            return;
        }
    }
    if behind == Behind::Closed {
        let _ = stream.shutdown(Shutdown::Write);
    }
    while matches!(stream.read(&mut buffer), Ok(1..)) {}
}

fn settings(port: u16) -> LdapSettings {
    LdapSettings {
        protection: Protection::PlainOnLoopback,
        bind_name: "cn=canary,dc=suigen,dc=example".into(),
        bind_password: Secret::new("canary".into()),
        ..LdapSettings::new(format!("ldap://127.0.0.1:{port}"), "dc=suigen,dc=example", Flavour::OpenLdap)
    }
}

async fn ask(settings: LdapSettings) -> DirectoryError {
    let directory = LdapDirectory::new(settings).unwrap();
    let whom = Whom::Id(EntryId::new("canary").unwrap());
    let error = directory.entry(&whom).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    error
}

/// An answer to a bind (message 1) or the end of a search (message 2), with this code.
fn result(message: u8, kind: u8, code: u8) -> Vec<u8> {
    vec![0x30, 12, 2, 1, message, kind, 7, 10, 1, code, 4, 0, 4, 0]
}

const BOUND: u8 = 0x61;
const FOUND: u8 = 0x65;

#[tokio::test]
async fn nobody_there() {
    let error = ask(settings(free_port().unwrap())).await;
    assert!(matches!(error, DirectoryError::Unreachable { cause: Some(_), .. }), "{error:?}");
    assert_eq!(error.try_again(), Some(None));
}

#[tokio::test]
async fn silence_ends_in_time() {
    let soon = Duration::from_millis(300);
    let bound = result(1, BOUND, 0);
    for (answers, behind) in [(vec![], Behind::Open), (vec![&*bound], Behind::Open)] {
        let port = server(&answers, behind);
        let plain = LdapSettings { connect_timeout: soon, timeout: soon, ..settings(port) };
        let tls = LdapSettings {
            url: format!("ldaps://localhost:{port}"),
            protection: Protection::Tls,
            ..plain.clone()
        };
        let start_tls = LdapSettings { protection: Protection::StartTls, ..plain.clone() };
        let error = ask(plain).await;
        assert!(matches!(error, DirectoryError::TimedOut { .. }), "{error:?}");
        assert_eq!(error.try_again(), Some(None));
        if answers.is_empty() {
            for settings in [tls, start_tls] {
                let error = ask(settings).await;
                assert!(matches!(error, DirectoryError::TimedOut { .. }), "{error:?}");
            }
        }
    }
}

#[tokio::test]
async fn nonsense_brings_nothing_down() {
    let bound = result(1, BOUND, 0);
    let entry_of_nothing: &[u8] = &[0x30, 5, 2, 1, 2, 0x64, 0];
    let done = result(2, FOUND, 0);
    let one_that_cannot_be_read = [entry_of_nothing, &done].concat();
    for (answers, behind) in [
        (vec![&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..]], Behind::Closed),
        (vec![&[0x30, 0][..]], Behind::Open),
        (vec![&[2, 1, 0][..]], Behind::Open),
        (vec![&[0x30, 5, 2, 1, 1, 4, 0][..]], Behind::Open),
        (vec![&[0x30, 5, 2, 1, 1, 0x61, 0][..]], Behind::Open),
        (vec![&[0x30, 5, 4, 1, 1, 0x61, 0][..]], Behind::Open),
        (vec![&[0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255][..]], Behind::Closed),
        (vec![&*bound, &[0x30, 5, 2, 1, 2, 0x65, 0][..]], Behind::Open),
        (vec![&*bound, &[0x30, 5, 2, 1, 2, 0x7e, 0][..]], Behind::Open),
        (vec![&*bound, &[0x30, 0x20, 2, 1, 2][..]], Behind::Closed),
    ] {
        let error = ask(settings(server(&answers, behind))).await;
        assert!(matches!(error, DirectoryError::Nonsense { .. }), "{answers:?}: {error:?}");
    }
    // One entry that is none is passed over.
    let port = server(&[&bound, &one_that_cannot_be_read], Behind::Open);
    let directory = LdapDirectory::new(settings(port)).unwrap();
    assert_eq!(directory.entry(&Whom::Id(EntryId::new("x").unwrap())).await.unwrap(), None);
}

#[tokio::test]
async fn a_connection_that_breaks() {
    let bound = result(1, BOUND, 0);
    for answers in [vec![], vec![&*bound]] {
        let mut answers = answers;
        answers.push(&[][..]);
        let error = ask(settings(server(&answers, Behind::Closed))).await;
        assert!(matches!(error, DirectoryError::Unreachable { .. }), "{answers:?}: {error:?}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    type Check = fn(&DirectoryError) -> bool;
    let checks: [(u8, Check); 6] = [
        (10, |error| matches!(error, DirectoryError::Referral { .. })),
        (13, |error| matches!(error, DirectoryError::Tls { .. })),
        (49, |error| matches!(error, DirectoryError::Credentials { .. })),
        (50, |error| matches!(error, DirectoryError::NotPermitted { .. })),
        (51, |error| matches!(error, DirectoryError::Busy { .. })),
        (80, |error| matches!(error, DirectoryError::Refused { code: 80, .. })),
    ];
    let bound = result(1, BOUND, 0);
    for (code, is_right) in checks {
        let error = ask(settings(server(&[&result(1, BOUND, code)], Behind::Open))).await;
        assert!(is_right(&error), "{code}: {error:?}");
        if code != 49 {
            let error = ask(settings(server(&[&bound, &result(2, FOUND, code)], Behind::Open))).await;
            assert!(is_right(&error), "{code}: {error:?}");
        }
    }
}

#[tokio::test]
async fn without_tls_nothing_is_said() {
    // A server that does not know StartTLS: protocolError, in an extended answer.
    let refusal = result(1, 0x78, 2);
    let port = server(&[&refusal], Behind::Open);
    let error = ask(LdapSettings { protection: Protection::StartTls, ..settings(port) }).await;
    assert!(matches!(error, DirectoryError::Tls { .. }), "{error:?}");
    // One that speaks no TLS at all.
    let port = server(&[b"HTTP/1.1 400 Bad Request\r\n\r\n"], Behind::Closed);
    let url = format!("ldaps://localhost:{port}");
    let error = ask(LdapSettings { url, protection: Protection::Tls, ..settings(port) }).await;
    assert!(matches!(error, DirectoryError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn a_page_without_end_is_left() {
    let bound = result(1, BOUND, 0);
    let entry: &[u8] = &[0x30, 9, 2, 1, 2, 0x64, 4, 4, 0, 0x30, 0];
    let port = server(&[&bound, &entry.repeat(20_000)], Behind::Open);
    let directory = LdapDirectory::new(LdapSettings { page: 10, ..settings(port) }).unwrap();
    let mut pages = directory.pages().await.unwrap();
    let error = pages.next().await.err().unwrap();
    assert!(matches!(error, DirectoryError::Nonsense { .. }), "{error:?}");
    assert!(pages.next().await.unwrap().is_none());
    let several = directory.force_change(&Whom::Id(EntryId::new("x").unwrap())).await.unwrap_err();
    assert!(matches!(several, DirectoryError::Ambiguous { .. }), "{several:?}");
}
