//! `mizumori channel test`: whether messages arrive.

use mizumori_monitor::Channels;
use mizumori_respond::Delivery;
use mizumori_store::{Access, OrganisationId};

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::store::{Opened, allowed, audit, now};
use crate::tidings;

/// Runs the command.
pub(super) fn run(
    opened: &Opened,
    config: &Config,
    id: &OrganisationId,
    name: &str,
) -> Result<Outcome, Failure> {
    let channels = Channels::new(config.channels.post()?);
    // Written down before it is done: nothing leaves the house unseen.
    let (organisation, outlet) = opened.write(async |session| {
        let organisation = allowed(session, id, Access::Systems).await?;
        let outlets = session.tenant(id).outlets().await?;
        let outlet = outlets.into_iter().find(|outlet| outlet.name == name).ok_or_else(|| {
            Failure::say(format!("`{id}` has no channel `{name}`"))
                .hint(format!("`mizumori channel list {id}` shows all"))
        })?;
        audit(session, Some(id), "channel test", name, "").await?;
        Ok((organisation, outlet))
    })?;
    let now = now();
    let name_of_test = now.0.to_string();
    let testing = channels.test(&organisation, &outlet, &name_of_test, now);
    match opened.runtime.block_on(testing)? {
        Delivery::Accepted => {
            tidings::say(&format!("{name}: the test message was accepted"));
            Ok(Outcome::Done)
        }
        Delivery::Later { why, .. } => Err(Failure::new(why)
            .hint(format!("what is told to `{name}` waits, and is tried again for four days"))),
        Delivery::Never { why } => {
            Err(Failure::new(why).hint(format!("what is told to `{name}` is given up at once")))
        }
    }
}
