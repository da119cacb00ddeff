//! `mizumori guard serve`: an index over HTTP.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use mizumori_guard::{ALONE, WITH_SECOND_FACTOR};
use mizumori_web::{
    CertificateFiles, Guard, GuardOptions, Observer, PrivateOptions, Server, ServerOptions, Stop, WebError,
};

use super::IndexOption;
use super::private::KeysOption;
use crate::config::Config;
use crate::input;
use crate::outcome::{Failure, Outcome};
use crate::tidings;

/// Answer over HTTP what clients of the Pwned Passwords API ask, and check passwords
///
/// GET /range/{5 hex digits} is the range API: clients that let you set an address work against it. POST /api/v1/passwords/check says
/// whether a password may be chosen; it is answered over TLS, and else to this machine alone. What is imported while it runs is
/// answered from within a second or two, and so is a certificate replaced. It ends with what it was answering on Ctrl-C or SIGTERM.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    index: IndexOption,

    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8750")]
    listen: SocketAddr,

    /// Speak TLS: the certificate, and behind it those between it and the authority, as PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,

    /// The key of the certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,

    /// Seconds for which others may keep a range answer
    #[arg(long, value_name = "SECONDS", default_value_t = GuardOptions::default().max_age.as_secs())]
    max_age: u64,

    /// Characters that a password has to have where it is the only factor
    #[arg(long, value_name = "N", default_value_t = ALONE)]
    least: usize,

    /// Characters where a second factor is asked for as well
    #[arg(long, value_name = "N", default_value_t = WITH_SECOND_FACTOR)]
    least_with_second_factor: usize,

    /// A word that is no password for anybody who asks; may be given several times
    #[arg(long, value_name = "WORD")]
    context: Vec<String>,

    /// Answer the private check out of this private index as well: /api/v1/private/
    #[arg(long, value_name = "FOLDER")]
    private: Option<PathBuf>,

    #[command(flatten)]
    private_keys: KeysOption,

    /// Questions of the private check that an address may ask a minute; each is a guess
    #[arg(long, value_name = "N", default_value = "30")]
    private_per_minute: NonZeroU32,

    /// Connections at once; whoever comes then waits
    #[arg(long, value_name = "N", default_value = "4096")]
    connections: NonZeroUsize,

    /// Threads that answer; more than one a core where the index is larger than memory and its disk slow [default: one a core]
    #[arg(long, value_name = "N", value_parser = input::number_of_threads)]
    threads: Option<NonZeroUsize>,
}

const EXAMPLES: &str = "\
Examples:
  mizumori guard serve leaked
  mizumori guard serve leaked --listen 0.0.0.0:443 --certificate fullchain.pem --key privkey.pem
  curl http://127.0.0.1:8750/range/21BD1";

/// Tells on standard error.
struct Told;

impl Observer for Told {
    fn renewed(&self, what: &str) {
        tidings::say(&format!("renewed: {what}"));
    }

    fn failed(&self, error: WebError) {
        let why = Failure::from(error).in_words();
        tidings::warning(&format!("{why}; what was served before is served on"));
    }
}

impl Arguments {
    /// The private index that answers as well.
    fn private(&self, config: &Config) -> Result<Option<PrivateOptions>, Failure> {
        let Some(folder) = &self.private else { return Ok(None) };
        let keys = self.private_keys.file(config)?;
        Ok(Some(PrivateOptions { folder: folder.clone(), keys, per_minute: self.private_per_minute }))
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let options = GuardOptions {
        max_age: Duration::from_secs(arguments.max_age),
        least: arguments.least,
        least_with_second_factor: arguments.least_with_second_factor,
        context: arguments.context.clone(),
        private: arguments.private(config)?,
    };
    let guard = Guard::open(&arguments.index.folder(config)?, options)?;
    let certificate = arguments.certificate.clone().zip(arguments.key.clone());
    let server = Server::bind(ServerOptions {
        listen: arguments.listen,
        certificate: certificate.map(|(certificate, key)| CertificateFiles { certificate, key }),
        threads: NonZeroUsize::new(input::threads(arguments.threads, config)).unwrap_or(NonZeroUsize::MIN),
        connections: arguments.connections,
    })?;
    let stop = Stop::default();
    let stopped = stop.clone();
    // Where no handler can be set an interrupt ends the process, as it does by default.
    let _ = ctrlc::set_handler(move || {
        if stopped.is_stopped() {
            std::process::exit(130);
        }
        stopped.stop();
    });
    tidings::say(&format!("listening at {}", server.url()));
    let observer: Arc<dyn Observer> = Arc::new(Told);
    server.run(guard, &observer, &stop)?;
    Ok(Outcome::Done)
}
