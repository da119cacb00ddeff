//! tar: v7, ustar (POSIX.1-1988), pax (POSIX.1-2001) and GNU, long names and sparse files too.
//!
//! Read here and not by a library, because a hostile archive may have a long name of gigabytes, and because what
//! follows a broken header should still be found. Links, devices and directories have no content and are no
//! members.

mod header;
mod pax;
mod sparse;
mod tape;

use std::io::Read;
use std::rc::Rc;
use std::sync::Arc;

use crate::fault::{Fault, Guarded};
use crate::name::{MemberName, NameSample, clean_member, decode_member};
use crate::walk::{Source, Walk, Walked};
use crate::{Flow, Format, ReadAt, Section, Unreadable};

pub(crate) use header::is_header;
pub(crate) use tape::Tape;

use header::{BLOCK, Header, Kind};
use pax::Extended;
use sparse::Unpacked;

/// Longest long name that is read; `Extended` has a limit of its own.
const LONG_NAME: u64 = 64 * 1024;

/// Hands every file of the archive on `tape` to `walk`. `same` is the archive at random access, if there is one.
pub(crate) fn walk(
    walk: &mut Walk<'_>,
    name: &MemberName,
    mut tape: Tape<'_>,
    same: Option<Arc<dyn ReadAt>>,
    level: u32,
    below: &Rc<Fault>,
) -> Walked {
    let mut pending = Pending::default();
    let mut broken = false;
    while !walk.over() {
        let mut block = [0; BLOCK];
        match tape.block(&mut block) {
            Ok(BLOCK) => {}
            Ok(n) => {
                if n > 0 && block.iter().any(|byte| *byte != 0) && !below.failed() {
                    walk.unreadable(name, &Unreadable::Truncated(Format::Tar));
                }
                break;
            }
            // Whoever is below reports it; a file's own error has nobody else.
            Err(e) => {
                if !below.failed() && !pending.input_failed {
                    walk.unreadable(name, &Unreadable::from_io(&e));
                }
                break;
            }
        }
        let Some(header) = Header::parse(&block) else {
            // Zero blocks end an archive; others may have been appended behind them.
            if !broken && block.iter().any(|byte| *byte != 0) {
                let what = "a broken header; looked for the next sound one";
                walk.unreadable(name, &Unreadable::Damaged { format: Format::Tar, what });
                broken = true;
                pending.next_file();
            }
            continue;
        };
        broken = false;
        match entry(walk, name, &mut tape, same.as_ref(), level, below, &header, &mut pending)? {
            Some(Flow::Continue) => {}
            Some(Flow::Stop) => return Ok(Flow::Stop),
            None => break,
        }
    }
    Ok(Flow::Continue)
}

/// What extension headers said about the file that follows them.
#[derive(Default)]
struct Pending {
    long_name: Option<Vec<u8>>,
    extended: Extended,
    global: Extended,
    /// Whether reading the input failed inside of a file, which was reported under that file's name.
    input_failed: bool,
}

impl Pending {
    /// Forgets what was said about one file only.
    fn next_file(&mut self) {
        self.long_name = None;
        self.extended = Extended::default();
    }
}

/// One header and its data. None when the tape ends.
#[expect(
    clippy::too_many_arguments,
    reason = "one step of `walk`, which would otherwise be too long to read"
)]
fn entry(
    walk: &mut Walk<'_>,
    name: &MemberName,
    tape: &mut Tape<'_>,
    same: Option<&Arc<dyn ReadAt>>,
    level: u32,
    below: &Rc<Fault>,
    header: &Header<'_>,
    pending: &mut Pending,
) -> Result<Option<Flow>, crate::VisitError> {
    let fault = Fault::above(below);
    let mut flow = Flow::Continue;
    let size = match header.kind() {
        Kind::LongName | Kind::LongLink | Kind::Pax | Kind::PaxGlobal => header.size(),
        _ => pending.extended.size.or(pending.global.size).unwrap_or(header.size()),
    };
    tape.begin(size);
    match header.kind() {
        Kind::LongName => pending.long_name = Some(trim_nul(read_up_to(tape, LONG_NAME))),
        Kind::Pax => pending.extended = Extended::parse(&read_up_to(tape, pax::LIMIT)),
        Kind::PaxGlobal => pending.global = Extended::parse(&read_up_to(tape, pax::LIMIT)),
        Kind::LongLink => {}
        Kind::Skipped => pending.next_file(),
        kind @ (Kind::File | Kind::Sparse) => {
            let (long_name, extended) = (pending.long_name.take(), std::mem::take(&mut pending.extended));
            let inner = file_name(header, long_name, &extended);
            // A v7 directory is a file whose name ends in a slash.
            if !(inner.ends_with('/') && size == 0) {
                let map = match kind {
                    Kind::Sparse => header.sparse(tape),
                    _ => extended.sparse(tape),
                };
                let same = match (&map, same) {
                    (Ok(None), Some(at)) => {
                        Some(Arc::new(Section::new(Arc::clone(at), tape.position(), size)) as Arc<dyn ReadAt>)
                    }
                    _ => None,
                };
                match map {
                    Ok(map) => {
                        let body = Unpacked::new(tape, map);
                        let mut read = Guarded::new(body, Format::Tar, level, &fault, &walk.meter);
                        let source = Source::Stream { read: &mut read, same };
                        flow = walk.member(name, &inner, source, level + 1, &fault)?;
                    }
                    Err(why) => walk.unreadable_member(name, &inner, &why),
                }
            }
            let reached = flow == Flow::Stop || tape.finish();
            if !reached && !fault.failed() {
                fault.set(Unreadable::Truncated(Format::Tar));
            }
            if let Some(why) = fault.take() {
                pending.input_failed = matches!(why, Unreadable::Io(_));
                walk.unreadable(&name.member(&inner), &why);
            }
            return Ok((reached || flow == Flow::Stop).then_some(flow));
        }
    }
    if !tape.finish() {
        if !below.failed() {
            walk.unreadable(name, &Unreadable::Truncated(Format::Tar));
        }
        return Ok(None);
    }
    Ok(Some(flow))
}

fn file_name(header: &Header<'_>, long_name: Option<Vec<u8>>, extended: &Extended) -> String {
    // pax has UTF-8 by definition, GNU whatever the system had.
    if let Some(path) = &extended.path {
        return clean_or_guess(path);
    }
    clean_or_guess(&long_name.unwrap_or_else(|| header.name()))
}

fn clean_or_guess(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => clean_member(text),
        Err(_) => {
            let mut sample = NameSample::default();
            sample.add(raw);
            decode_member(raw, sample.encoding())
        }
    }
}

/// The data of an extension header, as far as it is allowed to be long; the tape passes over the rest.
fn read_up_to(tape: &mut Tape<'_>, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    // An error shows again when the tape goes on.
    let _ = tape.take(limit).read_to_end(&mut bytes);
    bytes
}

fn trim_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = memchr::memchr(0, &bytes) {
        bytes.truncate(end);
    }
    bytes
}
