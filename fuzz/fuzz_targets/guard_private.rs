//! A private index of which one file is any bytes: its buckets, its manifest, its keys.
//!
//! No bytes make a panic, and whatever opens answers every question about a bucket that it has. Header and check of the
//! buckets are mended before, or hardly any input would come past them.

#![no_main]

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use mizumori_fuzz::{FAST, query};
use mizumori_guard::private::{PrivateIndex, PrivateStatus, PrivateWriter};

/// Bytes of the header, of which the bits of a bucket and the bytes of a value stay as they came; and of the check.
const HEADER: usize = 64;
const FREE: std::ops::Range<usize> = 16..32;
const CHECK: usize = 32;

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (index, keys) = (folder.path().join("index"), folder.path().join("keys"));
    drop(PrivateWriter::create(&index, &keys, FAST).unwrap());
    match which % 3 {
        0 => {
            let named = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|kind| kind == "buckets");
            let file = fs::read_dir(&index).unwrap().map(Result::unwrap).find(named).unwrap().path();
            let mended = mended(bytes, &fs::read(&file).unwrap());
            fs::write(&file, mended).unwrap();
        }
        1 => fs::write(index.join("private.json"), bytes).unwrap(),
        _ => replace(&keys, bytes),
    }
    let _ = PrivateStatus::of(&index);
    if let Ok(open) = PrivateIndex::open(&index, &keys) {
        for generation in &open.parameters().generations {
            let query = query(generation, "taro@suigen.example", "himitsu");
            let answer = open.answer(&query.message()).unwrap();
            let _ = query.finish(&answer);
        }
    }
    let _ = PrivateWriter::open(&index, &keys);
    let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(beside.len(), 2);
});

/// The bytes as buckets of the index whose sound ones these are.
fn mended(bytes: &[u8], sound: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if bytes.len() < HEADER + CHECK {
        return bytes;
    }
    for (at, (byte, must)) in bytes.iter_mut().zip(sound).take(HEADER).enumerate() {
        if !FREE.contains(&at) {
            *byte = *must;
        }
    }
    let end = bytes.len() - CHECK;
    let check = *blake3::hash(&bytes[..end]).as_bytes();
    bytes[end..].copy_from_slice(&check);
    bytes
}

/// A file of keys has to be its owner's alone to be read at all.
fn replace(file: &Path, bytes: &[u8]) {
    fs::remove_file(file).unwrap();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(file).unwrap().write_all(bytes).unwrap();
}
