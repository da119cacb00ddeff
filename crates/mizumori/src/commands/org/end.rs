//! `mizumori org end`: an organisation leaves, and what was kept of it is destroyed.

use std::sync::Arc;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use mizumori_core::DomainName;
use mizumori_monitor::{DataKeys, KeysError};
use mizumori_store::{Filter, OrganisationId, OrganisationState};

use crate::config::Config;
use crate::counted::counted;
use crate::outcome::Failure;
use crate::store::{Opened, actor, now, organisation};
use crate::tidings;

/// End an organisation that leaves: destroy its data keys, and all that is kept of it
///
/// An evaluation ends so by itself, after its time. The name of the organisation and the audit log stay. Nobody can bring back the
/// rest; copies of the key ring, and backups of the store, are for you to destroy.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which
    #[arg(value_name = "ID")]
    id: OrganisationId,

    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    why: String,

    /// Do it: without this what would be destroyed is shown
    #[arg(long)]
    yes: bool,

    #[cfg(feature = "loop")]
    #[command(flatten)]
    lake: crate::lake::LakeOptions,

    /// There is no lake, and so no data key
    #[arg(long)]
    no_lake: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config, opened: &Opened) -> Result<(), Failure> {
    let id = &arguments.id;
    let (domains, findings) = opened.read(async |session| {
        let organisation = organisation(session, id).await?;
        if organisation.state == OrganisationState::Ended && organisation.ends.is_none() {
            return Err(Failure::say(format!("`{id}` has ended already"))
                .hint(format!("`mizumori org remove {id} --confirm {id}` takes its name away too")));
        }
        let mut tenant = session.tenant(id);
        let counts = tenant.count_findings(&Filter::default()).await?;
        Ok((tenant.domains().await?.len(), counts.into_iter().map(|(_, count)| count).sum::<u64>()))
    })?;
    let keys = arguments.keys(config)?;
    if !arguments.yes {
        let (domains, findings) = (counted(domains as u64, "domain"), counted(findings, "finding"));
        return Err(Failure::say(format!("`{id}` has {domains} and {findings}: nothing was destroyed"))
            .hint("give --yes to destroy them, and the domains' data keys, for good"));
    }
    let who = actor();
    let ended = mizumori_monitor::end(&opened.store, &keys, id, &who, &arguments.why, now());
    let forgotten = opened.runtime.block_on(ended).map_err(|error| {
        Failure::from(error)
            .hint(format!("the same again goes on with the end of `{id}`; so does `mizumori serve`"))
    })?;
    tidings::say(&format!("`{id}` has ended; destroyed {}", counted(forgotten, "data key")));
    if forgotten > 0 {
        tidings::hint("copies of the old key ring still open what was sealed: destroy them too");
    }
    Ok(())
}

impl Arguments {
    fn keys(&self, config: &Config) -> Result<Arc<dyn DataKeys>, Failure> {
        if self.no_lake {
            return Ok(Arc::new(NoLake));
        }
        self.keys_of_lake(config)
    }

    #[cfg(feature = "loop")]
    fn keys_of_lake(&self, config: &Config) -> Result<Arc<dyn DataKeys>, Failure> {
        if !self.lake.is_asked(config) {
            return Err(Failure::say("no lake is named, in which data keys of the organisation may be used")
                .hint("give --lake URL, or --no-lake where there is none"));
        }
        let lake = self.lake.open(config)?;
        Ok(Arc::new(self.lake.ring_keys(config, &lake)?))
    }

    #[cfg(not(feature = "loop"))]
    fn keys_of_lake(&self, _: &Config) -> Result<Arc<dyn DataKeys>, Failure> {
        Err(Failure::say("this mizumori knows no lake: data keys of the organisation would stay")
            .hint("build it with `--features loop`, or give --no-lake where there is none"))
    }
}

/// Where no key can be.
struct NoLake;

impl DataKeys for NoLake {
    fn forget(&self, _: &[DomainName]) -> Result<u64, KeysError> {
        Ok(0)
    }
}
