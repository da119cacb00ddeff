//! Containers with named members.

mod checked;
pub(crate) mod rar;
pub(crate) mod sevenz;
pub(crate) mod tar;
pub(crate) mod zip;
