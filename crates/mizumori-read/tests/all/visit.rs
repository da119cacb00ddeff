//! The seam to the visitor: stopping, failing, panicking; bodies; errors of the input.

use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use mizumori_read::{Body, Flow, Input, MemberName, ReadAt, Reader, Unreadable, VisitError, Visitor};

use crate::collect::{Collected, at, list, stream};
use crate::{compressed, sevenz, tar, zip};

/// Calls `on` for each member, with its number.
struct Each<F>(usize, F, Vec<Unreadable>);

impl<F: FnMut(usize, Body<'_>) -> Result<Flow, VisitError>> Visitor for Each<F> {
    fn member(&mut self, _: &MemberName, body: Body<'_>) -> Result<Flow, VisitError> {
        self.0 += 1;
        (self.1)(self.0, body)
    }

    fn unreadable(&mut self, _: &MemberName, why: &Unreadable) {
        self.2.push(why.clone());
    }
}

fn archives() -> Vec<Vec<u8>> {
    let data = list(9000);
    let members: [(&str, &[u8]); 4] = [("a", &data), ("b", &data), ("c", b"three"), ("d", b"four")];
    let mut archives = vec![tar::tar(&members), zip::zip(&members), sevenz::sevenz(&members)];
    #[cfg(feature = "rar")]
    archives.push(crate::rar::rar(&members));
    archives.push(compressed::gz(&tar::tar(&members)));
    archives
}

fn walk(
    bytes: &[u8],
    on: impl FnMut(usize, Body<'_>) -> Result<Flow, VisitError>,
) -> (usize, Result<Flow, VisitError>) {
    let mut each = Each(0, on, Vec::new());
    let result = Reader::default().read(&MemberName::new("f"), at(bytes), &mut each);
    assert_eq!(each.2, []);
    (each.0, result)
}

#[test]
fn stops() {
    for bytes in archives() {
        let (seen, result) = walk(&bytes, |n, _| Ok(if n == 2 { Flow::Stop } else { Flow::Continue }));
        assert_eq!((seen, result.unwrap()), (2, Flow::Stop));
    }
}

#[test]
fn members_need_not_be_read() {
    for bytes in archives() {
        let mut last = String::new();
        let (seen, result) = walk(&bytes, |n, body| {
            if let Body::Stream(read) = body {
                match n {
                    // Nothing of the first, a little of the second.
                    1 => {}
                    2 => assert_eq!(read.read(&mut [0; 10])?, 10),
                    _ => _ = read.read_to_string(&mut last)?,
                }
            }
            Ok(Flow::Continue)
        });
        assert_eq!((seen, result.unwrap()), (4, Flow::Continue));
        assert_eq!(last, "threefour");
    }
}

#[test]
fn the_visitors_errors_come_back_as_they_are() {
    #[derive(Debug)]
    struct Mine(u8);
    impl std::fmt::Display for Mine {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("mine")
        }
    }
    impl std::error::Error for Mine {}
    for bytes in archives() {
        let (seen, result) = walk(&bytes, |_, _| Err(Mine(7).into()));
        assert_eq!(seen, 1);
        let error = result.unwrap_err();
        assert_eq!(error.to_string(), "mine");
        assert_eq!(error.into_inner().downcast::<Mine>().unwrap().0, 7);
    }
}

/// Only panics of the decoders are caught.
#[test]
fn the_visitors_panics_pass() {
    for bytes in archives() {
        let caught = catch_unwind(AssertUnwindSafe(|| walk(&bytes, |_, _| panic!("the visitor's"))));
        assert_eq!(*caught.unwrap_err().downcast::<&str>().unwrap(), "the visitor's");
    }
}

#[test]
fn a_plain_file_can_be_read_in_ranges() {
    let bytes = list(100);
    let (seen, _) = walk(&bytes, |_, body| {
        let Body::At(body) = body else { panic!("a stream") };
        let mut part = [0; 5];
        assert_eq!(body.read_at(3, &mut part)?, 5);
        assert_eq!(part, bytes[3..8]);
        Ok(Flow::Continue)
    });
    assert_eq!(seen, 1);
    let mut each = Each(
        0,
        |_, body: Body<'_>| Ok(if matches!(body, Body::Stream(_)) { Flow::Stop } else { Flow::Continue }),
        vec![],
    );
    assert_eq!(
        Reader::default().read(&MemberName::new("stdin"), stream(&bytes), &mut each).unwrap(),
        Flow::Stop
    );
}

struct Failing {
    bytes: Vec<u8>,
    from: u64,
    error: Option<io::ErrorKind>,
}

impl ReadAt for Failing {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if offset >= self.from {
            return self.error.map_or(Ok(0), |kind| Err(kind.into()));
        }
        let end = usize::try_from(self.from.min(offset + buf.len() as u64)).unwrap();
        let from = &self.bytes[usize::try_from(offset).unwrap()..end];
        buf[..from.len()].copy_from_slice(from);
        Ok(from.len())
    }
}

#[test]
fn errors_of_the_input_are_reported_once() {
    let data = list(9000);
    for (bytes, name) in [
        (data.clone(), "f"),
        (compressed::gz(&data), "f"),
        (tar::tar(&[("a", &data)]), "f!a"),
        (zip::stored(&[("a", &data)]), ""),
    ] {
        for (error, why) in [
            (Some(io::ErrorKind::PermissionDenied), Unreadable::Io(io::ErrorKind::PermissionDenied)),
            (None, Unreadable::Shrunk),
        ] {
            let from = bytes.len() as u64 / 2;
            let mut collected = Collected::default();
            let input = Input::At(Arc::new(Failing { bytes: bytes.clone(), from, error }));
            Reader::default().read(&MemberName::new("f"), input, &mut collected).unwrap();
            assert!(!collected.unreadable.is_empty());
            for (_, got) in &collected.members {
                assert!(data.starts_with(got));
            }
            // A directory at the end cannot be read either: that is what a zip reports.
            if !name.is_empty() {
                assert_eq!(collected.unreadable.len(), 1, "{:?}", collected.unreadable);
                assert_eq!(collected.unreadable[0].0, name);
                if error.is_some() || name == "f" && bytes == data {
                    assert_eq!(collected.unreadable[0].1, why);
                }
            }
        }
    }
}

#[test]
fn errors_of_a_stream_are_reported_once() {
    struct Breaks(io::Cursor<Vec<u8>>);
    impl Read for Breaks {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buf)? {
                0 => Err(io::ErrorKind::ConnectionReset.into()),
                n => Ok(n),
            }
        }
    }
    let data = list(3000);
    let packed = compressed::gz(&data);
    let tarred = tar::tar(&[("a", &data), ("b", &data)]);
    for bytes in [&data[..50_000], &packed[..packed.len() / 2], &tarred[..tarred.len() / 3]] {
        let mut collected = Collected::default();
        let input = Input::Stream(Box::new(Breaks(io::Cursor::new(bytes.to_vec()))));
        Reader::default().read(&MemberName::new("stdin"), input, &mut collected).unwrap();
        assert!(data.starts_with(&collected.members[0].1) && collected.members[0].1.len() > 1000);
        assert_eq!(collected.why(), [("stdin", &Unreadable::Io(io::ErrorKind::ConnectionReset))]);
    }
}
