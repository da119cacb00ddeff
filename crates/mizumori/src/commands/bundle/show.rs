//! `mizumori bundle show`: what a bundle says without a key.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use mizumori_bundle::Header;
use serde_json::{Value, json};

use crate::outcome::Failure;
use crate::show::{Form, show};

/// Show what a bundle says without a key: who has signed it, for whom, and its number
///
/// Nobody vouches for it: the signature is looked at when the bundle is imported.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The bundle
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The form
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let name = arguments.file.display();
    let file = File::open(&arguments.file).with_context(|| format!("could not read `{name}`"));
    let header = mizumori_bundle::show(&mut BufReader::new(file.map_err(Failure::new)?))?;
    let to: Vec<_> = header.recipients.iter().map(|recipient| recipient.key.to_string()).collect();
    let cells =
        [header.sequence.to_string(), header.created.to_string(), header.sender.to_string(), to.join(" ")];
    show(arguments.format, ["number", "made", "from", "to"], std::iter::once((cells, object(&header, &to))))
}

fn object(header: &Header, to: &[String]) -> Value {
    json!({
        "number": header.sequence,
        "made": header.created.to_string(),
        "from": header.sender.as_str(),
        "to": to,
    })
}
