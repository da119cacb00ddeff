//! `mizumori guard status`: what an index is made of.

use std::io::Write;

use clap::Args;

use super::IndexOption;
use crate::columns;
use crate::config::Config;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::grouped;

/// Show what an index is made of
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    index: IndexOption,

    /// As one object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<Outcome, Failure> {
    let status = arguments.index.open(config)?.status();
    let mut out = Output::open(None)?;
    if arguments.json {
        let kinds: Vec<_> = status
            .kinds
            .iter()
            .map(|of| {
                serde_json::json!({
                    "hash": of.kind.name(), "rows": of.rows, "bytes": of.bytes, "segments": of.segments,
                })
            })
            .collect();
        let imports: Vec<_> = status
            .imports
            .iter()
            .map(|import| {
                let [sha1, ntlm] = import.rows;
                serde_json::json!({"id": import.id, "source": import.source, "sha1": sha1, "ntlm": ntlm})
            })
            .collect();
        let object = serde_json::json!({
            "schema": 1, "generation": status.generation, "hashes": kinds, "imports": imports,
        });
        writeln!(out, "{object}")?;
    } else {
        let mut rows = vec![["imports".to_owned(), grouped(status.imports.len() as u64)]];
        for of in &status.kinds {
            let each = if of.rows > 0 { of.bytes as f64 / of.rows as f64 } else { 0.0 };
            let segments = match of.segments {
                1 => "1 segment".to_owned(),
                many => format!("{many} segments"),
            };
            rows.push([
                of.kind.to_string(),
                format!(
                    "{} hashes, {} bytes ({each:.1} a hash), {segments}",
                    grouped(of.rows),
                    grouped(of.bytes)
                ),
            ]);
        }
        let sources = status.imports.iter().filter_map(|import| import.source.as_ref());
        rows.extend(sources.map(|source| ["source".to_owned(), source.clone()]));
        columns::write(&mut out, &rows)?;
    }
    out.finish()?;
    Ok(Outcome::Done)
}
