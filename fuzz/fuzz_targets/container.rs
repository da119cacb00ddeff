//! Any bytes as a container: no panic, what is delivered is bounded by the limits, and a stream gives what a file gives.
//!
//! Panics of decoders that the project did not write are contained by the reader and reported as damage; the target
//! sees to it that they are. Where both ways report damage they may have read differently far.

#![no_main]

use std::io::{Cursor, Read};
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use mizumori_core::Secret;
use mizumori_fuzz::{panics, scanned::SMALL};
use mizumori_read::{
    Body, Bytes, Flow, Input, LimitKind, MemberName, Reader, Unreadable, VisitError, Visitor,
};

/// Read at once: an odd size, so that nothing works only because buffers are round.
const STEP: usize = 1021;

fuzz_target!(
    init: panics::let_contained_ones_unwind(),
    |bytes: &[u8]| {
        let passwords = ["wrong", "password"].map(|password| Secret::new(password.to_owned()));
        let reader = Reader::new(SMALL).with_passwords(passwords.to_vec());
        let at = || Input::At(Arc::new(Bytes::new(bytes)));
        let file = walked(&reader, at(), bytes.len());
        let streamed = walked(&reader, stream(bytes), bytes.len());
        compare(&file, &streamed);
        find(&reader, at());
        find(&reader, stream(bytes));
    }
);

/// What a walk delivered.
#[derive(Debug, Default)]
struct Walked {
    members: Vec<(String, Vec<u8>)>,
    unreadable: Vec<(String, Unreadable)>,
}

impl Visitor for Walked {
    fn member(&mut self, name: &MemberName, body: Body<'_>) -> Result<Flow, VisitError> {
        let mut bytes = Vec::new();
        let mut step = [0; STEP];
        match body {
            Body::At(at) => {
                while let Ok(n @ 1..) = at.read_at(bytes.len() as u64, &mut step) {
                    bytes.extend_from_slice(&step[..n]);
                }
            }
            Body::Stream(read) => {
                while let Ok(n @ 1..) = read.read(&mut step) {
                    bytes.extend_from_slice(&step[..n]);
                }
            }
        }
        self.members.push((name.to_string(), bytes));
        Ok(Flow::Continue)
    }

    fn unreadable(&mut self, name: &MemberName, why: &Unreadable) {
        // Every reason can be told.
        assert!(!why.to_string().is_empty());
        self.unreadable.push((name.to_string(), why.clone()));
    }
}

fn walked(reader: &Reader, input: Input, len: usize) -> Walked {
    let mut walked = Walked::default();
    let flow = reader.read(&MemberName::new("f"), input, &mut walked);
    assert!(matches!(flow, Ok(Flow::Continue)), "nobody stopped the walk");
    assert!(walked.members.len() as u64 <= SMALL.members + 1);
    let mut total = 0;
    for (_, bytes) in &walked.members {
        // What hits a limit may be read a little over it, once. The input itself has none.
        let bound = len.max(SMALL.member_bytes as usize + STEP);
        assert!(bytes.len() <= bound, "a member of {} bytes", bytes.len());
        total += bytes.len();
    }
    assert!(total <= len + (SMALL.depth as usize + 1) * (SMALL.total_bytes as usize + STEP), "{total} bytes");
    walked
}

/// A stream of pieces of one to nine bytes.
fn stream(bytes: &[u8]) -> Input {
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

fn compare(file: &Walked, streamed: &Walked) {
    // How far a stream may expand is told by what has been read of it so far, not by its length.
    let by_length = |walked: &Walked| {
        walked
            .unreadable
            .iter()
            .any(|(_, why)| matches!(why, Unreadable::Limit { limit: LimitKind::Ratio, .. }))
    };
    if by_length(file) || by_length(streamed) {
        return;
    }
    assert_eq!(file.unreadable, streamed.unreadable, "other damage in a stream than in a file");
    let names = |walked: &Walked| walked.members.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(file), names(streamed), "other members in a stream than in a file");
    if file.unreadable.is_empty() {
        assert!(file.members == streamed.members, "other bytes from a stream than from a file");
    }
}

fn find(reader: &Reader, input: Input) {
    let mut found = 0;
    let wanted = |name: &str| name.ends_with("toml") || name.starts_with('s');
    let failed = reader.find(&MemberName::new("f"), input, &wanted, &mut |name, bytes| {
        assert!(wanted(name.file_name()) || name.as_str() != "f");
        assert!(bytes.len() as u64 <= SMALL.found_bytes);
        found += 1;
    });
    assert!(found + failed.len() as u64 <= SMALL.members + 1);
}
