//! What a directory says, kept: whose accounts are.
//!
//! A directory is read as a whole, page by page, each page in a transaction of its own. What a reading that was ended did not see is
//! gone; one that breaks off changes nothing of what it did not see.

use mizumori_core::keys::TagLayers;
use mizumori_core::{Account, Lang, Timestamp};
use mizumori_directory::{Directory, DirectoryError, Entry, Oddity, Privilege, SecondFactor, Standing};
use mizumori_store::{DirectoryId, HolderAddress, NewHolder, OrganisationId, Session, Store, Synced};

use crate::error::{MonitorError, in_words};

/// So many entries may go at once, whatever was there.
const FEW: u64 = 20;
/// So many oddities are named.
const NAMED: usize = 100;

/// What a reading found.
#[derive(Debug, Default)]
pub struct Reading {
    /// Entries that are there, and that are gone.
    pub synced: Synced,
    /// What was odd, the first of it.
    pub oddities: Vec<Oddity>,
    /// How much was odd.
    pub odd: u64,
    /// Entries that were left out: the organisation's edition has no room for them.
    pub left_out: u64,
}

/// Whether most of a directory may go at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shrinking {
    /// No: a filter with a mistake in it, or half an answer, would look like that.
    Refused,
    /// Yes: somebody has looked.
    Allowed,
}

/// Reads a directory of an organisation. Why one could not be read is kept with it.
///
/// # Errors
/// When the directory or the store does not answer, or most entries are gone and that is refused.
pub async fn synchronise(
    store: &Store,
    organisation: &OrganisationId,
    directory: DirectoryId,
    from: &dyn Directory,
    tags: &TagLayers,
    shrinking: Shrinking,
    now: Timestamp,
) -> Result<Reading, MonitorError> {
    let read = read(store, organisation, directory, from, tags, shrinking, now).await;
    if let Err(error) = &read {
        let mut session = store.write().await?;
        session.tenant(organisation).fail_sync(directory, &in_words(error)).await?;
        session.commit().await?;
    }
    read
}

async fn read(
    store: &Store,
    organisation: &OrganisationId,
    directory: DirectoryId,
    from: &dyn Directory,
    tags: &TagLayers,
    shrinking: Shrinking,
    now: Timestamp,
) -> Result<Reading, MonitorError> {
    let mut session = store.write().await?;
    let generation = session.tenant(organisation).begin_sync(directory).await?;
    let mut room = room(&mut session, organisation, directory).await?;
    session.commit().await?;
    let (mut pages, mut reading) = (from.pages().await?, Reading::default());
    while let Some(page) = pages.next().await? {
        let mut session = store.write().await?;
        let mut tenant = session.tenant(organisation);
        for entry in &page.entries {
            if room == 0 {
                reading.left_out += 1;
                continue;
            }
            tenant.keep_holder(directory, generation, &holder(entry, tags)).await?;
            room -= 1;
        }
        session.commit().await?;
        reading.odd += page.oddities.len() as u64;
        let more = NAMED.saturating_sub(reading.oddities.len());
        reading.oddities.extend(page.oddities.into_iter().take(more));
    }
    let mut session = store.write().await?;
    reading.synced = session.tenant(organisation).end_sync(directory, generation, now).await?;
    let Synced { there, gone } = reading.synced;
    if shrinking == Shrinking::Refused && gone > FEW && gone > there {
        return Err(MonitorError::Shrunk { there, gone });
    }
    session.commit().await?;
    Ok(reading)
}

/// How many entries the organisation's edition has room for, beside those of its other directories.
async fn room(
    session: &mut Session,
    organisation: &OrganisationId,
    directory: DirectoryId,
) -> Result<u64, MonitorError> {
    let Some(is) = session.organisation(organisation).await? else { return Ok(0) };
    match session.edition(&is.edition).await?.holders {
        None => Ok(u64::MAX),
        Some(most) => Ok(most.saturating_sub(session.tenant(organisation).holders_beside(directory).await?)),
    }
}

fn holder(entry: &Entry, tags: &TagLayers) -> NewHolder {
    let address =
        |account: &Account<'static>| HolderAddress { address: text(account), account: tags.account(account) };
    // The person's own language, as far as the directory tells it, decides which of the names is kept.
    let name = entry.names.as_ref().map(|names| names.of(entry.lang.unwrap_or(Lang::Ja)).to_owned());
    NewHolder {
        entry: entry.id.as_str().to_owned(),
        addresses: entry.addresses.iter().map(address).collect(),
        login: entry.login.clone(),
        name,
        language: entry.lang,
        enabled: entry.standing != Standing::Disabled,
        privileged: entry.privilege == Privilege::Privileged,
        second_factor: match entry.second_factor {
            SecondFactor::Unknown => None,
            SecondFactor::Absent => Some(false),
            SecondFactor::Present => Some(true),
        },
        held_since: entry.held_since.map(Timestamp::from),
        password_changed: entry.password_changed_at.map(Timestamp::from),
        must_change: entry.must_change,
        superior: entry.superior.as_ref().map(text),
        other_address: entry.other_address.as_ref().map(text),
        keepers: entry.keepers.iter().map(text).collect(),
        groups: entry.groups.clone(),
    }
}

fn text(account: &Account<'_>) -> String {
    format!("{}@{}", account.local(), account.host())
}

impl From<DirectoryError> for MonitorError {
    fn from(error: DirectoryError) -> Self {
        Self::Directory(error)
    }
}
