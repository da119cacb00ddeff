//! How errors are classified: by what the caller does next.
//!
//! The errors themselves stand in the crate that raises them; each has a
//! `class()` that names one of these.

/// What a caller can do about an error. Exit codes, retries and HTTP statuses match on this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The request itself is wrong: an option, a watch list, a source description. Correct it and ask again.
    Usage,
    /// Some input could not be read; the rest could.
    Unreadable,
    /// A limit against hostile input was hit; it is a setting.
    Limit,
    /// The surroundings failed: disk, memory, network. The same request may work later.
    Environment,
    /// Somebody asked to stop.
    Interrupted,
    /// A defect of the program.
    Internal,
}
