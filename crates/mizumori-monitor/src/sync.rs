//! What a directory says, kept: whose accounts are.
//!
//! A directory is read as a whole, page by page, each page in a transaction of its own. What a reading that was ended did not see is
//! gone; one that breaks off changes nothing of what it did not see.

mod side_by_side;

use std::time::Duration;

use mizumori_core::keys::TagLayers;
use mizumori_core::{Account, Lang, Timestamp};
use mizumori_directory::{Directory, DirectoryError, Entry, Oddity, Privilege, SecondFactor, Standing};
use mizumori_store::{
    Directory as Described, DirectoryId, HolderAddress, NewHolder, OrganisationId, Session, Store, Synced,
};
use tokio::time::{Instant, timeout_at};

use crate::directories::DirectorySettings;
use crate::error::{MonitorError, in_words};
use crate::rules::{RuleError, Rules};

pub use side_by_side::read_directories;

/// So many entries may go at once, whatever was there.
const FEW: u64 = 20;
/// The rule that names groups.
const NEUTRALISE: &str = "neutralise";
/// So many oddities are named.
const NAMED: usize = 100;

/// How long a directory may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For what is asked before the first page, and from page to page.
    pub silence: Duration,
    /// In all.
    pub longest: Duration,
}

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
    /// Why nobody was asked who is in which groups: the organisation's rule that names them makes no sense.
    pub groups_unasked: Option<RuleError>,
}

impl Default for Patience {
    /// Enough for 50,000 entries of a service that is asked once for each, and takes a second for it: eight are asked at a time. Groups
    /// are read before the first page.
    fn default() -> Self {
        Self { silence: Duration::from_secs(15 * 60), longest: Duration::from_secs(3 * 3600) }
    }
}

/// Whether most of a directory may go at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shrinking {
    /// No: a filter with a mistake in it, or half an answer, would look like that.
    Refused,
    /// Yes: somebody has looked.
    Allowed,
}

/// How a directory is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Whether most of it may go at once.
    pub shrinking: Shrinking,
    /// How long it may take.
    pub patience: Patience,
}

impl From<Shrinking> for Manner {
    fn from(shrinking: Shrinking) -> Self {
        Self { shrinking, patience: Patience::default() }
    }
}

/// Reads a directory as the store says of it, and asks it who is in the groups that the organisation's rules name; in none where those make
/// no sense. Why one could not be read is kept with it.
///
/// # Errors
/// When its settings or its files cannot be, and as [`synchronise`].
pub async fn read_directory(
    store: &Store,
    organisation: &OrganisationId,
    directory: &Described,
    tags: &TagLayers,
    shrinking: Shrinking,
    now: Timestamp,
) -> Result<Reading, MonitorError> {
    let mut session = store.read().await?;
    let mut rules = session.tenant(organisation).rules().await?;
    drop(session);
    // Which groups are asked of stands in one rule: what is wrong with others does not matter to it.
    rules.retain(|rule| rule.name == NEUTRALISE);
    let rules = Rules::of(&rules);
    // Whose accounts are is to be known all the same. Who may be in a group that nobody asked for is left alone.
    let (groups, groups_unasked) = match rules {
        Ok(rules) => (rules.neutralise.groups_named(), None),
        Err(cause) => (Vec::new(), Some(cause)),
    };
    let settings = DirectorySettings::parse(&directory.document);
    let connected = settings.and_then(|settings| settings.connect(&groups));
    match connected {
        Ok(connected) => {
            let (manner, from) = (Manner::from(shrinking), connected.reading());
            let read = synchronise(store, organisation, directory.id, from, tags, manner, now).await;
            read.map(|reading| Reading { groups_unasked, ..reading })
        }
        Err(error) => {
            let mut session = store.write().await?;
            session.tenant(organisation).fail_sync(directory.id, None, &in_words(&error)).await?;
            session.commit().await?;
            Err(error)
        }
    }
}

/// Reads a directory of an organisation. Why one could not be read is kept with it, unless another reading has begun meanwhile.
///
/// # Errors
/// When the directory or the store does not answer, the directory not in time, or most entries are gone and that is refused.
pub async fn synchronise(
    store: &Store,
    organisation: &OrganisationId,
    directory: DirectoryId,
    from: &dyn Directory,
    tags: &TagLayers,
    manner: Manner,
    now: Timestamp,
) -> Result<Reading, MonitorError> {
    let mut session = store.write().await?;
    let generation = session.tenant(organisation).begin_sync(directory).await?;
    session.commit().await?;
    let sync = Sync { store, organisation, directory, generation, tags, manner, now };
    let read = sync.read(from).await;
    if let Err(error) = &read {
        sync.fail(error).await?;
    }
    read
}

/// A reading under way.
struct Sync<'s> {
    store: &'s Store,
    organisation: &'s OrganisationId,
    directory: DirectoryId,
    generation: i64,
    tags: &'s TagLayers,
    manner: Manner,
    now: Timestamp,
}

impl Sync<'_> {
    async fn read(&self, from: &dyn Directory) -> Result<Reading, MonitorError> {
        let mut kept = 0;
        let end = Instant::now() + self.manner.patience.longest;
        let (mut pages, mut reading) = (self.in_time(end, from.pages()).await?, Reading::default());
        while let Some(page) = self.in_time(end, pages.next()).await? {
            let mut session = self.store.write().await?;
            // Another directory of the organisation may be read just now, and needs room as well: it is looked at page by page.
            let room = room(&mut session, self.organisation, self.directory).await?;
            let mut tenant = session.tenant(self.organisation);
            for entry in &page.entries {
                if kept >= room {
                    reading.left_out += 1;
                    continue;
                }
                tenant.keep_holder(self.directory, self.generation, &holder(entry, self.tags)).await?;
                kept += 1;
            }
            session.commit().await?;
            reading.odd += page.oddities.len() as u64;
            let more = NAMED.saturating_sub(reading.oddities.len());
            reading.oddities.extend(page.oddities.into_iter().take(more));
        }
        let mut session = self.store.write().await?;
        reading.synced =
            session.tenant(self.organisation).end_sync(self.directory, self.generation, self.now).await?;
        let Synced { there, gone } = reading.synced;
        if self.manner.shrinking == Shrinking::Refused && gone > FEW && gone > there {
            return Err(MonitorError::Shrunk { there, gone });
        }
        session.commit().await?;
        Ok(reading)
    }

    /// Waits for an answer, as long as the directory may take for one.
    async fn in_time<T>(
        &self,
        end: Instant,
        answer: impl Future<Output = mizumori_directory::Result<T>>,
    ) -> Result<T, MonitorError> {
        let silence = Instant::now() + self.manner.patience.silence;
        match timeout_at(silence.min(end), answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) if end <= silence => Err(MonitorError::TooSlow(self.manner.patience.longest)),
            Err(_) => Err(MonitorError::Silent(self.manner.patience.silence)),
        }
    }

    /// Keeps why the directory could not be read.
    async fn fail(&self, error: &MonitorError) -> Result<(), MonitorError> {
        let mut session = self.store.write().await?;
        let mut tenant = session.tenant(self.organisation);
        tenant.fail_sync(self.directory, Some(self.generation), &in_words(error)).await?;
        Ok(session.commit().await?)
    }
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
        Some(most) => {
            // Of two that count, one waits for what the other keeps.
            session.alone().await?;
            Ok(most.saturating_sub(session.tenant(organisation).holders_beside(directory).await?))
        }
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
