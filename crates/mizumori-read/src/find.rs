//! Finding small files by name in containers, without reading the rest: descriptions that stand beside the data.

use crate::name::file_name;
use crate::read_at::fill_at;
use crate::walk::{Source, fill_some};
use crate::{LimitKind, Limits, MemberName, Unreadable};

/// What is looked for, and what was found.
pub(crate) struct Search<'v> {
    wanted: &'v dyn Fn(&str) -> bool,
    found: &'v mut dyn FnMut(&MemberName, Vec<u8>),
    failed: Vec<(MemberName, Unreadable)>,
}

impl<'v> Search<'v> {
    pub(crate) fn new(
        wanted: &'v dyn Fn(&str) -> bool,
        found: &'v mut dyn FnMut(&MemberName, Vec<u8>),
    ) -> Self {
        Self { wanted, found, failed: Vec::new() }
    }

    /// Whether the member `inner` is one that is looked for, by its own name.
    pub(crate) fn wants(&self, inner: &str) -> bool {
        (self.wanted)(file_name(inner))
    }

    /// Reads a wanted member. One that is too large, or whose data ends with an error, is no finding.
    pub(crate) fn take(&mut self, name: &MemberName, source: Source<'_>, limits: &Limits) {
        let limit = usize::try_from(limits.found_bytes).unwrap_or(usize::MAX - 1);
        let mut bytes = Vec::new();
        let mut step = vec![0; limit.saturating_add(1).min(64 * 1024)];
        let result = match source {
            Source::At(at) => loop {
                match fill_at(&*at, bytes.len() as u64, &mut step) {
                    Ok(0) => break Ok(()),
                    Ok(n) => bytes.extend_from_slice(step.get(..n).unwrap_or_default()),
                    Err(e) => break Err(Unreadable::from_io(&e)),
                }
                if bytes.len() > limit {
                    break Ok(());
                }
            },
            Source::Stream { read, .. } => loop {
                let n = fill_some(read, &mut step);
                bytes.extend_from_slice(step.get(..n).unwrap_or_default());
                if n == 0 || bytes.len() > limit {
                    // An error of the reader stays: asking once more shows whether this is the end.
                    break match read.read(&mut [0]) {
                        Err(e) => Err(Unreadable::from_io(&e)),
                        Ok(_) => Ok(()),
                    };
                }
            },
        };
        match result {
            _ if bytes.len() > limit => {
                let why = Unreadable::Limit { limit: LimitKind::FoundBytes, value: limits.found_bytes };
                self.fail(name, why);
            }
            Err(why) => self.fail(name, why),
            Ok(()) => (self.found)(name, bytes),
        }
    }

    /// A wanted member that cannot be read.
    pub(crate) fn fail(&mut self, name: &MemberName, why: Unreadable) {
        self.failed.push((name.clone(), why));
    }

    /// The wanted members that could not be read.
    pub(crate) fn into_failed(self) -> Vec<(MemberName, Unreadable)> {
        self.failed
    }
}

/// Whether a member's name says that it is a container, where looking at its content is dear.
pub(crate) fn looks_openable(inner: &str) -> bool {
    const ENDINGS: [&str; 18] = [
        "zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "tbz", "tbz2", "xz", "txz", "zst", "tzst", "lz4",
        "zipx", "001", "cbr", "jar",
    ];
    let name = file_name(inner);
    // An old part of a split archive, or no ending at all, says nothing.
    match name.rsplit_once('.') {
        Some((_, ending)) => ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)),
        None => false,
    }
}
