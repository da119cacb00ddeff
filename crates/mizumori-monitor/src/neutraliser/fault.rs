//! Why something was not done in a directory, and what becomes of it then.

use std::time::Duration;

use mizumori_core::Timestamp;
use mizumori_directory::DirectoryError;
use mizumori_store::{Task, TaskEnd};

use crate::error::{MonitorError, in_words};
use crate::sender::pause_after;

/// How long something is tried.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// Why it was not done.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    words: String,
    /// When to come again at the earliest, where somebody said so.
    after: Option<Duration>,
    /// Whether trying again is of no use.
    is_final: bool,
    /// Whether it may have been done all the same.
    is_unsure: bool,
}

impl From<&MonitorError> for Fault {
    fn from(error: &MonitorError) -> Self {
        let after = match error {
            MonitorError::Directory(error) => error.try_again().flatten(),
            _ => None,
        };
        let is_final = matches!(error, MonitorError::Refused(_));
        Self { words: in_words(error), after, is_final, is_unsure: false }
    }
}

impl Fault {
    /// One of the action itself: an answer that did not come, or that nobody understands, says nothing of what was done.
    pub(super) fn of_action(error: &MonitorError) -> Self {
        let is_unsure = matches!(
            error,
            MonitorError::Directory(
                DirectoryError::Unreachable { .. }
                    | DirectoryError::TimedOut { .. }
                    | DirectoryError::Tls { .. }
                    | DirectoryError::Nonsense { .. }
            )
        );
        Self { is_unsure, ..Self::from(error) }
    }

    /// What becomes of a task that was first asked for at that time.
    pub(super) fn end(&self, task: &Task, first: Timestamp, now: Timestamp) -> TaskEnd {
        let due = now.after(self.after.unwrap_or_default().max(pause_after(task.attempts)));
        let words = self.words.clone();
        match !self.is_final && due < first.after(PATIENCE) {
            // What an earlier try may have done is not undone by one that did nothing.
            true if self.is_unsure || task.begun.is_some() => TaskEnd::Unsure(due, words),
            true => TaskEnd::Later(due, words),
            false => TaskEnd::Failed(words),
        }
    }
}

/// Whether a directory gives no answer to anybody.
pub(super) fn is_away(error: &MonitorError) -> bool {
    let MonitorError::Directory(error) = error else { return false };
    error.try_again().is_some()
        || matches!(error, DirectoryError::Certificate { .. } | DirectoryError::Credentials { .. })
}
