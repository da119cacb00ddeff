//! Which panics are findings.
//!
//! The reader contains panics of the decoders that it did not write and reports them as damage; that is a property
//! to be fuzzed, so such a panic must be let unwind. One that nothing contains reaches libFuzzer's entry and ends
//! the process there. A panic of the project's own code, or of a target's assertion, is a finding at once.

use std::panic::{PanicHookInfo, set_hook, take_hook};

/// Where cargo keeps the sources of what comes from a registry.
const REGISTRY: &str = "/registry/src/";

/// Lets panics of others' crates unwind, in silence; all others end the process as before.
///
/// To be called from a target's `init`, which runs behind libFuzzer's own hook.
pub fn let_contained_ones_unwind() {
    let abort = take_hook();
    set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if !info.location().is_some_and(|place| place.file().contains(REGISTRY)) {
            abort(info);
        }
    }));
}
