//! A first look into each dump, on every core: how long it is, and, in archives, which descriptions are in it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use mizumori_read::{Input, MemberName, Reader};
use mizumori_scan::{DumpPlace, describes_sources};

use super::FoundDump;

/// Objects that are looked into at the same time.
const AT_ONCE: usize = 16;

/// What was seen in one dump.
struct Seen {
    at: usize,
    bytes: u64,
    inside: Vec<(MemberName, Vec<u8>)>,
}

/// Looks into every regular file of `found`. What cannot be opened is left: it is reported when it is scanned.
pub(super) fn into(found: &mut [FoundDump], reader: &Reader, threads: usize) {
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Vec::new());
    let dumps = &*found;
    let work = || {
        let mut mine = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(dump) = dumps.get(at) else { break };
            if dump.regular
                && let Ok(Input::At(input)) = dump.dump.open()
            {
                let bytes = input.len();
                let inside = descriptions(&dump.dump.name, Input::At(input), reader);
                mine.push(Seen { at, bytes, inside });
            }
        }
        all.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(mine);
    };
    // Who waits for a store needs no core.
    let waits = dumps.iter().any(|dump| matches!(dump.dump.place, DumpPlace::Held(_)));
    let threads = if waits { threads.max(AT_ONCE) } else { threads };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(dumps.len()) {
            scope.spawn(work);
        }
        work();
    });
    for Seen { at, bytes, inside } in all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        if let Some(dump) = found.get_mut(at) {
            dump.bytes = Some(bytes);
            dump.inside = inside;
        }
    }
}

/// The descriptions inside a dump that is an archive, with their text.
fn descriptions(name: &MemberName, input: Input, reader: &Reader) -> Vec<(MemberName, Vec<u8>)> {
    let mut texts = Vec::new();
    let failed = reader.find(name, input, &describes_sources, &mut |name, text| {
        texts.push((name.clone(), text));
    });
    // A description that cannot be read is as bad as a wrong one: nothing may be guessed.
    texts.extend(failed.into_iter().map(|(name, _)| (name, vec![0xff])));
    texts
}
