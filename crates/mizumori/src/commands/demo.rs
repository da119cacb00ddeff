//! `mizumori demo`: the whole, on a synthetic world.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use mizumori_core::{Lang, Month};
use mizumori_survey::{AskedPeriod, Detail, View, incidents, render};
use mizumori_world::{World, write_demo};

use super::survey::{Survey, Synthetic, read_text};
use crate::input::InputOptions;
use crate::locale;
use crate::outcome::{Failure, Outcome};
use crate::output::{Output, terminal_width};
use crate::progress::grouped;
use crate::tidings;

/// Show the whole on a synthetic world: generate it, count it, print the yearly table
///
/// About thirty leaks of invented organisations are generated, in all formats, encodings and containers, and scanned
/// like any other input. Nothing in them is real, and the counts come from counting. The folder holds the world and
/// the report as a page, in Japanese and English.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mizumori demo -o /tmp/mizumori-demo")]
pub(crate) struct Arguments {
    /// The folder to write the world and the report to
    #[arg(short, long, value_name = "DIR", default_value = "mizumori-demo")]
    output: PathBuf,

    /// The language: ja or en [default: the environment's]
    #[arg(long)]
    lang: Option<Lang>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let lang = arguments.lang.unwrap_or_else(locale::language);
    let began = Instant::now();
    let world = write_demo(&arguments.output).map_err(failure)?;
    tidings::say(&format!(
        "generated a synthetic world: {} files, {} lines, {} MB unpacked, in {:.1} s",
        world.files,
        grouped(world.lines),
        grouped(world.bytes / 1_000_000),
        began.elapsed().as_secs_f64(),
    ));

    let began = Instant::now();
    let survey = Survey::prepare(&input(&world), asked(&world))?;
    let counted = survey.count(Synthetic::Yes)?;
    let seconds = began.elapsed().as_secs_f64();
    let report = &counted.report;

    let mut out = Output::open(None)?;
    let width = if out.is_terminal() { terminal_width() } else { render::WIDE };
    out.write_all(render::table(report, lang, Detail::Category, width).as_bytes())?;
    out.finish()?;

    let page = arguments.output.join("report.html");
    write_pages(&world, report, &arguments.output)?;
    tidings::say(&format!(
        "counted {} lines of {} files in {seconds:.2} s ({} MB of text a second)",
        grouped(report.input.lines),
        report.input.files,
        grouped((world.bytes as f64 / 1e6 / seconds.max(1e-9)) as u64),
    ));
    let page = std::fs::canonicalize(&page).unwrap_or(page);
    tidings::say(&format!("the report (ja; report.en.html beside it): {}", page.display()));
    Ok(counted.tell())
}

/// The report as pages, in both languages.
fn write_pages(world: &World, report: &mizumori_survey::Report, folder: &Path) -> Result<(), Failure> {
    let incidents = incidents::parse(&world.incidents.display().to_string(), &read_text(&world.incidents)?)?;
    let discussion = read_text(&world.discussion)?;
    for (lang, name) in [(Lang::Ja, "report.html"), (Lang::En, "report.en.html")] {
        let view =
            View { lang, incidents: &incidents, discussion: Some(discussion.as_str()), ..View::default() };
        let page = folder.join(name);
        std::fs::write(&page, render::html(report, &view))
            .with_context(|| format!("could not write `{}`", page.display()))
            .map_err(Failure::new)?;
    }
    Ok(())
}

fn input(world: &World) -> InputOptions {
    InputOptions {
        watch: Some(world.watch_list.clone()),
        paths: vec![world.dumps.clone()],
        archive_password: Vec::new(),
        threads: None,
    }
}

fn asked(world: &World) -> AskedPeriod {
    let month = |(year, month): (u16, u8)| Month::new(year, month);
    AskedPeriod { from: month(world.period_from), to: month(world.period_to) }
}

fn failure(error: mizumori_world::WorldError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    let failure = Failure::new(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
