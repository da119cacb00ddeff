//! Clusters that speak TLS, and those who are none of theirs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mizumori_cluster::{
    Cluster, ClusterError, Patience, Refusal, SchedulerOptions, Tls, TlsError, executor, scheduler,
};
use mizumori_core::keys::ClusterKey;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use crate::certificates::{Authority, write};
use crate::processes::{LOOPBACK, Machines, executor_options, free_port};
use crate::units::{Doubling, a_scheduler_is_started_again, an_executor_is_killed, done, expected, patience};

/// Machines with certificates of one authority, and a folder for others.
fn machines() -> (Machines, Authority, TempDir) {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let tls = authority.folder(folder.path().join("machine"));
    (Machines::with_tls(Some(tls)), authority, folder)
}

/// Why a cluster's scheduler cannot be spoken with.
#[track_caller]
fn refusal(cluster: &Cluster) -> Refusal {
    let outcome = cluster.run(&[b"1 1".to_vec()], &|| false, &mut |_, _| Ok::<_, ClusterError>(()));
    refused(outcome.unwrap_err())
}

#[track_caller]
fn refused(error: ClusterError) -> Refusal {
    let ClusterError::Refused { why, .. } = error else { panic!("{error}") };
    why
}

#[test]
fn a_cluster_with_tls_does_the_same_though_a_machine_is_killed() {
    let (mut machines, _authority, _folder) = machines();
    an_executor_is_killed(&mut machines);
}

#[test]
fn a_scheduler_with_tls_that_is_started_again_is_given_the_rest() {
    let (mut machines, _authority, _folder) = machines();
    a_scheduler_is_started_again(&mut machines);
}

#[test]
fn a_driver_that_is_none_of_the_cluster_is_told_why() {
    let (mut machines, authority, folder) = machines();
    machines.start_scheduler();
    machines.start_executor(0);
    let asked_by = |tls| refusal(&machines.cluster_as(tls, Patience::default()).unwrap());
    // Without TLS.
    let why = asked_by(None);
    assert_eq!(why, Refusal::TlsThere);
    assert!(why.to_string().contains("it speaks TLS, and this machine has not been told to"));
    // With another cluster's certificate: already the scheduler's is strange to it.
    let strange = Authority::new();
    let other = strange.folder(folder.path().join("other"));
    let why = asked_by(Some(Tls::read(&other).unwrap()));
    assert_eq!(why.to_string(), "its certificate is of another authority than the cluster's");
    // That takes both clusters for its own: now the scheduler refuses.
    write(&other, "ca.crt", &format!("{}{}", authority.pem, strange.pem));
    let why = asked_by(Some(Tls::read(&other).unwrap()));
    let words = "it refuses this machine's certificate: it is of another authority than the cluster's";
    assert_eq!(why.to_string(), words);
    // The cluster is none the worse for them.
    assert_eq!(done(&machines.cluster(patience()), 2, 1, |_| ()), expected(2));
}

#[test]
fn a_scheduler_without_tls_is_not_spoken_with_by_who_has_it() {
    let mut machines = Machines::new();
    machines.start_scheduler();
    let folder = tempfile::tempdir().unwrap();
    let tls = Tls::read(&Authority::new().folder(folder.path().join("machine"))).unwrap();
    let why = refusal(&machines.cluster_as(Some(tls.clone()), Patience::default()).unwrap());
    assert_eq!(why, Refusal::TlsHere);
    assert!(why.to_string().contains("does not speak TLS"));
    let options = executor_options(machines.scheduler_port(), free_port(), folder.path(), Some(tls));
    let error = executor(&options, ClusterKey::random().unwrap(), Arc::new(Doubling)).unwrap_err();
    assert_eq!(refused(error), Refusal::TlsHere);
}

#[test]
fn a_scheduler_of_another_name_is_not_spoken_with() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let elsewhere = authority.folder_until(folder.path().join("elsewhere"), "elsewhere.example", 4096);
    let mut machines = Machines::with_tls(Some(elsewhere.clone()));
    machines.start_scheduler();
    let why = refusal(&machines.cluster(Patience::default())).to_string();
    assert!(why.contains("not valid for name \"127.0.0.1\""), "{why}");
}

#[test]
fn an_executor_that_is_none_of_the_cluster_ends() {
    let (mut machines, authority, folder) = machines();
    machines.start_scheduler();
    let joins = |tls| {
        let options = executor_options(machines.scheduler_port(), free_port(), folder.path(), tls);
        refused(executor(&options, ClusterKey::random().unwrap(), Arc::new(Doubling)).unwrap_err())
    };
    assert_eq!(joins(None), Refusal::TlsThere);
    let strange = Authority::new();
    let other = strange.folder(folder.path().join("other"));
    write(&other, "ca.crt", &format!("{}{}", authority.pem, strange.pem));
    assert!(matches!(joins(Some(Tls::read(&other).unwrap())), Refusal::Ours(_)));
}

/// What a caller of `port` with TLS and without a certificate is told.
fn called_without_a_certificate(port: u16, authority: &Authority) -> Option<AlertDescription> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols.push(b"h2".to_vec());
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect((LOOPBACK, port)).unwrap());
    let error = stream.read(&mut [0; 16]).unwrap_err();
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        error => panic!("{error}"),
    }
}

#[test]
fn nobody_is_served_without_a_certificate() {
    let (mut machines, authority, _folder) = machines();
    machines.start_scheduler();
    let results = machines.start_executor(0);
    let begun = Instant::now();
    while TcpStream::connect((LOOPBACK, results)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the executor does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    for port in [machines.scheduler_port(), results] {
        let alert = called_without_a_certificate(port, &authority);
        assert_eq!(alert, Some(AlertDescription::CertificateRequired));
        // Nor without TLS: an alert, and the end.
        let mut socket = TcpStream::connect((LOOPBACK, port)).unwrap();
        socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        assert!(answer.starts_with(&[21, 3]) && answer.len() == 7, "{answer:?}");
    }
    // Behind the port for results there is nothing.
    assert!(TcpStream::connect((LOOPBACK, results + 1)).is_err());
}

/// The error of what a folder holds, with its causes.
fn mistake(folder: &Path) -> String {
    in_words(&Tls::read(folder).unwrap_err())
}

fn in_words(error: &TlsError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

#[test]
fn files_that_are_no_use_are_told_and_the_key_is_not() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let good = authority.folder(folder.path().join("good"));
    let key = std::fs::read_to_string(good.join("tls.key")).unwrap();
    let inside = key.lines().nth(1).unwrap();
    let shown = format!("{:?}", Tls::read(&good).unwrap());
    assert!(shown.contains("good") && !shown.contains("PRIVATE") && !shown.contains(inside), "{shown}");
    for (file, text, says) in [
        ("tls.crt", None, "could not read `"),
        ("tls.key", None, "could not read `"),
        ("ca.crt", None, "could not read `"),
        ("tls.crt", Some("nothing"), "tls.crt` holds no certificate in PEM"),
        ("tls.crt", Some(&*key), "tls.crt` holds no certificate in PEM"),
        ("ca.crt", Some(""), "ca.crt` holds no certificate in PEM"),
        ("tls.key", Some(&*authority.pem), "tls.key` holds no private key without a passphrase in PEM"),
        ("tls.key", Some(&*key.replace("----BEGIN", "---BEGIN")), "holds no private key"),
        ("tls.key", Some(&*key.replace(inside, &inside[1..])), "holds no private key"),
        (
            "tls.key",
            Some(&*rcgen::KeyPair::generate().unwrap().serialize_pem()),
            "tls.key` is not that of the certificate `",
        ),
    ] {
        let bad = authority.folder(folder.path().join("bad"));
        std::fs::copy(good.join("tls.crt"), bad.join("tls.crt")).unwrap();
        std::fs::copy(good.join("tls.key"), bad.join("tls.key")).unwrap();
        match text {
            Some(text) => write(&bad, file, text),
            None => std::fs::remove_file(bad.join(file)).unwrap(),
        }
        let error = mistake(&bad);
        assert!(error.contains(says), "{file}: {error}");
        assert!(!error.contains(&inside[8..]), "{error}");
    }
}

#[test]
fn a_certificate_that_others_would_not_take_starts_nothing() {
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    let starts = |folder: &Path| {
        let tls = Some(Tls::read(folder).unwrap());
        let listen = (LOOPBACK, free_port()).into();
        let silence = Duration::from_secs(8);
        let errors = [
            scheduler(&SchedulerOptions { listen, silence, tls: tls.clone() }).unwrap_err(),
            executor(
                &executor_options(free_port(), free_port(), folder, tls.clone()),
                ClusterKey::random().unwrap(),
                Arc::new(Doubling),
            )
            .unwrap_err(),
            Cluster::new("127.0.0.1", 1, ClusterKey::random().unwrap(), tls, patience()).err().unwrap(),
        ];
        errors.map(|error| match error {
            ClusterError::Tls(error) => in_words(&error),
            error => panic!("{error}"),
        })
    };
    let expired = authority.folder_until(folder.path().join("expired"), "127.0.0.1", 2001);
    for error in starts(&expired) {
        assert!(error.ends_with("tls.crt` has expired"), "{error}");
    }
    let strange = Authority::new().folder(folder.path().join("strange"));
    write(&strange, "ca.crt", &authority.pem);
    for error in starts(&strange) {
        assert!(error.contains("is not of the authority `"), "{error}");
    }
    // An executor says where it is found.
    let elsewhere = authority.folder_until(folder.path().join("elsewhere"), "elsewhere.example", 4096);
    let tls = Some(Tls::read(&elsewhere).unwrap());
    let options = executor_options(free_port(), free_port(), folder.path(), tls);
    let error = executor(&options, ClusterKey::random().unwrap(), Arc::new(Doubling)).unwrap_err();
    let ClusterError::Tls(error) = error else { panic!("{error}") };
    let words = in_words(&error);
    assert!(
        words.contains("cannot be used by `127.0.0.1`") && words.contains("elsewhere.example"),
        "{words}"
    );
}
