//! The bars that the design sets, and whether a bench's results meet them.
//!
//! They hold for lists of 20 million lines on two cores. Ratios are judged at any length; times and memory only at the
//! length they were set for.

use std::time::Duration;

use super::Case;
use super::data::{LARGE, LOOKUPS_PART, half_list};
use super::measure::{Role, Runs};

/// The lines of the lists that the bars are for.
pub(super) const LINES: u64 = 20_000_000;

/// Bytes of a megabyte.
const MB: u64 = 1_000_000;

/// One bar: what it asks, and what was measured.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) asks: String,
    pub(super) measured: String,
    pub(super) verdict: Verdict,
}

/// Whether a bar is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    Missed,
    /// Who it compares with is not installed, or the list has another length.
    NotMeasured,
}

/// The bars of a case, judged.
pub(super) fn judge(case: Case, lines: u64, results: &[Runs]) -> Vec<Bar> {
    let (at_length, large) = (lines == LINES, lines == LINES * LARGE);
    match case {
        Case::Survey | Case::NoHit => vec![
            time(results, 0.40, at_length),
            memory(results, 200, at_length),
            faster(results, Role::LineFinder, 4.0, "the faster ripgrep"),
            faster(results, Role::Database, 20.0, "the fastest database"),
        ],
        Case::Urls => vec![time(results, 1.2, at_length)],
        Case::Gzip => vec![faster(results, Role::Unpacker, 1.0, "unpacking alone")],
        // Half of the time or more goes into opening and reading.
        Case::SmallFiles => vec![faster(results, Role::Naive, 0.5, "opening and reading them")],
        Case::Unique => vec![time(results, 8.0, at_length), memory(results, 1_000, at_length)],
        // 0.3 ms an account.
        Case::Lookups => vec![time(results, 0.3, lines == LINES / LOOKUPS_PART)],
        Case::Lake => vec![time(results, 12.0, at_length), memory(results, 2_147, at_length)],
        Case::Large => {
            vec![rate(results, lines, 0.7, large), size(results, 20.0), memory(results, 2_147, large)]
        }
        Case::Account => vec![time(results, 0.03, large)],
        Case::Domain => vec![time(results, 0.1, large)],
        // 400 MB/s, lines of 44 bytes; out of order three times as long.
        Case::Guard => vec![time(results, 2.2, at_length), memory(results, 1_074, at_length)],
        Case::GuardShuffled => vec![time(results, 6.6, at_length), memory(results, 1_074, at_length)],
        Case::Loop => vec![time(results, 10.0, lines == LINES / 5 * 7)],
        Case::Backlog => vec![time(results, 60.0, true)],
        // For what answers the same at the same time.
        Case::GuardRange => vec![faster(results, Role::Server, 1.0, "nginx")],
        // 0.4 µs a hash.
        Case::GuardCheck => vec![time(results, 0.4, true), faster(results, Role::Naive, 2.0, "the text")],
        // Nothing is asked of it but that it is known.
        Case::GuardPrivate => Vec::new(),
        Case::Cluster => vec![faster(results, Role::Naive, 1.7, "one executor")],
        Case::Domains => vec![
            time(results, 4.3, at_length),
            memory(results, 1_000, at_length),
            faster(results, Role::Database, 3.0, "the fastest database"),
        ],
    }
}

fn time(results: &[Runs], seconds: f64, at_length: bool) -> Bar {
    let median = ours(results).map(Runs::median);
    Bar {
        asks: format!("at most {}", shown(seconds)),
        measured: median.map_or_else(String::new, |median| shown(median.as_secs_f64())),
        verdict: verdict(median.filter(|_| at_length).map(|median| median.as_secs_f64() <= seconds)),
    }
}

fn shown(seconds: f64) -> String {
    if seconds < 0.2 { format!("{:.0} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

/// Lines a second, of those of the run with fewer lines.
fn rate(results: &[Runs], lines: u64, share: f64, at_length: bool) -> Bar {
    let fewer = results.iter().find(|runs| runs.role == Role::Fewer);
    let each = |runs: &Runs, lines: u64| runs.median().as_secs_f64() / lines.max(1) as f64;
    let measured =
        ours(results).zip(fewer).map(|(ours, fewer)| each(fewer, half_list(lines)) / each(ours, lines));
    Bar {
        asks: format!("at least {:.0} % of the lines a second of half a list", share * 100.0),
        measured: measured.map_or_else(String::new, |measured| format!("{:.0} %", measured * 100.0)),
        verdict: verdict(measured.filter(|_| at_length).map(|measured| measured >= share)),
    }
}

/// Bytes of a row of the lake.
fn size(results: &[Runs], bytes: f64) -> Bar {
    let measured = ours(results).and_then(|runs| runs.row_bytes);
    Bar {
        asks: format!("at most {bytes:.1} bytes a row"),
        measured: measured.map_or_else(String::new, |measured| format!("{measured:.1}")),
        verdict: verdict(measured.map(|measured| measured <= bytes)),
    }
}

fn memory(results: &[Runs], megabytes: u64, at_length: bool) -> Bar {
    let peak = ours(results).map(|runs| runs.peak_memory);
    Bar {
        asks: format!("peak memory at most {megabytes} MB"),
        measured: peak.map_or_else(String::new, |peak| format!("{} MB", peak / MB)),
        verdict: verdict(peak.filter(|_| at_length).map(|peak| peak <= megabytes * MB)),
    }
}

/// At least so many times as fast as the fastest of a role.
fn faster(results: &[Runs], than: Role, times: f64, whom: &str) -> Bar {
    let other = results.iter().filter(|runs| runs.role == than).map(Runs::median).min();
    let ratio = ours(results).zip(other).map(|(ours, other)| ratio(other, ours.median()));
    Bar {
        asks: format!("at least {times:.1} × as fast as {whom}"),
        measured: ratio.map_or_else(|| "not installed".to_owned(), |ratio| format!("{ratio:.1} ×")),
        verdict: verdict(ratio.map(|ratio| ratio >= times)),
    }
}

/// How many times `one` is as long as `other`.
pub(super) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(f64::MIN_POSITIVE)
}

fn ours(results: &[Runs]) -> Option<&Runs> {
    results.iter().find(|runs| runs.role == Role::Ours)
}

fn verdict(met: Option<bool>) -> Verdict {
    match met {
        Some(true) => Verdict::Met,
        Some(false) => Verdict::Missed,
        None => Verdict::NotMeasured,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(role: Role, milliseconds: u64, megabytes: u64) -> Runs {
        Runs::of("a", role, &[Duration::from_millis(milliseconds)], megabytes * MB)
    }

    #[test]
    fn bars_are_judged_by_medians() {
        let check = |lines: u64, results: &[Runs], expected: [Verdict; 4]| {
            let verdicts: Vec<Verdict> =
                judge(Case::Survey, lines, results).iter().map(|bar| bar.verdict).collect();
            assert_eq!(verdicts, expected);
        };
        use Verdict::{Met, Missed, NotMeasured};
        check(LINES, &[runs(Role::Ours, 300, 100)], [Met, Met, NotMeasured, NotMeasured]);
        check(LINES, &[runs(Role::Ours, 500, 300)], [Missed, Missed, NotMeasured, NotMeasured]);
        check(1_000, &[runs(Role::Ours, 300, 100)], [NotMeasured, NotMeasured, NotMeasured, NotMeasured]);
        let two = [
            runs(Role::Ours, 300, 100),
            runs(Role::LineFinder, 1_800, 10),
            runs(Role::LineFinder, 1_100, 10),
            runs(Role::Database, 9_000, 10),
        ];
        check(LINES, &two, [Met, Met, Missed, Met]);
    }
}
