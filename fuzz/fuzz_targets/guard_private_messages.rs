//! Questions, answers and parameters of the private check.
//!
//! No bytes make a panic. No bytes are taken for the answer to a question that they do not answer; and a sound answer with other
//! values says no.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mizumori_fuzz::{FAST, query};
use mizumori_guard::private::{Parameters, PrivateIndex, PrivateWriter, Query};

/// Bytes of an answer before its values, where their number stands among these, and bytes of a value.
const HEAD: usize = 108;
const COUNT: std::ops::Range<usize> = 8..12;
const VALUE: usize = 10;

struct Sound {
    index: PrivateIndex,
    query: Query,
    answer: Vec<u8>,
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (path, keys) = (folder.path().join("index"), folder.path().join("keys"));
    drop(PrivateWriter::create(&path, &keys, FAST).unwrap());
    let index = PrivateIndex::open(&path, &keys).unwrap();
    let query = query(&index.parameters().generations[0], "taro@suigen.example", "himitsu");
    let answer = index.answer(&query.message()).unwrap();
    Sound { index, query, answer }
});

fuzz_target!(|bytes: &[u8]| {
    let Sound { index, query, answer } = &*SOUND;
    let _ = index.answer(bytes);
    let mut question = query.message();
    for (to, from) in question.iter_mut().zip(bytes) {
        *to ^= *from;
    }
    let _ = index.answer(&question);
    if let Ok(parameters) = Parameters::parse(bytes) {
        // One that asks for a whole GiB is within what is accepted, and only slow.
        for generation in parameters.generations.iter().filter(|one| one.slow_hash.memory_kib < 1 << 10) {
            assert!(mizumori_fuzz::query(generation, "taro@suigen.example", "x").finish(bytes).is_err());
        }
    }
    assert!(query.finish(bytes).is_err());
    let (values, _) = bytes.as_chunks::<VALUE>();
    let mut other = [&answer[..HEAD], values.as_flattened()].concat();
    other[COUNT].copy_from_slice(&u32::try_from(values.len()).unwrap().to_le_bytes());
    assert!(matches!(query.finish(&other), Ok(false)));
});
