//! `mizumori finding neutralise`: acts in the directory on the accounts of findings.

use clap::{Args, ValueEnum};
use mizumori_directory::{Action, EntryId, Outcome as Acted, Whom};
use mizumori_monitor::DirectorySettings;
use mizumori_store::{Access, Holder, OrganisationId, Reference};

use crate::outcome::{Failure, Outcome};
use crate::store::{Opened, allowed, audit};
use crate::tidings;

/// Act in the directory on the account of a finding: its password has to be changed at the next sign-on, it is disabled, or its
/// sessions end
///
/// No leaked password is tried against anything. What was done is written into the audit log; that the password was changed is seen
/// when the directory is read again.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// The finding's reference; may be given several times
    #[arg(value_name = "REFERENCE", required = true)]
    references: Vec<Reference>,

    /// What to do
    #[arg(long, value_enum, default_value_t = Do::ForceChange)]
    action: Do,

    /// Show whom it would concern, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Act on privileged accounts as well
    #[arg(long)]
    privileged: bool,
}

/// What to do to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Do {
    /// The password has to be changed at the next sign-on
    ForceChange,
    /// Nobody can sign in until an administrator says so
    Disable,
    /// Whoever is signed in is no longer
    EndSessions,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Done;
    for reference in &arguments.references {
        if let Err(failure) = one(arguments, opened, reference) {
            tidings::error(&format!("{reference}: {}", failure.in_words()));
            if let Some(hint) = failure.next() {
                tidings::hint(hint);
            }
            outcome = Outcome::Failed;
        }
    }
    Ok(outcome)
}

fn one(arguments: &Arguments, opened: &Opened, reference: &Reference) -> Result<(), Failure> {
    let (id, action) = (&arguments.organisation, arguments.action.action());
    let (holder, document) = opened.read(async |session| {
        allowed(session, id, Access::Neutralise).await?;
        let finding = super::finding(session, id, reference).await?;
        let mut tenant = session.tenant(id);
        let holder = alone(tenant.holders_of(finding.is.account).await?, id)?;
        let directory =
            tenant.directories().await?.into_iter().find(|directory| directory.id == holder.directory);
        let directory = directory.ok_or_else(|| Failure::say("its directory was removed meanwhile"))?;
        Ok((holder, directory.document))
    })?;
    if holder.is.privileged && !arguments.privileged {
        return Err(Failure::say("the account is privileged: nothing was done")
            .hint("--privileged does it all the same; who administers the directory may lock himself out"));
    }
    // A client for a service is made with it, and needs a provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let settings = DirectorySettings::parse(&document)?;
    let connected = settings.connect()?;
    let acting = connected
        .acting()
        .filter(|acting| acting.actions().contains(&action))
        .ok_or_else(|| cannot(settings.kind(), connected.acting().map_or(&[], |acting| acting.actions())))?;
    let whose =
        holder.is.addresses.first().map_or("an account without an address", |address| &*address.address);
    if arguments.dry_run {
        tidings::say(&format!("{reference}: would {} {whose}", arguments.action.in_words()));
        return Ok(());
    }
    let entry =
        EntryId::new(holder.is.entry.clone()).ok_or_else(|| Failure::say("the entry has no usable id"))?;
    // That it was asked for is written down before it is: whatever happens then, nobody wonders who did it.
    let word = arguments.action.word();
    opened.write(async |session| {
        audit(session, Some(id), "finding neutralise", reference.as_str(), word).await
    })?;
    let whom = Whom::Id(entry);
    let (acted, entry) = opened.runtime.block_on(async {
        let acted = acting.act(action, &whom).await?;
        // Some answer before they are done; what the directory says now is what is told.
        Ok::<_, mizumori_directory::DirectoryError>((acted, acting.entry(&whom).await?))
    })?;
    let detail = match acted {
        Acted::Done => "done",
        Acted::NotSupported => "not supported",
        Acted::Exempt => "exempt",
        Acted::NotFound => "not found",
    };
    opened.write(async |session| {
        let detail = format!("{word}: {detail}");
        audit(session, Some(id), "finding neutralised", reference.as_str(), &detail).await
    })?;
    match acted {
        Acted::Done => {}
        Acted::NotSupported => return Err(Failure::say("the directory cannot do that")),
        Acted::Exempt => {
            return Err(Failure::say("the directory exempts the account from it").hint(
                "its password never expires, or another directory manages it: disable it, or ask there",
            ));
        }
        Acted::NotFound => return Err(Failure::say("the directory has no such entry any more")),
    }
    let is_seen = entry.is_some_and(|entry| action != Action::ForceChange || entry.must_change);
    let seen = if is_seen { "" } else { "; the directory does not show it yet" };
    tidings::say(&format!("{reference}: {} {whose}{seen}", arguments.action.done()));
    Ok(())
}

/// Says what a kind of directory can do, in the place of what it cannot.
fn cannot(kind: &str, actions: &[Action]) -> Failure {
    let words: Vec<_> = actions.iter().map(|action| Do::of(*action).word()).collect();
    let can = if words.is_empty() { "nothing: it is only read".to_owned() } else { words.join(", ") };
    let failure = Failure::say(format!("a directory of the kind `{kind}` cannot do that; it can do {can}"));
    match words.first() {
        Some(word) => failure.hint(format!("--action {word}")),
        None => failure,
    }
}

/// The one entry that has the account.
fn alone(holders: Vec<Holder>, id: &OrganisationId) -> Result<Holder, Failure> {
    match <[Holder; 1]>::try_from(holders) {
        Ok([holder]) => Ok(holder),
        Err(none) if none.is_empty() => Err(Failure::say("no directory knows the account")
            .hint(format!("`mizumori directory sync {id}` reads the directories"))),
        Err(_) => Err(Failure::say("several entries have the account: nothing was done")
            .hint("put it right in the directories, and read them again")),
    }
}

impl Do {
    const fn of(action: Action) -> Self {
        match action {
            Action::ForceChange => Self::ForceChange,
            Action::Disable => Self::Disable,
            Action::EndSessions => Self::EndSessions,
        }
    }

    const fn action(self) -> Action {
        match self {
            Self::ForceChange => Action::ForceChange,
            Self::Disable => Action::Disable,
            Self::EndSessions => Action::EndSessions,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::ForceChange => "force-change",
            Self::Disable => "disable",
            Self::EndSessions => "end-sessions",
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::ForceChange => "force a change of the password of",
            Self::Disable => "disable",
            Self::EndSessions => "end the sessions of",
        }
    }

    const fn done(self) -> &'static str {
        match self {
            Self::ForceChange => "a change of the password is forced for",
            Self::Disable => "disabled",
            Self::EndSessions => "ended the sessions of",
        }
    }
}

impl From<mizumori_directory::DirectoryError> for Failure {
    fn from(error: mizumori_directory::DirectoryError) -> Self {
        let hint = error.hint();
        let failure = Self::new(error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
