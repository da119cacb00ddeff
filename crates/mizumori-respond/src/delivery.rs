//! What became of one attempt: what the caller does next.

use std::time::Duration;

use crate::error::RespondError;

/// What became of one attempt to tell somebody.
#[derive(Debug)]
#[must_use]
pub enum Delivery {
    /// It was taken: it is the other side's now.
    Accepted,
    /// It was not, and may be another time: the other side is down, busy, or wrongly configured on either side.
    Later {
        /// Why not.
        why: RespondError,
        /// Not before so much time has passed, where the other side says so.
        after: Option<Duration>,
    },
    /// It was not, and will never be.
    Never {
        /// Why not.
        why: RespondError,
    },
}

impl Delivery {
    /// An attempt that is to be made again whenever the caller likes.
    pub(crate) const fn later(why: RespondError) -> Self {
        Self::Later { why, after: None }
    }

    /// Whether it was taken.
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted)
    }

    /// Why it was not taken.
    pub const fn why(&self) -> Option<&RespondError> {
        match self {
            Self::Accepted => None,
            Self::Later { why, .. } | Self::Never { why } => Some(why),
        }
    }
}
