//! What a web site answers whose holder is to prove its domain: a type in the first line, a file or a page in the rest.
//!
//! No bytes make a panic. What is behind the head of a page, in its title or in a comment proves nothing, whatever it is, and an
//! element at the head's beginning always does.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mizumori_core::DomainName;
use mizumori_proof::{Absence, Challenge};

const UTF_8: Option<&str> = Some("text/html; charset=utf-8");

static CHALLENGE: LazyLock<Challenge> = LazyLock::new(|| {
    let token = "0123456789abcdef0123456789abcdef".parse().unwrap();
    Challenge::new(DomainName::parse("suigen.example").unwrap(), token).unwrap()
});

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (said, page) = (String::from_utf8_lossy(&bytes[..end]), bytes.get(end + 1..).unwrap_or_default());
    let challenge = &*CHALLENGE;
    let _ = (challenge.judge_page(page, Some(&said)), challenge.judge_page(page, None));

    let is_file = challenge.judge_file(page).is_ok();
    let text = String::from_utf8_lossy(page);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    assert_eq!(is_file, text.trim_matches(BLANK) == challenge.line());

    let judge = |begin: &str| challenge.judge_page(&[begin.as_bytes(), page].concat(), UTF_8);
    assert_eq!(judge(&format!("<head>{}", challenge.meta_element())), Ok(()));
    assert_eq!(judge("<html><head></head>"), Err(Absence::NoElement));
    assert_eq!(judge("<p>"), Err(Absence::NoElement));
    if !text.to_ascii_lowercase().contains("</title") {
        assert_eq!(judge("<head><title>"), Err(Absence::NoElement));
    }
    if !text.contains("--") {
        assert_eq!(judge("<head><!-- x"), Err(Absence::NoElement));
    }
});

/// What `trim_ascii` takes away.
const BLANK: [char; 5] = [' ', '\t', '\n', '\r', '\u{c}'];
