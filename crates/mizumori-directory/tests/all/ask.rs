//! What the tests ask of directories, and how they look at the answers.

use std::time::{Duration, SystemTime};

use mizumori_core::{Account, LocalPart};
use mizumori_directory::{Directory, DirectoryError, Entry, Oddity, Whom};
use tempfile::NamedTempFile;

/// The file of an authority that is to be trusted.
pub(crate) fn authority(pem: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pem).unwrap();
    file
}

/// All entries and oddities.
pub(crate) async fn all(directory: &dyn Directory) -> Result<(Vec<Entry>, Vec<Oddity>), DirectoryError> {
    let mut pages = directory.pages().await?;
    let (mut entries, mut oddities) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await? {
        entries.extend(page.entries);
        oddities.extend(page.oddities);
    }
    Ok((entries, oddities))
}

/// Seconds since 1970.
pub(crate) fn unix(time: Option<SystemTime>) -> Option<u64> {
    time.map(|time| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs())
}

pub(crate) fn by_address(address: &str) -> Whom {
    Whom::Address(Account::parse(address, LocalPart::Column).unwrap().into_owned())
}

pub(crate) fn shown(account: &Account<'_>) -> String {
    let mut text = String::new();
    account.expose_into(&mut text);
    text
}

pub(crate) fn addresses(entry: &Entry) -> Vec<String> {
    entry.addresses.iter().map(shown).collect()
}
