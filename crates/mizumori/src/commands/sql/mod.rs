//! `mizumori sql`: questions about dumps and lakes.

mod render;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
#[cfg(feature = "cluster")]
use mizumori_cluster::ClusterQuery;
use mizumori_core::Secret;
#[cfg(feature = "cluster")]
use mizumori_core::WatchList;
use mizumori_core::keys::KeyRing;
#[cfg(feature = "cluster")]
use mizumori_lake::Lake;
use mizumori_read::Reader;
use mizumori_scan::Progress;
use mizumori_sql::{Answer, Ended, FindDumps, FoundDumps, ReadDumps, Room, Session, Troubles};

use self::render::Renderer;
#[cfg(feature = "cluster")]
use crate::cluster::ClusterOptions;
use crate::config::Config;
use crate::dumps::Dumps;
use crate::input;
use crate::interrupt;
use crate::lake::LakeOptions;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::Bar;
use crate::size::Size;
use crate::sources::Sources;
use crate::tidings;

/// Ask a lake, or dumps, in SQL
///
/// scan('PATH', …) is a table of the records of dumps, domains('PATH', …) one of their domains with their distinct accounts;
/// with --lake there are the tables exposures, counts and sources. Accounts and secrets are keyed tags in all of them: of the
/// lake's keys, or of keys that are drawn for the run. A question changes nothing.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The question; - reads it from standard input
    #[arg(value_name = "QUERY")]
    query: String,

    #[command(flatten)]
    lake: LakeOptions,

    #[cfg(feature = "cluster")]
    #[command(flatten)]
    cluster: ClusterOptions,

    /// The watch list (TOML): tells category, organisation, watched and matched_by of scanned records
    /// [env: MIZUMORI_WATCH]
    #[arg(short, long, value_name = "FILE")]
    watch: Option<PathBuf>,

    /// A password of archives; may be given several times
    #[arg(long, value_name = "PASSWORD")]
    archive_password: Vec<String>,

    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = input::number_of_threads)]
    threads: Option<NonZeroUsize>,

    /// Memory to use, roughly [default: a quarter of the machine's]
    #[arg(long, value_name = "SIZE")]
    memory: Option<Size>,

    /// The form of the answer [default: table on a terminal, else jsonl]
    #[arg(long, value_enum)]
    format: Option<Format>,
}

const EXAMPLES: &str = "\
Examples:
  mizumori sql \"select domain, count(*) from scan('dumps/') group by 1 order by 2 desc limit 10\"
  mizumori sql \"select * from domains('dumps/') order by accounts desc limit 10\"
  mizumori sql --watch list.toml \"select organisation, count(*) from scan('dumps/') where organisation is not null group by 1\"
  mizumori sql --lake lake \"select month, count(*) from exposures where domain = 'suigen.example' group by 1 order by 1\"
  mizumori sql --lake lake \"show tables\"

Columns of scan: source, place, month, domain, host, account_hi, account_lo, secret_tag, secret_kind, site, log; with a watch
list also category, organisation, watched, matched_by. A login that is no account stands at its site's domain; one without
a site is left out. `describe` tells a table's columns, `explain` how a question is answered: on a cluster, which part of it.";

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned columns, to be read here
    Table,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values, for spreadsheets
    Csv,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let config = Config::load()?;
    let query = match arguments.query.as_str() {
        "-" => std::io::read_to_string(std::io::stdin())?,
        query => query.to_owned(),
    };
    let watch = input::asked_watch_list(arguments.watch.as_deref(), &config);
    let watch = watch.map(input::load_watch_list).transpose()?;
    let lake = match arguments.lake.is_asked(&config) {
        true => Some(arguments.lake.open_with_keys(&config)?),
        false => None,
    };
    let tags = match &lake {
        Some((_, ring)) => ring.tags(),
        None => KeyRing::create().map_err(Failure::new)?.tags(),
    };
    let threads = input::threads(arguments.threads, &config);
    let passwords: Vec<_> = arguments.archive_password.iter().cloned().map(Secret::new).collect();
    #[cfg(feature = "cluster")]
    let many = arguments.spread(&config, lake.as_ref().map(|(lake, _)| lake), watch.as_ref(), &passwords)?;
    let reader = Reader::new(config.limits).with_passwords(passwords);
    let (progress, troubles) = (Arc::new(Progress::default()), Troubles::default());
    let read = ReadDumps {
        find: Box::new(Finder { reader: reader.clone(), threads, troubles: troubles.clone() }),
        reader,
        records: config.records,
        tags,
        watch,
        threads,
        progress: Arc::clone(&progress),
        troubles: troubles.clone(),
    };
    let room = Room {
        threads,
        memory_bytes: input::memory(arguments.memory, &config),
        disk_bytes: config.limits.spool_bytes.max(1 << 40),
        folder: std::env::temp_dir(),
    };
    let session = Session::new(read, &room)?;
    #[cfg(feature = "cluster")]
    let session = match many {
        Some(many) => session.spread(many),
        None => session,
    };
    if let Some((lake, _)) = &lake {
        session.add_lake(lake)?;
    }
    interrupt::stops(&progress);
    let mut out = Output::open(None)?;
    let format = arguments.format.unwrap_or(if out.is_terminal() { Format::Table } else { Format::Jsonl });
    let mut renderer = None;
    let bar = Bar::follow(&progress, None);
    let ended = session.ask(&query, &mut |answer| match (answer, &mut renderer) {
        (Answer::Columns(columns), _) => {
            renderer = Some(Renderer::begin(format, columns, &mut out)?);
            Ok(())
        }
        (Answer::Rows(rows), Some(renderer)) => renderer.rows(rows, &mut out),
        (Answer::Rows(_), None) => Ok(()),
    });
    drop(bar);
    let ended = ended?;
    if let Some(renderer) = renderer {
        renderer.finish(&mut out)?;
    }
    out.finish()?;
    let troubles = troubles.take();
    input::tell_unreadable(troubles.iter().map(|(file, why)| (file.as_str(), why.as_str())));
    Ok(match ended {
        Ended::Interrupted => {
            tidings::warning("interrupted: the answer is not complete");
            Outcome::Interrupted
        }
        Ended::Complete if troubles.is_empty() => Outcome::Done,
        Ended::Complete => Outcome::Partly,
    })
}

#[cfg(feature = "cluster")]
impl Arguments {
    /// The cluster that is to do parts of the question.
    fn spread(
        &self,
        config: &Config,
        lake: Option<&Lake>,
        watch: Option<&WatchList>,
        passwords: &[Secret<String>],
    ) -> Result<Option<Arc<ClusterQuery>>, Failure> {
        let Some((cluster, _)) = self.cluster.open(config)? else { return Ok(None) };
        let (lake, passwords) = (lake.map(|lake| lake.url().to_owned()), passwords.to_vec());
        let unit_bytes = self.cluster.unit_bytes();
        let query = ClusterQuery::new(Arc::new(cluster), lake, watch, passwords, Box::new(unit_bytes))?;
        Ok(Some(Arc::new(query)))
    }
}

/// Finds the dumps that a question names, as the other commands do.
struct Finder {
    reader: Reader,
    threads: usize,
    troubles: Troubles,
}

impl FindDumps for Finder {
    fn find(&self, paths: &[String]) -> Result<FoundDumps, Box<dyn std::error::Error + Send + Sync>> {
        let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
        let dumps = Dumps::below(&paths, &self.reader, self.threads).map_err(Failure::into_error)?;
        let sources = Sources::of(&dumps).map_err(Failure::into_error)?;
        for (name, why) in &dumps.unreadable {
            self.troubles.add(name.clone(), why.clone());
        }
        Ok(FoundDumps {
            dumps: dumps.scanned(),
            sizes: dumps.found.iter().map(|found| found.bytes).collect(),
            sources_of: dumps.found.iter().map(|found| sources.of_dump(&found.dump.name)).collect(),
            sources: sources.list,
            map: sources.map,
        })
    }
}
