//! Any text as a hash of a password with a salt, as a leak may have it.
//!
//! No text makes a panic, takes more memory or more time than is allowed, or is two things at once: compared, left out because it
//! would take too long, or of a kind that is not known.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use mizumori_core::Secret;
use mizumori_guard::Salted;

/// Little, so that many are tried.
const WORK: Duration = Duration::from_millis(5);

fuzz_target!(|bytes: &[u8]| {
    let Ok(hash) = std::str::from_utf8(bytes) else { return };
    let mut salted = Salted::within(WORK);
    let is_same = salted.is_of(hash, &Secret::new(b"himitsu".to_vec()));
    assert!(u64::from(is_same) + salted.skipped() + salted.unknown() <= 1);
});
