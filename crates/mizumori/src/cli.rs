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
  MIZUMORI_STORE        the store, where --store is not given
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
    #[cfg(feature = "store")]
    Org(Box<commands::org::Arguments>),
    /// Organisations: who is served (not built in)
    #[cfg(not(feature = "store"))]
    #[command(hide = true)]
    Org(commands::not_built::Arguments),
    #[cfg(feature = "store")]
    Domain(commands::domain::Arguments),
    /// The domains of organisations, and the proof that they are theirs (not built in)
    #[cfg(not(feature = "store"))]
    #[command(hide = true)]
    Domain(commands::not_built::Arguments),
    #[cfg(feature = "store")]
    Rule(commands::rule::Arguments),
    /// The rules by which findings are judged (not built in)
    #[cfg(not(feature = "store"))]
    #[command(hide = true)]
    Rule(commands::not_built::Arguments),
    #[cfg(feature = "store")]
    Notice(commands::notice::Arguments),
    /// What is told, and what waits to be (not built in)
    #[cfg(not(feature = "store"))]
    #[command(hide = true)]
    Notice(commands::not_built::Arguments),
    #[cfg(feature = "store")]
    Audit(commands::audit::Arguments),
    /// What was decided and done (not built in)
    #[cfg(not(feature = "store"))]
    #[command(hide = true)]
    Audit(commands::not_built::Arguments),
    #[cfg(feature = "store")]
    Store(commands::store::Arguments),
    /// Back a store up, and look at it (not built in)
    #[cfg(not(feature = "store"))]
    #[command(hide = true)]
    Store(commands::not_built::Arguments),
    #[cfg(feature = "monitor")]
    Directory(commands::directory::Arguments),
    /// Directories: whose accounts are (not built in)
    #[cfg(not(feature = "monitor"))]
    #[command(hide = true)]
    Directory(commands::not_built::Arguments),
    #[cfg(feature = "monitor")]
    Channel(Box<commands::channel::Arguments>),
    /// Channels: webhooks, collectors of syslog, chats (not built in)
    #[cfg(not(feature = "monitor"))]
    #[command(hide = true)]
    Channel(commands::not_built::Arguments),
    #[cfg(feature = "monitor")]
    Finding(Box<commands::finding::Arguments>),
    /// Findings: what was found for organisations, and what became of it (not built in)
    #[cfg(not(feature = "monitor"))]
    #[command(hide = true)]
    Finding(commands::not_built::Arguments),
    #[cfg(feature = "monitor")]
    Task(commands::task::Arguments),
    /// What is to be done to accounts by itself (not built in)
    #[cfg(not(feature = "monitor"))]
    #[command(hide = true)]
    Task(commands::not_built::Arguments),
    #[cfg(feature = "monitor")]
    Bundle(Box<commands::bundle::Arguments>),
    /// Bundles: carry findings and leaked passwords into a network that nothing leads to (not built in)
    #[cfg(not(feature = "monitor"))]
    #[command(hide = true)]
    Bundle(commands::not_built::Arguments),
    #[cfg(feature = "loop")]
    Serve(Box<commands::serve::Arguments>),
    /// Run the loop (not built in)
    #[cfg(not(feature = "loop"))]
    #[command(hide = true)]
    Serve(commands::not_built::Arguments),
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
        #[cfg(feature = "store")]
        Command::Org(arguments) => commands::org::run(&arguments),
        #[cfg(not(feature = "store"))]
        Command::Org(_) => commands::not_built::run("org", "store"),
        #[cfg(feature = "store")]
        Command::Domain(arguments) => commands::domain::run(&arguments),
        #[cfg(not(feature = "store"))]
        Command::Domain(_) => commands::not_built::run("domain", "store"),
        #[cfg(feature = "store")]
        Command::Rule(arguments) => commands::rule::run(&arguments),
        #[cfg(not(feature = "store"))]
        Command::Rule(_) => commands::not_built::run("rule", "store"),
        #[cfg(feature = "store")]
        Command::Notice(arguments) => commands::notice::run(&arguments),
        #[cfg(not(feature = "store"))]
        Command::Notice(_) => commands::not_built::run("notice", "store"),
        #[cfg(feature = "store")]
        Command::Audit(arguments) => commands::audit::run(&arguments),
        #[cfg(not(feature = "store"))]
        Command::Audit(_) => commands::not_built::run("audit", "store"),
        #[cfg(feature = "store")]
        Command::Store(arguments) => commands::store::run(&arguments),
        #[cfg(not(feature = "store"))]
        Command::Store(_) => commands::not_built::run("store", "store"),
        #[cfg(feature = "monitor")]
        Command::Directory(arguments) => commands::directory::run(&arguments),
        #[cfg(not(feature = "monitor"))]
        Command::Directory(_) => commands::not_built::run("directory", "monitor"),
        #[cfg(feature = "monitor")]
        Command::Channel(arguments) => commands::channel::run(&arguments),
        #[cfg(not(feature = "monitor"))]
        Command::Channel(_) => commands::not_built::run("channel", "monitor"),
        #[cfg(feature = "monitor")]
        Command::Finding(arguments) => commands::finding::run(&arguments),
        #[cfg(not(feature = "monitor"))]
        Command::Finding(_) => commands::not_built::run("finding", "monitor"),
        #[cfg(feature = "monitor")]
        Command::Task(arguments) => commands::task::run(&arguments),
        #[cfg(not(feature = "monitor"))]
        Command::Task(_) => commands::not_built::run("task", "monitor"),
        #[cfg(feature = "monitor")]
        Command::Bundle(arguments) => commands::bundle::run(&arguments),
        #[cfg(not(feature = "monitor"))]
        Command::Bundle(_) => commands::not_built::run("bundle", "monitor"),
        #[cfg(feature = "loop")]
        Command::Serve(arguments) => commands::serve::run(&arguments),
        #[cfg(not(feature = "loop"))]
        Command::Serve(_) => commands::not_built::run("serve", "loop"),
        Command::Doctor(arguments) => commands::doctor::run(&arguments),
        Command::Completions(arguments) => commands::completions::run(&arguments, &mut Cli::command()),
    }
}
