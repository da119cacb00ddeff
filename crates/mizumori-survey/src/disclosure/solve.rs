//! Sums as equations, and what must be withheld so that none of them gives a small figure away.

use std::collections::{BTreeSet, HashMap};

use super::{Figure, HIDDEN_TO, Row, Shown};

/// Larger than any figure, small enough to be added up.
const UNBOUNDED: u128 = 1 << 80;

/// What is known of a figure by whoever reads the report.
#[derive(Clone, Copy, Debug)]
struct Cell {
    figure: Figure,
    value: u64,
    shown: Shown,
}

impl Cell {
    /// The least and the largest that the figure may be for a reader.
    fn bounds(&self) -> (u128, u128) {
        match self.shown {
            Shown::Exact(value) => (u128::from(value), u128::from(value)),
            Shown::Small => (1, u128::from(HIDDEN_TO)),
            Shown::Withheld => (u128::from(HIDDEN_TO) + 1, UNBOUNDED),
        }
    }
}

/// A sum and its parts.
#[derive(Clone, Debug)]
struct Equation {
    sum: usize,
    parts: Vec<usize>,
}

/// The sums of a report.
#[derive(Debug, Default)]
pub(super) struct System {
    cells: Vec<Cell>,
    places: HashMap<Figure, usize>,
    equations: Vec<Equation>,
}

impl System {
    /// Adds a figure that the report shows.
    pub(super) fn figure(&mut self, figure: Figure, value: u64) {
        let small = (1..=HIDDEN_TO).contains(&value);
        let shown = if small { Shown::Small } else { Shown::Exact(value) };
        let next = self.cells.len();
        if *self.places.entry(figure).or_insert(next) == next {
            self.cells.push(Cell { figure, value, shown });
        }
    }

    /// Adds a sum of figures that have been added. One that does not hold in this report tells nothing, and is
    /// left out.
    pub(super) fn sum(&mut self, sum: Figure, parts: impl IntoIterator<Item = Figure>) {
        let Some(sum) = self.places.get(&sum).copied() else { return };
        let parts: Vec<_> = parts.into_iter().filter_map(|part| self.places.get(&part).copied()).collect();
        let value = |cell: usize| self.cells.get(cell).map_or(0, |cell| u128::from(cell.value));
        if value(sum) == parts.iter().map(|part| value(*part)).sum::<u128>() {
            self.equations.push(Equation { sum, parts });
        }
    }

    /// Withholds figures until no equation pins a hidden one down.
    pub(super) fn solve(mut self) -> HashMap<Figure, Shown> {
        let mut of_cell: Vec<Vec<usize>> = vec![Vec::new(); self.cells.len()];
        for (index, equation) in self.equations.iter().enumerate() {
            for cell in equation.parts.iter().chain([&equation.sum]) {
                if let Some(list) = of_cell.get_mut(*cell) {
                    list.push(index);
                }
            }
        }
        let mut waiting: BTreeSet<usize> = (0..self.equations.len()).collect();
        while let Some(index) = waiting.pop_first() {
            // Each turn withholds one more figure, so that this ends.
            while let Some(cell) = self.equations.get(index).and_then(|equation| self.to_withhold(equation)) {
                if let Some(cell) = self.cells.get_mut(cell) {
                    cell.shown = Shown::Withheld;
                }
                waiting.extend(of_cell.get(cell).into_iter().flatten().filter(|other| **other != index));
            }
        }
        self.cells
            .into_iter()
            .filter(|cell| cell.shown.exact().is_none())
            .map(|cell| (cell.figure, cell.shown))
            .collect()
    }

    /// The figure to withhold so that `equation` tells less, when it tells too much: the finest, of those the
    /// smallest. What is coarser than an organisation is only withheld in sums of its own row.
    fn to_withhold(&self, equation: &Equation) -> Option<usize> {
        if !self.pins(equation) {
            return None;
        }
        let row = self.cells.get(equation.sum)?.figure.0;
        let within_row =
            equation.parts.first().and_then(|part| self.cells.get(*part)).map(|part| part.figure.0);
        let within_row = within_row == Some(row) || matches!(row, Row::All | Row::Input);
        let open = |place: &usize| {
            let cell = self.cells.get(*place)?;
            let may = coarseness(cell.figure.0) < PUBLISHED || (within_row && cell.figure.0 == row);
            (may && cell.value > 0 && cell.shown.exact().is_some())
                .then_some(((coarseness(cell.figure.0), cell.value, cell.figure), *place))
        };
        let parts = equation.parts.iter().filter_map(open).min();
        let chosen = parts.into_iter().chain(open(&equation.sum)).min();
        chosen.map(|(_, place)| place)
    }

    /// Whether a hidden figure of the equation can only be one number.
    fn pins(&self, equation: &Equation) -> bool {
        let cell = |place: usize| self.cells.get(place);
        let (mut least, mut most) = (0, 0);
        for bounds in equation.parts.iter().filter_map(|part| cell(*part)).map(Cell::bounds) {
            least += bounds.0;
            most += bounds.1;
        }
        let Some(sum) = cell(equation.sum) else { return false };
        let (sum_least, sum_most) = sum.bounds();
        if sum.shown.exact().is_none() && sum_least.max(least) >= sum_most.min(most) {
            return true;
        }
        equation.parts.iter().filter_map(|part| cell(*part)).any(|part| {
            let (part_least, part_most) = part.bounds();
            let (others_least, others_most) = (least - part_least, most - part_most);
            part.shown.exact().is_none()
                && part_least.max(sum_least.saturating_sub(others_most))
                    >= part_most.min(sum_most.saturating_sub(others_least))
        })
    }
}

/// The coarseness from which on figures are published.
const PUBLISHED: u8 = 4;

/// What is missed least when it is withheld comes first.
const fn coarseness(row: Row) -> u8 {
    match row {
        Row::Host(..) => 0,
        Row::Domain(..) => 1,
        Row::Organisation(..) => 2,
        Row::Branch(..) => 3,
        Row::Source(_) => 4,
        Row::Category(_) => 5,
        Row::All => 6,
        Row::Input => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;
    use proptest::prelude::*;

    /// A sum of organisations' totals, solved: how each part is shown.
    fn solved(parts: &[u64]) -> Vec<Shown> {
        let mut system = System::default();
        let part = |index| Figure(Row::Organisation(0, index), Column::Total);
        let sum = Figure(Row::Organisation(1, 0), Column::Total);
        system.figure(sum, parts.iter().sum());
        for (index, value) in parts.iter().enumerate() {
            system.figure(part(index), *value);
        }
        system.sum(sum, (0..parts.len()).map(part));
        let hidden = system.solve();
        parts
            .iter()
            .enumerate()
            .map(|(index, value)| hidden.get(&part(index)).copied().unwrap_or(Shown::Exact(*value)))
            .collect()
    }

    #[test]
    fn the_smallest_other_part_is_withheld_too() {
        use Shown::{Exact, Small, Withheld};
        assert_eq!(solved(&[10, 3, 20, 0]), [Withheld, Small, Exact(20), Exact(0)]);
        assert_eq!(solved(&[10, 20, 0]), [Exact(10), Exact(20), Exact(0)]);
        assert_eq!(solved(&[10, 3, 2]), [Exact(10), Small, Small]);
        // Of sixteen, four parts below five can only be four each; of four, only one each.
        assert_eq!(solved(&[4, 4, 4, 4, 9]), [Small, Small, Small, Small, Withheld]);
        assert_eq!(solved(&[1, 1, 9]), [Small, Small, Withheld]);
        // A withheld figure is 5 or more: of 6, the other could only be 1.
        assert_eq!(solved(&[1, 5, 30]), [Small, Withheld, Withheld]);
    }

    proptest! {
        /// By trying all numbers: no hidden part is the same in every way to make up the sum, unless nothing is
        /// left to withhold.
        #[test]
        fn nothing_hidden_is_pinned(parts in prop::collection::vec(0..14_u64, 1..5)) {
            let shown = solved(&parts);
            let total: u64 = parts.iter().sum();
            let range = |shown: &Shown| match shown {
                Shown::Exact(value) => *value..=*value,
                Shown::Small => 1..=4,
                Shown::Withheld => 5..=total.max(5),
            };
            let mut ways = vec![Vec::new()];
            for part in &shown {
                ways = ways.iter().flat_map(|way: &Vec<u64>| range(part).map(|value| {
                    let mut way = way.clone();
                    way.push(value);
                    way
                })).collect();
            }
            ways.retain(|way| way.iter().sum::<u64>() == total);
            let sum_is_hidden = (1..=4).contains(&total) || parts.iter().zip(&shown).all(|(value, shown)| *value == 0 || shown.exact().is_none());
            for (index, part) in shown.iter().enumerate() {
                if part.exact().is_none() && !sum_is_hidden {
                    prop_assert!(ways.iter().any(|way| way[index] != parts[index]), "{parts:?} {shown:?}");
                }
            }
        }
    }
}
