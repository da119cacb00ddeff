//! `mizumori serve`: the loop, until somebody ends it.

mod rounds;
mod watched;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use mizumori_monitor::{DataKeys, Finder, Leaks, Neutraliser, Post, Proofs, Sender};
use mizumori_proof::Schedule;
use mizumori_scan::Progress;

use self::rounds::{Held, Rounds, Troubles};
use crate::commands::ingest;
use crate::config::Config;
use crate::counted::counted;
use crate::interrupt;
use crate::leaks::LakeLeaks;
use crate::outcome::{Failure, Outcome};
use crate::proofs::prover;
use crate::store::StoreOptions;
use crate::tidings;

/// Run the loop: what comes into the lake is found, people are told, and what became of it is followed up
///
/// With --follow and PATHs it ingests what is dropped there as `mizumori ingest --follow` does, and first what concerns the domains
/// that are served, or the watch list that is named; else others bring what is new into the lake. Mails go out as `mail` in
/// mizumori.toml says; without it they wait. Channels are told as well. Several may run with one store in PostgreSQL. It ends with what it was doing on Ctrl-C
/// or SIGTERM.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
// The options of an ingest are a group of the same name.
#[group(skip)]
pub(crate) struct Arguments {
    #[command(flatten)]
    ingest: ingest::Arguments,

    #[command(flatten)]
    store: StoreOptions,

    /// Do once what is to be done, and end
    #[arg(long, conflicts_with = "follow")]
    once: bool,

    /// How often the lake and the outbox are looked at, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = ingest::seconds)]
    look_every: Duration,

    /// How often directories are read and open findings looked at, in minutes
    #[arg(long, value_name = "MINUTES", default_value = "60", value_parser = minutes)]
    sync_every: Duration,
}

const EXAMPLES: &str = "\
Examples:
  mizumori serve --store mizumori.db --lake lake --follow --all drop/
  mizumori serve --once";

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    let opened = arguments.store.open(&config)?;
    let mail = config.mail.as_ref().map(crate::mail::MailTable::post).transpose()?;
    if mail.is_none() {
        tidings::warning("there is no [mail] in mizumori.toml: what is to be told by mail waits");
    }
    let post = Post { mail, channels: config.channels.post()? };
    let (lake, ring) = arguments.ingest.lake.open_or_create(&config)?;
    let keys: Arc<dyn DataKeys> = Arc::new(arguments.ingest.lake.ring_keys(&config, &lake)?);
    let leaks: Arc<dyn Leaks> = Arc::new(LakeLeaks::new(lake, ring.tags()));
    // A machine without name servers does everything else.
    let proofs = match prover(&config.name_servers, None) {
        Ok(prover) => Some(Proofs::new(opened.store.clone(), prover, Schedule::default())),
        Err(failure) => {
            tidings::warning(&format!("no proof of a domain is looked for: {}", failure.in_words()));
            None
        }
    };
    let name = own_name()?;
    let rounds = Rounds {
        store: opened.store.clone(),
        finder: Finder::new(opened.store.clone()),
        neutraliser: Neutraliser::new(opened.store.clone(), name.clone()),
        sender: Sender::new(opened.store.clone(), name.clone(), post),
        leaks,
        keys,
        proofs,
        tags: ring.tags(),
        name,
        look_every: arguments.look_every,
        sync_every: arguments.sync_every,
        held: Held::default(),
    };
    if arguments.once {
        let sent = opened.runtime.block_on(rounds.once())?;
        if sent.later > 0 {
            let notices = counted(sent.later, "notice");
            tidings::warning(&format!("{notices} could not be sent; what was not sent waits"));
            tidings::hint("`mizumori notice list ORG --state waiting` shows why");
        }
        return Ok(if sent.later + sent.dead > 0 { Outcome::Partly } else { Outcome::Done });
    }
    let named = arguments.ingest.watch_list(&config)?.map(Arc::new);
    let progress = Arc::new(Progress::default());
    interrupt::stops(&progress);
    let troubles = Troubles::default();
    let begun = opened.runtime.block_on(rounds.begin(&progress, &troubles));
    std::thread::scope(|scope| {
        let following = arguments.ingest.is_following().then(|| {
            scope.spawn(|| {
                let named = named.clone();
                let watched =
                    || named.clone().map_or_else(|| watched::list(&opened).map(Some), |list| Ok(Some(list)));
                let ended = ingest::follow(&arguments.ingest, &config, &progress, &watched);
                // Nobody brings anything any more: that is not to go on unseen.
                progress.stop();
                ended
            })
        });
        let ended = opened.runtime.block_on(rounds.run(&progress, &troubles, begun));
        let followed = following.map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        followed.transpose()?;
        ended
    })?;
    Ok(Outcome::Interrupted)
}

/// A name that no other process has.
fn own_name() -> Result<String, Failure> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| Failure::say(error.to_string()))?;
    Ok(format!("{}-{:016x}", std::process::id(), u64::from_le_bytes(bytes)))
}

fn minutes(word: &str) -> Result<Duration, &'static str> {
    let minutes = word.parse().ok().filter(|minutes: &f64| minutes.is_finite() && *minutes > 0.0);
    let duration = minutes.and_then(|minutes| Duration::try_from_secs_f64(minutes * 60.0).ok());
    duration.ok_or("write a number of minutes, such as 60 or 0.5")
}
