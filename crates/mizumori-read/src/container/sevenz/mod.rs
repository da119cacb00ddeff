//! 7z, through `sevenz-rust2`.
//!
//! The library reads the header and decodes; checksums are compared here, because it gives up the last block of
//! a member with a wrong one. Members of a solid block are decoded one after another; what cannot be decoded ends
//! the block, not the archive. A block that cannot be opened at all is reported once, under the archive's name,
//! not for each of its members.

mod blocks;
mod cursor;
mod header;
mod password;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;

use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, Password};

use super::checked::{Checked, Claims};
use crate::fault::{Fault, Guarded};
use crate::find::looks_openable;
use crate::name::{MemberName, clean_member};
use crate::walk::{Source, Walk, Walked};
use crate::{Flow, Format, ReadAt, ReadAtCursor, Unreadable};

pub(crate) use header::bears_out;

use blocks::Stepped;

/// Hands every file of the archive to `walk`: those with content in the order of their blocks, then empty ones.
pub(crate) fn walk(
    walk: &mut Walk<'_>,
    name: &MemberName,
    at: &Arc<dyn ReadAt>,
    level: u32,
    below: &Rc<Fault>,
) -> Walked {
    let opened = header::check(&**at, walk.limits)
        .and_then(|()| shielded(|| password::open(at, walk.passwords)).unwrap_or(Err(FAILED)));
    let mut archive = match opened {
        Ok(archive) => archive,
        Err(why) => {
            // Where the archive itself came to us cut off, that was reported.
            if !below.failed() {
                walk.unreadable(name, &why);
            }
            return Ok(Flow::Continue);
        }
    };
    let checksums = blocks::take_checksums(&mut archive);
    for index in 0..archive.blocks.len() {
        if walk.over() {
            return Ok(Flow::Continue);
        }
        let mut opened = Opened { at, archive: &archive, checksums: &checksums, index, level, below };
        if opened.block(walk, name)? == Flow::Stop {
            return Ok(Flow::Stop);
        }
    }
    for (index, entry) in archive.files.iter().enumerate() {
        let in_block = archive.stream_map.file_block_index.get(index).is_some_and(Option::is_some);
        if walk.over() || in_block || !is_file(entry) {
            continue;
        }
        let fault = Fault::above(below);
        let source = Source::Stream { read: &mut std::io::empty(), same: None };
        if walk.member(name, &clean_member(&entry.name), source, level + 1, &fault)? == Flow::Stop {
            return Ok(Flow::Stop);
        }
    }
    Ok(Flow::Continue)
}

const FAILED: Unreadable = Unreadable::Decoder(Format::SevenZip);

/// Runs the library; none when it panics.
fn shielded<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}

/// Whether an entry is a file: no directory, no link, nothing that says that a file was deleted.
fn is_file(entry: &ArchiveEntry) -> bool {
    // p7zip keeps Unix modes in the upper half, and says so.
    let mode = if entry.windows_attributes & 0x8000 != 0 { entry.windows_attributes >> 28 } else { 0 };
    !entry.is_directory && !entry.is_anti_item && mode != 0xA
}

/// One block of an archive.
struct Opened<'a> {
    at: &'a Arc<dyn ReadAt>,
    archive: &'a Archive,
    checksums: &'a [Option<u32>],
    index: usize,
    level: u32,
    below: &'a Rc<Fault>,
}

impl Opened<'_> {
    fn block(&mut self, walk: &mut Walk<'_>, name: &MemberName) -> Walked {
        let first = self.archive.stream_map.block_first_file_index.get(self.index).copied().unwrap_or(0);
        let block_of = |i: usize| self.archive.stream_map.file_block_index.get(i).copied().flatten();
        let files = self.archive.files.iter().enumerate().skip(first);
        let files = files.take_while(|(i, _)| block_of(*i) == Some(self.index));
        // Of a block in which nothing is needed, nothing is decoded; behind the last needed member neither.
        let needed = |entry: &ArchiveEntry| {
            let inner = clean_member(&entry.name);
            is_file(entry) && walk.needs(&inner, || looks_openable(&inner))
        };
        let Some((last, _)) = files.filter(|(_, entry)| needed(entry)).last() else {
            return Ok(Flow::Continue);
        };
        let password = match self.password(walk) {
            Ok(password) => password,
            Err(why) => {
                walk.unreadable(name, &why);
                return Ok(Flow::Continue);
            }
        };
        self.decode(walk, name, &password, first, last)
    }

    fn password(&self, walk: &Walk<'_>) -> Result<Password, Unreadable> {
        let Some(block) = self.archive.blocks.get(self.index) else { return Err(FAILED) };
        blocks::check(block, walk.limits)?;
        shielded(|| password::unlock(self.at, self.archive, self.checksums, self.index, walk.passwords))
            .unwrap_or(Err(FAILED))
    }

    /// Decodes the block up to the file with index `last`.
    fn decode(
        &self,
        walk: &mut Walk<'_>,
        name: &MemberName,
        password: &Password,
        first: usize,
        last: usize,
    ) -> Walked {
        let mut source = ReadAtCursor::new(Arc::clone(self.at));
        let decoder = BlockDecoder::new(1, self.index, self.archive, password, &mut source);
        let mut index = first;
        let mut outcome: Walked = Ok(Flow::Continue);
        let mut reported = false;
        let mut broken = false;
        // Panics of the library are caught, those of the visitor are not ours.
        let mut visiting = false;
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            decoder.for_each_entries(&mut |entry: &ArchiveEntry, read: &mut dyn std::io::Read| {
                let here = index;
                index += 1;
                let inner = clean_member(&entry.name);
                if is_file(entry) && walk.needs(&inner, || looks_openable(&inner)) {
                    let fault = Fault::above(self.below);
                    let claims = Claims {
                        crc: self.checksums.get(here).copied().flatten(),
                        size: Some(entry.size),
                        otherwise: None,
                    };
                    let read = Checked::new(Stepped::new(read, entry.size), Format::SevenZip, claims);
                    let mut read = Guarded::new(read, Format::SevenZip, self.level, &fault, &walk.meter);
                    let source = Source::Stream { read: &mut read, same: None };
                    visiting = true;
                    outcome = walk.member(name, &inner, source, self.level + 1, &fault);
                    visiting = false;
                    broken = fault.failed();
                    if let Some(why) = fault.take() {
                        // The decoder itself is sound, and the next member can be decoded.
                        broken = !matches!(
                            why,
                            Unreadable::Checksum(_) | Unreadable::Size { .. } | Unreadable::Limit { .. }
                        );
                        reported = true;
                        walk.unreadable(&name.member(&inner), &why);
                    }
                }
                // A decoder that failed must not be asked again, as the library would to pass over the rest of a
                // member: LZMA2 then runs in circles.
                Ok(matches!(outcome, Ok(Flow::Continue)) && !broken && here < last && !walk.over())
            })
        }));
        let decoded = match decoded {
            Ok(decoded) => decoded,
            Err(panic) if visiting => resume_unwind(panic),
            Err(_) => {
                walk.unreadable(name, &FAILED);
                return outcome;
            }
        };
        if outcome.is_ok() && !self.below.failed() {
            match decoded {
                Err(e) if !reported => walk.unreadable(name, &password::failure(&e)),
                Err(_) | Ok(_) if (broken || decoded.is_err()) && index <= last => {
                    let what = "members behind the damage in a solid block are lost";
                    walk.unreadable(name, &Unreadable::Damaged { format: Format::SevenZip, what });
                }
                _ => {}
            }
        }
        outcome
    }
}
