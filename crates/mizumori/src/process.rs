//! What the process does for its own safety before anything else: no core dumps, no panics that quote data.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

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

/// Whether core dumps are off.
pub(crate) fn core_dumps_are_off() -> bool {
    rustix::process::getrlimit(Resource::Core).current == Some(0)
}
