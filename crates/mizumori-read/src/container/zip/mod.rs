//! zip (APPNOTE.TXT 6.3.10), zip64, WinZip's AES and the traditional encryption.
//!
//! Read here and not by a library, which keeps one member of those that share a name, believes the sizes that
//! headers declare, gives up a directory at its first odd entry, and has no limits for the dictionaries of the
//! methods inside. Headers are only hints: what comes out of a member is delivered, then compared with them.

mod content;
mod crypt;
mod directory;
mod password;
mod record;
mod salvage;

use std::rc::Rc;
use std::sync::Arc;

use encoding_rs::Encoding;

use crate::fault::{Fault, Guarded};
use crate::find::looks_openable;
use crate::name::{MemberName, NameSample, clean_member, decode_member};
use crate::read_at::fill_at;
use crate::walk::{Source, Walk, Walked};
use crate::{Flow, Format, ReadAt, Section, Unreadable};

use super::checked::Checked;
use content::claims;
use directory::Directory;
use record::{Entry, LOCAL};

/// Hands every file of the archive to `walk`, in the order of its directory.
pub(crate) fn walk(
    walk: &mut Walk<'_>,
    name: &MemberName,
    at: &Arc<dyn ReadAt>,
    level: u32,
    below: &Rc<Fault>,
) -> Walked {
    let directory = Directory::find(at);
    let mut names = NameSample::default();
    let mut broken = false;
    if let Some(directory) = &directory {
        for entry in directory.entries() {
            match entry {
                Ok(entry) => names.add(&entry.name),
                Err(_) => broken = true,
            }
        }
    }
    match directory {
        Some(directory) if !broken && !directory.split => {
            listed(walk, name, at, level, below, &directory, &names)
        }
        found => {
            let split = found.is_some_and(|directory| directory.split) || starts_split(&**at);
            let flow = salvage::walk(walk, name, at, level, below)?;
            // Where the archive itself came to us cut off, that was reported.
            if !below.failed() && flow == Flow::Continue {
                walk.unreadable(
                    name,
                    &if split {
                        content::unsupported("an archive that is split into several files")
                    } else {
                        let what = "its directory is missing or broken; members were looked for without it";
                        Unreadable::Damaged { format: Format::Zip, what }
                    },
                );
            }
            Ok(flow)
        }
    }
}

/// The members that the directory lists.
fn listed(
    walk: &mut Walk<'_>,
    name: &MemberName,
    at: &Arc<dyn ReadAt>,
    level: u32,
    below: &Rc<Fault>,
    directory: &Directory,
    names: &NameSample,
) -> Walked {
    let legacy = names.encoding();
    for entry in directory.entries().map_while(Result::ok) {
        if walk.over() {
            break;
        }
        if !entry.is_file() {
            continue;
        }
        let inner = member_name(&entry, legacy);
        let start = entry.offset.saturating_add(directory.shift);
        let mut fixed = [0; LOCAL];
        let n = fill_at(&**at, start, &mut fixed).unwrap_or(0);
        let flow = match Entry::local(&fixed).filter(|_| n == LOCAL) {
            Some(local) => {
                let data = start.saturating_add((LOCAL + local.name_len + local.extra_len) as u64);
                let packed: Arc<dyn ReadAt> = Arc::new(Section::new(Arc::clone(at), data, entry.packed));
                deliver(walk, name, &inner, &entry, &packed, level, below)?
            }
            None => {
                let what = "no member stands where the directory says";
                walk.unreadable_member(name, &inner, &Unreadable::Damaged { format: Format::Zip, what });
                Flow::Continue
            }
        };
        if flow == Flow::Stop {
            return Ok(Flow::Stop);
        }
    }
    Ok(Flow::Continue)
}

/// One member whose packed bytes, as far as they are there, are `packed`.
fn deliver(
    walk: &mut Walk<'_>,
    name: &MemberName,
    inner: &str,
    entry: &Entry,
    packed: &Arc<dyn ReadAt>,
    level: u32,
    below: &Rc<Fault>,
) -> Walked {
    // To look into an encrypted member costs more than its front.
    if entry.is_encrypted() && !walk.needs(inner, || looks_openable(inner)) {
        return Ok(Flow::Continue);
    }
    let cut = packed.len() < entry.packed;
    let (content, damage, same) = if entry.is_encrypted() {
        match password::unlock(entry, packed, walk.passwords, walk.limits) {
            Ok(unlocked) => (
                content::open(entry, &unlocked.data, Some(unlocked.cipher), walk.limits),
                unlocked.damage,
                None,
            ),
            Err(why) => (Err(why), None, None),
        }
    } else {
        let same = (entry.compression() == 0).then(|| Arc::clone(packed));
        (content::open(entry, packed, None, walk.limits), None, same)
    };
    let content = match content {
        Ok(content) => content,
        Err(why) => {
            walk.unreadable_member(name, inner, &why);
            return Ok(Flow::Continue);
        }
    };
    let fault = Fault::above(below);
    let checked = Checked::new(content, Format::Zip, claims(entry, damage));
    let mut read = Guarded::new(checked, Format::Zip, level, &fault, &walk.meter);
    let flow = walk.member(name, inner, Source::Stream { read: &mut read, same }, level + 1, &fault)?;
    if let Some(mut why) = fault.take() {
        if cut && matches!(why, Unreadable::Size { .. } | Unreadable::Checksum(_)) {
            why = Unreadable::Truncated(Format::Zip);
        }
        walk.unreadable(&name.member(inner), &why);
    }
    Ok(flow)
}

/// A member's name: what the archive says is UTF-8, else decoded by `legacy` unless it is valid UTF-8.
fn member_name(entry: &Entry, legacy: &'static Encoding) -> String {
    if let Some(text) = entry.unicode_name.as_deref().and_then(|name| std::str::from_utf8(name).ok()) {
        return clean_member(text);
    }
    decode_member(&entry.name, if entry.has_utf8_name() { encoding_rs::UTF_8 } else { legacy })
}

/// Whether this is the first of several files: its mark stands there.
fn starts_split(at: &dyn ReadAt) -> bool {
    let mut magic = [0; 4];
    fill_at(at, 0, &mut magic).is_ok_and(|n| n == 4) && magic == record::DESCRIPTOR_MAGIC
}

/// Whether `head` has more of an archive than its magic number.
pub(crate) fn bears_out(head: &[u8]) -> bool {
    if head.starts_with(&record::END_MAGIC) {
        // An empty archive: no members, and a comment to the end.
        let mut fields = record::Fields::new(head.get(4..).unwrap_or_default());
        return head.len() >= record::END && fields.u64() == 0 && fields.u64() == 0;
    }
    let start = if head.starts_with(&record::LOCAL_MAGIC) { 0 } else { 4 };
    let fixed = head.get(start..).and_then(|rest| rest.first_chunk::<LOCAL>());
    fixed.and_then(Entry::local).is_some_and(|entry| entry.is_plausible())
}
