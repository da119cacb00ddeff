//! `mizumori domain mail` and `mizumori domain confirm`: a code that goes to a fixed address of a domain, and is typed back.
//!
//! The code is in the mail alone. Of it a hash is kept.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use mizumori_core::Secret;
use mizumori_monitor::CodeMail;
use mizumori_proof::{CODE_LIFE, CODE_TRIES, CodeHash, MailCode, ProofError, Role, SentCode};
use mizumori_store::DomainCode;

use super::Which;
use super::check::challenge;
use crate::config::Config;
use crate::outcome::Failure;
use crate::store::{Opened, now, organisation};
use crate::tidings;

/// Send a code that proves a domain to a fixed address of it
///
/// Whoever reads it there gives it to `domain confirm`. It goes out at once, as `mail` in mizumori.toml says. It is taken for 30 days, and takes the place of the one before it.
#[derive(Debug, Args)]
pub(super) struct Send {
    #[command(flatten)]
    which: Which,

    /// To whom: what stands before the @ of the domain
    #[arg(long, value_name = "ROLE", default_value = "postmaster", value_parser = roles())]
    to: Role,
}

/// Prove a domain with the code that its mail had
///
/// After five wrong ones it is not taken any more.
#[derive(Debug, Args)]
pub(super) struct Confirm {
    #[command(flatten)]
    which: Which,

    /// The code, with or without its hyphens
    #[arg(value_name = "CODE")]
    code: String,
}

/// Sends a code.
pub(super) fn send(arguments: &Send, config: &Config, opened: &Opened) -> Result<(), Failure> {
    let Send { which, to } = arguments;
    let mail = config.mail.as_ref().ok_or_else(|| {
        Failure::say("there is no [mail] in mizumori.toml: no code can be sent")
            .hint("docs/loop.md says what stands there")
    })?;
    let post = mail.post()?;
    let (code, sent) = (MailCode::random().map_err(Failure::new)?, now());
    let (organisation, contacts, address) = opened.write(async |session| {
        which.audit(session, "domain mail", to.as_str()).await?;
        which.is_served(session).await?;
        let challenge = challenge(&which.found(session).await?)?;
        let kept = of_store(&code.sent_to(&challenge, *to, sent));
        let organisation = organisation(session, &which.organisation).await?;
        let mut tenant = session.tenant(&which.organisation);
        tenant.keep_domain_code(&which.domain, &kept).await?;
        Ok((organisation, tenant.contacts().await?, challenge.mail_address(*to)))
    })?;
    // What could not be sent is a code that nobody knows: what is kept of it harms nobody.
    let mail = CodeMail {
        domain: which.domain.clone(),
        to: address.clone(),
        code: code.to_text(),
        sent,
        until: sent.after(CODE_LIFE),
    };
    let sending = post.send_code(&organisation, &contacts, &mail);
    opened.runtime.block_on(sending).map_err(|error| {
        Failure::from(error).hint(format!(
            "the code did not reach `{address}`; `mizumori domain mail {} {}` sends another",
            which.organisation, which.domain
        ))
    })?;
    tidings::say(&format!("a code went to `{address}`; it is taken until {}", mail.until.day()));
    tidings::hint(&format!(
        "`mizumori domain confirm {} {} CODE` proves the domain with it",
        which.organisation, which.domain
    ));
    Ok(())
}

/// Judges a code that somebody typed. A wrong one is counted, so that it stays counted when the command fails.
pub(super) fn confirm(arguments: &Confirm, opened: &Opened) -> Result<(), Failure> {
    let Confirm { which, code } = arguments;
    let typed = Secret::new(code.clone());
    let judged = opened.write(async |session| {
        // Whoever writes into the audit log is alone: nobody tries many at once.
        session.alone().await?;
        which.is_served(session).await?;
        let challenge = challenge(&which.found(session).await?)?;
        let kept = session.tenant(&which.organisation).domain_code(&which.domain).await?;
        let Some(kept) = kept.as_ref().and_then(of_proof) else {
            return Err(Failure::say(format!("no code was sent for `{}`", which.domain)).hint(which.mail()));
        };
        match mizumori_proof::confirm(&challenge, &kept, &typed, now()) {
            Ok(proof) => {
                which.audit(session, "domain confirm", kept.role.as_str()).await?;
                which.prove(session, &proof).await?;
                session.tenant(&which.organisation).drop_domain_code(&which.domain).await?;
                Ok(Ok(proof))
            }
            Err(wrong @ ProofError::Code) => {
                let tried = SentCode { tries: kept.tries + 1, ..kept };
                let detail = format!("wrong code, {} of {CODE_TRIES}", tried.tries);
                which.audit(session, "domain confirm", &detail).await?;
                session
                    .tenant(&which.organisation)
                    .keep_domain_code(&which.domain, &of_store(&tried))
                    .await?;
                Ok(Err(Failure::new(wrong)))
            }
            Err(other) => Err(Failure::new(other).hint(which.mail())),
        }
    })?;
    let proof = judged?;
    tidings::say(&format!(
        "`{}` is proved by {}, and served for `{}`",
        which.domain, proof.place, which.organisation
    ));
    Ok(())
}

impl Which {
    pub(super) fn mail(&self) -> String {
        format!(
            "`mizumori domain mail {} {}` sends a code to a fixed address of it",
            self.organisation, self.domain
        )
    }
}

fn of_store(code: &SentCode) -> DomainCode {
    let SentCode { role, sent, hash: CodeHash(hash), tries } = *code;
    DomainCode { role: role.as_str().to_owned(), hash, sent, tries }
}

fn of_proof(code: &DomainCode) -> Option<SentCode> {
    let role = Role::parse(&code.role)?;
    Some(SentCode { role, sent: code.sent, hash: CodeHash(code.hash), tries: code.tries })
}

/// The roles that there are, which a mistake is told.
fn roles() -> impl clap::builder::TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.map(Role::as_str))
        .try_map(|word| Role::parse(&word).ok_or_else(|| "there is no such role".to_owned()))
}
