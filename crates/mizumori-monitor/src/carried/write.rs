//! Writing the document.

use std::io::Write;

use mizumori_store::{Filter, Organisation, Session, StoreError};

use super::document::{Document, Line, WrittenFinding, WrittenOrganisation, WrittenSource};
use super::{KIND, VERSION};
use crate::error::MonitorError;
use crate::served::Served;

/// So many findings are read at once.
const PAGE: u32 = 1_000;

/// Writes organisations with their sources and findings. Gives how many findings.
///
/// # Errors
/// When the store does not answer, or `out` cannot be written.
pub async fn write_carried(
    session: &mut Session,
    organisations: &[Organisation],
    out: &mut (dyn Write + Send),
) -> Result<u64, MonitorError> {
    let served = Served::of_domains(&session.all_domains().await?);
    line(out, &Line::Document(Document { kind: KIND.to_owned(), version: VERSION }))?;
    let mut findings = 0;
    for organisation in organisations {
        line(out, &Line::Organisation(WrittenOrganisation::of(organisation)))?;
        let id = &organisation.id;
        let mut tenant = session.tenant(id);
        for source in tenant.sources().await? {
            line(out, &Line::Source(WrittenSource::of(&source)))?;
        }
        let mut after = None;
        loop {
            let page = tenant.findings(&Filter::default(), after, PAGE).await?;
            for finding in &page.findings {
                // Whoever shares the fate of another has no steps of his own.
                let steps = tenant.steps(finding.id).await?;
                let own =
                    finding.is.site.as_deref().is_some_and(|site| served.organisation(site) == Some(id));
                line(out, &Line::Finding(Box::new(WrittenFinding::of(finding, own, &steps))))?;
                findings += 1;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(findings)
}

fn line(out: &mut (dyn Write + Send), line: &Line) -> Result<(), MonitorError> {
    let mut text = serde_json::to_vec(line).map_err(|_| StoreError::Damaged { what: "finding" })?;
    text.push(b'\n');
    out.write_all(&text).map_err(|cause| MonitorError::Document { what: "write", cause })
}
