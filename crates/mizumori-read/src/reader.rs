//! The entry point: limits, passwords and where temporary files go.

use std::path::PathBuf;

use mizumori_core::Secret;

use crate::fault::{Fault, RootStream};
use crate::find::Search;
use crate::meter::Meter;
use crate::walk::{Purpose, Source, Walk};
use crate::{Flow, Input, Limits, MemberName, Unreadable, VisitError, Visitor};

/// Walks top-level inputs. Cheap to clone and to share: it holds no state of a walk.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    limits: Limits,
    passwords: Vec<Secret<String>>,
    directory: Option<PathBuf>,
}

impl Reader {
    /// A reader with `limits` and without passwords, whose temporary files go where the system wants them.
    pub fn new(limits: Limits) -> Self {
        Self { limits, passwords: Vec::new(), directory: None }
    }

    /// Passwords to try on encrypted archives, in this order.
    #[must_use]
    pub fn with_passwords(mut self, passwords: Vec<Secret<String>>) -> Self {
        self.passwords = passwords;
        self
    }

    /// The passwords that are tried.
    pub fn passwords(&self) -> &[Secret<String>] {
        &self.passwords
    }

    /// Where the (encrypted, nameless) temporary files go.
    #[must_use]
    pub fn with_temporary_directory(mut self, directory: PathBuf) -> Self {
        self.directory = Some(directory);
        self
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Hands every member of `input`, whose top-level name is `name`, to `visitor`, in the order in which they
    /// stand there.
    ///
    /// # Errors
    ///
    /// Only the visitor's own. What cannot be read goes to [`Visitor::unreadable`].
    pub fn read(
        &self,
        name: &MemberName,
        input: Input,
        visitor: &mut dyn Visitor,
    ) -> Result<Flow, VisitError> {
        self.walk(name, input, Purpose::Visit(visitor)).0
    }

    /// Calls `found` with the members of the containers in `input` whose own file name passes `wanted`, to find
    /// descriptions before anything is read.
    ///
    /// It reads no more than it needs: archives by their directory, tar by its headers; a compressed file that is no
    /// archive only at its front; a solid 7z or RAR only when a wanted name, or one that looks like an archive's,
    /// is inside. What is no container is not looked at, its own name is the caller's to see.
    ///
    /// Returns the wanted members that could not be read: damaged, encrypted, or longer than
    /// [`Limits::found_bytes`]. All other damage is left for [`Reader::read`] to report.
    pub fn find(
        &self,
        name: &MemberName,
        input: Input,
        wanted: &dyn Fn(&str) -> bool,
        found: &mut dyn FnMut(&MemberName, Vec<u8>),
    ) -> Vec<(MemberName, Unreadable)> {
        match self.walk(name, input, Purpose::Find(Search::new(wanted, found))).1 {
            Purpose::Find(search) => search.into_failed(),
            Purpose::Visit(_) => Vec::new(),
        }
    }

    fn walk<'v>(
        &'v self,
        name: &MemberName,
        input: Input,
        purpose: Purpose<'v>,
    ) -> (Result<Flow, VisitError>, Purpose<'v>) {
        let len = match &input {
            Input::At(at) => at.len(),
            Input::Stream(_) => 0,
        };
        let meter = Meter::new(self.limits, len);
        let fault = Fault::root();
        let mut walk = Walk {
            limits: &self.limits,
            passwords: &self.passwords,
            directory: self.directory.clone().unwrap_or_else(std::env::temp_dir),
            meter,
            purpose,
            memory: self.limits.memory_bytes,
        };
        let flow = match input {
            Input::At(at) => walk.node(name, Source::At(at), 0, &fault),
            Input::Stream(stream) => {
                let mut read = RootStream::new(stream, &fault, &walk.meter);
                walk.node(name, Source::Stream { read: &mut read, same: None }, 0, &fault)
            }
        };
        walk.report(name, &fault);
        (flow, walk.purpose)
    }
}
