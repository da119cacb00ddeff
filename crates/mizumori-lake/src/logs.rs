//! What the stealer logs of an ingest say of their computers. It goes into what is sealed, so it is looked for before anything is
//! scanned: a log's passwords may stand before the file that tells it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use hashbrown::HashMap;
use mizumori_read::{MemberName, Reader};
use mizumori_scan::{Dump, LogFacts, Progress};

use crate::cores::on_cores;
use crate::gather::log_folder;

/// The facts of logs, by their folders.
#[derive(Debug, Default)]
pub(crate) struct Logs(HashMap<Box<str>, LogFacts>);

impl Logs {
    /// Looks for them in `dumps`, on all cores; of members that are not `wanted` none is kept.
    pub(crate) fn find(
        dumps: &[Dump],
        wanted: &(dyn Fn(&MemberName) -> bool + Sync),
        reader: &Reader,
        threads: usize,
        progress: &Progress,
    ) -> Self {
        let next = AtomicUsize::new(0);
        let logs = Mutex::new(HashMap::new());
        let work = || {
            while !progress.is_stopped()
                && let Some(dump) = dumps.get(next.fetch_add(1, Ordering::Relaxed))
            {
                LogFacts::of_dump(reader, dump, progress, &mut |member, facts| {
                    if wanted(member) {
                        let folder = log_folder(member.as_str()).into();
                        logs.lock().unwrap_or_else(PoisonError::into_inner).insert(folder, facts);
                    }
                });
            }
        };
        on_cores(threads, dumps.len(), work);
        Self(logs.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Those of the log that a member of it lies in: in its folder, or, as browsers' files may, in one below.
    pub(crate) fn of(&self, member: &str) -> Option<&LogFacts> {
        let folder = log_folder(member);
        self.0.get(folder).or_else(|| self.0.get(log_folder(folder)).filter(|_| !folder.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_of_the_log_around_it() {
        let logs = Logs(["a/1", "logs.zip!2", "b"].map(|folder| (folder.into(), LogFacts::default())).into());
        for (member, is_known) in [
            ("a/1/Passwords.txt", true),
            ("a/1/Autofill/Chrome.txt", true),
            ("a/1/x/y/Chrome.txt", false),
            ("a/2/Passwords.txt", false),
            ("a/Passwords.txt", false),
            ("logs.zip!2/Passwords.txt", true),
            ("logs.zip!Passwords.txt", false),
            ("b/Passwords.txt", true),
            ("Passwords.txt", false),
        ] {
            assert_eq!(logs.of(member).is_some(), is_known, "{member}");
        }
    }
}
