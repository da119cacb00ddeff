//! Ctrl-C: the first stops the work and lets the command say what was done, the second ends the process.

use std::sync::Arc;

use mizumori_scan::Progress;

/// Has an interrupt stop the run that `progress` belongs to.
///
/// Where no handler can be set an interrupt ends the process, as it does by default.
pub(crate) fn stops(progress: &Arc<Progress>) {
    let progress = Arc::clone(progress);
    let _ = ctrlc::set_handler(move || {
        if progress.is_stopped() {
            std::process::exit(130);
        }
        progress.stop();
    });
}
