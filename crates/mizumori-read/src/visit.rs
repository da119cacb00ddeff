//! What goes into a [`Reader`](crate::Reader) and what comes out: the seam to the scan.

use std::error::Error;
use std::fmt;
use std::io::Read;
use std::sync::Arc;

use crate::{MemberName, ReadAt, Unreadable};

/// One top-level input.
pub enum Input {
    /// Random access: a file, an object.
    At(Arc<dyn ReadAt>),
    /// Standard input or the like: read once, from the front.
    Stream(Box<dyn Read + Send>),
}

/// The bytes of a member.
pub enum Body<'a> {
    /// A plain top-level file, or bytes that are held anyway: may be read in ranges, by several threads.
    At(Arc<dyn ReadAt>),
    /// Everything else. A read error means that the data ends there: use what came before it.
    Stream(&'a mut dyn Read),
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Go on with the next member.
    Continue,
    /// Stop the walk; nothing more is called.
    Stop,
}

/// An error of the visitor's own, which ends the walk and is handed to the caller as it is.
///
/// Like `anyhow::Error` it takes any error by `?`, and therefore is none itself.
pub struct VisitError(Box<dyn Error + Send + Sync>);

impl VisitError {
    /// The visitor's error.
    pub fn into_inner(self) -> Box<dyn Error + Send + Sync> {
        self.0
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for VisitError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for VisitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for VisitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Receives what a walk meets, in input order.
pub trait Visitor {
    /// One member that is no container itself. It need not read the body to its end, but damage behind what it
    /// has read is then not noticed.
    ///
    /// A read error means that the data ends there. The reader itself reports the damage afterwards through
    /// [`Visitor::unreadable`], for bodies of both kinds.
    fn member(&mut self, name: &MemberName, body: Body<'_>) -> Result<Flow, VisitError>;

    /// Something that could not be read: a whole member, or the rest of one that was begun.
    fn unreadable(&mut self, name: &MemberName, why: &Unreadable);
}
