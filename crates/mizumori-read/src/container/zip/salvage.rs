//! An archive without a usable directory: members are found by their local headers.
//!
//! This is for archives that were cut short, damaged, or are one part of several. It may find members that were
//! deleted from the directory; those were data, too.

use std::io::{BufReader, Seek, SeekFrom};
use std::rc::Rc;
use std::sync::Arc;

use super::content::{BUFFER, decompress, ends_itself};
use super::record::{CENTRAL_MAGIC, DESCRIPTOR_MAGIC, Entry, Fields, LOCAL, LOCAL_MAGIC};
use super::{deliver, member_name};
use crate::fault::{Fault, Guarded};
use crate::name::NameSample;
use crate::read_at::fill_at;
use crate::walk::{Source, Walk, Walked, fill_some};
use crate::{Flow, Format, MemberName, ReadAt, ReadAtCursor, Section};

/// How many times over an archive may be searched for lengths that stand behind the data.
const SEARCHES: u64 = 16;

/// Hands every member that a local header announces to `walk`.
pub(super) fn walk(
    walk: &mut Walk<'_>,
    name: &MemberName,
    at: &Arc<dyn ReadAt>,
    level: u32,
    below: &Rc<Fault>,
) -> Walked {
    let mut position = 0;
    let mut budget = at.len().saturating_mul(SEARCHES);
    while !walk.over() {
        let Some(start) = search(&**at, position, &[LOCAL_MAGIC]) else { break };
        let Some((entry, data)) = local(&**at, start) else {
            position = start + 4;
            continue;
        };
        let (flow, end) = member(walk, name, at, &entry, data, level, below, &mut budget)?;
        position = end.max(start + 4);
        if flow == Flow::Stop {
            return Ok(Flow::Stop);
        }
    }
    Ok(Flow::Continue)
}

/// The local header at `start`, and where its data begins.
fn local(at: &dyn ReadAt, start: u64) -> Option<(Entry, u64)> {
    let mut fixed = [0; LOCAL];
    (fill_at(at, start, &mut fixed).ok()? == LOCAL).then_some(())?;
    let mut entry = Entry::local(&fixed)?;
    if !entry.is_plausible() {
        return None;
    }
    let mut rest = vec![0; entry.name_len + entry.extra_len];
    let n = fill_at(at, start + LOCAL as u64, &mut rest).ok()?;
    if n < entry.name_len {
        return None;
    }
    let data = start + (LOCAL + rest.len()) as u64;
    let extra = rest.split_off(entry.name_len);
    entry.complete(rest, &extra);
    Some((entry, data))
}

/// Delivers a member; returns where to look for the next.
#[expect(
    clippy::too_many_arguments,
    reason = "one step of `walk`, which would otherwise be too long to read"
)]
fn member(
    walk: &mut Walk<'_>,
    name: &MemberName,
    at: &Arc<dyn ReadAt>,
    entry: &Entry,
    data: u64,
    level: u32,
    below: &Rc<Fault>,
    budget: &mut u64,
) -> Result<(Flow, u64), crate::VisitError> {
    let mut sample = NameSample::default();
    sample.add(&entry.name);
    let inner = member_name(entry, sample.encoding());
    let known = !entry.has_descriptor() || entry.packed > 0;
    if known {
        let end = data.saturating_add(entry.packed);
        let flow = if entry.is_file() {
            let packed: Arc<dyn ReadAt> = Arc::new(Section::new(Arc::clone(at), data, entry.packed));
            deliver(walk, name, &inner, entry, &packed, level, below)?
        } else {
            Flow::Continue
        };
        return Ok((flow, end));
    }
    if !entry.is_file() {
        return Ok((Flow::Continue, data));
    }
    if ends_itself(entry) && !entry.is_encrypted() {
        return self_ending(walk, name, &inner, at, entry, data, level, below);
    }
    // Stored or encrypted, and its length stands behind it.
    let (packed, sums) = descriptor(&**at, data, budget);
    let entry = match sums {
        Some((crc, size)) => Entry { crc, size, packed, ..entry.clone() },
        // Encrypted data cannot be read without knowing where it ends, and stored data only by luck.
        None => Entry { packed, size: packed, ..entry.clone() },
    };
    let region: Arc<dyn ReadAt> = Arc::new(Section::new(Arc::clone(at), data, packed));
    let flow = deliver(walk, name, &inner, &entry, &region, level, below)?;
    Ok((flow, data.saturating_add(packed)))
}

/// A member whose compressed data shows where it ends.
#[expect(clippy::too_many_arguments, reason = "the other half of `member`")]
fn self_ending(
    walk: &mut Walk<'_>,
    name: &MemberName,
    inner: &str,
    at: &Arc<dyn ReadAt>,
    entry: &Entry,
    data: u64,
    level: u32,
    below: &Rc<Fault>,
) -> Result<(Flow, u64), crate::VisitError> {
    let fault = Fault::above(below);
    let mut cursor = ReadAtCursor::new(Arc::clone(at));
    // Seeking a cursor from its start cannot fail.
    let _ = cursor.seek(SeekFrom::Start(data));
    let mut input = BufReader::with_capacity(BUFFER, cursor);
    let mut flow = Flow::Continue;
    match decompress(entry, &mut input, walk.limits) {
        Err(why) => walk.unreadable_member(name, inner, &why),
        Ok(content) => {
            let mut read = Guarded::new(content, Format::Zip, level, &fault, &walk.meter);
            flow =
                walk.member(name, inner, Source::Stream { read: &mut read, same: None }, level + 1, &fault)?;
            let mut rest = [0; 4096];
            while flow == Flow::Continue && fill_some(&mut read, &mut rest) > 0 {}
        }
    }
    let end = input.get_ref().position().saturating_sub(input.buffer().len() as u64);
    let failed = fault.failed();
    walk.report(&name.member(inner), &fault);
    // Broken data has been read too far.
    Ok((flow, if failed { data } else { end }))
}

/// How long the data is that begins at `data` and has its length behind it; its checksum and unpacked size if the
/// descriptor was found, not only the next header.
///
/// `budget` is what may still be searched: an archive full of headers without descriptors would be searched to its
/// end for each of them.
fn descriptor(at: &dyn ReadAt, data: u64, budget: &mut u64) -> (u64, Option<(u32, u64)>) {
    let mut from = data;
    while *budget > 0 {
        let found = search(at, from, &[DESCRIPTOR_MAGIC]);
        *budget = budget.saturating_sub(found.unwrap_or(at.len()).saturating_sub(from));
        let Some(found) = found else { break };
        let mut bytes = [0; 24];
        let n = fill_at(at, found, &mut bytes).unwrap_or(0);
        let len = found - data;
        let mut fields = Fields::new(bytes.get(4..n).unwrap_or_default());
        let crc = fields.u32();
        let mut wide = Fields::new(bytes.get(8..n).unwrap_or_default());
        let (packed, size) = (u64::from(fields.u32()), u64::from(fields.u32()));
        if packed == len {
            return (len, Some((crc, size)));
        }
        let (packed, size) = (wide.u64(), wide.u64());
        if packed == len {
            return (len, Some((crc, size)));
        }
        from = found + 4;
    }
    let next = search(at, data, &[LOCAL_MAGIC, CENTRAL_MAGIC]);
    (next.unwrap_or(at.len()).saturating_sub(data), None)
}

/// The first place at or behind `from` where one of the magic numbers stands.
fn search(at: &dyn ReadAt, from: u64, magic: &[[u8; 4]]) -> Option<u64> {
    let finder = memchr::memmem::Finder::new(b"PK");
    let mut buf = vec![0; 64 * 1024];
    let mut position = from;
    loop {
        let n = fill_at(at, position, &mut buf).ok()?;
        let bytes = buf.get(..n)?;
        let is_magic =
            |i: &usize| magic.iter().any(|magic| bytes.get(*i..).is_some_and(|rest| rest.starts_with(magic)));
        if let Some(found) = finder.find_iter(bytes).find(is_magic) {
            return Some(position + found as u64);
        }
        // The magic number may be cut in two.
        position = position.checked_add(n.checked_sub(3).filter(|step| *step > 0)? as u64)?;
        if n < buf.len() {
            return None;
        }
    }
}
