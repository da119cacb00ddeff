//! What others reach over HTTP: so far the guard, which is the range API that clients of Pwned Passwords speak, and the check of a
//! new password.
//!
//! [`Server`] is the way in: connections, TLS with certificates that may be replaced, an end that lets answers out. What is served
//! is a [`Service`]; [`Guard`] is the one that there is. Both are told what happens around them through [`Observer`], and log
//! nothing: what comes in are hashes' beginnings and passwords.

mod error;
mod guard;
mod http;
mod metrics;
mod server;
mod tls;

pub use error::WebError;
pub use guard::{Guard, GuardOptions, PrivateOptions};
pub use server::{Observer, Server, ServerOptions, Service, Stop};
pub use tls::CertificateFiles;
