//! Bars: a category's years, the categories' years beside each other, the categories' totals.

use unicode_width::UnicodeWidthStr as _;

use super::scale::Scale;
use super::{ACCENT, Anchor, DARK, FAINT, GRID, INK, LIGHT, WIDTH, haloed, line, rectangle, text};
use crate::document::{Bar, Series};
use crate::words::number::grouped;

const LEFT: f64 = 58.0;
const RIGHT: f64 = 8.0;
const HEIGHT: f64 = 290.0;
const BOTTOM: f64 = 30.0;

/// The room that bars stand in.
struct Room {
    top: f64,
    scale: Scale,
    /// The width that each year has.
    slot: f64,
}

impl Room {
    fn new(top: f64, largest: u64, slots: usize) -> Self {
        Self { top, scale: Scale::to(largest), slot: (WIDTH - LEFT - RIGHT) / slots.max(1) as f64 }
    }

    fn floor() -> f64 {
        HEIGHT - BOTTOM
    }

    fn y(&self, value: u64) -> f64 {
        Self::floor() - (Self::floor() - self.top) * self.scale.part(value)
    }

    fn axis(&self) -> String {
        let mut out = String::new();
        for value in self.scale.lines() {
            let y = self.y(value);
            let (stroke, width) = if value == 0 { (INK, 1.0) } else { (GRID, 0.7) };
            out.push_str(&line((LEFT, y), (WIDTH - RIGHT, y), stroke, width));
            out.push_str(&text(LEFT - 7.0, y + 3.6, 10.5, Anchor::End, FAINT, &grouped(value)));
        }
        out
    }

    /// The years below the axis, as many as have room.
    fn labels<'a>(&self, labels: impl Iterator<Item = &'a str>) -> String {
        let every = (36.0 / self.slot).ceil().max(1.0) as usize;
        labels
            .enumerate()
            .filter(|(index, _)| index % every == 0)
            .map(|(index, label)| {
                text(self.middle(index), Self::floor() + 17.0, 11.0, Anchor::Middle, INK, label)
            })
            .collect()
    }

    fn middle(&self, index: usize) -> f64 {
        LEFT + self.slot * (index as f64 + 0.5)
    }
}

pub(super) fn years(bars: &[Bar]) -> (f64, String) {
    let tallest =
        |bar: &Bar| bar.projected.as_ref().map_or(bar.value, |(projected, _)| bar.value.max(*projected));
    let room = Room::new(22.0, bars.iter().map(tallest).max().unwrap_or(0), bars.len());
    let mut out = room.axis();
    let width = (room.slot * 0.62).min(54.0);
    // The labels of all bars must fit side by side; else only those that stand out are labelled.
    let (size, all) = if room.slot >= 44.0 { (10.5, true) } else { (9.5, room.slot >= 38.0) };
    for (index, bar) in bars.iter().enumerate() {
        let (left, middle) = (room.middle(index) - width / 2.0, room.middle(index));
        let top = room.y(bar.value);
        if let Some((projected, label)) = &bar.projected {
            let y = room.y(*projected);
            let style =
                format!("fill=\"none\" stroke=\"{DARK}\" stroke-width=\"1\" stroke-dasharray=\"3 2\"");
            out.push_str(&rectangle((left, y), (width, (top - y).max(0.0)), &style));
            // Two labels need the height of a line between them.
            let clear = (top - y).max(13.0);
            out.push_str(&text(
                middle,
                top - clear - 4.0,
                size,
                Anchor::Middle,
                FAINT,
                &format!("({label})"),
            ));
        }
        let (fill, weight) = if bar.outstanding { (DARK, INK) } else { (LIGHT, FAINT) };
        if bar.value > 0 {
            let height = (Room::floor() - top).max(0.8);
            out.push_str(&rectangle(
                (left, Room::floor() - height),
                (width, height),
                &format!("fill=\"{fill}\""),
            ));
        }
        if all || bar.outstanding {
            out.push_str(&haloed(middle, top - 4.0, size, weight, &bar.shown));
        }
    }
    out.push_str(&room.labels(bars.iter().map(|bar| bar.label.as_str())));
    (HEIGHT, out)
}

pub(super) fn compared(years: &[String], series: &[Series], id: &str) -> (f64, String) {
    let largest = series.iter().flat_map(|series| &series.values).copied().max().unwrap_or(0);
    let room = Room::new(34.0, largest, years.len());
    let mut out = patterns(id);
    out.push_str(&room.axis());
    let width = (room.slot * 0.8 / series.len().max(1) as f64).min(26.0);
    let group = width * series.len() as f64;
    let mut legend = LEFT;
    for (place, series) in series.iter().enumerate() {
        let style = fill(place, id);
        for (index, value) in series.values.iter().enumerate().filter(|(_, value)| **value > 0) {
            let left = room.middle(index) - group / 2.0 + width * place as f64;
            let height = (Room::floor() - room.y(*value)).max(0.8);
            out.push_str(&rectangle(
                (left, Room::floor() - height),
                ((width - 1.0).max(0.8), height),
                &style,
            ));
        }
        out.push_str(&rectangle((legend, 6.0), (14.0, 11.0), &style));
        out.push_str(&text(legend + 20.0, 15.5, 11.5, Anchor::Start, INK, &series.name));
        legend += 44.0 + 11.5 * series.name.width() as f64 * 0.55;
    }
    out.push_str(&room.labels(years.iter().map(String::as_str)));
    (HEIGHT, out)
}

/// Solid, hatched, dotted and empty: they differ without any colour.
fn patterns(id: &str) -> String {
    format!(
        "<defs><pattern id=\"{id}-hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect width=\"5\" height=\"5\" fill=\"#fff\"/><rect width=\"2.4\" height=\"5\" fill=\"{ACCENT}\"/></pattern>\
         <pattern id=\"{id}-dots\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">\
         <rect width=\"5\" height=\"5\" fill=\"#fff\"/><circle cx=\"2.5\" cy=\"2.5\" r=\"1.3\" fill=\"{INK}\"/></pattern></defs>\n"
    )
}

fn fill(place: usize, id: &str) -> String {
    match place {
        0 => format!("fill=\"{DARK}\" stroke=\"{DARK}\" stroke-width=\"0.7\""),
        1 => format!("fill=\"url(#{id}-hatch)\" stroke=\"{ACCENT}\" stroke-width=\"0.9\""),
        2 => format!("fill=\"url(#{id}-dots)\" stroke=\"{INK}\" stroke-width=\"0.9\""),
        _ => format!("fill=\"#fff\" stroke=\"{INK}\" stroke-width=\"0.9\""),
    }
}

/// Lying bars, one below the other, with their names above them.
pub(super) fn totals(bars: &[Bar]) -> (f64, String) {
    const ROW: f64 = 40.0;
    let scale = Scale::to(bars.iter().map(|bar| bar.value).max().unwrap_or(0));
    let full = WIDTH - 100.0;
    let mut out = String::new();
    for (index, bar) in bars.iter().enumerate() {
        let top = ROW * index as f64;
        let length = (full * scale.part(bar.value)).max(0.8);
        out.push_str(&text(0.0, top + 13.0, 11.5, Anchor::Start, INK, &bar.label));
        out.push_str(&rectangle((0.0, top + 18.0), (length, 14.0), &format!("fill=\"{DARK}\"")));
        out.push_str(&text(length + 8.0, top + 29.0, 11.5, Anchor::Start, INK, &bar.shown));
    }
    (ROW * bars.len().max(1) as f64, out)
}
