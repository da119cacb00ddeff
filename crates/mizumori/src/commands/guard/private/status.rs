//! `mizumori guard private status`: what a private index is made of.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use mizumori_guard::private::{GenerationStatus, PrivateStatus, SlowHash};

use crate::columns;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::progress::grouped;

/// Show what a private index is made of
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder of the private index
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,

    /// As one object
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let status = PrivateStatus::of(&arguments.folder)?;
    let mut out = Output::open(None)?;
    if arguments.json {
        let generations: Vec<_> = status.generations.iter().map(object).collect();
        let object = serde_json::json!({
            "schema": 1, "change": status.change, "generations": generations,
        });
        writeln!(out, "{object}")?;
    } else {
        let mut rows = Vec::new();
        for generation in &status.generations {
            let GenerationStatus { number, public_key, pairs, bucket_bits, sources, .. } = generation;
            let SlowHash { memory_kib, passes, .. } = generation.slow_hash;
            let buckets = 1_u64 << bucket_bits;
            rows.push([format!("generation {number}"), format!("{} pairs", grouped(*pairs))]);
            rows.push(["  public key".to_owned(), public_key.clone()]);
            rows.push([
                "  buckets".to_owned(),
                format!("{} ({bucket_bits} bits of an account are told)", grouped(buckets)),
            ]);
            let memory = grouped(memory_kib.into());
            rows.push(["  slow hash".to_owned(), format!("Argon2id, {memory} KiB, {passes} passes")]);
            rows.extend(sources.iter().map(|(source, pairs)| {
                ["  source".to_owned(), format!("{source}, {} pairs", grouped(*pairs))]
            }));
        }
        columns::write(&mut out, &rows)?;
    }
    out.finish()?;
    Ok(Outcome::Done)
}

fn object(generation: &GenerationStatus) -> serde_json::Value {
    let sources: Vec<_> = generation
        .sources
        .iter()
        .map(|(source, pairs)| serde_json::json!({"source": source, "pairs": pairs}))
        .collect();
    serde_json::json!({
        "number": generation.number, "public_key": generation.public_key,
        "slow_hash": generation.slow_hash, "pairs": generation.pairs,
        "bucket_bits": generation.bucket_bits, "sources": sources,
    })
}
