//! Decides every exposure of the demo world before a byte of it is written.
//!
//! A plan holds what is true: which account stands in which member of which source, with which secret, and what a
//! correct count makes of it. The noise around the exposures is none of its business.

use std::collections::HashMap;

use super::bodies::{Body, bodies, hosts};
use super::catalogue::catalogue;
use super::people::{POPULATION, Spelling, local_part, spell};
use super::published::{Category, target};
use super::secrets::{absent_secret, hash_of_nothing, secret};
use super::source::{Layout, Quota, SourceSpec, When};
use crate::encode::Charset;
use crate::format::FieldOrder;
use crate::random::{Random, mix};

/// The seed of the demo world.
pub(crate) const SEED: u64 = 20_210_531;

/// Where in a record the account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// It is the login, or the address of the text.
    Login,
    /// It is a second address of a record whose login nobody watches.
    SecondAddress,
    /// It stands in the query of the record's URL.
    UrlQuery,
    /// There is no watched account; the record's URL is on a watched site.
    SiteOnly,
}

/// What a correct count makes of an exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Counts in its year.
    Counted,
    /// The account stands with a secret in the same place and time already, in the same source.
    Duplicate,
    /// The same, and only another source of that place and time has it: the source's own figure counts it.
    DuplicateOfOtherSource,
    /// No secret stands with it.
    WithoutSecret,
    /// Its month is known and outside the period.
    OutsidePeriod,
    /// Nobody on the list held its domain in that month.
    OutsideValidity,
    /// Its source is not public or is fabricated.
    NotSurveyed,
    /// Its month is not known.
    UnknownMonth,
    /// Matched by site alone: none of the survey's numbers.
    SiteOnly,
}

/// One watched account in one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The canonical account; empty for [`Slot::SiteOnly`].
    pub account: String,
    /// As it is written in the dump.
    pub written: String,
    /// The secret as it is handed to the format's writer.
    pub secret: String,
    /// Where it stands.
    pub slot: Slot,
    /// Index of the file in its source.
    pub file: usize,
    /// Index of the member in its file.
    pub member: usize,
    /// Index of its organisation in the plan's bodies; of the former holder for [`Fate::OutsideValidity`].
    pub body: usize,
    /// What a correct count makes of it.
    pub fate: Fate,
}

/// A source with its exposures.
#[derive(Debug, Clone)]
pub struct PlannedSource {
    /// Its specification.
    pub spec: SourceSpec,
    /// The exposures, in the order in which they were decided.
    pub exposures: Vec<Exposure>,
}

/// The whole world.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The watched organisations.
    pub bodies: Vec<Body>,
    /// The sources.
    pub sources: Vec<PlannedSource>,
}

/// Makes the plan: the same every time.
#[must_use]
pub fn plan() -> Plan {
    let bodies = bodies();
    let specs = catalogue();
    let quotas: Vec<[u64; 2]> = quotas(&specs);
    let mut people = People::default();
    let mut earlier: HashMap<(String, When), Vec<Exposure>> = HashMap::new();
    let mut sources = Vec::with_capacity(specs.len());
    for (spec, quota) in specs.into_iter().zip(quotas) {
        let group = (folded_place(spec.place), spec.leaked.when());
        let shared = earlier.get(&group).map_or(&[][..], Vec::as_slice);
        let exposures = Planner::new(&bodies, &spec, &group.0, &mut people).plan(quota, shared);
        earlier
            .entry(group)
            .or_default()
            .extend(exposures.iter().filter(|e| e.fate == Fate::Counted).cloned());
        sources.push(PlannedSource { spec, exposures });
    }
    Plan { bodies, sources }
}

/// A place as the duplicate rule compares it: full-width letters folded, trimmed, lower case.
pub(crate) fn folded_place(place: &str) -> String {
    let folded: String = place
        .chars()
        .map(|c| match u32::from(c) {
            0x3000 => ' ',
            wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .collect();
    folded.trim().to_lowercase()
}

/// How many accounts of each category a source gets: its year's target by weight, the year's last source the rest.
fn quotas(specs: &[SourceSpec]) -> Vec<[u64; 2]> {
    let year_of = |spec: &SourceSpec| spec.leaked.when().month().map(|(year, _)| year);
    let mut given: HashMap<u16, ([u64; 2], u64)> = HashMap::new();
    let mut quotas = Vec::with_capacity(specs.len());
    for spec in specs {
        quotas.push(match spec.quota {
            Quota::Nothing => [0, 0],
            Quota::Fixed(ministry, affiliated) => [ministry, affiliated],
            Quota::Share(weight) => {
                let Some(year) = year_of(spec) else {
                    quotas.push([0, 0]);
                    continue;
                };
                let all: u64 = specs
                    .iter()
                    .filter(|other| year_of(other) == Some(year))
                    .map(|other| if let Quota::Share(weight) = other.quota { weight } else { 0 })
                    .sum();
                let (counts, weights) = given.entry(year).or_default();
                *weights += weight;
                let mut quota = [0, 0];
                for ((category, count), slot) in Category::ALL.into_iter().zip(counts).zip(&mut quota) {
                    // What all sources so far should have, less what they have.
                    let due = target(category, year) * *weights / all.max(1);
                    *slot = due - *count;
                    *count = due;
                }
                quota
            }
        });
    }
    quotas
}

/// Hands out people so that none is given twice to one place and time.
#[derive(Default)]
struct People {
    given: HashMap<(String, When, usize), usize>,
}

impl People {
    /// The number of a person of body `body` that this place and time has not had yet.
    fn next(&mut self, place: &str, when: When, body: usize) -> usize {
        let taken = self.given.entry((place.to_owned(), when, body)).or_insert(0);
        let start = Random::named(SEED ^ body as u64, &format!("{place} {when:?}")).below(POPULATION);
        let person = (start + *taken * 7_919) % POPULATION;
        *taken += 1;
        person
    }
}

struct Planner<'a> {
    bodies: &'a [Body],
    spec: &'a SourceSpec,
    place: &'a str,
    when: When,
    people: &'a mut People,
    random: Random,
    hosts: Vec<Vec<String>>,
    exposures: Vec<Exposure>,
}

impl<'a> Planner<'a> {
    fn new(bodies: &'a [Body], spec: &'a SourceSpec, place: &'a str, people: &'a mut People) -> Self {
        let when = spec.leaked.when();
        let hosts = bodies.iter().map(|body| hosts(body, when.month())).collect();
        let random = Random::named(SEED, spec.id);
        Self { bodies, spec, place, when, people, random, hosts, exposures: Vec::new() }
    }

    fn plan(mut self, quota: [u64; 2], shared: &[Exposure]) -> Vec<Exposure> {
        let fate = self.fate();
        for (category, count) in Category::ALL.into_iter().zip(quota) {
            for _ in 0..count {
                let body = self.draw_body(category);
                let account = self.new_account(body);
                self.push(account, body, Slot::Login, fate);
            }
        }
        // What is read and not surveyed stays simple: the order of the reasons is not what it is there to show.
        if matches!(fate, Fate::Counted | Fate::UnknownMonth) {
            self.repeat_some();
            self.repeat_shared(shared);
        }
        if fate == Fate::Counted {
            self.add_without_secret();
            self.add_former_domain();
        }
        self.add_site_only();
        self.exposures
    }

    fn fate(&self) -> Fate {
        if !self.spec.surveyed() {
            Fate::NotSurveyed
        } else if self.when == When::Unknown {
            Fate::UnknownMonth
        } else if self.when.in_period() {
            Fate::Counted
        } else {
            Fate::OutsidePeriod
        }
    }

    /// One body of the category, the first ones far more often than the last.
    fn draw_body(&mut self, category: Category) -> usize {
        let weights: Vec<(usize, usize)> = self
            .bodies
            .iter()
            .enumerate()
            .filter(|(_, body)| body.category == category)
            .enumerate()
            .map(|(rank, (index, _))| (index, 60_000 / (rank + 2)))
            .collect();
        let sum = weights.iter().map(|(_, weight)| weight).sum();
        let mut drawn = self.random.below(sum);
        for (index, weight) in weights {
            if drawn < weight {
                return index;
            }
            drawn -= weight;
        }
        0
    }

    fn new_account(&mut self, body: usize) -> String {
        let person = self.people.next(self.place, self.when, body);
        let hosts = self.hosts.get(body).map_or(&[][..], Vec::as_slice);
        let host = hosts.get(mix(person as u64) as usize % hosts.len().max(1)).map_or("", String::as_str);
        format!("{}@{host}", local_part(person))
    }

    /// A member of the source, by its number of lines; one that holds secrets where they are wanted.
    fn draw_member(&mut self, wanted: impl Fn(&Layout) -> bool) -> Option<(usize, usize)> {
        let candidates: Vec<(usize, usize, usize)> = self
            .spec
            .files
            .iter()
            .enumerate()
            .flat_map(|(file, spec)| {
                spec.members.iter().enumerate().map(move |(index, member)| (file, index, member))
            })
            .filter(|(_, _, member)| wanted(&member.layout))
            .map(|(file, index, member)| (file, index, member.noise.max(1)))
            .collect();
        let sum = candidates.iter().map(|(_, _, weight)| weight).sum();
        let mut drawn = self.random.below(sum);
        for (file, index, weight) in candidates {
            if drawn < weight {
                return Some((file, index));
            }
            drawn -= weight;
        }
        None
    }

    fn push(&mut self, account: String, body: usize, slot: Slot, fate: Fate) {
        let without = fate == Fate::WithoutSecret;
        let place = self.draw_member(|layout| match slot {
            Slot::Login => without || layout.holds_secrets(),
            Slot::SecondAddress => layout.holds_second_address(),
            Slot::UrlQuery => is_url_first(layout),
            Slot::SiteOnly => layout.holds_urls(),
        });
        let Some((file, member)) = place else { return };
        let Some(spec) = self.spec.files.get(file).and_then(|file| file.members.get(member)) else { return };
        let spelling = draw_spelling(&mut self.random, &spec.layout, spec.charset);
        let written = match slot {
            Slot::Login => spell(&account, spelling),
            Slot::SecondAddress | Slot::UrlQuery | Slot::SiteOnly => account.clone(),
        };
        let secret = match (without, slot) {
            (true, Slot::Login) => match hash_of_nothing(spec.secrets) {
                Some(hash) if self.random.one_in(2) => hash.to_owned(),
                _ => absent_secret(&mut self.random, &spec.layout).to_owned(),
            },
            _ => secret(&mut self.random, spec),
        };
        self.exposures.push(Exposure { account, written, secret, slot, file, member, body, fate });
    }

    /// One account in twelve stands there again: in another spelling, with another secret, in another file.
    fn repeat_some(&mut self) {
        let originals: Vec<(String, usize)> = self
            .exposures
            .iter()
            .filter(|_| self.random.one_in(12))
            .map(|exposure| (exposure.account.clone(), exposure.body))
            .collect();
        for (account, body) in originals {
            self.push(account, body, Slot::Login, Fate::Duplicate);
        }
    }

    /// A source of the same place and time repeats some of what the earlier one had.
    fn repeat_shared(&mut self, shared: &[Exposure]) {
        for exposure in shared.iter().step_by(97) {
            self.push(exposure.account.clone(), exposure.body, Slot::Login, Fate::DuplicateOfOtherSource);
        }
    }

    fn add_without_secret(&mut self) {
        let known: Vec<(String, usize)> = self
            .exposures
            .iter()
            .step_by(80)
            .map(|exposure| (exposure.account.clone(), exposure.body))
            .collect();
        let fresh = known.len() + 12;
        for (account, body) in known {
            self.push(account, body, Slot::Login, Fate::WithoutSecret);
        }
        for index in 0..fresh {
            let category = if index % 3 == 0 { Category::Ministry } else { Category::Affiliated };
            let body = self.draw_body(category);
            let account = self.new_account(body);
            self.push(account, body, Slot::Login, Fate::WithoutSecret);
        }
        for slot in [Slot::SecondAddress, Slot::UrlQuery] {
            for _ in 0..12 {
                let body = self.draw_body(Category::Affiliated);
                let account = self.new_account(body);
                // An address in a URL has no dots that would end it, and no plus that would be a blank.
                if !account.contains("..") && !account.contains('+') {
                    self.push(account, body, slot, Fate::WithoutSecret);
                }
            }
        }
    }

    /// Accounts of a name that its body had given up by then.
    fn add_former_domain(&mut self) {
        let Some(month) = self.when.month() else { return };
        let former = self.bodies.iter().enumerate().find_map(|(index, body)| {
            body.domains
                .iter()
                .find(|domain| domain.name == "old-kasen.example")
                .map(|domain| (index, domain))
        });
        let Some((body, domain)) = former else { return };
        if domain.held_in(month) {
            return;
        }
        let count = if month.0 == 2019 { 8 } else { 2 };
        for _ in 0..count {
            let person = self.people.next(self.place, self.when, self.bodies.len());
            let account = format!("{}@{}", local_part(person), domain.name);
            self.push(account, body, Slot::Login, Fate::OutsideValidity);
        }
    }

    fn add_site_only(&mut self) {
        for _ in 0..8 {
            self.push(String::new(), 0, Slot::SiteOnly, Fate::SiteOnly);
        }
    }
}

fn is_url_first(layout: &Layout) -> bool {
    matches!(layout, Layout::List(list) if list.order == FieldOrder::UrlLoginPassword)
}

fn draw_spelling(random: &mut Random, layout: &Layout, charset: Charset) -> Spelling {
    // Full-width letters are not in the Western and Cyrillic sets; in running text they end no word.
    let wide = !matches!(charset, Charset::Windows1251 | Charset::Windows1252)
        && !matches!(layout, Layout::Prose | Layout::Vcard | Layout::Ldif);
    match random.below(60) {
        0..=2 => Spelling::Upper,
        3..=5 => Spelling::Capitalised,
        6..=7 => Spelling::UpperDomain,
        8 if wide => Spelling::FullWidth,
        _ => Spelling::Canonical,
    }
}
