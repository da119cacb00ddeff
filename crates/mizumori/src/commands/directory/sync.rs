//! `mizumori directory sync`: reads directories at once.

use clap::Args;
use mizumori_monitor::{Shrinking, read_directory};
use mizumori_store::{Access, OrganisationId};

use super::directories;
use crate::config::Config;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::progress::grouped;
use crate::store::{Opened, allowed, audit, now};
use crate::tidings;

/// What is to be read.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// Which; all, where nothing is said
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Drop entries although most are gone
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    lake: LakeOptions,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config, opened: &Opened) -> Result<Outcome, Failure> {
    let Arguments { organisation: id, name, force, lake } = arguments;
    let name = name.as_deref();
    let shrinking = if *force { Shrinking::Allowed } else { Shrinking::Refused };
    let (_, ring) = lake.open_with_keys(config)?;
    let tags = ring.tags();
    opened.write(async |session| {
        allowed(session, id, Access::Directories).await?;
        let word = if *force { "forced" } else { "" };
        audit(session, Some(id), "directory sync", name.unwrap_or("all"), word).await
    })?;
    let mut meant = directories(opened, id)?;
    meant.retain(|directory| name.is_none_or(|name| directory.name == name));
    if meant.is_empty() {
        return Err(Failure::say("there is no such directory")
            .hint(format!("`mizumori directory list {id}` shows those that there are")));
    }
    let mut outcome = Outcome::Done;
    for directory in meant {
        let name = &directory.name;
        let read = read_directory(&opened.store, id, &directory, &tags, shrinking, now());
        let reading = opened.runtime.block_on(read)?;
        let (there, gone) = (grouped(reading.synced.there), grouped(reading.synced.gone));
        tidings::say(&format!("{name}: {there} entries, {gone} gone"));
        if let Some(cause) = reading.groups_unasked {
            let cause = Failure::new(cause).in_words();
            tidings::warning(&format!("{name}: nobody was asked who is in which groups: {cause}"));
        }
        for oddity in &reading.oddities {
            tidings::warning(&format!("{name}, entry {}: {}", oddity.position, oddity.kind));
        }
        if reading.left_out > 0 {
            let left_out = grouped(reading.left_out);
            tidings::warning(&format!(
                "{name}: {left_out} entries were left out: the edition has no room for them"
            ));
            outcome = Outcome::Partly;
        }
        if reading.odd > 0 {
            outcome = Outcome::Partly;
        }
    }
    Ok(outcome)
}
