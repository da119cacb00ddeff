//! What the commands that read dumps have in common: their options, and everything that is loaded and checked
//! before anything is scanned.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use mizumori_core::{Secret, WatchList};
use mizumori_read::Reader;
use mizumori_scan::RecordLimits;

use crate::config::Config;
use crate::dumps::Dumps;
use crate::outcome::Failure;
#[cfg(any(feature = "lake", all(feature = "scan", feature = "guard")))]
use crate::size::Size;
use crate::sources::Sources;
use crate::tidings;

/// The options of every command that reads dumps.
#[derive(Debug, Args)]
pub(crate) struct InputOptions {
    /// The watch list (TOML) [env: MIZUMORI_WATCH]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) watch: Option<PathBuf>,

    /// Dumps, folders of them, or buckets (s3://bucket/prefix/); - is standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// A password of archives; may be given several times
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) archive_password: Vec<String>,

    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = number_of_threads)]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// Everything that is known before a scan begins.
pub(crate) struct Prepared {
    /// The watch list, where there is one.
    pub(crate) watch: Option<WatchList>,
    /// The dumps.
    pub(crate) dumps: Dumps,
    /// Their sources.
    pub(crate) sources: Sources,
    /// What opens them.
    pub(crate) reader: Reader,
    /// Limits of records.
    pub(crate) records: RecordLimits,
    /// Worker threads.
    pub(crate) threads: usize,
    /// Memory that large work may use, where the configuration says.
    #[cfg(all(feature = "scan", feature = "guard"))]
    pub(crate) memory: Option<Size>,
}

impl Prepared {
    /// Loads and checks everything; the first thing that is wrong ends it.
    pub(crate) fn new(options: &InputOptions) -> Result<Self, Failure> {
        if options.paths.is_empty() {
            return Err(
                Failure::say("no PATH is given").hint("name dumps or a folder of them; - is standard input")
            );
        }
        let config = Config::load()?;
        let watch = asked_watch_list(options.watch.as_deref(), &config);
        let threads = threads(options.threads, &config);
        let reader = reader(options, &config);
        // A long watch list and a folder of many files take their time, and do not wait for each other.
        let (watch, dumps) = std::thread::scope(|scope| {
            let watch = scope.spawn(|| watch.map(load_watch_list).transpose());
            let dumps = Dumps::below(&options.paths, &reader, threads);
            let watch = watch.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (watch, dumps)
        });
        let (watch, dumps) = (watch?, dumps?);
        let sources = Sources::of(&dumps)?;
        Ok(Self {
            watch,
            dumps,
            sources,
            reader,
            records: config.records,
            threads,
            #[cfg(all(feature = "scan", feature = "guard"))]
            memory: config.memory,
        })
    }
}

/// The file of the watch list that was asked for.
pub(crate) fn asked_watch_list(option: Option<&Path>, config: &Config) -> Option<PathBuf> {
    let variable = || std::env::var_os("MIZUMORI_WATCH").filter(|value| !value.is_empty()).map(PathBuf::from);
    option.map(Path::to_owned).or_else(variable).or_else(|| config.watch.clone())
}

/// The watch list that was asked for.
#[cfg(feature = "lake")]
pub(crate) fn watch_list(options: &InputOptions, config: &Config) -> Result<Option<WatchList>, Failure> {
    asked_watch_list(options.watch.as_deref(), config).map(load_watch_list).transpose()
}

/// What opens the dumps.
pub(crate) fn reader(options: &InputOptions, config: &Config) -> Reader {
    let passwords = options.archive_password.iter().cloned().map(Secret::new).collect();
    Reader::new(config.limits).with_passwords(passwords)
}

/// How many threads to use.
pub(crate) fn threads(option: Option<NonZeroUsize>, config: &Config) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    option.map(NonZeroUsize::get).or(config.threads).unwrap_or(cores)
}

/// How many bytes of memory to use, roughly.
#[cfg(feature = "lake")]
pub(crate) fn memory(option: Option<Size>, config: &Config) -> u64 {
    option.or(config.memory).map_or_else(Size::quarter_of_memory, |size| size.0)
}

pub(crate) fn number_of_threads(word: &str) -> Result<NonZeroUsize, &'static str> {
    word.parse().map_err(|_| "write a whole number, 1 or more")
}

pub(crate) fn load_watch_list(file: PathBuf) -> Result<WatchList, Failure> {
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("could not read the watch list `{}`", file.display()))
        .map_err(Failure::new)?;
    WatchList::parse(&file.display().to_string(), &text).map_err(Failure::new)
}

/// Names on standard error what could not be read.
pub(crate) fn tell_unreadable<'u>(unreadable: impl Iterator<Item = (&'u str, &'u str)>) {
    for (file, why) in unreadable {
        tidings::warning(&format!("could not read `{file}`: {why}"));
    }
}
