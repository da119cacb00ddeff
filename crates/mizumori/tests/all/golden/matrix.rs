//! Every case in every encoding and every container: always the same records.

use std::collections::BTreeMap;
use std::fmt::Write;

use mizumori_scan::{PieceSizes, Wanted};
use mizumori_world::pack::Member;

use super::cases::{self, Case};
use super::charsets::{ALWAYS, Charset};
use super::containers::{ARCHIVES, Container, STREAMS, member};
use super::library::{How, held, scan};

/// Gathers what differs, so that one run shows everything.
#[derive(Default)]
struct Differences {
    /// What differs, and in which combinations.
    found: BTreeMap<String, Vec<String>>,
    runs: usize,
}

impl Differences {
    fn check(&mut self, what: &str, seen: &[String], expected: &[String]) {
        self.runs += 1;
        if seen == expected {
            return;
        }
        let mut text = String::new();
        for line in expected.iter().filter(|line| !seen.contains(line)) {
            writeln!(text, "  - {line}").unwrap();
        }
        for line in seen.iter().filter(|line| !expected.contains(line)) {
            writeln!(text, "  + {line}").unwrap();
        }
        if seen.len() == expected.len() && seen.iter().all(|line| expected.contains(line)) {
            writeln!(text, "  in another order").unwrap();
        }
        self.found.entry(text).or_default().push(what.to_owned());
    }

    #[track_caller]
    fn end(self, least: usize) {
        let shown = self.found.iter().fold(String::new(), |shown, (text, combinations)| {
            let (first, more) = combinations.split_first().unwrap();
            format!("{shown}{first}, and {} more\n{text}", more.len())
        });
        assert!(shown.is_empty(), "- expected, + seen\n{shown}");
        assert!(self.runs >= least, "only {} combinations were tried", self.runs);
    }
}

/// The records of the dump called `name`: a stream's have its name, an archive's member has that as its beginning.
fn of_dump(outcome: &super::library::Outcome, name: &str) -> Vec<String> {
    let inside = format!("{name}!");
    let is_its = |member: &str| member == name || member.starts_with(&inside);
    outcome
        .members
        .iter()
        .filter(|(member, _)| is_its(member))
        .flat_map(|(_, records)| records.clone())
        .collect()
}

/// The text as it is, without an end of its last line, and with the line ends of Windows and of old Macs.
fn line_ends(case: &Case) -> Vec<(&'static str, String)> {
    let mut texts =
        vec![("LF", case.text.clone()), ("no last LF", case.text.trim_end_matches('\n').to_owned())];
    if case.any_line_end {
        texts.push(("CRLF", case.text.replace('\n', "\r\n")));
        texts.push(("CR", case.text.replace('\n', "\r")));
    }
    texts
}

/// Pieces far smaller than the texts.
const TINY: PieceSizes = PieceSizes { range: 64, block: 64 };

#[test]
fn every_encoding_and_line_end_by_both_ways() {
    let watch = cases::watch_list();
    let mut differences = Differences::default();
    for case in cases::all() {
        let mut dumps = Vec::new();
        for charset in &case.charsets {
            for (ends, text) in line_ends(&case) {
                dumps.push(held(&format!("{} in {charset:?}, {ends}", case.name), &charset.encode(&text)));
            }
        }
        for (wanted, expected) in
            [(Wanted::All, case.expected.clone()), (Wanted::Watched, case.expected_watched())]
        {
            for pieces in [PieceSizes::default(), TINY] {
                let outcome = scan(&How { pieces, ..How::new(&watch, wanted) }, &dumps);
                assert_eq!(outcome.unreadable, [], "{}", case.name);
                for dump in &dumps {
                    let name = dump.name.as_str();
                    differences.check(
                        &format!("{name}, {wanted:?}, pieces of {}", pieces.range),
                        &of_dump(&outcome, name),
                        &expected,
                    );
                }
            }
        }
    }
    differences.end(5900);
}

/// Every case in every encoding, each in all of `containers`.
#[track_caller]
fn check_containers(containers: &[Container], least: usize) {
    let watch = cases::watch_list();
    let mut differences = Differences::default();
    for case in cases::all() {
        let mut dumps = Vec::new();
        for charset in &case.charsets {
            let bytes = charset.encode(&case.text);
            for (number, container) in containers.iter().enumerate() {
                let packed = (container.pack)(&[member(number, &bytes)]);
                dumps.push(held(&format!("{} in {charset:?} in {}", case.name, container.name), &packed));
            }
        }
        let outcome = scan(&How::new(&watch, Wanted::All), &dumps);
        assert_eq!(outcome.unreadable, [], "{}", case.name);
        for dump in &dumps {
            differences.check(dump.name.as_str(), &of_dump(&outcome, dump.name.as_str()), &case.expected);
        }
    }
    differences.end(least);
}

#[test]
fn every_encoding_in_every_stream() {
    check_containers(&STREAMS, 3000);
}

#[test]
fn every_encoding_in_every_archive() {
    check_containers(&ARCHIVES, 5200);
}

/// The cases beside each other in one archive, each member with an encoding and a format of its own.
#[test]
fn all_cases_in_one_archive() {
    let watch = cases::watch_list();
    let cases = cases::all();
    let mut members = Vec::new();
    let mut expected = Vec::new();
    for case in &cases {
        let own = case.charsets.get(ALWAYS.len()..).unwrap().iter().copied();
        for charset in own.chain([ALWAYS[0], Charset::Utf16Be]) {
            let name = format!("{}/{charset:?}/Пароли.txt", case.name);
            members.push(Member { name: name.clone(), bytes: charset.encode(&case.text) });
            expected.push((name, &case.expected));
        }
    }
    let mut differences = Differences::default();
    for container in &ARCHIVES {
        let outcome = scan(&How::new(&watch, Wanted::All), &[held("a", &(container.pack)(&members))]);
        assert_eq!(outcome.unreadable, [], "{}", container.name);
        for (name, expected) in &expected {
            let inside = format!("!{name}");
            let seen = outcome.members.iter().find(|(member, _)| member.ends_with(&inside));
            let seen = seen.map(|(_, records)| records.as_slice()).unwrap_or_default();
            differences.check(&format!("{name} in {}", container.name), seen, expected);
        }
    }
    differences.end(2000);
}
