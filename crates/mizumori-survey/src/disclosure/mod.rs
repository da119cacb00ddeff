//! Which small figures a report must not give away.
//!
//! A report finer than categories prints figures below 5 as `<5`. That alone would be idle: whoever has a sum and
//! its other parts works the missing one out. So the report's sums are taken as equations, and as long as one of
//! them pins a hidden figure down, its smallest other figure is withheld as well (complementary suppression,
//! Willenborg and de Waal, "Elements of Statistical Disclosure Control", 2001, chapter 4). Each equation is
//! looked at by itself; solving them all together is not attempted. Figures of whole categories are published
//! without any of this, so that none of them is withheld for an organisation's sake.

mod equations;
mod solve;

use std::collections::HashMap;

use crate::model::{Report, Year};
use crate::render::Detail;

/// Figures from 1 to this one are hidden.
pub(crate) const HIDDEN_TO: u64 = 4;

/// Whose figure it is. The numbers are places in the report's lists, from the category down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Row {
    /// All categories together.
    All,
    Category(usize),
    /// The organisation itself.
    Organisation(usize, usize),
    /// The organisation with its children.
    Branch(usize, usize),
    Domain(usize, usize, usize),
    Host(usize, usize, usize, usize),
    Source(usize),
    Input,
}

/// Which figure of a row it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Column {
    Year(Year),
    Total,
    Unknown,
    /// Of a source: what it brought to a category.
    Category(usize),
    Matched,
    Duplicates,
    WithoutSecret,
    OutsidePeriod,
    OutsideValidity,
    NotSurveyed,
}

/// One figure of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Figure(pub(crate) Row, pub(crate) Column);

/// How a figure is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// As it is.
    Exact(u64),
    /// `<5`.
    Small,
    /// Not at all: it would give a small one away.
    Withheld,
}

impl Shown {
    /// The figure, where it may be known.
    pub(crate) const fn exact(self) -> Option<u64> {
        match self {
            Self::Exact(value) => Some(value),
            Self::Small | Self::Withheld => None,
        }
    }
}

/// What a report hides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disclosure {
    hidden: HashMap<Figure, Shown>,
}

impl Disclosure {
    /// Nothing is hidden.
    pub(crate) fn open() -> Self {
        Self::default()
    }

    /// What must be hidden in a report that goes down to `detail`. To categories, nothing is.
    pub(crate) fn of(report: &Report, detail: Detail) -> Self {
        if detail == Detail::Category {
            return Self::open();
        }
        let mut system = solve::System::default();
        equations::state(report, detail, &mut system);
        Self { hidden: system.solve() }
    }

    /// How a figure of this `value` is shown.
    pub(crate) fn show(&self, figure: Figure, value: u64) -> Shown {
        self.hidden.get(&figure).copied().unwrap_or(Shown::Exact(value))
    }

    /// Whether a figure is withheld for another's sake: the report then says what the mark means.
    pub(crate) fn withholds(&self) -> bool {
        self.hidden.values().any(|shown| *shown == Shown::Withheld)
    }
}
