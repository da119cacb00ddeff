//! `mizumori audit verify`: whether the audit log is what was written.

use clap::Args;
use mizumori_store::{AuditHead, Verified, Wrong};

use crate::outcome::{Failure, Outcome};
use crate::progress::grouped;
use crate::store::Opened;
use crate::tidings;

/// Check that every entry of the audit log follows from the one before it
///
/// That the last entries are missing, or that all were written anew, shows only with a head that was kept elsewhere. Exit codes: 0 the
/// log is what was written, 1 it is not, 2 it could not be checked.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What `audit head` showed once: the log has to go through there
    #[arg(long, value_name = "NUMBER:HASH")]
    head: Option<AuditHead>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<Outcome, Failure> {
    let kept = arguments.head;
    match opened.read(async |session| Ok(session.verify_audit(kept).await?))? {
        Verified::Sound(head) => {
            let count = u64::try_from(head.seq).unwrap_or(0);
            tidings::say(&format!(
                "all {} entries follow from one another; the head is {head}",
                grouped(count)
            ));
            if kept.is_none() {
                tidings::hint(
                    "keep the head elsewhere, and give it with --head the next time: else nobody sees that the last entries are missing",
                );
            }
            Ok(Outcome::Done)
        }
        Verified::Broken { seq, why } => {
            tidings::error(&match why {
                Wrong::Missing => format!("the audit log is broken: entry {seq} is missing"),
                Wrong::Changed => {
                    format!("the audit log is broken: entry {seq} does not follow from what stands before it")
                }
                Wrong::Other => format!(
                    "the audit log is another one: entry {seq} is not what it was when its head was kept"
                ),
            });
            tidings::hint(
                "`mizumori audit export` keeps what is there; compare it with backups of the store",
            );
            Ok(Outcome::Found)
        }
    }
}
