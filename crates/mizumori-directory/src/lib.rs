//! Directories: whose an account is, and what can be done about it there.
//!
//! Two traits, chosen at run time: [`Directory`] reads entries, all of them in pages or one by its id; [`Neutralise`] forces a
//! change of the password, disables an account, ends its sessions, and looks at the entry again so that the caller can
//! verify it. LDAP (Active Directory, OpenLDAP), SCIM 2.0, Microsoft Graph, Google Workspace, Okta and Keycloak do both, a CSV file is
//! only read.
//!
//! It decides nothing: which entries are acted upon, when, and how many a day is the caller's. It keeps no state but open
//! connections. **No password is ever tried against anything**: the only credentials that it presents are the
//! operator's own.

mod address;
mod csv_file;
mod csv_table;
mod directory;
mod entry;
mod error;
pub mod google;
pub mod graph;
pub mod keycloak;
pub mod ldap;
mod moment;
mod neutralise;
pub mod okta;
mod rest;
pub mod scim;
mod seen;

pub use csv_file::{COLUMNS as CSV_COLUMNS, CsvFile};
pub use csv_table::{CsvRow, CsvTable, normal_heading};
pub use directory::{Directory, Lookup, Oddity, OddityKind, Page, Pages};
pub use entry::{Entry, EntryId, Privilege, SecondFactor, Standing, Whom};
pub use error::{CertificateFault, DirectoryError, Result};
pub use neutralise::{Action, Neutralise, Outcome};
