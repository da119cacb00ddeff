//! `mizumori lookup`: the exposures of an account or of a domain, from a lake.

use std::io::{IsTerminal, Write};

use clap::{Args, ValueEnum};
use mizumori_core::keys::{KeyRing, Sealed, key_number};
use mizumori_core::{Account, DomainName, LocalPart};
use mizumori_lake::Exposure;
use serde_json::json;

use crate::config::Config;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::reveal;
use crate::tidings;

/// Tell in which leaks of a lake an account or a domain stands
///
/// Accounts are looked up by their keyed tag: the lake holds nothing readable but what was sealed for a domain.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    lake: LakeOptions,

    /// The account (taro@suigen.example), or a domain with all hosts below it
    #[arg(value_name = "ACCOUNT|DOMAIN")]
    what: String,

    /// Show in clear what was sealed; asks on a terminal, and needs --yes elsewhere
    #[arg(long)]
    reveal: bool,

    /// Answer yes to the question that --reveal asks
    #[arg(long, requires = "reveal")]
    yes: bool,

    /// The form of the result [default: table on a terminal, else jsonl]
    #[arg(long, value_enum)]
    format: Option<Format>,
}

const EXAMPLES: &str = "\
Examples:
  mizumori lookup --lake lake taro@suigen.example
  mizumori lookup --lake s3://bucket/lake suigen.example";

/// The form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns
    Table,
    /// One object a line
    Jsonl,
}

impl Format {
    /// What was asked for; else a table for people, and objects for programs.
    pub(crate) fn or_default(asked: Option<Self>) -> Self {
        let usual = if std::io::stdout().is_terminal() { Self::Table } else { Self::Jsonl };
        asked.unwrap_or(usual)
    }
}

/// What is asked.
enum What {
    Account(Account<'static>),
    Domain(DomainName),
}

impl What {
    fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::say(what).hint("write taro@suigen.example, or suigen.example");
        if text.contains('@') || text.contains('＠') {
            let account = Account::parse(text, LocalPart::Column).map(Account::into_owned);
            return account.map(Self::Account).ok_or_else(|| wrong("this is no account".to_owned()));
        }
        let domain = DomainName::parse(text);
        domain.map(Self::Domain).ok_or_else(|| wrong(format!("`{text}` is no domain")))
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let what = What::parse(&arguments.what)?;
    let (mut lake, ring) = arguments.lake.open_with_keys(&Config::load()?)?;
    if arguments.reveal {
        reveal::allow(arguments.yes, true)?;
    }
    let exposures = lake.current(|lake| match &what {
        What::Account(account) => lake.points()?.account(ring.tags().account(account)),
        What::Domain(domain) => {
            let mut found = lake.points()?.domain(ring.tags().domain(domain.as_str()))?;
            found.retain(|exposure| {
                mizumori_core::domain::self_and_parents(&exposure.host).any(|name| name == domain.as_str())
            });
            Ok(found)
        }
    })?;
    let reveal = arguments.reveal.then_some(&ring);
    let mut out = Output::open(None)?;
    match Format::or_default(arguments.format) {
        Format::Jsonl => {
            for exposure in &exposures {
                let mut object = as_json(exposure, reveal);
                if matches!(what, What::Account(_))
                    && let Some(object) = object.as_object_mut()
                {
                    object.insert("account".to_owned(), json!(arguments.what));
                }
                writeln!(out, "{object}")?;
            }
        }
        Format::Table => write_table(&mut out, &exposures, reveal)?,
    }
    out.finish()?;
    if exposures.is_empty() {
        tidings::say("nothing in this lake");
    }
    Ok(Outcome::Done)
}

/// An exposure as an object. `reveal` opens what was sealed.
pub(crate) fn as_json(exposure: &Exposure, reveal: Option<&KeyRing>) -> serde_json::Value {
    let mut object = json!({
        "tag": format!("{:016x}{:016x}", exposure.account.hi, exposure.account.lo),
        "login": exposure.account.is_login(),
        "domain": exposure.domain,
        "host": exposure.host,
        "source": exposure.source,
        "place": exposure.place,
        "leaked": exposure.month.map(|month| month.to_string()),
        "secret": {
            "kind": exposure.kind.as_str(),
            "tag": exposure.secret.map(|tag| format!("{:016x}", tag.0)),
        },
        "site": exposure.site,
        "log": exposure.log.map(|tag| format!("{:016x}", tag.0)),
        "sealed": exposure.sealed.is_some(),
    });
    if let (Some(ring), Some(object)) = (reveal, object.as_object_mut()) {
        let opened = opened(exposure, ring);
        let value = match opened {
            Some(Ok(opened)) => revealed(&opened),
            Some(Err(why)) => json!({"error": why}),
            None => serde_json::Value::Null,
        };
        object.insert("revealed".to_owned(), value);
    }
    object
}

/// What was opened, as an object; of a stealer log with what it says of its computer.
fn revealed(opened: &Sealed) -> serde_json::Value {
    let Sealed { local, secret, computer, user, taken } = opened;
    let mut object = json!({"local": local.expose(), "secret": secret.expose()});
    let told = [("computer", computer), ("user", user), ("taken", taken)];
    if let Some(object) = object.as_object_mut() {
        let told = told.into_iter().filter(|(_, value)| !value.expose().is_empty());
        object.extend(told.map(|(name, value)| (name.to_owned(), json!(value.expose()))));
    }
    object
}

/// What was sealed in an exposure.
fn opened(exposure: &Exposure, ring: &KeyRing) -> Option<Result<Sealed, String>> {
    let sealed = exposure.sealed.as_ref()?;
    let open = || {
        let number = key_number(sealed).map_err(|error| error.to_string())?;
        let key = ring.data_key_of(number).ok_or("its key was shredded")?;
        key.open(&exposure.source, exposure.account, sealed).map_err(|error| error.to_string())
    };
    Some(open())
}

fn write_table(out: &mut Output, exposures: &[Exposure], reveal: Option<&KeyRing>) -> Result<(), Failure> {
    if exposures.is_empty() {
        return Ok(());
    }
    let mut exposures: Vec<_> = exposures.iter().collect();
    exposures.sort_by_key(|exposure| (&exposure.host, exposure.account, exposure.month, exposure.secret));
    let mut rows =
        vec![["leaked", "secret", "host", "site", "source", "account", "computer"].map(str::to_owned)];
    for exposure in exposures {
        let revealed = reveal.and_then(|ring| opened(exposure, ring)?.ok());
        let account = match &revealed {
            Some(opened) if exposure.account.is_login() => opened.local.expose().clone(),
            Some(opened) => format!("{}@{}", opened.local.expose(), exposure.host),
            None if exposure.account.is_login() => format!("login {:016x}", exposure.account.hi),
            None => format!("{:016x}", exposure.account.hi),
        };
        let secret = match &revealed {
            Some(opened) => opened.secret.expose().clone(),
            // Enough of the tag to tell one secret from another.
            None => match exposure.secret {
                Some(tag) => format!("{} {:04x}", exposure.kind.as_str(), tag.0.cast_unsigned() >> 48),
                None => exposure.kind.as_str().to_owned(),
            },
        };
        let parts = revealed.iter().flat_map(|opened| [&opened.computer, &opened.user, &opened.taken]);
        let parts: Vec<_> =
            parts.map(|part| part.expose().as_str()).filter(|part| !part.is_empty()).collect();
        rows.push([
            exposure.month.map_or("unknown".to_owned(), |month| month.to_string()),
            secret,
            exposure.host.clone(),
            exposure.site.clone().unwrap_or_else(|| "-".to_owned()),
            exposure.source.clone(),
            account,
            parts.join(", "),
        ]);
    }
    // Only a stealer log knows of computers.
    if let Some(([.., title], rows)) = rows.split_first_mut()
        && rows.iter().all(|[.., computer]| computer.is_empty())
    {
        title.clear();
    }
    crate::columns::write(out, &rows)?;
    Ok(())
}
