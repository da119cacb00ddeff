//! Organisations with children: what they count together with everything below them.
//!
//! An organisation's own figures exclude its children's; a report shows both.

use std::collections::{HashMap, HashSet};

use crate::model::{Report, Years};

/// An organisation with its children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(crate) category: usize,
    pub(crate) organisation: usize,
    /// The children themselves, as (category, organisation).
    pub(crate) children: Vec<(usize, usize)>,
    /// The figures of the organisation and of all that lies below it.
    pub(crate) total: u64,
    pub(crate) years: Years,
    pub(crate) unknown_month: u64,
}

/// The organisations of a report that have children.
#[derive(Clone, Debug, Default)]
pub(crate) struct Branches {
    list: Vec<Branch>,
    places: HashMap<(usize, usize), usize>,
}

impl Branches {
    pub(crate) fn of(report: &Report) -> Self {
        let mut ids: HashMap<&str, (usize, usize)> = HashMap::new();
        for (c, category) in report.categories.iter().enumerate() {
            for (o, organisation) in category.organisations.iter().enumerate() {
                ids.entry(&organisation.id).or_insert((c, o));
            }
        }
        let mut children: HashMap<(usize, usize), Vec<(usize, usize)>> = HashMap::new();
        let mut parents: Vec<(usize, usize)> = Vec::new();
        for (c, category) in report.categories.iter().enumerate() {
            for (o, organisation) in category.organisations.iter().enumerate() {
                let Some(parent) = organisation.parent.as_ref().and_then(|id| ids.get(id.as_str())) else {
                    continue;
                };
                let list = children.entry(*parent).or_default();
                if list.is_empty() {
                    parents.push(*parent);
                }
                list.push((c, o));
            }
        }
        parents.sort_unstable();
        let mut branches = Self::default();
        for parent in parents {
            let mut branch = Branch {
                category: parent.0,
                organisation: parent.1,
                children: children.get(&parent).cloned().unwrap_or_default(),
                ..Branch::default()
            };
            // A report that is read back may say that two organisations are each other's parents.
            let mut seen = HashSet::new();
            let mut waiting = vec![parent];
            while let Some(place) = waiting.pop() {
                if seen.insert(place) {
                    branch.add(report, place);
                    waiting.extend(children.get(&place).into_iter().flatten());
                }
            }
            branches.places.insert(parent, branches.list.len());
            branches.list.push(branch);
        }
        branches
    }

    pub(crate) fn find(&self, category: usize, organisation: usize) -> Option<&Branch> {
        self.list.get(*self.places.get(&(category, organisation))?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Branch> {
        self.list.iter()
    }
}

impl Branch {
    fn add(&mut self, report: &Report, (c, o): (usize, usize)) {
        let organisation = report.categories.get(c).and_then(|category| category.organisations.get(o));
        let Some(organisation) = organisation else { return };
        self.total = self.total.saturating_add(organisation.total);
        self.unknown_month = self.unknown_month.saturating_add(organisation.unknown_month);
        for (year, count) in &organisation.years {
            let sum = self.years.entry(*year).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
}
