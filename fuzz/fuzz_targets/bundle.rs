//! A bundle: its header, and the entries of an opened payload.
//!
//! No bytes make a panic, no entry has a name that leads out of a folder, and a body that was read to its end is what its hash says.

#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use mizumori_bundle::{EntryReader, show};

fuzz_target!(|bytes: &[u8]| {
    let _ = show(&mut &*bytes);
    let _ = show(&mut &*[b"MIZBUNDL\x01\0\0\0".as_slice(), bytes].concat());
    if let Ok(length) = u32::try_from(bytes.len()) {
        let _ = show(&mut &*[b"MIZBUNDL\x01\0\0\0".as_slice(), &length.to_le_bytes(), bytes].concat());
    }

    let mut reader = EntryReader::new(bytes);
    while let Ok(Some(head)) = reader.entry() {
        for name in [&head.of, &head.name] {
            assert!(!name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']));
        }
        let mut body = Vec::new();
        if reader.read_to_end(&mut body).is_ok() {
            assert!(body.len() <= bytes.len());
            let hash = *blake3::hash(&body).as_bytes();
            assert!(bytes.windows(hash.len()).any(|window| window == hash));
        }
    }
});
