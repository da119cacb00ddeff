//! `mizumori finding export`: findings for platforms where organisations share what they know. None has a place for a secret.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mizumori_core::{DomainName, LeakTime, Severity};
use mizumori_monitor::{Body, tag_text};
use mizumori_respond::Tlp;
use mizumori_respond::event::{Event, Happened, Subject};
use mizumori_respond::export::{Accounts, Export, ExportFinding, Uuid};
use mizumori_respond::letter::LetterKind;
use mizumori_store::{
    Access, Channel, Filter, Finding, FindingSource, NoticeState, Organisation, OrganisationId, State,
    StoreError, Tenant,
};

use super::list::severity;
use crate::outcome::Failure;
use crate::output::Output;
use crate::store::{Opened, allowed, audit, now};

/// So many are read at once.
const PAGE: u32 = 1_000;
/// What an export is called: the next one takes its place.
const NAME: &str = "findings";

/// Write findings for a platform where organisations share what they know
///
/// Exported again they have the same ids. Without --addresses accounts are not named; OCSF, which is for systems of one's own, has
/// their tags. That somebody exported them is written into the audit log. What shares another finding's fate is not told again.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The organisation
    #[arg(value_name = "ORG")]
    organisation: OrganisationId,

    /// What is written
    #[arg(long, value_enum)]
    format: Form,

    /// How far it may be passed on: clear, green, amber, amber+strict, red
    #[arg(long, value_name = "LABEL", default_value = "amber+strict")]
    tlp: Tlp,

    /// Name accounts: by their addresses where a directory knows them, else by their tags
    #[arg(long)]
    addresses: bool,

    /// Only those of which something is still to be done
    #[arg(long)]
    open: bool,

    /// Only those that are so bad at least: address, personal, hash, password, own-site, stealer-log, session
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    at_least: Option<Severity>,

    /// Only those of this source
    #[arg(long, value_name = "ID")]
    source: Option<String>,

    /// The UUID by which others know the organisation, as MISP's servers do
    #[arg(long, value_name = "UUID")]
    organisation_uuid: Option<Uuid>,

    /// The file, which is not there yet; only its owner may read it [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// An event of MISP
    Misp,
    /// A bundle of STIX 2.1
    Stix,
    /// A Detection Finding of OCSF a line
    Ocsf,
}

impl Form {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Misp => "misp",
            Self::Stix => "stix",
            Self::Ocsf => "ocsf",
        }
    }
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, opened: &Opened) -> Result<(), Failure> {
    let id = &arguments.organisation;
    // Before it is read: where it cannot be written nobody has seen anything.
    let mut out = match &arguments.output {
        Some(file) => Output::create(file)?,
        None => Output::open(None)?,
    };
    let export = opened.write(async |session| {
        let organisation = allowed(session, id, Access::Exports).await?;
        let findings = arguments.findings(&mut session.tenant(id)).await?;
        let accounts = if arguments.addresses { " addresses" } else { "" };
        let (form, tlp) = (arguments.format.as_str(), arguments.tlp.label());
        let detail = format!("{form} {tlp} {} findings{accounts}", findings.len());
        audit(session, Some(id), "finding export", id.as_str(), &detail).await?;
        Ok(arguments.export(&organisation, findings))
    })?;
    match arguments.format {
        Form::Misp => writeln!(out, "{}", export.misp())?,
        Form::Stix => writeln!(out, "{}", export.stix())?,
        Form::Ocsf => {
            for finding in &export.findings {
                writeln!(out, "{}", event(&export, finding).ocsf())?;
            }
        }
    }
    out.finish()
}

impl Arguments {
    fn export(&self, organisation: &Organisation, findings: Vec<ExportFinding>) -> Export {
        Export {
            name: NAME.to_owned(),
            organisation: organisation.names.of(organisation.language).to_owned(),
            organisation_uuid: self.organisation_uuid,
            at: now(),
            accounts: if self.addresses { Accounts::Shown } else { Accounts::Hidden },
            tlp: self.tlp,
            findings,
        }
    }

    async fn findings(&self, tenant: &mut Tenant<'_>) -> Result<Vec<ExportFinding>, StoreError> {
        let open = State::ALL.into_iter().filter(|state| self.open && !state.is_settled());
        let filter = Filter {
            states: open.collect(),
            at_least: self.at_least,
            source: self.source.clone(),
            only_first: true,
            ..Filter::default()
        };
        let sources = tenant.sources().await?;
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = tenant.findings(&filter, after, PAGE).await?;
            for finding in &page.findings {
                let source = sources.iter().find(|source| source.source == finding.is.source);
                all.extend(self.finding(tenant, finding, source).await?);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// A finding; nothing where it is of no host that there could be.
    async fn finding(
        &self,
        tenant: &mut Tenant<'_>,
        finding: &Finding,
        source: Option<&FindingSource>,
    ) -> Result<Option<ExportFinding>, StoreError> {
        let is = &finding.is;
        // A login without a domain is of the site that it is for.
        let host = DomainName::parse(&is.host).or_else(|| DomainName::parse(is.site.as_deref()?));
        let Some(host) = host else { return Ok(None) };
        let (address, is_user_told) = match self.addresses {
            true => (address(tenant, finding).await?, is_user_told(tenant, finding).await?),
            false => (None, false),
        };
        Ok(Some(ExportFinding {
            finding: finding.id.0.to_string(),
            reference: finding.reference.to_string(),
            host,
            subject: address.map_or_else(|| Subject::Tag(tag_text(is.account)), Subject::Account),
            severity: is.severity,
            state: is.state.as_str().to_owned(),
            is_closed: is.state.is_settled(),
            is_user_told,
            created: finding.created,
            changed: finding.changed,
            source: is.source.clone(),
            title: source.map_or(&is.source, |source| &source.title).clone(),
            place: Some(is.place.clone()).filter(|place| !place.is_empty()),
            time: is.month.map_or(LeakTime::Unknown, LeakTime::Month),
            site: is.site.clone(),
            kind: is.kind,
        }))
    }
}

/// The account's address, where one directory entry has it.
async fn address(tenant: &mut Tenant<'_>, finding: &Finding) -> Result<Option<String>, StoreError> {
    let holders = tenant.holders_of(finding.is.account).await?;
    let [holder] = &holders[..] else { return Ok(None) };
    let found = holder.is.addresses.iter().find(|address| address.account == finding.is.account);
    Ok(found.map(|address| address.address.clone()))
}

/// Whether a letter to the account's user was accepted.
async fn is_user_told(tenant: &mut Tenant<'_>, finding: &Finding) -> Result<bool, StoreError> {
    let notices = tenant.notices_of(finding.id).await?;
    let sent =
        notices.iter().filter(|notice| notice.channel == Channel::Mail && notice.state == NoticeState::Sent);
    let mut letters = sent.filter_map(|notice| Body::parse(&notice.body).ok()).map(|body| body.letter);
    Ok(letters.any(|letter| matches!(letter, LetterKind::UserFinding | LetterKind::UserStealer)))
}

/// A finding as an event: what it is now.
fn event(export: &Export, finding: &ExportFinding) -> Event {
    let happened = match (finding.is_closed, finding.changed > finding.created) {
        (true, _) => Happened::Closed,
        (false, true) => Happened::Changed,
        (false, false) => Happened::Created,
    };
    Event {
        id: format!("{}-{}", finding.reference, finding.changed.0),
        happened,
        at: finding.changed,
        finding: finding.finding.clone(),
        reference: finding.reference.clone(),
        organisation: export.organisation.clone(),
        subject: finding.subject.clone(),
        severity: finding.severity,
        state: finding.state.clone(),
        is_closed: finding.is_closed,
        source: finding.source.clone(),
        title: finding.title.clone(),
        time: finding.time,
        site: finding.site.clone(),
        kind: finding.kind,
        tlp: export.tlp,
    }
}
