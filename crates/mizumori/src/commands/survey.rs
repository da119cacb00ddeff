//! `mizumori survey`: leaked accounts by category, organisation, domain and year.

#[cfg(all(feature = "lake", feature = "store"))]
mod request;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Context;
#[cfg(all(feature = "lake", feature = "store"))]
use clap::Subcommand;
use clap::{Args, ValueEnum};
#[cfg(feature = "cluster")]
use mizumori_cluster::{Cluster, ClusterSurvey, SharedDumps};
#[cfg(feature = "cluster")]
use mizumori_core::keys::ClusterKey;
use mizumori_core::{Lang, Month, WatchList};
use mizumori_scan::{Event, HandOver, Look, Matcher, PieceSizes, Proceed, Progress, Scan, Wanted};
use mizumori_survey::model::Unreadable;
use mizumori_survey::{
    AskedPeriod, Count, Countermeasures, Detail, Incident, InputFacts, Observers, Report, View, incidents,
    render,
};

#[cfg(feature = "cluster")]
use crate::cluster::{ClusterOptions, shared};
#[cfg(feature = "lake")]
use crate::config::Config;
use crate::input::{self, InputOptions, Prepared};
use crate::interrupt;
#[cfg(feature = "lake")]
use crate::lake::LakeOptions;
use crate::locale;
use crate::outcome::{Failure, Outcome};
use crate::output::{Output, terminal_width};
use crate::progress::Bar;
use crate::tidings;

/// Count leaked accounts by category, organisation, domain and year
///
/// What counts is the distinct account, place and month: an identical account leaked at the same time in the same
/// place counts once. Accounts are held in memory only, as tags under a key that is drawn for the run and thrown
/// away; what comes out is months and counts, nothing else.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[cfg(all(feature = "lake", feature = "store"))]
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    input: InputOptions,

    #[cfg(feature = "lake")]
    #[command(flatten)]
    lake: LakeOptions,

    #[cfg(feature = "cluster")]
    #[command(flatten)]
    cluster: ClusterOptions,

    /// The first month that counts
    ///
    /// Without --from and --to the period is what the sources' months span.
    #[arg(long, value_name = "YYYY-MM")]
    from: Option<Month>,

    /// The last month that counts, included
    #[arg(long, value_name = "YYYY-MM")]
    to: Option<Month>,

    /// The form of the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// The language of table, md and html: ja or en [default: the environment's]
    #[arg(long)]
    lang: Option<Lang>,

    /// How far down the figures go [default: host for json, organisation for table and csv, category for md and html]
    ///
    /// md and html finer than category carry TLP:AMBER and print figures below 5 as <5.
    #[arg(long, value_enum)]
    detail: Option<DetailWord>,

    /// Incidents to tell beside the figures (TOML), in md and html
    #[arg(long, value_name = "FILE")]
    incidents: Option<PathBuf>,

    /// A person's words about the figures (Markdown), in md and html
    #[arg(long, value_name = "FILE")]
    discussion: Option<PathBuf>,

    /// Countermeasures (Markdown) instead of the three built in, in md and html
    #[arg(long, value_name = "FILE")]
    countermeasures: Option<PathBuf>,

    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  mizumori survey --watch watchlists/jp-government.toml --from 2008-07 --to 2021-05 dumps/
  mizumori survey --watch list.toml --format html --lang ja -o report.html dumps/
  mizumori survey --watch list.toml --lake lake
  zcat list.txt.gz | mizumori survey --watch list.toml --format json -

Where dumps come from stands in a `source.toml` in their folder, or in `<file>.source.toml`:
  id = \"collection-1\"
  place = \"forum X\"       # where it was seen
  leaked = \"2019-01\"      # when it was first public there; without it the month is unknown";

#[cfg(all(feature = "lake", feature = "store"))]
#[derive(Debug, Subcommand)]
enum Command {
    Request(Box<request::Arguments>),
}

/// The form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Aligned columns, to be read here
    Table,
    /// The whole report, to be read by programs
    Json,
    /// One row a figure, for spreadsheets
    Csv,
    /// Markdown
    Md,
    /// A self-contained page, to be published or printed
    Html,
}

/// How far down figures go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DetailWord {
    /// Categories
    Category,
    /// Organisations
    Organisation,
    /// Watched domains
    Domain,
    /// Hosts
    Host,
}

impl From<DetailWord> for Detail {
    fn from(word: DetailWord) -> Self {
        match word {
            DetailWord::Category => Self::Category,
            DetailWord::Organisation => Self::Organisation,
            DetailWord::Domain => Self::Domain,
            DetailWord::Host => Self::Host,
        }
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    #[cfg(all(feature = "lake", feature = "store"))]
    if let Some(Command::Request(request)) = &arguments.command {
        return request::run(request);
    }
    let asked = AskedPeriod { from: arguments.from, to: arguments.to };
    let texts = Texts::read(arguments)?;
    #[cfg(feature = "lake")]
    {
        let config = Config::load()?;
        // A lake that is configured is no obstacle to a survey of dumps.
        if arguments.lake.lake.is_some()
            || (arguments.input.paths.is_empty() && arguments.lake.is_asked(&config))
        {
            return of_lake(arguments, asked, &texts, &config);
        }
    }
    let survey = Survey::prepare(&arguments.input, asked)?;
    // Opened before the work: a place that cannot be written is told at once.
    let out = Output::open(arguments.output.as_deref())?;
    #[cfg(feature = "cluster")]
    if let Some((cluster, key)) = arguments.cluster.open(&Config::load()?)? {
        let counted = survey.count_on(&cluster, &key, &arguments.cluster)?;
        show(arguments, &texts, &counted.report, out)?;
        return Ok(counted.tell());
    }
    let counted = survey.count(Synthetic::No)?;
    show(arguments, &texts, &counted.report, out)?;
    Ok(counted.tell())
}

fn show(arguments: &Arguments, texts: &Texts, report: &Report, mut out: Output) -> Result<(), Failure> {
    let width = if out.is_terminal() { terminal_width() } else { render::WIDE };
    out.write_all(texts.rendered(arguments, report, width)?.as_bytes())?;
    out.finish()
}

/// The survey of what a lake keeps.
#[cfg(feature = "lake")]
fn of_lake(
    arguments: &Arguments,
    asked: AskedPeriod,
    texts: &Texts,
    config: &Config,
) -> Result<Outcome, Failure> {
    if !arguments.input.paths.is_empty() {
        return Err(Failure::say("a survey is of dumps or of a lake").hint("leave the PATHs or --lake out"));
    }
    #[cfg(feature = "cluster")]
    if arguments.cluster.is_asked() {
        return Err(Failure::say("a cluster surveys dumps, and no lake")
            .hint("leave --cluster out, or name dumps in the place of the lake"));
    }
    let Some(watch) = input::watch_list(&arguments.input, config)? else { return Err(no_watch_list()) };
    let (mut lake, ring) = arguments.lake.open_with_keys(config)?;
    let others = lake.kept_for_others(&watch)?;
    if let Some(first) = others.first() {
        tidings::warning(&format!(
            "{} sources (`{first}` is the first) were ingested for another watch list: accounts that it does not name \
             are not in the lake, and not counted",
            others.len()
        ));
    }
    let counted = lake.kept_as_counts()?.len();
    if counted > 0 {
        tidings::say(&format!(
            "{counted} sources are kept as counts, in part at least: how often an account stands there, and which have no \
             secret, is not known, and not in `matched`"
        ));
    }
    let out = Output::open(arguments.output.as_deref())?;
    let threads = input::threads(arguments.input.threads, config);
    let of = mizumori_lake::SurveyOf { watch: Arc::new(watch), asked, by: PRODUCER, threads };
    let counted = Counted { report: lake.current(|lake| lake.survey(&ring, &of))? };
    show(arguments, texts, &counted.report, out)?;
    Ok(counted.tell())
}

/// What stands in reports as their producer.
const PRODUCER: &str = concat!("mizumori ", env!("CARGO_PKG_VERSION"));

fn no_watch_list() -> Failure {
    Failure::say("a survey needs a watch list")
        .hint("give --watch FILE; `watchlists/jp-government.toml` is one")
}

/// What goes into a report beside its figures.
struct Texts {
    incidents: Vec<Incident>,
    discussion: Option<String>,
    countermeasures: Option<String>,
}

impl Texts {
    fn read(arguments: &Arguments) -> Result<Self, Failure> {
        let text = |file: &Option<PathBuf>| file.as_deref().map(read_text).transpose();
        let incidents = match &arguments.incidents {
            Some(file) => incidents::parse(&file.display().to_string(), &read_text(file)?)?,
            None => Vec::new(),
        };
        Ok(Self {
            incidents,
            discussion: text(&arguments.discussion)?,
            countermeasures: text(&arguments.countermeasures)?,
        })
    }

    fn rendered(&self, arguments: &Arguments, report: &Report, width: usize) -> Result<String, Failure> {
        let lang = arguments.lang.unwrap_or_else(locale::language);
        let detail = |default: Detail| arguments.detail.map_or(default, Detail::from);
        let view = View {
            lang,
            detail: detail(Detail::Category),
            incidents: &self.incidents,
            discussion: self.discussion.as_deref(),
            countermeasures: match &self.countermeasures {
                Some(text) => Countermeasures::Text(text),
                None => Countermeasures::BuiltIn,
            },
        };
        Ok(match arguments.format {
            Format::Json => render::json(report, detail(Detail::Host))?,
            Format::Csv => render::csv(report, detail(Detail::Organisation)),
            Format::Table => render::table(report, lang, detail(Detail::Organisation), width),
            Format::Md => render::markdown(report, &view),
            Format::Html => render::html(report, &view),
        })
    }
}

/// Reads a text that the user named.
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .with_context(|| format!("could not read `{}`", file.display()))
        .map_err(Failure::new)
}

/// Whether the data are made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Synthetic {
    /// They are.
    Yes,
    /// They are not.
    No,
}

/// A survey, ready to be counted.
pub(crate) struct Survey {
    prepared: Prepared,
    watch: Arc<WatchList>,
    asked: AskedPeriod,
}

/// A survey that has been counted.
pub(crate) struct Counted {
    /// The report.
    pub(crate) report: Report,
}

impl Survey {
    /// Loads the watch list and every description; nothing has been scanned when one has a mistake.
    pub(crate) fn prepare(input: &InputOptions, asked: AskedPeriod) -> Result<Self, Failure> {
        let mut prepared = Prepared::new(input)?;
        let Some(watch) = prepared.watch.take() else {
            return Err(no_watch_list());
        };
        Ok(Self { prepared, watch: Arc::new(watch), asked })
    }

    /// Counts.
    pub(crate) fn count(self, synthetic: Synthetic) -> Result<Counted, Failure> {
        let Self { prepared, watch, asked } = self;
        let mut count = Count::new(Arc::clone(&watch), prepared.sources.list.clone(), asked)?;
        let matcher = Matcher::new(&watch, Look::Accounts);
        let scan = Scan {
            reader: &prepared.reader,
            matcher: Some(&matcher),
            wanted: Wanted::Watched,
            limits: prepared.records,
            threads: prepared.threads,
            hand_over: HandOver::AsItComes,
            pieces: PieceSizes::default(),
        };
        let progress = Arc::new(Progress::default());
        interrupt::stops(&progress);
        let bar = Bar::follow(&progress, prepared.dumps.bytes());
        let observers =
            Observers { source: |member: &_| prepared.sources.of_member(member), empty: count.tally() };
        let mut unreadable: Vec<_> =
            prepared.dumps.unreadable.iter().map(|(file, why)| trouble(file.clone(), why.clone())).collect();
        scan.run(&prepared.dumps.scanned(), &observers, &progress, |event| {
            match event {
                Event::Batch { batch, .. } => {
                    if let Some(tally) = batch.into_tally() {
                        count.merge(tally);
                    }
                }
                Event::Unreadable { name, why } => unreadable.push(trouble(name.to_string(), why)),
            }
            Proceed::GoOn
        })?;
        drop(bar);
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let complete = !progress.is_stopped();
        let input = InputFacts {
            files: if complete { prepared.dumps.found.len() as u64 } else { read(&progress.dumps) },
            bytes: prepared.dumps.bytes().filter(|_| complete).unwrap_or_else(|| read(&progress.bytes)),
            lines: read(&progress.lines),
            addresses: read(&progress.addresses),
            rejected: read(&progress.rejected),
            unreadable,
            complete,
            synthetic: synthetic == Synthetic::Yes,
        };
        let report = count.finish(PRODUCER, input);
        Ok(Counted { report })
    }
}

#[cfg(feature = "cluster")]
impl Survey {
    /// Has a cluster count.
    fn count_on(
        self,
        cluster: &Cluster,
        key: &ClusterKey,
        options: &ClusterOptions,
    ) -> Result<Counted, Failure> {
        let Self { prepared, watch, asked } = self;
        let dumps = shared(prepared.dumps.found.iter());
        let survey = ClusterSurvey {
            watch: &watch,
            asked,
            dumps: SharedDumps {
                dumps: &dumps,
                sources: &prepared.sources.list,
                map: &prepared.sources.map,
                passwords: prepared.reader.passwords(),
                unit_bytes: options.unit_bytes()(&dumps),
            },
        };
        let progress = Arc::new(Progress::default());
        interrupt::stops(&progress);
        let bar = Bar::follow(&progress, prepared.dumps.bytes());
        let surveyed = survey.run(cluster, key, &progress);
        drop(bar);
        let surveyed = surveyed?;
        let walked = prepared.dumps.unreadable.iter().cloned();
        let input = InputFacts {
            files: prepared.dumps.found.len() as u64,
            bytes: prepared.dumps.bytes().unwrap_or(0),
            lines: surveyed.lines,
            addresses: surveyed.addresses,
            rejected: surveyed.rejected,
            unreadable: walked.chain(surveyed.unreadable).map(|(file, why)| trouble(file, why)).collect(),
            complete: true,
            synthetic: false,
        };
        Ok(Counted { report: surveyed.count.finish(PRODUCER, input) })
    }
}

impl Counted {
    /// Tells what could not be read, and says how the survey ended.
    pub(crate) fn tell(&self) -> Outcome {
        let input = &self.report.input;
        input::tell_unreadable(input.unreadable.iter().map(|what| (what.file.as_str(), what.why.as_str())));
        if !self.report.complete {
            tidings::warning("interrupted: the figures are those of what had been read");
            Outcome::Interrupted
        } else if input.unreadable.is_empty() {
            Outcome::Done
        } else {
            Outcome::Partly
        }
    }
}

fn trouble(file: String, why: String) -> Unreadable {
    Unreadable { file, why }
}
