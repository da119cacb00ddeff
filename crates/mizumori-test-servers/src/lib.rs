//! Real servers for tests, on free ports of loopback and in folders that go away.
//!
//! Each value is a server of its own: tests that run side by side share nothing, and nothing of the machine's own configuration
//! is read or written. A server ends with its value, or else with the process that started it, however that ends.
//!
//! They are no servers for data: nothing is kept safe in them, and whoever can reach loopback is let in.

mod certificate;
mod dns;
mod folder;
mod listener;
mod port;
mod postgres;
mod process;
mod samba;
mod scim;
mod slapd;
mod smtp;
mod web;

pub use certificate::{Authority, Certificate, LOOPBACK, Validity};
pub use dns::{Dns, DnsMood, Question, Transport};
pub use folder::Folder;
pub use port::{free_port, on_free_port};
pub use postgres::Postgres;
pub use process::{PATIENCE, Process, Program, wait_until};
pub use samba::Samba;
pub use scim::Scim;
pub use slapd::{Slapd, SlapdLimit};
pub use smtp::{FaultySmtp, Mail, Smtp, SmtpFault, Stage};
pub use web::{Answer, Request, Web};
