//! A recount of the plan by CONTRACTS' section on the method: slow, obvious, and without looking at a fate or a figure.

use std::collections::HashSet;

use mizumori_world::demo::{Body, Exposure, Layout, MemberSpec, Plan, Slot, SourceSpec};
use mizumori_world::{SourceTruth, Truth};
use unicode_normalization::UnicodeNormalization;

pub(crate) fn folded(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_lowercase()
}

pub(crate) fn canonical(written: &str) -> String {
    folded(written).trim_end_matches('.').to_owned()
}

/// (year, month) of a month that is known; a year alone is its first month if all of it is in the period.
pub(crate) fn time_of(source: &SourceSpec) -> Option<(u16, u8)> {
    let text = source.leaked.text()?;
    let year: u16 = text[..4].parse().unwrap();
    match text.get(5..7) {
        Some(month) => Some((year, month.parse().unwrap())),
        None => (2009..=2020).contains(&year).then_some((year, 1)),
    }
}

/// The holder of a host in a month (`None`: the latest holder), by trying every domain of every body. `Err` when the
/// name is on the list and nobody held it then.
pub(crate) fn holder<'a>(
    bodies: &'a [Body],
    host: &str,
    month: Option<(u16, u8)>,
) -> Option<Result<&'a Body, ()>> {
    let mut named = false;
    let mut best: Option<(usize, &Body)> = None;
    for body in bodies {
        for domain in &body.domains {
            if host != domain.name && !host.ends_with(&format!(".{}", domain.name)) {
                continue;
            }
            named = true;
            let held = match month {
                Some(month) => {
                    domain.from.is_none_or(|from| from <= month) && domain.to.is_none_or(|to| month <= to)
                }
                None => domain.to.is_none(),
            };
            if held && best.is_none_or(|(length, _)| length < domain.name.len()) {
                best = Some((domain.name.len(), body));
            }
        }
    }
    named.then_some(best.map(|(_, body)| body).ok_or(()))
}

fn is_secret(secret: &str) -> bool {
    let nothing = ["", "NULL", "\\N", "None", "[NOT_SAVED]", "UNKNOWN"];
    let hashes_of_nothing = ["d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709"];
    !nothing.contains(&secret.trim()) && !hashes_of_nothing.contains(&secret)
}

fn has_secret(exposure: &Exposure, member: &MemberSpec) -> bool {
    exposure.slot == Slot::Login
        && !matches!(member.layout, Layout::Vcard | Layout::Prose)
        && is_secret(&exposure.secret)
}

/// Counts the plan from what is written, by CONTRACTS' section on the method, without looking at a fate.
pub(crate) fn recount(plan: &Plan) -> Truth {
    let mut truth = Truth::default();
    let mut seen: HashSet<(String, String, Option<String>)> = HashSet::new();
    for source in &plan.sources {
        let spec = &source.spec;
        let month = time_of(spec);
        let time = month.and_then(|_| spec.leaked.text()).map(|text| text[..text.len().min(7)].to_owned());
        let mut in_source: HashSet<String> = HashSet::new();
        let mut of_source = SourceTruth { id: spec.id, ..SourceTruth::default() };
        for exposure in &source.exposures {
            if exposure.slot == Slot::SiteOnly {
                truth.site_only += 1;
                continue;
            }
            truth.matched += 1;
            let account = canonical(&exposure.written);
            let (_, host) = account.split_once('@').unwrap();
            let holder = holder(&plan.bodies, host, month).unwrap();
            let member = &spec.files[exposure.file].members[exposure.member];
            let outside = month.is_some_and(|month| !((2008, 7)..=(2021, 5)).contains(&month));
            // No exposure has two reasons not to count, so that the order of the reasons does not matter.
            let reasons =
                [!spec.public || spec.fabricated, !has_secret(exposure, member), outside, holder.is_err()];
            assert!(reasons.iter().filter(|reason| **reason).count() <= 1, "{reasons:?} in {}", spec.id);
            match reasons {
                [true, _, _, _] => truth.not_surveyed += 1,
                [_, true, _, _] => truth.without_secret += 1,
                [_, _, true, _] => truth.outside_period += 1,
                [_, _, _, true] => truth.outside_validity += 1,
                _ => {
                    let body = holder.unwrap();
                    let category = body.category.id();
                    let new_in_source = in_source.insert(account.clone());
                    if month.is_some() && new_in_source {
                        of_source.total += 1;
                        *of_source.categories.entry(category).or_default() += 1;
                    }
                    if !seen.insert((account, folded(spec.place), time.clone())) {
                        truth.duplicates += 1;
                    } else if let Some((year, _)) = month {
                        *truth.categories.entry(category).or_default().entry(year).or_default() += 1;
                        *truth.organisations.entry(body.id).or_default() += 1;
                    } else {
                        *truth.unknown_month.entry(category).or_default() += 1;
                    }
                }
            }
        }
        truth.sources.push(of_source);
    }
    truth
}
