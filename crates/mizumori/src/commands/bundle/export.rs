//! `mizumori bundle export`: writes a bundle.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use mizumori_bundle::{BundleWriter, EntryHead, EntryKind, RecipientKey};
use mizumori_monitor::write_carried;
use mizumori_store::{Access, Organisation, OrganisationId, Session};

use super::{keys_in, name_of};
use crate::config::Config;
use crate::outcome::Failure;
use crate::output::Output;
use crate::progress::grouped;
use crate::store::{StoreOptions, allowed, audit, now};
use crate::tidings;

/// Lines of findings that are gathered before they are sealed, in bytes.
const GATHERED: usize = 64 << 10;

/// Write a bundle: the findings of organisations, and indexes of leaked passwords
///
/// Findings go with their sources and steps, without accounts: these are tags, which mean something where the lake has the same keys.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(super) struct Arguments {
    /// The organisation whose findings go
    #[arg(value_name = "ORG", conflicts_with = "all")]
    organisation: Option<OrganisationId>,

    /// The bundle, which must not be there
    #[arg(value_name = "OUT", required = true)]
    out: PathBuf,

    /// The findings of all organisations that may export
    #[arg(long)]
    all: bool,

    /// For whom it is: what `bundle keys` shows as `to`; may be given several times
    #[arg(long, value_name = "KEY", required = true)]
    to: Vec<RecipientKey>,

    /// The file of the keys to sign with
    #[arg(long, value_name = "FILE")]
    sign: PathBuf,

    /// An index of leaked passwords that goes too; may be given several times
    #[cfg(feature = "guard")]
    #[arg(long, value_name = "INDEX")]
    guard: Vec<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, store: &StoreOptions, config: &Config) -> Result<(), Failure> {
    let keys = keys_in(&arguments.sign)?;
    #[cfg(feature = "guard")]
    let indexes = super::guard::open_all(&arguments.guard)?;
    #[cfg(feature = "guard")]
    let has_guard = !indexes.is_empty();
    #[cfg(not(feature = "guard"))]
    let has_guard = false;
    let has_findings = arguments.all || arguments.organisation.is_some();
    if !has_findings && !has_guard {
        return Err(Failure::say("nothing says what the bundle is to hold")
            .hint("name an organisation or --all, or an index with --guard"));
    }
    let opened = store.open(config)?;
    let mut out = Output::create(&arguments.out)?;
    let sender = keys.sender().id();
    // Before anything leaves: a number is given once, and nothing is carried out without a trace.
    let (sequence, organisations) = opened.write(async |session| {
        let organisations = organisations(session, arguments).await?;
        let sequence = session.number_bundle(sender.as_str(), now()).await?;
        let to: Vec<_> = arguments.to.iter().map(|key| key.id().to_string()).collect();
        let guard = if has_guard { ", leaked passwords" } else { "" };
        let detail = format!("number {sequence} of {sender} to {}{guard}", to.join(" "));
        for organisation in &organisations {
            audit(session, Some(&organisation.id), "bundle export", &name_of(&arguments.out), &detail)
                .await?;
        }
        if organisations.is_empty() {
            audit(session, None, "bundle export", &name_of(&arguments.out), &detail).await?;
        }
        Ok((sequence, organisations))
    })?;
    let mut writer = BundleWriter::begin(&mut out, &keys, &arguments.to, sequence, now())?;
    let mut findings = 0;
    if has_findings {
        writer.begin_entry(&EntryHead::new(EntryKind::Findings, "store", "findings.jsonl")?)?;
        let mut body = BufWriter::with_capacity(GATHERED, Body(&mut writer));
        findings =
            opened.read(async |session| Ok(write_carried(session, &organisations, &mut body).await?))?;
        body.flush()?;
        drop(body);
        writer.end_entry()?;
    }
    #[cfg(feature = "guard")]
    for index in &indexes {
        index.write(&mut writer)?;
    }
    writer.finish()?;
    out.finish()?;
    tidings::say(&format!("bundle {sequence} of {sender}: {} findings", grouped(findings)));
    Ok(())
}

/// Those whose findings go.
async fn organisations(session: &mut Session, arguments: &Arguments) -> Result<Vec<Organisation>, Failure> {
    if let Some(id) = &arguments.organisation {
        return Ok(vec![allowed(session, id, Access::Exports).await?]);
    }
    let mut may = Vec::new();
    for organisation in session.organisations().await?.into_iter().filter(|_| arguments.all) {
        let edition = session.edition(&organisation.edition).await?;
        match edition.may(&organisation, Access::Exports) {
            Ok(()) => may.push(organisation),
            Err(limit) => tidings::warning(&format!("`{}` is left out: {limit}", organisation.id)),
        }
    }
    Ok(may)
}

/// The body of the entry under way.
struct Body<'w, 'k, W: Write>(&'w mut BundleWriter<'k, W>);

impl<W: Write> Write for Body<'_, '_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.body(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
