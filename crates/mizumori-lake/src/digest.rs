//! The files of sources, with the digests by which they are known again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use mizumori_read::Input;
use mizumori_scan::{Dump, DumpPlace, Progress};

use crate::manifest::FileFacts;
use crate::method::Material;

/// The files of each source, in the order of the dumps. All cores compute.
pub(crate) fn files(material: &Material<'_>, threads: usize, progress: &Progress) -> Vec<Vec<FileFacts>> {
    let next = AtomicUsize::new(0);
    let facts = Mutex::new(Vec::new());
    let work = || {
        while !progress.is_stopped()
            && let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(dump) = material.dumps.get(at)
        {
            let file = digest(dump);
            facts.lock().unwrap_or_else(PoisonError::into_inner).push((at, file));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(material.dumps.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut facts = facts.into_inner().unwrap_or_else(PoisonError::into_inner);
    facts.sort_by_key(|(at, _)| *at);
    let mut files: Vec<Vec<FileFacts>> = vec![Vec::new(); material.sources.len()];
    for (at, file) in facts {
        for source in material.sources_of.get(at).into_iter().flatten() {
            if let Some(files) = files.get_mut(source.0) {
                files.push(file.clone());
            }
        }
    }
    files
}

/// Size and digest of a dump; of what can be read once only, neither.
fn digest(dump: &Dump) -> FileFacts {
    let name = dump.name.to_string();
    let unknown = |name| FileFacts { name, bytes: 0, blake3: None };
    let input = match &dump.place {
        DumpPlace::StandardInput => return unknown(name),
        _ => dump.open(),
    };
    let Ok(Input::At(at)) = input else { return unknown(name) };
    let bytes = at.len();
    let mut hasher = blake3::Hasher::new();
    let (mut buffer, mut position) = (vec![0; 1 << 20], 0);
    loop {
        match at.read_at(position, &mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(buffer.get(..read).unwrap_or_default());
                position += read as u64;
            }
            Err(_) => return FileFacts { name, bytes, blake3: None },
        }
    }
    FileFacts { name, bytes, blake3: Some(hasher.finalize().to_hex().to_string()) }
}
