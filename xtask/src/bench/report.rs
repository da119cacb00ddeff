//! Prints a case's results as a table, and below it which bars are met. This is data: it goes to standard output.

use std::io::{self, Write};

use anyhow::Result;

use super::Case;
use super::bars::{self, Verdict, ratio};
use super::data::Input;
use super::measure::{Role, Runs};

/// Prints the table of one case.
pub(super) fn print(case: Case, input: &Input, results: &[Runs]) -> Result<()> {
    let text = render(case, input.totals.lines, input.totals.bytes, results);
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

fn render(case: Case, lines: u64, bytes: u64, results: &[Runs]) -> String {
    let rounds = results.first().map_or(0, Runs::count);
    let mut text = format!(
        "\n{}: {lines} lines, {:.1} MB, in the page cache, {rounds} rounds in turn\n",
        super::name(case),
        bytes as f64 / 1e6
    );
    text.push_str(&format!(
        "  {:<26}{:>10}{:>10}{:>10}{:>12}{:>9}\n",
        "program", "median", "fastest", "slowest", "peak MB", "× ours"
    ));
    let ours = results.iter().find(|runs| runs.role == Role::Ours);
    for runs in results {
        let times =
            ours.map_or_else(String::new, |ours| format!("{:.2}", ratio(runs.median(), ours.median())));
        text.push_str(&format!(
            "  {:<26}{:>8.3} s{:>8.3} s{:>8.3} s{:>12.1}{:>9}\n",
            runs.name,
            runs.median().as_secs_f64(),
            runs.fastest().as_secs_f64(),
            runs.slowest().as_secs_f64(),
            runs.peak_memory as f64 / 1e6,
            times
        ));
        if let Some(told) = &runs.told {
            text.push_str(&format!("    {told}\n"));
        }
    }
    for bar in bars::judge(case, lines, results) {
        let verdict = match bar.verdict {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::NotMeasured => "not judged",
        };
        text.push_str(&format!("  {verdict:<11} {}: {}\n", bar.asks, bar.measured));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_table_shows_medians_and_ratios() {
        let milliseconds =
            |times: &[u64]| times.iter().copied().map(Duration::from_millis).collect::<Vec<_>>();
        let results = [
            Runs::of("ours", Role::Ours, &milliseconds(&[100, 200, 300]), 3_000_000),
            Runs::of("theirs", Role::LineFinder, &milliseconds(&[1_000, 1_000, 1_000]), 1_000_000),
        ];
        let text = render(Case::Survey, 20, 1_000_000, &results);
        assert_eq!(
            text,
            "\nsurvey: 20 lines, 1.0 MB, in the page cache, 3 rounds in turn\n  \
             program                       median   fastest   slowest     peak MB   × ours\n  \
             ours                         0.200 s   0.100 s   0.300 s         3.0     1.00\n  \
             theirs                       1.000 s   1.000 s   1.000 s         1.0     5.00\n  \
             not judged  at most 0.40 s: 0.20 s\n  \
             not judged  peak memory at most 200 MB: 3 MB\n  \
             met         at least 4.0 × as fast as the faster ripgrep: 5.0 ×\n  \
             not judged  at least 20.0 × as fast as the fastest database: not installed\n"
        );
    }
}
