//! Records as the golden files write them: one line a record, made for being read and compared.
//!
//! `LINE LOGIN SECRET URL`, then `account=`, `site=` or `both=` with the watched entry, then `non_rfc`, where they
//! hold. A login that is no account has a tilde before it, an empty one is `-`, and so is a URL that is not there. A
//! secret is its kind, with its algorithm behind a colon, and its value as a JSON string.

use std::fmt::Write;

/// What a record says, from wherever it comes.
pub(super) struct Shown<'a> {
    pub(super) line: u64,
    pub(super) account: Option<&'a str>,
    pub(super) login: Option<&'a str>,
    pub(super) kind: &'a str,
    pub(super) algorithm: Option<&'a str>,
    pub(super) value: Option<&'a str>,
    pub(super) url: Option<&'a str>,
    pub(super) matched_by: Option<&'a str>,
    pub(super) watched: Option<&'a str>,
    pub(super) non_rfc: bool,
}

impl Shown<'_> {
    /// The line of the golden file.
    pub(super) fn line(&self) -> String {
        let mut out = self.line.to_string();
        match (self.account, self.login) {
            (Some(account), _) => write!(out, " {account}").unwrap(),
            (None, Some(login)) => write!(out, " ~{}", word(login)).unwrap(),
            (None, None) => out.push_str(" -"),
        }
        write!(out, " {}", self.kind).unwrap();
        if let Some(algorithm) = self.algorithm {
            write!(out, ":{algorithm}").unwrap();
        }
        if let Some(value) = self.value {
            write!(out, " {}", serde_json::to_string(value).unwrap()).unwrap();
        }
        write!(out, " {}", self.url.map_or("-".to_owned(), word)).unwrap();
        if let (Some(by), Some(watched)) = (self.matched_by, self.watched) {
            write!(out, " {by}={watched}").unwrap();
        }
        if self.non_rfc {
            out.push_str(" non_rfc");
        }
        out
    }
}

/// Bare where that is plain, else as a JSON string.
fn word(text: &str) -> String {
    if text.is_empty() || text.contains(char::is_whitespace) || text.starts_with('"') {
        serde_json::to_string(text).unwrap()
    } else {
        text.to_owned()
    }
}
