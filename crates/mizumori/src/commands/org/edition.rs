//! `mizumori org edition`: what organisations may have, and for how long.

use std::collections::BTreeSet;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use mizumori_store::{Access, Edition};
use serde_json::{Value, json};

use crate::outcome::Failure;
use crate::show::{Form, show};
use crate::store::{Opened, audit};
use crate::tidings;

/// Editions: what organisations may have, and for how long
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    List(List),
    Set(Set),
}

/// Show all editions
#[derive(Debug, Args)]
pub(super) struct List {
    /// The form of the list
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Make an edition, or set anew what one is
///
/// Its limits hold at once for the organisations that have it; what they have already stays, and so does the day on which their time
/// ends. `full` and `evaluation` are built in, and can be set too.
#[derive(Debug, Args)]
pub(super) struct Set {
    /// Its name
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,

    /// Calendar months that it runs [default: for good]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1200))]
    months: Option<u32>,

    /// Domains that an organisation may have [default: any number]
    #[arg(long, value_name = "N")]
    domains: Option<u64>,

    /// Entries of its directories that are looked at [default: all]
    #[arg(long, value_name = "N")]
    holders: Option<u64>,

    /// What it may use
    #[arg(long, value_name = "NAMES", value_delimiter = ',', required = true, value_parser = functions())]
    functions: Vec<Access>,
}

impl Arguments {
    /// Whether a store that is not there is made for it.
    pub(super) fn makes_a_store(&self) -> bool {
        matches!(self.command, Command::Set(_))
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    match &arguments.command {
        Command::List(List { format }) => {
            let editions = opened.read(async |session| Ok(session.editions().await?))?;
            show(
                *format,
                ["edition", "months", "domains", "holders", "functions"],
                editions.iter().map(|(name, edition)| (cells(name, edition), object(name, edition))),
            )
        }
        Command::Set(set) => {
            let after = set.edition();
            opened.write(async |session| {
                let before = session.editions().await?.remove(&set.name);
                session.keep_edition(&set.name, &after).await?;
                let before = before.map_or_else(|| "none".to_owned(), |before| in_words(&before));
                let detail = format!("{before} → {}", in_words(&after));
                audit(session, None, "org edition set", &set.name, &detail).await
            })?;
            tidings::say(&format!("`{}`: {}", set.name, in_words(&after)));
            Ok(())
        }
    }
}

impl Set {
    fn edition(&self) -> Edition {
        Edition {
            months: self.months,
            domains: self.domains,
            holders: self.holders,
            functions: self.functions.iter().copied().collect(),
        }
    }
}

fn cells(name: &str, edition: &Edition) -> [String; 5] {
    let months = edition.months.map(u64::from);
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    [
        name.to_owned(),
        number(months),
        number(edition.domains),
        number(edition.holders),
        words(&edition.functions).join(","),
    ]
}

fn object(name: &str, edition: &Edition) -> Value {
    json!({
        "edition": name,
        "months": edition.months,
        "domains": edition.domains,
        "holders": edition.holders,
        "functions": words(&edition.functions),
    })
}

/// What an edition is, as the command line would set it.
fn in_words(edition: &Edition) -> String {
    let limits = [
        ("months", edition.months.map(u64::from)),
        ("domains", edition.domains),
        ("holders", edition.holders),
    ];
    let limits = limits.into_iter().filter_map(|(name, limit)| Some(format!("{name} {}", limit?)));
    let functions = format!("functions {}", words(&edition.functions).join(","));
    limits.chain([functions]).collect::<Vec<_>>().join(", ")
}

fn words(functions: &BTreeSet<Access>) -> Vec<&'static str> {
    functions.iter().map(|access| access.as_str()).collect()
}

/// The words that there are, which a mistake is told.
fn functions() -> impl clap::builder::TypedValueParser<Value = Access> {
    PossibleValuesParser::new(Access::ALL.map(Access::as_str))
        .try_map(|word| Access::of(&word).ok_or_else(|| "there is no such function".to_owned()))
}

/// A name that can be written without quotes.
fn name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=64).contains(&text.len()) && text.bytes().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("write a name of small letters, digits and dashes, 64 at most".to_owned())
    }
}
