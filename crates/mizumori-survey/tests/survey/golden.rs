//! Every rendering, in both languages, against the files in `tests/golden/`.
//!
//! With `MIZUMORI_BLESS` in the environment they are written anew; look at what changed before you keep it.

use std::path::{Path, PathBuf};

use mizumori_core::Lang;
use mizumori_survey::render::{self, WIDE};
use mizumori_survey::{Countermeasures, Detail, Report, View};

use crate::sample::{DISCUSSION, incidents, published, small};

fn check(name: &str, seen: &str) {
    let file: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "golden", name].iter().collect();
    if std::env::var_os("MIZUMORI_BLESS").is_some() {
        std::fs::write(&file, seen).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    if seen != expected {
        let line = seen.lines().zip(expected.lines()).position(|(seen, expected)| seen != expected);
        let line = line.unwrap_or_else(|| seen.lines().count().min(expected.lines().count()));
        let shown = Path::new("tests/golden").join(name);
        panic!(
            "{} differs at line {}:\nseen:     {:?}\nexpected: {:?}\n(set MIZUMORI_BLESS to write it anew)",
            shown.display(),
            line + 1,
            seen.lines().nth(line),
            expected.lines().nth(line)
        );
    }
}

fn views(report: &Report, name: &str, detail: Detail) {
    let incidents = incidents();
    for lang in [Lang::Ja, Lang::En] {
        let view = View {
            lang,
            detail,
            incidents: &incidents,
            discussion: Some(DISCUSSION),
            countermeasures: Countermeasures::BuiltIn,
        };
        check(&format!("{name}.{lang}.html"), &render::html(report, &view));
        check(&format!("{name}.{lang}.md"), &render::markdown(report, &view));
    }
}

#[test]
fn the_incidents_that_ship_are_read() {
    let file: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "incidents", "jp-government.toml"].iter().collect();
    let incidents =
        mizumori_survey::incidents::parse("jp-government.toml", &std::fs::read_to_string(file).unwrap());
    assert_eq!(incidents.unwrap().len(), 8);
}

#[test]
fn published_figures() {
    let report = published();
    assert!(report.adds_up());
    views(&report, "published", Detail::Category);
    for lang in [Lang::Ja, Lang::En] {
        check(
            &format!("published.{lang}.wide.txt"),
            &render::table(&report, lang, Detail::Organisation, WIDE),
        );
        check(
            &format!("published.{lang}.narrow.txt"),
            &render::table(&report, lang, Detail::Organisation, 80),
        );
    }
    check("published.csv", &render::csv(&report, Detail::Category));
}

#[test]
fn small_figures_and_hostile_names() {
    let report = small();
    assert!(report.adds_up());
    views(&report, "small", Detail::Host);
    for lang in [Lang::Ja, Lang::En] {
        check(&format!("small.{lang}.txt"), &render::table(&report, lang, Detail::Host, 100));
    }
    check("small.csv", &render::csv(&report, Detail::Host));
    check("small.organisations.csv", &render::csv(&report, Detail::Organisation));
    check("small.json", &render::json(&report, Detail::Host).unwrap());
    check("small.categories.json", &render::json(&report, Detail::Category).unwrap());
}
