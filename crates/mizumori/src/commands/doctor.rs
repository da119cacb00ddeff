//! `mizumori doctor`: whether this machine and configuration are fit for the work.

use std::io::Write;
use std::num::NonZeroUsize;

use clap::Args;
use mizumori_core::WatchList;

use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::process;
use crate::progress::grouped;

/// Check this machine and configuration, and say what to do where something is wrong
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The watch list to check [default: the configuration's]
    #[arg(short, long, value_name = "FILE")]
    watch: Option<std::path::PathBuf>,
}

/// How a check ended.
enum Finding {
    Good(String),
    Note(String),
    Wrong { what: String, instead: String },
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let mut findings = vec![("program", Finding::Good(format!("mizumori {}", env!("CARGO_PKG_VERSION"))))];
    findings.push(("features", Finding::Good(features().join(", "))));
    findings.push(("cores", cores()));
    findings.push(("memory", memory()));
    let config = match Config::load() {
        Ok(config) => {
            let place = config
                .file
                .as_ref()
                .map_or("none; what is built in holds".to_owned(), |file| file.display().to_string());
            findings.push(("configuration", Finding::Good(place)));
            config
        }
        Err(failure) => {
            let what = failure.in_words();
            findings.push(("configuration", Finding::Wrong { what, instead: "correct the file".to_owned() }));
            Config::default()
        }
    };
    findings.push(("watch list", watch_list(arguments, &config)));
    findings.push(("temporary folder", temporary_folder()));
    findings.push(("core dumps", core_dumps()));
    let mut out = Output::open(None)?;
    let mut outcome = Outcome::Done;
    for (subject, finding) in &findings {
        match finding {
            Finding::Good(what) => writeln!(out, "ok     {subject:<18} {what}")?,
            Finding::Note(what) => writeln!(out, "note   {subject:<18} {what}")?,
            Finding::Wrong { what, instead } => {
                outcome = Outcome::Failed;
                writeln!(out, "wrong  {subject:<18} {what}")?;
                writeln!(out, "       {:<18} {instead}", "")?;
            }
        }
    }
    out.finish()?;
    Ok(outcome)
}

fn features() -> Vec<&'static str> {
    let all = [
        ("survey", cfg!(feature = "survey")),
        ("scan", cfg!(feature = "scan")),
        ("guard", cfg!(feature = "guard")),
        ("lake", cfg!(feature = "lake")),
        ("sql", cfg!(feature = "sql")),
        ("cluster", cfg!(feature = "cluster")),
        ("store", cfg!(feature = "store")),
        ("monitor", cfg!(feature = "monitor")),
        ("loop", cfg!(feature = "loop")),
        ("demo", cfg!(feature = "demo")),
    ];
    all.into_iter().filter_map(|(name, built)| built.then_some(name)).collect()
}

fn cores() -> Finding {
    match std::thread::available_parallelism().map(NonZeroUsize::get) {
        Ok(1) => Finding::Note("1: everything works, at half the speed of two".to_owned()),
        Ok(cores) => Finding::Good(cores.to_string()),
        Err(error) => Finding::Note(format!("unknown ({error}): one is used")),
    }
}

/// What the kernel says is available (proc(5), `/proc/meminfo`).
fn memory() -> Finding {
    const WANTED_MIB: u64 = 512;
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = text.lines().find_map(|line| {
        line.strip_prefix("MemAvailable:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    });
    match kib.map(|kib| kib / 1024) {
        None => Finding::Note("unknown".to_owned()),
        Some(mib) if mib < WANTED_MIB => Finding::Wrong {
            what: format!("{} MiB available", grouped(mib)),
            instead: format!("a survey of nested archives wants {WANTED_MIB} MiB; end something else"),
        },
        Some(mib) => Finding::Good(format!("{} MiB available", grouped(mib))),
    }
}

fn watch_list(arguments: &Arguments, config: &Config) -> Finding {
    let named = arguments.watch.clone().or_else(|| std::env::var_os("MIZUMORI_WATCH").map(Into::into));
    let Some(file) = named.or_else(|| config.watch.clone()) else {
        return Finding::Note("none: give --watch to the commands, or name one in mizumori.toml".to_owned());
    };
    let name = file.display().to_string();
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => {
            return Finding::Wrong {
                what: format!("{name}: {error}"),
                instead: "name a file that can be read".to_owned(),
            };
        }
    };
    match WatchList::parse(&name, &text) {
        Ok(list) => Finding::Good(format!(
            "{name}: {} organisations, {} domains, {} of them unverified",
            list.organisations.len(),
            list.domains.len(),
            list.unverified()
        )),
        Err(mistakes) => {
            Finding::Wrong { what: mistakes.to_string(), instead: "correct the list".to_owned() }
        }
    }
}

fn temporary_folder() -> Finding {
    let folder = std::env::temp_dir();
    match tempfile::tempfile() {
        Ok(_) => {
            Finding::Good(format!("{}, for what does not fit into memory (encrypted)", folder.display()))
        }
        Err(error) => Finding::Wrong {
            what: format!("{}: {error}", folder.display()),
            instead: "set TMPDIR to a folder that can be written".to_owned(),
        },
    }
}

fn core_dumps() -> Finding {
    if process::core_dumps_are_off() {
        Finding::Good("off".to_owned())
    } else {
        Finding::Wrong {
            what: "on: a crash would write memory, and secrets in it, to disk".to_owned(),
            instead: "run `ulimit -c 0` first".to_owned(),
        }
    }
}
