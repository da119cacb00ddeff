//! `mizumori lookup`: the exposures of an account or of a domain, from a lake.

mod directory;
mod show;

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mizumori_core::{Account, DomainName, LocalPart};
use mizumori_lake::Lake;

use self::directory::Directory;
pub(super) use self::show::as_json;
#[cfg(feature = "guard")]
pub(super) use self::show::opened;
use self::show::{Found, write_table};
use crate::config::Config;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::grouped;
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
    #[arg(value_name = "ACCOUNT|DOMAIN", required_unless_present = "accounts")]
    what: Option<String>,

    /// A list of accounts, one a line, `-` for standard input: each is looked up, or, with a domain, those of its exposures are
    /// named that are of the list
    ///
    /// So an organisation that comes later learns from its own directory whose exposures those are that are kept as tags.
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,

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
  mizumori lookup --lake s3://bucket/lake suigen.example
  mizumori lookup --lake lake suigen.example --accounts directory.txt";

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

/// What to say of those of whom the lake keeps nothing but counts; `None` where there are none. Where every account was found,
/// nobody asks.
fn counted(
    lake: &mut Lake,
    what: Option<&What>,
    directory: &Directory,
    found: &[Found<'_>],
) -> Result<Option<String>, Failure> {
    if let Some(What::Domain(domain)) = what {
        let counted = lake.current(|lake| lake.counted_at(|host| is_below(host, domain)))?;
        let accounts: u64 = counted.values().sum();
        return Ok((accounts > 0).then(|| {
            format!(
                "{} accounts of `{domain}` are kept as counts alone: whose they are is not known here",
                grouped(accounts)
            )
        }));
    }
    let named: BTreeSet<_> = found.iter().map(|found| found.exposure.account).collect();
    let missing = directory.missing(&named);
    if missing.is_empty() {
        return Ok(None);
    }
    let counted = lake.current(|lake| lake.counted_at(|host| missing.contains(host)))?;
    Ok(counted.first_key_value().map(|(first, _)| {
        let others = match counted.len() - 1 {
            0 => String::new(),
            others => format!(" and {} other hosts", grouped(others as u64)),
        };
        format!("accounts of `{first}`{others} are kept as counts alone: nobody can tell who is among them")
    }))
}

fn is_below(host: &str, domain: &DomainName) -> bool {
    mizumori_core::domain::self_and_parents(host).any(|name| name == domain.as_str())
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let what = arguments.what.as_deref().map(What::parse).transpose()?;
    let (mut lake, ring) = arguments.lake.open_with_keys(&Config::load()?)?;
    let tags = ring.tags();
    let directory = match (&arguments.accounts, &what) {
        (Some(_), Some(What::Account(_))) => {
            let both = Failure::say("one account and a list of accounts were given");
            return Err(both.hint("put it on the list, or name a domain"));
        }
        (Some(path), _) => Directory::read(path, &tags)?,
        (None, Some(What::Account(account))) => Directory::of(account.clone(), &tags),
        (None, _) => Directory::default(),
    };
    if arguments.reveal {
        reveal::allow(arguments.yes, true)?;
    }
    let exposures = lake.current(|lake| match &what {
        Some(What::Domain(domain)) => {
            let mut found = lake.points()?.domain(tags.domain(domain.as_str()))?;
            found.retain(|exposure| is_below(&exposure.host, domain));
            Ok(found)
        }
        Some(What::Account(_)) | None => {
            let points = lake.points()?;
            let mut found = Vec::new();
            for account in directory.accounts() {
                found.extend(points.account(&tags, account)?);
            }
            Ok(found)
        }
    })?;
    let found: Vec<_> = exposures
        .into_iter()
        .map(|exposure| Found { account: directory.name_of(exposure.account), exposure })
        .collect();
    let reveal = arguments.reveal.then_some(&ring);
    let mut out = Output::open(None)?;
    match Format::or_default(arguments.format) {
        Format::Jsonl => found.iter().try_for_each(|found| writeln!(out, "{}", found.as_json(reveal)))?,
        Format::Table => write_table(&mut out, &found, reveal)?,
    }
    out.finish()?;
    match counted(&mut lake, what.as_ref(), &directory, &found)? {
        Some(counted) => tidings::say(&counted),
        None if found.is_empty() => tidings::say("nothing in this lake"),
        None => {}
    }
    if arguments.accounts.is_none() {
        return Ok(Outcome::Done);
    }
    let named: BTreeSet<_> =
        found.iter().filter(|found| found.account.is_some()).map(|found| found.exposure.account).collect();
    tidings::say(&format!("{} of {} accounts of the list are in this lake", named.len(), directory.len()));
    let others = found.iter().filter(|found| found.account.is_none()).count();
    if others > 0 {
        tidings::say(&format!("{others} exposures are of accounts that the list does not name"));
    }
    Ok(directory.tell())
}
