//! Acting on an account in its directory: what is the same whether somebody asks for it by hand or the loop by its rule.
//!
//! What is asked for is written into the audit log before it is done, and again with what came of it: whatever happens then, nobody
//! wonders who did it. Whom it concerns is for others to decide. No leaked password is tried against anything.

mod choice;
mod make;
mod preview;
mod refusal;
mod verify;

use mizumori_core::Timestamp;
use mizumori_directory::{Action, EntryId, Neutralise, Outcome, Standing, Whom};
use mizumori_store::{
    Directory, Finding, Holder, NewAudit, OrganisationId, Reference, Session, Store, StoreError, Tenant,
};

pub use choice::Spared;
use choice::permit;
pub(crate) use choice::{Facts, Unable, choose, spare};
pub use make::make_tasks;
pub(crate) use make::task;
pub use preview::{Previewed, preview};
pub use refusal::Refusal;
pub(crate) use verify::verify;

use crate::directories::{Connected, DirectorySettings};
use crate::error::{MonitorError, in_words};
use crate::rules::Neutralising;

/// What every entry of the audit log about it is called.
const ACTION: &str = "finding neutralise";

/// A directory that may be acted in.
pub trait Acting: Send + Sync {
    /// What acts in it; nothing where it is only read.
    fn acting(&self) -> Option<&dyn Neutralise>;
}

impl Acting for Connected {
    fn acting(&self) -> Option<&dyn Neutralise> {
        Self::acting(self)
    }
}

/// How a directory is reached, by what stands in the store of it, to be asked who is in groups of these names.
pub type Connect = dyn Fn(&str, &[String]) -> Result<Box<dyn Acting>, MonitorError> + Send + Sync;

/// Reaches directories as the store says; nothing is connected yet.
///
/// # Errors
/// When a file of a secret cannot be read, or the settings cannot be.
pub fn connect(document: &str, groups: &[String]) -> Result<Box<dyn Acting>, MonitorError> {
    Ok(Box::new(DirectorySettings::parse(document)?.connect(groups)?))
}

/// An account that is to be acted upon.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its entry, as it was last read.
    pub holder: Holder,
    /// Its directory.
    pub directory: Directory,
}

/// An account's place in its directory, ready for an action.
pub struct Door {
    directory: Box<dyn Acting>,
    whom: Whom,
    action: Action,
}

/// Who asks for what, as the audit log says it.
#[derive(Clone, Copy, Debug)]
pub struct Order<'o> {
    /// Whose the finding is.
    pub organisation: &'o OrganisationId,
    /// The finding that it is done for.
    pub reference: &'o Reference,
    /// What is done.
    pub action: Action,
    /// Who asks for it.
    pub actor: &'o str,
}

/// Whether the directory shows at once what was done: some answer before they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It does.
    Shown,
    /// Not yet.
    NotYet,
    /// Never: no directory shows sessions.
    Never,
}

/// Acts by hand: asks, looks at the account once more, does it, and writes down what came of it. Of the rule it counts whom it never
/// touches, and whether privileged accounts are meant.
///
/// # Errors
/// When the directory or the store does not answer, the directory does not do it, or the account is not to be touched.
pub async fn neutralise(
    store: &Store,
    order: Order<'_>,
    rule: &Neutralising,
    door: &Door,
    now: impl Fn() -> Timestamp,
) -> Result<Seen, MonitorError> {
    let mut session = store.write().await?;
    order.audit(&mut session, "asked", now()).await?;
    session.commit().await?;
    let acted = async {
        permit(rule, &door.look().await?)?;
        door.act().await
    };
    let acted = acted.await;
    let mut session = store.write().await?;
    order.audit(&mut session, &outcome(&acted), now()).await?;
    session.commit().await?;
    acted
}

/// What came of it, as the audit log says it.
pub(crate) fn outcome(acted: &Result<Seen, MonitorError>) -> String {
    match acted {
        Ok(_) => "done".to_owned(),
        Err(error) => format!("failed: {}", in_words(error)),
    }
}

impl Target {
    /// The account of a finding.
    ///
    /// # Errors
    /// When no directory knows it, or more than one entry has it.
    pub async fn of(tenant: &mut Tenant<'_>, finding: &Finding) -> Result<Self, MonitorError> {
        let holder = match <[Holder; 1]>::try_from(tenant.holders_of(finding.is.account).await?) {
            Ok([holder]) => holder,
            Err(none) if none.is_empty() => return Err(Refusal::Unknown.into()),
            Err(_) => return Err(Refusal::Several.into()),
        };
        let directories = tenant.directories().await?;
        let directory = directories.into_iter().find(|directory| directory.id == holder.directory);
        Ok(Self { holder, directory: directory.ok_or(Refusal::NoDirectory)? })
    }

    /// The account's main address, where it has one.
    pub fn address(&self) -> Option<&str> {
        self.holder.is.addresses.first().map(|address| &*address.address)
    }

    /// Whether somebody may act on it by hand, as its directory was last read.
    ///
    /// # Errors
    /// When the rule never touches it, or it is privileged and the rule does not mean those.
    pub fn permit(&self, rule: &Neutralising) -> Result<(), Refusal> {
        permit(rule, &Facts::from(&self.holder.is))
    }

    /// Its place in its directory, which will be asked whether it is in the groups that the rule names; nothing is connected yet.
    ///
    /// # Errors
    /// When that cannot be reached, or cannot do what the rule says.
    pub fn door(&self, rule: &Neutralising, connect: &Connect) -> Result<Door, MonitorError> {
        let action = rule.action;
        let directory = connect(&self.directory.document, &rule.groups_named())?;
        able(&*directory, action)?;
        let entry = EntryId::new(self.holder.is.entry.clone()).ok_or(Refusal::NoId)?;
        Ok(Door { directory, whom: Whom::Id(entry), action })
    }
}

/// Whether a directory can do it.
fn able(directory: &dyn Acting, action: Action) -> Result<(), Refusal> {
    let can: &[Action] = directory.acting().map_or(&[], |acting| acting.actions());
    if can.contains(&action) { Ok(()) } else { Err(Refusal::CannotAct(can)) }
}

impl Door {
    /// What the directory says of the account now.
    pub(crate) async fn look(&self) -> Result<Facts, MonitorError> {
        let entry = self.acting()?.entry(&self.whom).await?.ok_or(Refusal::NotFound)?;
        Ok(Facts::from(&entry))
    }

    /// Does it, and looks whether it is to be seen.
    pub(crate) async fn act(&self) -> Result<Seen, MonitorError> {
        let acting = self.acting()?;
        match acting.act(self.action, &self.whom).await? {
            Outcome::Done => {}
            Outcome::NotSupported => return Err(Refusal::NotSupported.into()),
            Outcome::Exempt => return Err(Refusal::Exempt.into()),
            Outcome::NotFound => return Err(Refusal::NotFound.into()),
        }
        // It is done, whether it can be looked at or not.
        let look = || async { acting.glance(&self.whom).await.ok().flatten() };
        let is_seen = match self.action {
            Action::ForceChange => look().await.is_some_and(|entry| entry.must_change),
            Action::Disable => look().await.is_some_and(|entry| entry.standing == Standing::Disabled),
            Action::EndSessions => return Ok(Seen::Never),
        };
        Ok(if is_seen { Seen::Shown } else { Seen::NotYet })
    }

    fn acting(&self) -> Result<&dyn Neutralise, Refusal> {
        self.directory.acting().ok_or(Refusal::CannotAct(&[]))
    }
}

impl Order<'_> {
    /// Writes a word about it into the audit log.
    pub(crate) async fn audit(
        &self,
        session: &mut Session,
        word: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let detail = format!("{}: {word}", self.action.as_str());
        let entry = NewAudit {
            actor: self.actor,
            organisation: Some(self.organisation),
            action: ACTION,
            subject: self.reference.as_str(),
            detail: &detail,
        };
        session.audit(&entry, now).await.map(|_| ())
    }
}
