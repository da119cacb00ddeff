//! Numbered marks on a span of months.

use mizumori_core::Month;

use super::{Anchor, DARK, FAINT, INK, WIDTH, line, text};
use crate::document::Mark;

const LEFT: f64 = 16.0;
const RADIUS: f64 = 9.0;
/// The height of a row of marks: those that would lie on each other stand above each other.
const ROW: f64 = 23.0;

pub(super) fn render(from: Month, to: Month, marks: &[Mark]) -> (f64, String) {
    let months = f64::from(from.months_until(to).saturating_add(1).max(1));
    let x = |at: f64| LEFT + (WIDTH - 2.0 * LEFT) * (at / months).clamp(0.0, 1.0);

    // Marks come in the order of their dates: each takes the lowest row that is free there.
    let mut ends: Vec<f64> = Vec::new();
    let mut placed = Vec::new();
    for mark in marks {
        let place = x(mark.at);
        let row = ends.iter().position(|end| end + 2.0 * RADIUS + 3.0 <= place).unwrap_or(ends.len());
        match ends.get_mut(row) {
            Some(end) => *end = place,
            None => ends.push(place),
        }
        placed.push((place, row, mark.number));
    }
    let floor = 14.0 + ROW * ends.len().max(1) as f64;
    let mut out = line((LEFT, floor), (WIDTH - LEFT, floor), INK, 1.2);
    let years = i32::from(to.year()) - i32::from(from.year()) + 1;
    let every = (years / 16 + 1).max(1);
    for year in from.year()..=to.year() {
        let start = Month::first_of(year).map_or(0, |first| from.months_until(first)).max(0);
        let at = x(f64::from(start));
        out.push_str(&line((at, floor - 4.0), (at, floor + 4.0), INK, 1.0));
        let next = f64::from(start + 12 - if year == from.year() { i32::from(from.month()) - 1 } else { 0 });
        let end = x(next.min(months));
        if i32::from(year - from.year()) % every == 0 && end - at > 20.0 {
            out.push_str(&text(
                f64::midpoint(at, end),
                floor + 17.0,
                10.5,
                Anchor::Middle,
                FAINT,
                &year.to_string(),
            ));
        }
    }
    out.push_str(&line((WIDTH - LEFT, floor - 4.0), (WIDTH - LEFT, floor + 4.0), INK, 1.0));
    for (place, row, number) in placed {
        let y = floor - 13.0 - ROW * row as f64;
        out.push_str(&line((place, y), (place, floor), DARK, 0.8));
        out.push_str(&format!(
            "<circle cx=\"{place:.1}\" cy=\"{y:.1}\" r=\"{RADIUS:.1}\" fill=\"{DARK}\"/>\n"
        ));
        out.push_str(&text(place, y + 3.8, 10.5, Anchor::Middle, "#fff", &number.to_string()));
    }
    (floor + 24.0, out)
}
