//! What changes: organisations and their domains, findings, what waits to be told, the audit log; in SQLite or PostgreSQL.
//!
//! A [`Store`] gives [`Session`]s: transactions, in which everything is read and written. What belongs to an organisation is reached
//! through [`Session::tenant`] alone, and every question there asks for the organisation's rows: callers cannot forget to. What an
//! operator sees across organisations is in the methods of `Session` itself.
//!
//! Statements are the same for both databases and use integers, texts and bytes only; what little differs is [`Dialect`]'s. No
//! secret is ever in here, and no key.

mod access;
mod account;
mod audit;
mod backup;
mod bundle;
mod contact;
mod cursor;
mod dialect;
mod domain;
mod domain_code;
mod error;
mod finding;
mod happening;
mod holder;
mod lease;
mod notice;
mod organisation;
mod outlet;
mod reference;
mod row;
mod rule;
mod schema;
mod session;
mod store;
mod task;
mod unjudged;

pub use access::{Access, Edition, Limit};
pub use audit::{AuditHead, Audited, NewAudit, Verified, Wrong};
pub use backup::{BackupError, Restored};
pub use bundle::Arrival;
pub use contact::Contact;
pub use dialect::Dialect;
pub use domain::{Domain, DomainState};
pub use domain_code::DomainCode;
pub use error::StoreError;
pub use finding::{
    Filter, Finding, FindingId, FindingSource, NewFinding, Open, Origin, Page, Recorded, State, Step,
};
pub use happening::{Backlog, Happening, What};
pub use holder::{Directory, DirectoryId, Holder, HolderAddress, HolderId, NewHolder, Synced};
pub use notice::{Channel, NewNotice, Notice, NoticeId, NoticeState, Postponed, Taken, Waiting};
pub use organisation::{Organisation, OrganisationId, OrganisationState};
pub use outlet::{Outlet, OutletId};
pub use reference::Reference;
pub use rule::Rule;
pub use session::{Session, Tenant};
pub use store::{Store, StoreUrl};
pub use task::{NewTask, Room, Task, TaskEnd, TaskId, TaskState};
