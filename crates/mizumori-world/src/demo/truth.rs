//! What a correct count of the demo world shows, for the published period and method.
//!
//! It is summed up from the plan's fates. That the fates themselves are right is what the tests recount, slowly and
//! from the accounts alone.

use std::collections::BTreeMap;

use super::plan::{Fate, Plan};
use super::source::When;

/// The true figures of the demo world.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// Category id → year → count. Years without a count are absent.
    pub categories: BTreeMap<&'static str, BTreeMap<u16, u64>>,
    /// Organisation id → total of the period, its children excluded.
    pub organisations: BTreeMap<&'static str, u64>,
    /// Category id → distinct (account, place) of unknown month.
    pub unknown_month: BTreeMap<&'static str, u64>,
    /// Exposures of watched accounts altogether: the sum of everything else here but `site_only`.
    pub matched: u64,
    /// Exposures that the duplicate rule drops.
    pub duplicates: u64,
    /// Exposures without a secret.
    pub without_secret: u64,
    /// Exposures of a known month outside the period.
    pub outside_period: u64,
    /// Exposures of a domain that nobody held then.
    pub outside_validity: u64,
    /// Exposures in sources that are not public or are fabricated.
    pub not_surveyed: u64,
    /// Records that match by their site alone.
    pub site_only: u64,
    /// The sources in the order of the catalogue.
    pub sources: Vec<SourceTruth>,
}

/// The true figures of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceTruth {
    /// Its id.
    pub id: &'static str,
    /// Distinct accounts that count, those that another source of its place and time has as well included. 0 when the
    /// source is not surveyed, outside the period or of unknown month.
    pub total: u64,
    /// Category id → the same.
    pub categories: BTreeMap<&'static str, u64>,
}

impl Truth {
    /// Sums a plan up.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut truth = Self::default();
        for source in &plan.sources {
            let mut of_source = SourceTruth { id: source.spec.id, ..SourceTruth::default() };
            let year = match source.spec.leaked.when() {
                When::Unknown => 0,
                When::Year(year) | When::Month(year, _) => year,
            };
            for exposure in &source.exposures {
                let Some(body) = plan.bodies.get(exposure.body) else { continue };
                let category = body.category.id();
                if matches!(exposure.fate, Fate::Counted | Fate::DuplicateOfOtherSource) {
                    of_source.total += 1;
                    *of_source.categories.entry(category).or_default() += 1;
                }
                let number = match exposure.fate {
                    Fate::Counted => {
                        *truth.organisations.entry(body.id).or_default() += 1;
                        truth.categories.entry(category).or_default().entry(year).or_default()
                    }
                    Fate::UnknownMonth => truth.unknown_month.entry(category).or_default(),
                    Fate::Duplicate | Fate::DuplicateOfOtherSource => &mut truth.duplicates,
                    Fate::WithoutSecret => &mut truth.without_secret,
                    Fate::OutsidePeriod => &mut truth.outside_period,
                    Fate::OutsideValidity => &mut truth.outside_validity,
                    Fate::NotSurveyed => &mut truth.not_surveyed,
                    Fate::SiteOnly => &mut truth.site_only,
                };
                *number += 1;
                truth.matched += u64::from(exposure.fate != Fate::SiteOnly);
            }
            truth.sources.push(of_source);
        }
        truth
    }

    /// The total of a category in the period.
    #[must_use]
    pub fn total(&self, category: &str) -> u64 {
        self.categories.get(category).map_or(0, |years| years.values().sum())
    }
}
