//! Signs mails with DKIM (RFC 6376; RFC 8301 for RSA, RFC 8463 for Ed25519), relaxed in head and body: relays fold anew.
//!
//! It signs what it is given and publishes nothing: the record in the name service is the operator's.

use std::fmt;
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mizumori_core::{DomainName, Secret};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{RespondError, Result};

/// What is signed, where it is there. Each is named once more than it is there, so that none can be added.
const SIGNED: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-language",
    "auto-submitted",
    "x-tlp",
];

/// Characters of base64 on a line.
const WIDTH: usize = 72;

/// A key that mails of a domain are signed with.
pub struct DkimKey {
    key: Key,
    domain: DomainName,
    selector: String,
}

enum Key {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl DkimKey {
    /// Reads a private key in PEM: RSA of at least 2048 bits (PKCS#1 or PKCS#8), or Ed25519 (PKCS#8).
    ///
    /// # Errors
    /// When it is none, or the selector is no name.
    pub fn from_pem(domain: DomainName, selector: &str, pem: &Secret<String>) -> Result<Self> {
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        if selector.len() > 200 || !selector.split('.').all(is_label) {
            return Err(RespondError::DkimKey("its selector is no name"));
        }
        let key = PrivateKeyDer::from_pem_slice(pem.expose().as_bytes())
            .map_err(|_| RespondError::DkimKey("it is not in PEM, or has a passphrase"))?;
        let key = match &key {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).ok().map(Key::Rsa),
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                let rsa = RsaKeyPair::from_pkcs8(der).ok().map(Key::Rsa);
                rsa.or_else(|| Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(Key::Ed25519))
            }
            _ => None,
        };
        let key = key.ok_or(RespondError::DkimKey("it is neither RSA of 2048 to 8192 bits nor Ed25519"))?;
        Ok(Self { key, domain, selector: selector.to_owned() })
    }

    /// Whether receivers take its signature for a mail from there: the domain, or one below it.
    pub(crate) fn signs_for(&self, domain: &str) -> bool {
        let (domain, own) = (domain.to_ascii_lowercase(), self.domain.as_str());
        domain.strip_suffix(own).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    }

    /// The header that signs a mail, with its line end.
    ///
    /// # Errors
    /// When the library cannot sign.
    pub(crate) fn signature(&self, mail: &[u8], now: SystemTime) -> Result<Vec<u8>> {
        let (head, body) = halves(mail);
        let headers = fields(head);
        let mut names = Vec::new();
        let mut signed = Vec::new();
        for name in SIGNED {
            // The lowest one: that is the one a verifier takes first.
            if let Some(field) = headers.iter().rev().find(|field| is_named(field, name)) {
                names.push(*name);
                signed.extend_from_slice(&relaxed_field(field));
            }
        }
        names.extend(SIGNED);
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let hash = STANDARD.encode(digest(&SHA256, &relaxed_body(body)));
        let mut header = format!(
            "DKIM-Signature: v=1; a={}; c=relaxed/relaxed; d={};\r\n s={}; t={seconds};\r\n h={};\r\n bh={hash};\r\n b=",
            self.algorithm(),
            self.domain.as_str(),
            self.selector,
            names.join(":\r\n  "),
        );
        let mut own = relaxed_field(header.as_bytes());
        own.truncate(own.trim_ascii_end().len());
        signed.extend_from_slice(&own);
        let signature = STANDARD.encode(self.sign(&signed)?);
        for (at, sign) in signature.chars().enumerate() {
            if at % WIDTH == 0 {
                header.push_str("\r\n  ");
            }
            header.push(sign);
        }
        header.push_str("\r\n");
        Ok(header.into_bytes())
    }

    const fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        }
    }

    fn sign(&self, text: &[u8]) -> Result<Vec<u8>> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
                    .map_err(|_| RespondError::Unwritable("it could not be signed"))?;
                Ok(signature)
            }
            // RFC 8463: what is signed is the hash.
            Key::Ed25519(key) => Ok(key.sign(digest(&SHA256, text).as_ref()).as_ref().to_vec()),
        }
    }
}

impl fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DkimKey({} {} {})", self.domain.as_str(), self.selector, self.algorithm())
    }
}

/// Head and body, without the empty line between them.
fn halves(mail: &[u8]) -> (&[u8], &[u8]) {
    let end = mail.windows(4).position(|four| four == b"\r\n\r\n");
    let halves = end.and_then(|end| Some((mail.get(..end + 2)?, mail.get(end + 4..)?)));
    halves.unwrap_or((mail, b""))
}

/// The fields of a head, each with its further lines, without the line end behind it.
fn fields(head: &[u8]) -> Vec<Vec<u8>> {
    let mut fields: Vec<Vec<u8>> = Vec::new();
    for line in lines(head) {
        match fields.last_mut() {
            Some(field) if line.starts_with(b" ") || line.starts_with(b"\t") => field.extend_from_slice(line),
            _ => fields.push(line.to_vec()),
        }
    }
    fields
}

fn is_named(field: &[u8], name: &str) -> bool {
    let before = field.split(|byte| *byte == b':').next().unwrap_or_default();
    before.trim_ascii_end().eq_ignore_ascii_case(name.as_bytes())
}

/// RFC 6376, section 3.4.2: the name in lower case, no folds, one blank for many, none at either end.
fn relaxed_field(field: &[u8]) -> Vec<u8> {
    let mut parts = field.splitn(2, |byte| *byte == b':');
    let name = parts.next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    let value = parts.next().unwrap_or_default();
    let unfolded: Vec<u8> = value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut relaxed = name;
    relaxed.push(b':');
    relaxed.extend_from_slice(one_blank(&unfolded).trim_ascii());
    relaxed.extend_from_slice(b"\r\n");
    relaxed
}

/// RFC 6376, section 3.4.4: one blank for many, none at the end of a line, no empty lines at the end.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len() + 2);
    for line in lines(body) {
        relaxed.extend_from_slice(one_blank(line).trim_ascii_end());
        relaxed.extend_from_slice(b"\r\n");
    }
    while relaxed.ends_with(b"\r\n\r\n") {
        relaxed.truncate(relaxed.len() - 2);
    }
    if relaxed == b"\r\n" {
        relaxed.clear();
    }
    relaxed
}

/// Lines without their ends. What comes behind the last end is one only when it is not empty.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let lines = (!text.is_empty()).then(|| text.split(|byte| *byte == b'\n'));
    lines.into_iter().flatten().map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn one_blank(line: &[u8]) -> Vec<u8> {
    let mut relaxed: Vec<u8> = Vec::with_capacity(line.len());
    for byte in line {
        let byte = if *byte == b'\t' { b' ' } else { *byte };
        if byte != b' ' || relaxed.last() != Some(&b' ') {
            relaxed.push(byte);
        }
    }
    relaxed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relaxed_as_the_rfc_shows() {
        // RFC 6376, section 3.4.5.
        let mail = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (head, body) = halves(mail);
        let fields: Vec<u8> = fields(head).iter().flat_map(|field| relaxed_field(field)).collect();
        assert_eq!(fields, b"a:X\r\nb:Y Z\r\n");
        assert_eq!(relaxed_body(body), b" C\r\nD E\r\n");
    }

    #[test]
    fn bodies_that_end_oddly() {
        for (body, relaxed) in [
            (b"".as_slice(), b"".as_slice()),
            (b"\r\n\r\n", b""),
            (b" \r\n", b""),
            (b"a", b"a\r\n"),
            (b"\r\na\r\n \t\r\n", b"\r\na\r\n"),
        ] {
            assert_eq!(relaxed_body(body), relaxed, "{body:?}");
        }
    }

    #[test]
    fn what_is_no_key() {
        let domain = || DomainName::parse("suigen.example").unwrap();
        let key = |selector: &str, pem: &str| {
            DkimKey::from_pem(domain(), selector, &Secret::new(pem.to_owned())).unwrap_err().to_string()
        };
        assert!(key("s1", "himitsu").contains("PEM"));
        assert!(key("s1; d=b.example", "").contains("selector"));
        assert!(key("", "").contains("selector"));
        let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
        assert!(key("s1", &other).contains("RSA"), "ECDSA signs no mails");
    }

    #[test]
    fn whose_mails_are_signed() {
        let pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_pem();
        let key =
            DkimKey::from_pem(DomainName::parse("suigen.example").unwrap(), "s1", &Secret::new(pem)).unwrap();
        assert!(key.signs_for("suigen.example") && key.signs_for("MAIL.Suigen.example"));
        assert!(!key.signs_for("notsuigen.example") && !key.signs_for("example"));
        assert_eq!(format!("{key:?}"), "DkimKey(suigen.example s1 ed25519-sha256)");
    }
}
