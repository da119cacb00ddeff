//! `cargo xtask bench`: how fast the product is, beside the naive way and whichever peers are installed.
//!
//! Whole processes are timed, in alternation (A B C A B C …), with their input in the page cache: what a user waits
//! for, start-up included. Whether the bars are met is printed as information; a bench never fails because a machine is
//! slow, only when a program fails or finds something else than what is there.

mod bars;
mod contenders;
mod data;
mod large;
mod lookups;
mod measure;
mod report;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::command::{self, cargo, say};
use crate::components::{self, Chore};

/// What `cargo xtask bench` may be told.
#[derive(Args)]
pub(crate) struct BenchArguments {
    /// What to measure; everything when none is named
    #[arg(value_enum, value_name = "CASE")]
    cases: Vec<Case>,
    /// Lines of the generated lists; the bars are for 20 million
    #[arg(long, default_value_t = bars::LINES)]
    lines: u64,
    /// How often each program runs
    #[arg(long, default_value = "5")]
    rounds: NonZeroUsize,
    /// Only ours and the naive way
    #[arg(long)]
    no_peers: bool,
    /// How the program is built: `dist` is what ships, `release` is built in half the time
    #[arg(long, value_name = "NAME", default_value = "dist")]
    profile: String,
    /// First install the peers that are missing: ripgrep, nginx and wrk from Debian (as root), duckdb and chdb from PyPI below
    /// target/
    #[arg(long)]
    fetch: bool,
}

/// Hashes that a case of look-ups asks for.
pub(super) const HASHES: u64 = 1_000_000;

/// Pairs that a case of the private check finds.
pub(super) const FOUND_PAIRS: u64 = 1_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Case {
    /// The watch survey of an `account:password` list, 1 line in 1,000 watched
    Survey,
    /// The same of a list without any watched line
    NoHit,
    /// The same of a `url:login:password` list, watched sites among its lines
    Urls,
    /// The same of the list of `survey`, gzipped
    Gzip,
    /// The watch survey of 10,000 small files
    SmallFiles,
    /// Every distinct record of the list as CSV
    Unique,
    /// Every account of the list into a lake, as tags
    Lake,
    /// Fifteen times the list into a lake, as 200 sources, beside half of the list
    Large,
    /// An account in that lake, with 20 more ingests on top that are not merged
    Account,
    /// A domain of 10,000 exposures there, in each of those 20
    Domain,
    /// A thousand accounts, one after the other, in a lake of eight ingests that all have them
    Lookups,
    /// The exact number of distinct accounts of every domain of the list
    Domains,
    /// Hashes in order into an index of leaked passwords
    Guard,
    /// As many hashes without any order
    GuardShuffled,
    /// A million hashes looked up in an index, half of them in it
    GuardCheck,
    /// Range answers over loopback, beside nginx with the same answers as files
    GuardRange,
    /// Questions to a private index of 20,000 pairs, on one core; the time is that of 10,000 answers
    GuardPrivate,
    /// From a dump of a gigabyte, dropped into the followed folder, to the mails to its user and the administrator
    Loop,
    /// A domain is served of which 100,000 findings are known already: until the administrator is told
    Backlog,
    /// The list three times over into a lake, by executors of a cluster with a core each
    Cluster,
}

/// Measures the cases in turn and prints a table for each.
pub(crate) fn run(arguments: &BenchArguments) -> Result<()> {
    if arguments.fetch {
        components::fetch_missing(Chore::Bench, &[])?;
    }
    say(&format!("== building, as `{}`", arguments.profile));
    let cases = if arguments.cases.is_empty() { Case::value_variants() } else { &arguments.cases };
    let mut build = cargo();
    build.args(["build", "--profile", &arguments.profile, "--package", "mizumori"]);
    // What lakes and questions need takes long at its best: only for the cases that ask for it.
    let needed = [
        (Case::Lake, ",lake"),
        (Case::Large, ",lake"),
        (Case::Account, ",lake"),
        (Case::Domain, ",lake"),
        (Case::Lookups, ",lake"),
        (Case::Domains, ",sql"),
        (Case::Cluster, ",cluster"),
        (Case::Guard, ",guard"),
        (Case::GuardShuffled, ",guard"),
        (Case::GuardCheck, ",guard"),
        (Case::GuardRange, ",serve"),
        (Case::Loop, ",loop"),
        (Case::Backlog, ",loop"),
    ];
    let more: BTreeSet<_> =
        needed.into_iter().filter(|(case, _)| cases.contains(case)).map(|(_, feature)| feature).collect();
    let features = format!("scan,demo{}", more.into_iter().collect::<String>());
    build.args(["--no-default-features", "--features", &features]);
    command::run(&mut build)?;
    command::run(cargo().args([
        "build",
        "--profile",
        &arguments.profile,
        "--package",
        "xtask",
        "--features",
        "workload",
    ]))?;
    data::built_as(&arguments.profile);
    for case in cases {
        say(&format!("== {}: {}", name(*case), describe(*case)));
        let input = data::Input::make(*case, arguments.lines)?;
        let contenders = contenders::of(*case, &input, !arguments.no_peers);
        input.read_into_page_cache()?;
        let results = measure::alternate(&contenders, arguments.rounds)?;
        report::print(*case, &input, &results)?;
    }
    Ok(())
}

fn name(case: Case) -> String {
    case.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn describe(case: Case) -> String {
    case.to_possible_value().and_then(|value| Some(value.get_help()?.to_string())).unwrap_or_default()
}
