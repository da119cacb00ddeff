//! Files of the guard: segments and filters.
//!
//! No bytes make a panic, and whatever opens can be asked, verified and read to its end. The checks over the
//! footer are mended before, or hardly any input would come past them.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use mizumori_guard::{Filter, HashKind, PasswordHash, Prefix, Segment};

/// Bytes of a segment's footer, and of its check at the end.
const FOOTER: usize = 80;
const CHECK: usize = 32;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut bytes = bytes.to_vec();
    mend(&mut bytes);
    fs::write(&path, &bytes).unwrap();
    let hashes = || {
        ["himitsu", "kotoba", "x"]
            .into_iter()
            .flat_map(|word| [PasswordHash::sha1(word.as_bytes()), PasswordHash::ntlm(word)])
    };
    if let Ok(segment) = Segment::open(&path) {
        for hash in hashes() {
            let count = segment.count(&hash);
            assert!(count.is_none() || segment.kind() == hash.kind());
            for (found, _) in segment.range(hash.prefix()).take(1_000) {
                assert_eq!(found.kind(), segment.kind());
            }
        }
        for prefix in [0, 1, Prefix::COUNT - 1] {
            segment.range(Prefix::of_number(prefix).unwrap()).take(1_000).for_each(drop);
        }
        segment.verify(&mut |_| Ok(())).unwrap();
    }
    if let Ok(filter) = Filter::open(&path) {
        for hash in hashes() {
            let _ = filter.contains(&hash);
        }
        let _ = filter.verify();
        assert!(matches!(filter.kind(), HashKind::Sha1 | HashKind::Ntlm));
    }
});

/// Puts the check over checks and footer where it belongs.
fn mend(bytes: &mut [u8]) -> Option<()> {
    let end = bytes.len().checked_sub(CHECK)?;
    let footer = bytes.len().checked_sub(FOOTER)?;
    let checks_at = usize::try_from(u64::from_le_bytes(*bytes.get(..end)?.last_chunk()?)).ok()?;
    let mut seal = blake3::Hasher::new();
    seal.update(bytes.get(checks_at..footer)?).update(bytes.get(footer..end)?);
    bytes.get_mut(end..)?.copy_from_slice(seal.finalize().as_bytes());
    Some(())
}
