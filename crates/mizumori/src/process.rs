//! What the process does before anything else: for its own safety no core dumps and no panics that quote data, room for as many
//! open files as it may have, and one library that computes all TLS.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Switches off what could carry a secret out of the process by itself.
pub(crate) fn harden() {
    // Where the system refuses, the work is no less safe than that of any other program: nothing to tell.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // A panic's message may quote the text it was about. Its place says enough for a report.
    std::panic::set_hook(Box::new(|info| {
        let place =
            info.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
        crate::tidings::error(&format!("this is a defect of mizumori, at {place}; please report it"));
    }));
}

/// Has as many files open as the system allows: a merge of a whole lake opens all of its files, of which there may be
/// more than programs get unasked.
pub(crate) fn open_many_files() {
    let limit = getrlimit(Resource::Nofile);
    // Where it stays lower, what needs more says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Chooses what computes TLS: two libraries can, where dependencies bring the other one along.
#[cfg(any(feature = "guard", feature = "store"))]
pub(crate) fn choose_cryptography() {
    // Nobody has chosen before `main`.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Whether core dumps are off.
pub(crate) fn core_dumps_are_off() -> bool {
    getrlimit(Resource::Core).current == Some(0)
}
