//! The command line: which commands there are, and what all of them have in common.

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands;
use crate::outcome::{Failure, Outcome};
use crate::output;

/// Finds leaked accounts and makes them harmless.
///
/// Mizumori reads leak material as it really comes (lists, databases, stealer logs; in any container, encoding
/// and format) and tells which accounts of the organisations on a watch list stand in it. Data goes to standard
/// output, everything else to standard error.
#[derive(Debug, Parser)]
#[command(name = "mizumori", version, arg_required_else_help = true, after_long_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    findings, and --fail-on-findings was given
  2    could not do it; usage errors too
  3    done, but some input could not be read: each is named on standard error
  130  interrupted

Environment:
  MIZUMORI_CONFIG       the configuration file, instead of ./mizumori.toml
  MIZUMORI_WATCH        the watch list, where --watch is not given
  MIZUMORI_LAKE         the lake, where --lake is not given
  MIZUMORI_GUARD        the index of leaked passwords, where none is given
  MIZUMORI_MASTER_KEY   the master key of the lake's keys
  MIZUMORI_CLUSTER_KEY  the key that all machines of a cluster have
  NO_COLOR              no colours

Start with:
  mizumori demo";

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "demo")]
    Demo(commands::demo::Arguments),
    /// Show the whole on a synthetic world (not built in)
    #[cfg(not(feature = "demo"))]
    #[command(hide = true)]
    Demo(commands::not_built::Arguments),
    #[cfg(feature = "survey")]
    Survey(Box<commands::survey::Arguments>),
    #[cfg(feature = "scan")]
    Scan(Box<commands::scan::Arguments>),
    /// Print the records that concern a watch list (not built in)
    #[cfg(not(feature = "scan"))]
    #[command(hide = true)]
    Scan(commands::not_built::Arguments),
    #[cfg(feature = "guard")]
    Guard(Box<commands::guard::Arguments>),
    /// Keep leaked passwords from being chosen again (not built in)
    #[cfg(not(feature = "guard"))]
    #[command(hide = true)]
    Guard(commands::not_built::Arguments),
    #[cfg(feature = "lake")]
    Ingest(Box<commands::ingest::Arguments>),
    /// Keep the exposures of dumps in a lake (not built in)
    #[cfg(not(feature = "lake"))]
    #[command(hide = true)]
    Ingest(commands::not_built::Arguments),
    #[cfg(feature = "lake")]
    Lookup(commands::lookup::Arguments),
    /// Tell in which leaks of a lake an account or a domain stands (not built in)
    #[cfg(not(feature = "lake"))]
    #[command(hide = true)]
    Lookup(commands::not_built::Arguments),
    #[cfg(feature = "lake")]
    New(commands::new::Arguments),
    /// Tell which exposures came into a lake after a version of it (not built in)
    #[cfg(not(feature = "lake"))]
    #[command(hide = true)]
    New(commands::not_built::Arguments),
    #[cfg(feature = "lake")]
    Lake(commands::lake::Arguments),
    /// Show a lake, and keep it in order (not built in)
    #[cfg(not(feature = "lake"))]
    #[command(hide = true)]
    Lake(commands::not_built::Arguments),
    #[cfg(feature = "sql")]
    Sql(Box<commands::sql::Arguments>),
    /// Ask a lake, or dumps, in SQL (not built in)
    #[cfg(not(feature = "sql"))]
    #[command(hide = true)]
    Sql(commands::not_built::Arguments),
    #[cfg(feature = "cluster")]
    Cluster(commands::cluster::Arguments),
    /// Run a machine of a cluster (not built in)
    #[cfg(not(feature = "cluster"))]
    #[command(hide = true)]
    Cluster(commands::not_built::Arguments),
    Doctor(commands::doctor::Arguments),
    Completions(commands::completions::Arguments),
}

/// Parses the command line and runs the command.
pub(crate) fn run() -> Outcome {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = if plain { ColorChoice::Never } else { ColorChoice::Auto };
    let parsed =
        Cli::command().color(colour).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            let is_mistake = error.use_stderr();
            return match error.print() {
                _ if is_mistake => Outcome::Failed,
                Ok(()) => Outcome::Done,
                Err(error) => Failure::from(output::to_standard_output(error)).tell(),
            };
        }
    };
    run_command(cli.command).unwrap_or_else(|failure| failure.tell())
}

fn run_command(command: Command) -> Result<Outcome, Failure> {
    match command {
        #[cfg(feature = "demo")]
        Command::Demo(arguments) => commands::demo::run(&arguments),
        #[cfg(not(feature = "demo"))]
        Command::Demo(_) => commands::not_built::run("demo", "demo"),
        #[cfg(feature = "survey")]
        Command::Survey(arguments) => commands::survey::run(&arguments),
        #[cfg(feature = "scan")]
        Command::Scan(arguments) => commands::scan::run(&arguments),
        #[cfg(not(feature = "scan"))]
        Command::Scan(_) => commands::not_built::run("scan", "scan"),
        #[cfg(feature = "guard")]
        Command::Guard(arguments) => commands::guard::run(&arguments),
        #[cfg(not(feature = "guard"))]
        Command::Guard(_) => commands::not_built::run("guard", "guard"),
        #[cfg(feature = "lake")]
        Command::Ingest(arguments) => commands::ingest::run(&arguments),
        #[cfg(not(feature = "lake"))]
        Command::Ingest(_) => commands::not_built::run("ingest", "lake"),
        #[cfg(feature = "lake")]
        Command::Lookup(arguments) => commands::lookup::run(&arguments),
        #[cfg(not(feature = "lake"))]
        Command::Lookup(_) => commands::not_built::run("lookup", "lake"),
        #[cfg(feature = "lake")]
        Command::New(arguments) => commands::new::run(&arguments),
        #[cfg(not(feature = "lake"))]
        Command::New(_) => commands::not_built::run("new", "lake"),
        #[cfg(feature = "lake")]
        Command::Lake(arguments) => commands::lake::run(&arguments),
        #[cfg(not(feature = "lake"))]
        Command::Lake(_) => commands::not_built::run("lake", "lake"),
        #[cfg(feature = "sql")]
        Command::Sql(arguments) => commands::sql::run(&arguments),
        #[cfg(not(feature = "sql"))]
        Command::Sql(_) => commands::not_built::run("sql", "sql"),
        #[cfg(feature = "cluster")]
        Command::Cluster(arguments) => commands::cluster::run(&arguments),
        #[cfg(not(feature = "cluster"))]
        Command::Cluster(_) => commands::not_built::run("cluster", "cluster"),
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Completions(arguments) => commands::completions::run(&arguments, &mut Cli::command()),
    }
}
