//! `mizumori domain`: the domains of organisations, and whether they are served.

mod check;
mod list;
#[cfg(feature = "monitor")]
mod mail;
mod publish;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use mizumori_core::DomainName;
use mizumori_core::domain::{is_known, is_public_suffix};
use mizumori_core::proof;
use mizumori_proof::Proof;
use mizumori_store::{Domain, DomainState, Limit, OrganisationId, OrganisationState, Session};

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::show::Form;
use crate::store::{StoreOptions, actor, audit, now, organisation};
use crate::tidings;

/// The domains of organisations, and whether they are served
///
/// What leaks of a domain is found for the organisation that has proved that the domain is its own, or for which the operator stands.
/// The hosts below it come along, unless another organisation has them.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreOptions,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  mizumori domain add suigen suigen.example
  mizumori domain check suigen suigen.example
  mizumori domain mail suigen suigen.example --to postmaster
  mizumori domain confirm suigen suigen.example 7K3M-…
  mizumori domain vouch suigen suigen.example --why 'letter of 2026-11-20, file 17'
  mizumori domain list";

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    Check(check::Arguments),
    #[cfg(feature = "monitor")]
    Mail(mail::Send),
    #[cfg(feature = "monitor")]
    Confirm(mail::Confirm),
    Vouch(Vouch),
    Remove(Remove),
    List(list::Arguments),
}

/// A domain of an organisation.
#[derive(Debug, Args)]
struct Which {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The domain, such as suigen.example
    #[arg(value_name = "DOMAIN", value_parser = parsed)]
    domain: DomainName,
}

/// Add a domain, and show what its holder is to publish as a proof
///
/// It is not served before one of the proofs was found, or the code of `domain mail` was typed.
#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    which: Which,

    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Serve a domain without a proof, because the operator stands for it
///
/// The audit log keeps who did so, and why. A domain that the organisation does not have yet is added.
#[derive(Debug, Args)]
struct Vouch {
    #[command(flatten)]
    which: Which,

    /// Why nobody doubts whose it is
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    why: String,
}

/// Take a domain away from an organisation; its findings stay
#[derive(Debug, Args)]
struct Remove {
    #[command(flatten)]
    which: Which,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    let opened = arguments.store.open(&config)?;
    match &arguments.command {
        Command::Add(Add { which, format }) => {
            let token = publish::draw()?;
            let other = opened.write(async |session| {
                which.audit(session, "domain add", "").await?;
                organisation(session, &which.organisation).await?;
                if session.tenant(&which.organisation).domain(&which.domain).await?.is_some() {
                    return Err(Failure::say(format!("`{}` is there already", which.domain)).hint(format!(
                        "`mizumori domain list {} --format jsonl` shows its token",
                        which.organisation
                    )));
                }
                which.add(session, &token).await?;
                which.other_holder(session).await
            })?;
            publish::show_ways(*format, &which.domain, &token)?;
            if let Some(other) = other {
                tidings::warning(&format!(
                    "`{}` is served for `{other}`: it cannot be served for two",
                    which.domain
                ));
            }
            tidings::hint(&format!(
                "the holder publishes one of these, and leaves it there; then `mizumori domain check {} {}` looks for it",
                which.organisation, which.domain
            ));
            #[cfg(feature = "monitor")]
            tidings::hint(&format!("or {}", which.mail()));
        }
        Command::Check(arguments) => check::run(arguments, &config, &opened)?,
        #[cfg(feature = "monitor")]
        Command::Mail(arguments) => mail::send(arguments, &config, &opened)?,
        #[cfg(feature = "monitor")]
        Command::Confirm(arguments) => mail::confirm(arguments, &opened)?,
        Command::Vouch(Vouch { which, why }) => {
            let token = publish::draw()?;
            opened.write(async |session| {
                which.audit(session, "domain vouch", why).await?;
                which.vouch(session, &token).await
            })?;
            tidings::say(&format!("`{}` is served for `{}`", which.domain, which.organisation));
        }
        Command::Remove(Remove { which }) => {
            opened.write(async |session| {
                which.audit(session, "domain remove", "").await?;
                organisation(session, &which.organisation).await?;
                let removed = session.tenant(&which.organisation).remove_domain(&which.domain).await;
                removed.map_err(|error| Failure::from(error).hint(which.list()))
            })?;
            tidings::say(&format!("`{}` is no domain of `{}` any more", which.domain, which.organisation));
        }
        Command::List(arguments) => list::run(arguments, &opened)?,
    }
    Ok(Outcome::Done)
}

impl Which {
    /// First of all: whoever writes into the audit log is alone until it is committed, so that limits hold.
    async fn audit(&self, session: &mut Session, action: &str, detail: &str) -> Result<(), Failure> {
        audit(session, Some(&self.organisation), action, self.domain.as_str(), detail).await
    }

    /// Adds the domain, if the organisation may have one more.
    async fn add(&self, session: &mut Session, token: &str) -> Result<(), Failure> {
        self.is_served(session).await?;
        let organisation = organisation(session, &self.organisation).await?;
        let edition = session.edition(&organisation.edition).await?;
        let have = session.tenant(&self.organisation).domains().await?.len();
        edition.may_add_domain(have as u64).map_err(|limit| {
            let (list, id) = (self.list(), &self.organisation);
            Failure::new(limit).hint(format!("{list}; `mizumori org change {id} --edition` gives it another"))
        })?;
        session.tenant(&self.organisation).add_domain(&self.domain, token, now()).await?;
        Ok(())
    }

    /// The domain.
    async fn found(&self, session: &mut Session) -> Result<Domain, Failure> {
        organisation(session, &self.organisation).await?;
        let found = session.tenant(&self.organisation).domain(&self.domain).await?;
        found.ok_or_else(|| {
            Failure::say(format!("`{}` has no domain `{}`", self.organisation, self.domain))
                .hint(format!("`mizumori domain add {} {}` adds it", self.organisation, self.domain))
        })
    }

    /// Serves the domain: it is proved now.
    async fn prove(&self, session: &mut Session, proof: &Proof) -> Result<(), Failure> {
        self.is_served(session).await?;
        let mut tenant = session.tenant(&self.organisation);
        let Some(domain) = tenant.domain(&self.domain).await? else {
            return Err(Failure::say(format!("`{}` was removed meanwhile", self.domain)));
        };
        let proved = Domain {
            state: DomainState::Proved,
            method: Some(proof.method),
            proved: domain.proved.or(Some(now())),
            checked: Some(now()),
            found: Some(proof::Outcome::There),
            failing_since: None,
            missing_since: None,
            ..domain
        };
        Ok(tenant.change_domain(&proved).await?)
    }

    async fn vouch(&self, session: &mut Session, token: &str) -> Result<(), Failure> {
        self.is_served(session).await?;
        if let Some(other) = self.other_holder(session).await? {
            return Err(Failure::say(format!("`{}` is served for `{other}`", self.domain))
                .hint(format!("`mizumori domain remove {other} {}` takes it away from there", self.domain)));
        }
        if session.tenant(&self.organisation).domain(&self.domain).await?.is_none() {
            self.add(session, token).await?;
        }
        let mut tenant = session.tenant(&self.organisation);
        let Some(domain) = tenant.domain(&self.domain).await? else {
            return Err(Failure::say(format!("`{}` was removed meanwhile", self.domain)));
        };
        let vouched = Domain {
            state: DomainState::Vouched,
            vouched_by: Some(actor()),
            failing_since: None,
            missing_since: None,
            ..domain
        };
        tenant.change_domain(&vouched).await?;
        Ok(())
    }

    /// To an organisation whose evaluation is over nothing is added.
    async fn is_served(&self, session: &mut Session) -> Result<(), Failure> {
        let organisation = organisation(session, &self.organisation).await?;
        match organisation.state_at(now()).0 {
            OrganisationState::Served => Ok(()),
            OrganisationState::ReadOnly | OrganisationState::Ended => Err(Failure::new(Limit::ReadOnly)
                .hint(format!(
                    "`mizumori org change {} --edition full` serves it from now on",
                    organisation.id
                ))),
        }
    }

    /// The organisation for which the domain is served, where it is not this one.
    async fn other_holder(&self, session: &mut Session) -> Result<Option<OrganisationId>, Failure> {
        let domains = session.all_domains().await?;
        let other = domains.into_iter().find(|domain| {
            domain.name == self.domain && domain.state.is_served() && domain.organisation != self.organisation
        });
        Ok(other.map(|domain| domain.organisation))
    }

    fn list(&self) -> String {
        format!("`mizumori domain list {}` shows those that it has", self.organisation)
    }
}

/// A domain that somebody can hold.
fn parsed(text: &str) -> Result<DomainName, String> {
    let domain = DomainName::parse(text).ok_or_else(|| "write a domain such as suigen.example".to_owned())?;
    if is_public_suffix(domain.as_str()) {
        return Err("it is a public suffix: unrelated organisations register below it".to_owned());
    }
    if !is_known(domain.as_str()) {
        return Err("its top-level domain is unknown, so no account can be below it".to_owned());
    }
    Ok(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_that_somebody_can_hold() {
        for (text, expected) in
            [("Mail.Suigen.Example.", "mail.suigen.example"), ("水源.jp", "xn--1rw63c.jp")]
        {
            assert_eq!(parsed(text).map(|domain| domain.to_string()).as_deref(), Ok(expected));
        }
        for (text, expected) in [
            ("", "write a domain"),
            ("@suigen.example", "write a domain"),
            ("https://suigen.example/", "write a domain"),
            ("go.jp", "public suffix"),
            ("suigen.nosuchtld", "unknown"),
        ] {
            assert!(parsed(text).is_err_and(|why| why.contains(expected)), "{text}");
        }
    }
}
