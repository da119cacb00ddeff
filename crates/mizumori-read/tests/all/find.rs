//! Finding descriptions without reading the rest.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mizumori_core::Secret;
use mizumori_read::{Bytes, Input, LimitKind, MemberName, ReadAt, Reader, Unreadable};

use crate::collect::{at, limited, list, stream};
use crate::{compressed, sevenz, tar, zip};

const DESCRIPTION: &[u8] = b"id = \"a\"\n";

fn wanted(name: &str) -> bool {
    name == "source.toml"
}

type Found = (Vec<(String, Vec<u8>)>, Vec<(String, Unreadable)>);

fn find_with(reader: &Reader, input: Input) -> Found {
    let mut found = Vec::new();
    let failed = reader.find(&MemberName::new("f"), input, &wanted, &mut |name, bytes| {
        found.push((name.to_string(), bytes));
    });
    (found, failed.into_iter().map(|(name, why)| (name.to_string(), why)).collect())
}

#[track_caller]
fn check(bytes: &[u8], names: &[&str]) {
    for input in [at(bytes), stream(bytes)] {
        let (found, failed) = find_with(&Reader::default(), input);
        assert_eq!(failed, []);
        let expected: Vec<_> = names.iter().map(|name| ((*name).to_owned(), DESCRIPTION.to_vec())).collect();
        assert_eq!(found, expected, "{:?}", &bytes[..8]);
    }
}

#[test]
fn finds() {
    let data = list(3000);
    let members: [(&str, &[u8]); 4] =
        [("a.txt", &data), ("dir/source.toml", DESCRIPTION), ("b.txt", &data), ("not-source.toml", b"x")];
    for bytes in [tar::tar(&members), zip::zip(&members), zip::stored(&members), sevenz::sevenz(&members)] {
        check(&bytes, &["f!dir/source.toml"]);
        check(&compressed::xz(&bytes), &["f!dir/source.toml"]);
        check(
            &zip::zip(&[("in.zip", &bytes), ("source.toml", DESCRIPTION)]),
            &["f!in.zip!dir/source.toml", "f!source.toml"],
        );
        check(&sevenz::sevenz(&[("in.zip", &bytes), ("x", &data)]), &["f!in.zip!dir/source.toml"]);
        check(&tar::tar(&[("no ending", &bytes)]), &["f!no ending!dir/source.toml"]);
    }
    #[cfg(feature = "rar")]
    check(&crate::rar::rar(&members), &["f!dir/source.toml"]);
    check(&data, &[]);
    check(&compressed::gz(&data), &[]);
    // The name of a top-level file is the caller's to see.
    check(DESCRIPTION, &[]);
}

#[test]
fn large_and_unreadable_descriptions_are_told() {
    let reader = limited(|limits| limits.found_bytes = 100);
    let large = [b'#'; 101];
    let exact = [b'#'; 100];
    let bytes = zip::zip(&[("a/source.toml", &large), ("b/source.toml", &exact)]);
    let (found, failed) = find_with(&reader, at(&bytes));
    assert_eq!(found, [("f!b/source.toml".to_owned(), exact.to_vec())]);
    let why = Unreadable::Limit { limit: LimitKind::FoundBytes, value: 100 };
    assert_eq!(failed, [("f!a/source.toml".to_owned(), why)]);

    let encrypted =
        zip::encrypted(b"id = 1", ::zip::CompressionMethod::Deflated, "256", &["source.toml", "b.txt"]);
    let (found, failed) = find_with(&Reader::default(), at(&encrypted));
    assert_eq!(found, []);
    assert_eq!(failed, [("f!source.toml".to_owned(), Unreadable::Encrypted { passwords: 0 })]);
    let reader = Reader::default().with_passwords(vec![Secret::new("合言葉".to_owned())]);
    assert_eq!(find_with(&reader, at(&encrypted)).0.len(), 1);

    let mut damaged = zip::stored(&[("source.toml", DESCRIPTION)]);
    let place = damaged.windows(2).position(|w| w == b"id").unwrap();
    damaged[place] ^= 1;
    let (found, failed) = find_with(&Reader::default(), at(&damaged));
    assert_eq!((found.len(), failed.len()), (0, 1));
}

/// Counts what is read.
struct Counting(Bytes, AtomicU64);

impl ReadAt for Counting {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read_at(offset, buf)?;
        self.1.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

#[test]
fn reads_little() {
    let data = list(80_000);
    let members: [(&str, &[u8]); 3] = [("a.txt", &data), ("source.toml", DESCRIPTION), ("b.txt", &data)];
    let little = &data[..500_000];
    // A buffer before and behind each member, and the directory; of a 7z without anything wanted, its header.
    for (kind, bytes, found, most) in [
        ("tar", tar::tar(&members), 1, 600_000),
        ("zip", zip::zip(&members), 1, 600_000),
        ("gz", compressed::gz(&data), 0, 200_000),
        ("7z without", sevenz::sevenz(&[("a.txt", little), ("b.txt", little)]), 0, 10_000),
    ] {
        let counting = Arc::new(Counting(Bytes::new(bytes), AtomicU64::new(0)));
        let input = Input::At(Arc::clone(&counting) as Arc<dyn ReadAt>);
        assert_eq!(find_with(&Reader::default(), input).0.len(), found, "{kind}");
        let read = counting.1.load(Ordering::Relaxed);
        assert!(read < most && read * 4 < counting.len(), "{kind}: {read} of {}", counting.len());
    }
}
