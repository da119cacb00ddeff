//! Makes the benches' input: lists from the synthetic worlds' generator, and the watch list in the three forms that
//! the contenders read.
//!
//! A list appears under its name only when it is whole; the totals, written last, say that everything is there.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use super::{hashes, ranges};
use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use flate2::Compression;
use flate2::write::GzEncoder;
use mizumori_world::{
    ComboForm, ComboShape, ComboTotals, bench_watch_list, watched_domains, write_combo_list,
};

/// Which input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    List,
    NoHit,
    Urls,
    Gzip,
    SmallFiles,
    Large,
    Hashes,
    ShuffledHashes,
    /// Hashes of evenly spread prefixes, as a list and as a file for each answer
    Ranges,
}

const SMALL_FILES: u64 = 10_000;
/// Sources of what is large.
const SOURCES: u64 = 200;

/// What stands beside a list, so that it has a month and counts.
const DESCRIPTION: &str =
    "id = \"bench\"\ntitle = \"Bench list (SYNTHETIC)\"\nkind = \"combo-list\"\nleaked = \"2019-01\"\n";

/// Makes one input below `folder`.
pub(super) fn make(kind: Kind, lines: u64, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    if matches!(kind, Kind::Hashes | Kind::ShuffledHashes) {
        return make_hashes(kind, lines, folder);
    }
    if kind == Kind::Ranges {
        return make_ranges(lines, folder);
    }
    let shape = shape(kind).with_lines(lines);
    write_watch_list(folder, shape.domains)?;
    let stem = format!("{}-{lines}", kind.to_possible_value().context("a kind without a name")?.get_name());
    let (totals, bytes) = match kind {
        Kind::SmallFiles => write_small_files(&folder.join(&stem), &shape)?,
        Kind::Large => write_sources(&folder.join(&stem), &shape)?,
        Kind::Gzip => write_list(&folder.join(format!("{stem}.txt.gz")), |out| {
            let mut packed = GzEncoder::new(out, Compression::default());
            let totals = write_combo_list(&mut packed, &shape)?;
            packed.finish()?;
            Ok(totals)
        })?,
        Kind::List | Kind::NoHit | Kind::Urls | Kind::Hashes | Kind::ShuffledHashes | Kind::Ranges => {
            write_list(&folder.join(format!("{stem}.txt")), |out| Ok(write_combo_list(out, &shape)?))?
        }
    };
    let watched = totals.watched_by_account + totals.watched_by_site - totals.watched_by_both;
    let totals = serde_json::json!({
        "lines": totals.lines,
        "bytes": bytes,
        "watched_by_account": totals.watched_by_account,
        "watched": watched,
    });
    fs::write(folder.join(format!("{stem}.totals.json")), totals.to_string())?;
    Ok(())
}

fn shape(kind: Kind) -> ComboShape {
    match kind {
        Kind::List
        | Kind::Gzip
        | Kind::SmallFiles
        | Kind::Large
        | Kind::Hashes
        | Kind::ShuffledHashes
        | Kind::Ranges => ComboShape::bench(),
        Kind::NoHit => ComboShape::bench().without_hits(),
        Kind::Urls => ComboShape::bench().with_form(ComboForm::UrlLoginPassword),
    }
}

fn make_hashes(kind: Kind, lines: u64, folder: &Path) -> Result<()> {
    let order = if kind == Kind::Hashes { hashes::Order::ByHash } else { hashes::Order::None };
    let name = kind.to_possible_value().context("a kind without a name")?;
    let stem = format!("{}-{lines}", name.get_name());
    let (_, bytes) = write_list(&folder.join(format!("{stem}.txt")), |out| {
        hashes::write(order, lines, out)?;
        Ok(ComboTotals::default())
    })?;
    let totals = serde_json::json!({"lines": lines, "bytes": bytes, "watched_by_account": 0, "watched": 0});
    Ok(fs::write(folder.join(format!("{stem}.totals.json")), totals.to_string())?)
}

fn make_ranges(lines: u64, folder: &Path) -> Result<()> {
    let stem = format!("ranges-{lines}");
    let answers = folder.join(format!("{stem}.answers"));
    let (_, bytes) = write_list(&folder.join(format!("{stem}.txt")), |out| {
        ranges::make(lines / ranges::ROWS, out, &answers)?;
        Ok(ComboTotals::default())
    })?;
    let totals = serde_json::json!({"lines": lines, "bytes": bytes, "watched_by_account": 0, "watched": 0});
    Ok(fs::write(folder.join(format!("{stem}.totals.json")), totals.to_string())?)
}

fn write_list(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<ComboTotals>,
) -> Result<(ComboTotals, u64)> {
    let part = path.with_added_extension("part");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&part)?);
    let totals = write(&mut out)?;
    out.flush()?;
    fs::rename(&part, path)?;
    fs::write(path.with_added_extension("source.toml"), DESCRIPTION)?;
    Ok((totals, fs::metadata(path)?.len()))
}

/// The list cut into 10,000 files in 100 folders.
fn write_small_files(folder: &Path, shape: &ComboShape) -> Result<(ComboTotals, u64)> {
    ensure!(shape.lines.is_multiple_of(SMALL_FILES), "small files need a multiple of {SMALL_FILES} lines");
    let mut list = Vec::new();
    let totals = write_combo_list(&mut list, shape)?;
    let mut lines = list.split_inclusive(|byte| *byte == b'\n');
    for file in 0..SMALL_FILES {
        let sub = folder.join(format!("{:02}", file / 100));
        fs::create_dir_all(&sub)?;
        let content: Vec<u8> =
            lines.by_ref().take((shape.lines / SMALL_FILES) as usize).flatten().copied().collect();
        fs::write(sub.join(format!("{:02}.txt", file % 100)), content)?;
    }
    fs::write(folder.join("source.toml"), DESCRIPTION)?;
    Ok((totals, list.len() as u64))
}

/// As many lists as there are sources, of which no two are alike, each in a folder of its own.
fn write_sources(folder: &Path, shape: &ComboShape) -> Result<(ComboTotals, u64)> {
    ensure!(shape.lines.is_multiple_of(SOURCES), "so many sources need a multiple of {SOURCES} lines");
    let (mut totals, mut bytes) = (ComboTotals::default(), 0);
    for source in 1..=SOURCES {
        let sub = folder.join(source.to_string());
        fs::create_dir_all(&sub)?;
        let shape = ComboShape { seed: source, ..shape.clone().with_lines(shape.lines / SOURCES) };
        let mut out = BufWriter::with_capacity(1 << 20, File::create(sub.join("list.txt"))?);
        let written = write_combo_list(&mut out, &shape)?;
        out.flush()?;
        bytes += fs::metadata(sub.join("list.txt"))?.len();
        totals.lines += written.lines;
        totals.watched_by_account += written.watched_by_account;
        totals.watched_by_site += written.watched_by_site;
        totals.watched_by_both += written.watched_by_both;
        let (year, month) = (2008 + source % 12, 1 + source % 12);
        let description = format!("id = \"large-{source}\"\nleaked = \"{year}-{month:02}\"\n");
        fs::write(sub.join("source.toml"), description)?;
    }
    Ok((totals, bytes))
}

/// The watch list; its domains one a line; and an anchored regular expression for each of them.
fn write_watch_list(folder: &Path, domains: usize) -> Result<()> {
    let names = watched_domains(domains);
    let expressions = names.iter().map(|name| format!("[@./]{}[:/]", name.replace('.', r"\.")));
    fs::write(folder.join("watch.toml"), bench_watch_list(domains))?;
    fs::write(folder.join("domains.txt"), names.join("\n") + "\n")?;
    fs::write(folder.join("expressions.txt"), expressions.collect::<Vec<_>>().join("\n") + "\n")?;
    Ok(())
}
