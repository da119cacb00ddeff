//! What HTTP has of its own: which coding an answer has, whether the other side has it already, and errors as objects.

pub(crate) mod coding;
pub(crate) mod problem;
pub(crate) mod validators;
