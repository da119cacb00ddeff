//! What the benches start as processes of their own, built at the highest optimisation: the generators of their input,
//! the naive twins, unpacking alone, and a cluster.
//!
//! Behind the feature `workload`, so that the other chores need neither the generators nor a decompressor.

mod cluster;
mod followed;
mod hashes;
mod make;
mod naive;
mod pairs;
mod ranges;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

/// What is to be done.
#[derive(Args)]
pub(crate) struct WorkloadArguments {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Make a bench's input, and the watch list, below a folder
    Make {
        #[arg(long, value_enum)]
        kind: make::Kind,
        #[arg(long)]
        lines: u64,
        folder: PathBuf,
    },
    /// Do a case's work the obvious way and print the number that it comes to
    Naive {
        #[arg(long, value_enum)]
        work: naive::Work,
        /// The watched domains, one a line
        #[arg(long)]
        domains: PathBuf,
        path: PathBuf,
    },
    /// Look up a million hashes, half of them of a list, and print how many were found
    Hashes {
        #[arg(long, value_enum)]
        of: hashes::Of,
        /// The list, in the order of its hashes
        #[arg(long)]
        list: PathBuf,
        /// The index, the filter or the list
        place: PathBuf,
    },
    /// Ask a server for ranges by chance, and print what 100,000 answers take
    Ranges(ranges::Work),
    /// Ask an index for the private check about pairs, and print what 10,000 answers take
    Pairs {
        /// An empty folder
        folder: PathBuf,
    },
    /// Wait for mails about what is found, and print how long that took
    Followed(followed::Work),
    /// Have a cluster on this machine ingest a list
    Cluster(cluster::Work),
    /// Unpack a gzip file with zlib-rs and throw it away
    Inflate { path: PathBuf },
}

pub(crate) fn run(arguments: &WorkloadArguments) -> Result<()> {
    match &arguments.work {
        Work::Make { kind, lines, folder } => make::make(*kind, *lines, folder),
        Work::Naive { work, domains, path } => naive::run(*work, domains, path),
        Work::Hashes { of, list, place } => hashes::look_up(*of, list, place),
        Work::Ranges(work) => ranges::run(work),
        Work::Pairs { folder } => pairs::run(folder),
        Work::Followed(work) => followed::run(work),
        Work::Cluster(work) => cluster::run(work),
        Work::Inflate { path } => {
            io::copy(&mut BufReader::with_capacity(1 << 20, unpacked(path)?), &mut io::sink())?;
            Ok(())
        }
    }
}

/// A file's bytes, unpacked when its name ends in `.gz`.
fn unpacked(path: &Path) -> Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| format!("could not open {}", path.display()))?;
    if path.extension().is_some_and(|extension| extension == "gz") {
        return Ok(Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 20, file))));
    }
    Ok(Box::new(file))
}
