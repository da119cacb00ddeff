//! The project's own chores, run as `cargo xtask …`: one file or folder a chore, nothing but dispatch here.
//!
//! This is no part of the product: no crate may depend on it, and nothing of it ships.

mod bench;
mod command;
mod components;
mod fuzz;
mod repository;
mod test;
mod tidy;
mod watchlist;
#[cfg(feature = "workload")]
mod workload;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The project's own chores", version)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run all that continuous integration runs: fmt, tidy, lints and tests in one pass, docs, licences
    Test(test::TestArguments),
    /// Check what compilers and eyes miss: layers, module docs, paths named in documents, names
    Tidy,
    /// Make watchlists/jp-government.toml from the two tables in watchlists/sources/
    Watchlist(watchlist::WatchlistArguments),
    /// Measure how fast the product is, beside the naive way and whichever peers are installed
    Bench(bench::BenchArguments),
    /// Run the fuzz targets, each for so long, and say what they find
    Fuzz(fuzz::FuzzArguments),
    /// What benches start as processes of their own: generators and naive twins
    #[cfg(feature = "workload")]
    #[command(hide = true)]
    Workload(workload::WorkloadArguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Test(arguments) => test::run(&arguments),
        Chore::Tidy => tidy::run(),
        Chore::Watchlist(arguments) => watchlist::run(&arguments),
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Fuzz(arguments) => fuzz::run(&arguments),
        #[cfg(feature = "workload")]
        Chore::Workload(arguments) => workload::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            command::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
