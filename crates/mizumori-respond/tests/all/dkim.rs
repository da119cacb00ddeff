//! Signatures, verified by dkimpy.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mizumori_core::{DomainName, Secret};
use mizumori_respond::mail::{DkimKey, MailServer, Security};
use mizumori_test_servers::FaultySmtp;
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};

use crate::mails::{authority, check, mail, settings};

/// Where the test command puts it.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/clients/python/bin/python");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/verify_mail.py");

/// The DER of PKCS#8 before that of PKCS#1, for RSA of 2048 bits.
const WRAPPING: usize = 26;

fn domain() -> DomainName {
    DomainName::parse("suigen.example").unwrap()
}

fn key(selector: &str, pem: String) -> DkimKey {
    DkimKey::from_pem(domain(), selector, &Secret::new(pem)).unwrap()
}

fn verified(raw: &[u8], records: &[(String, String)]) -> String {
    let mut command = Command::new(PYTHON);
    command.arg(SCRIPT).args(records.iter().flat_map(|(name, record)| [name, record]));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python is missing: `cargo xtask test` fetches it");
    child.stdin.take().unwrap().write_all(raw).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn another_program_verifies_what_we_sign() {
    if std::env::var_os("MIZUMORI_WITHOUT_CLIENTS").is_some() {
        return;
    }
    let rsa = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let pkcs1 = STANDARD.encode(&rsa.serialize_der()[WRAPPING..]);
    let pkcs1 = format!("-----BEGIN RSA PRIVATE KEY-----\n{pkcs1}\n-----END RSA PRIVATE KEY-----\n");
    let keys =
        vec![key("rsa", rsa.serialize_pem()), key("old.rsa", pkcs1), key("ed", ed25519.serialize_pem())];
    let rsa_record = format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(rsa.subject_public_key_info()));
    let ed_record = format!("v=DKIM1; k=ed25519; p={}", STANDARD.encode(ed25519.der_bytes()));
    let records = [("rsa", &rsa_record), ("old.rsa", &rsa_record), ("ed", &ed_record)]
        .map(|(selector, record)| (format!("{selector}._domainkey.suigen.example"), record.clone()));

    let server = FaultySmtp::start().unwrap();
    let file = authority(server.ca_pem());
    let to = MailServer::new(settings(server.port(), Security::StartTls, &file), keys).unwrap();
    let mut odd = mail("taro@suigen.example", 2);
    odd.subject = "a  \t b   ".to_owned() + &"c ".repeat(60);
    odd.text = " a  \t\r\n\r\n\t b \n.\n..\n\n\n\n".to_owned();
    odd.html = None;
    odd.thread = (0..12).map(|at| format!("f1.{at}@suigen.example").parse().unwrap()).collect();
    let mut empty = mail("taro@suigen.example", 3);
    empty.subject = String::new();
    empty.text = String::new();
    empty.html = None;
    let all = [mail("taro@suigen.example", 1), odd, empty];
    for mail in &all {
        check(&to.send(mail).await, "accepted", "");
    }
    let mails = server.mails();
    assert_eq!(mails.len(), all.len());
    for mail in &mails {
        let shown = String::from_utf8_lossy(&mail.raw);
        assert_eq!(verified(&mail.raw, &records), "good\ngood\ngood\n", "{shown}");
        // A relay that folds anew changes nothing; whoever changes a word or adds a header does.
        let folded = shown.replace("\r\nTo: ", "\r\nTo:\r\n\t ");
        assert_ne!(folded, shown);
        assert_eq!(verified(folded.as_bytes(), &records), "good\ngood\ngood\n");
        for (from, to) in
            [("suigen.example>\r\n", "suigen.example>\r\nFrom: a@b.example\r\n"), ("AMBER", "CLEAR")]
        {
            let changed = shown.replacen(from, to, 1);
            assert_ne!(changed, shown);
            assert!(!verified(changed.as_bytes(), &records).contains("good"), "{changed}");
        }
    }
}
