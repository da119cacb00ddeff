//! A visitor that keeps everything, and inputs that hand out their bytes in awkward pieces.

use std::io::{Cursor, Read};
use std::sync::Arc;

use mizumori_read::{Body, Bytes, Flow, Input, Limits, MemberName, Reader, Unreadable, VisitError, Visitor};

/// What a walk delivered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Collected {
    pub(crate) members: Vec<(String, Vec<u8>)>,
    pub(crate) unreadable: Vec<(String, Unreadable)>,
}

impl Visitor for Collected {
    fn member(&mut self, name: &MemberName, body: Body<'_>) -> Result<Flow, VisitError> {
        let mut bytes = Vec::new();
        match body {
            Body::At(at) => {
                bytes.resize(usize::try_from(at.len())?, 0);
                let mut done = 0;
                while done < bytes.len() {
                    match at.read_at(done as u64, &mut bytes[done..]) {
                        Ok(0) | Err(_) => break,
                        Ok(n) => done += n,
                    }
                }
                bytes.truncate(done);
            }
            // An odd size, so that nothing works only because buffers are round.
            Body::Stream(read) => {
                let mut buf = [0; 7919];
                while let Ok(n) = read.read(&mut buf) {
                    if n == 0 {
                        break;
                    }
                    bytes.extend_from_slice(&buf[..n]);
                }
            }
        }
        self.members.push((name.to_string(), bytes));
        Ok(Flow::Continue)
    }

    fn unreadable(&mut self, name: &MemberName, why: &Unreadable) {
        self.unreadable.push((name.to_string(), why.clone()));
    }
}

impl Collected {
    /// Names and texts of the members, when nothing was unreadable.
    #[track_caller]
    pub(crate) fn sound(&self) -> Vec<(&str, String)> {
        assert_eq!(self.unreadable, []);
        self.texts()
    }

    pub(crate) fn texts(&self) -> Vec<(&str, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.members.iter().map(|(name, bytes)| (name.as_str(), text(bytes))).collect()
    }

    pub(crate) fn why(&self) -> Vec<(&str, &Unreadable)> {
        self.unreadable.iter().map(|(name, why)| (name.as_str(), why)).collect()
    }
}

pub(crate) fn at(bytes: &[u8]) -> Input {
    Input::At(Arc::new(Bytes::new(bytes)))
}

/// A stream of pieces of one to nine bytes.
pub(crate) fn stream(bytes: &[u8]) -> Input {
    struct Pieces(Cursor<Vec<u8>>, usize);
    impl Read for Pieces {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            self.1 = self.1 % 9 + 1;
            let n = buf.len().min(self.1);
            self.0.read(&mut buf[..n])
        }
    }
    Input::Stream(Box::new(Pieces(Cursor::new(bytes.to_vec()), 0)))
}

/// Reads `bytes` under the name `f`, from a file and from a stream. Both must give the same; where something is
/// damaged or limited, at least the same members.
#[track_caller]
pub(crate) fn read(bytes: &[u8]) -> Collected {
    read_with(&Reader::default(), bytes)
}

#[track_caller]
pub(crate) fn read_with(reader: &Reader, bytes: &[u8]) -> Collected {
    let [file, streamed] = [at(bytes), stream(bytes)].map(|input| {
        let mut collected = Collected::default();
        reader.read(&MemberName::new("f"), input, &mut collected).unwrap();
        collected
    });
    let names =
        |read: &Collected| -> Vec<String> { read.members.iter().map(|(name, _)| name.clone()).collect() };
    assert_eq!(names(&file), names(&streamed));
    assert_eq!(file.unreadable, streamed.unreadable);
    if file.unreadable.is_empty() {
        assert!(file == streamed, "other bytes from a stream than from a file");
    }
    file
}

pub(crate) fn limited(change: impl FnOnce(&mut Limits)) -> Reader {
    let mut limits = Limits::default();
    change(&mut limits);
    Reader::new(limits)
}

/// A list with invented accounts: `lines` lines that compress about as well as real ones.
pub(crate) fn list(lines: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut text = String::new();
    for i in 0..lines {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text += &format!("user{i}@suigen.example:{:08x}\n", state >> 32);
    }
    text.into_bytes()
}
