//! `mizumori guard import`: leaked passwords into an index.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use mizumori_core::Secret;
use mizumori_guard::{Change, Format, Import, Imported, IndexWriter, Order, What};
use mizumori_read::{MemberName, Reader};
use mizumori_scan::Progress;

use super::files::Found;
use super::{KEEP_IT_SAFE, Shown, memory, unless_interrupted};
use crate::config::Config;
use crate::input;
use crate::interrupt;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::{Bar, grouped};
use crate::size::Size;
use crate::tidings;

/// Add leaked passwords to an index
///
/// What is taken: Pwned Passwords files, SHA-1 or NTLM, in any order; folders of range files; lists of passwords, one a line, in any
/// encoding; another index; any of them compressed. Each PATH is an import of its own, and one that is in the index already
/// changes nothing; other counts are added up. The index is made where there is none.
///
/// Until an import is whole, the index answers as before, and when it fails or is interrupted it stays so. What has no order is
/// put in order in files in the folder of the index, which are deleted in the end, or by the next import.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The folder of the index
    #[arg(value_name = "INDEX")]
    index: PathBuf,

    /// Files, folders or another index; - is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// What the files are [default: told from each]
    #[arg(long, value_enum)]
    format: Option<FileFormat>,

    /// The hashes are in order; where they are not, it is an error
    #[arg(long)]
    sorted: bool,

    /// How passwords are hashed
    #[arg(long, value_enum, default_value_t = Words::Both)]
    hash: Words,

    /// What all PATHs together are: what the source of this name brought before is replaced
    #[arg(long, value_name = "NAME")]
    source: Option<String>,

    /// Memory to use, roughly [default: 512MiB]
    #[arg(long, value_name = "SIZE")]
    memory: Option<Size>,

    /// A password of archives; may be given several times
    #[arg(long, value_name = "PASSWORD")]
    archive_password: Vec<String>,

    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = input::number_of_threads)]
    threads: Option<NonZeroUsize>,

    /// The result as one object a PATH
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  mizumori guard import leaked pwned-passwords-sha1-ordered-by-hash.txt.gz
  mizumori guard import leaked --source our-list words.txt
  zcat list.gz | mizumori guard import leaked --format hashes -";

/// What files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FileFormat {
    /// Lines HASH:COUNT
    Hashes,
    /// Files named after five digits, with lines SUFFIX:COUNT
    Ranges,
    /// Passwords, one a line
    Words,
}

/// How words are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Words {
    /// As both
    Both,
    /// As SHA-1
    Sha1,
    /// As NTLM
    Ntlm,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let found: Vec<_> = arguments
        .paths
        .iter()
        .map(|path| Ok((name(path), Found::at(path)?)))
        .collect::<Result<_, Failure>>()?;
    let found = if arguments.source.is_some() { together(found)? } else { found };
    let is_new = !arguments.index.join("index.json").exists();
    let mut writer = IndexWriter::open(&arguments.index)?;
    if is_new {
        tidings::say(KEEP_IT_SAFE);
    }
    let passwords = arguments.archive_password.iter().cloned().map(Secret::new).collect();
    let reader = Reader::new(config.limits).with_passwords(passwords);
    let progress = Arc::new(Progress::default());
    interrupt::stops(&progress);
    let import = Import {
        reader: &reader,
        format: arguments.format.map(|format| match format {
            FileFormat::Hashes => Format::Hashes,
            FileFormat::Ranges => Format::Ranges,
            FileFormat::Words => Format::Words,
        }),
        order: if arguments.sorted { Order::Claimed } else { Order::Any },
        words: [arguments.hash != Words::Ntlm, arguments.hash != Words::Sha1],
        source: arguments.source.clone(),
        threads: input::threads(arguments.threads, config),
        memory: memory(arguments.memory, config),
        observer: Arc::new(Shown(Arc::clone(&progress))),
    };
    let bytes = found
        .iter()
        .map(|(_, found)| match found {
            Found::Files(_, bytes) => *bytes,
            Found::Index(_) => None,
        })
        .sum();
    let bar = Bar::follow(&progress, bytes);
    let mut out = Output::open(None)?;
    let mut undecodable = 0;
    for (name, found) in &found {
        let what = match found {
            Found::Files(files, _) => What::Files(files),
            Found::Index(folder) => What::Index(folder),
        };
        let done = import.run(&mut writer, &what);
        let left = "the index is as it was before the import under way";
        let Some(done) = unless_interrupted(done, left)? else {
            out.finish()?;
            return Ok(Outcome::Interrupted);
        };
        undecodable += done.undecodable;
        out.write_all(rendered(name, &done, arguments.json).as_bytes())?;
        // Each is in the index now, whatever becomes of the next one.
        out.flush()?;
    }
    drop(bar);
    out.finish()?;
    if undecodable > 0 {
        tidings::warning(&format!(
            "{} lines are missing one hash or all: they are no text of their file's encoding, or too long",
            grouped(undecodable)
        ));
    }
    Ok(Outcome::Done)
}

fn name(path: &Path) -> String {
    if path == Path::new("-") {
        return "stdin".to_owned();
    }
    MemberName::from_path(path).to_string()
}

/// All files of all PATHs as one import.
fn together(found: Vec<(String, Found)>) -> Result<Vec<(String, Found)>, Failure> {
    if let [(_, Found::Index(_))] = found.as_slice() {
        return Ok(found);
    }
    let (mut names, mut all, mut sum) = (Vec::new(), Vec::new(), Some(0));
    for (name, found) in found {
        let Found::Files(files, bytes) = found else {
            return Err(Failure::say("an index and something else cannot be one source")
                .hint("import the index alone, as a source of its own"));
        };
        names.push(name);
        all.extend(files);
        sum = sum.zip(bytes).map(|(sum, bytes)| sum + bytes);
    }
    Ok(vec![(names.join(", "), Found::Files(all, sum))])
}

fn rendered(name: &str, done: &Imported, json: bool) -> String {
    let what = match done.change {
        Change::Added => "added",
        Change::Replaced => "replaced",
        Change::AsBefore => "as before",
    };
    let [sha1, ntlm] = done.rows;
    if json {
        let object = serde_json::json!({
            "schema": 1, "path": name, "what": what, "sha1": sha1, "ntlm": ntlm, "lines": done.lines,
            "undecodable": done.undecodable,
        });
        return format!("{object}\n");
    }
    format!("{what:9}  {:>13} SHA-1  {:>13} NTLM  {name}\n", grouped(sha1), grouped(ntlm))
}
