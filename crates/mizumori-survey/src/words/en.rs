//! The English of a report.

use mizumori_core::{Lang, SourceKind};

use super::number::{grouped, largest, list, month, month_name};
use super::{PaceSaid, SourceSaid, Texts, Voice, YearSaid};
use crate::model::{Span, Year};

pub(super) const TEXTS: Texts = Texts {
    title: "Survey of leaked accounts",
    contents: "Contents",
    amber: "TLP:AMBER – this report names organisations with their figures: share it only within the organisation that received it and with those who need to know.",
    incomplete: "The count was interrupted: these figures cover only a part of the input.",
    synthetic: "This report is made of synthetic data and has nothing to do with real organisations.",
    small_figures: "Figures from 1 to 4 are shown as “<5”.",
    withheld_figures: "“x” is a figure withheld because, together with a sum, it would give a “<5” away.",

    summary: "Summary",
    method: "Method",
    targets: "Who is surveyed",
    targets_text: "The survey is about accounts under organisations’ e-mail addresses, never about those that people use privately. The organisations belong to the following categories and are told by the domains of the watch list, sub-domains included.",
    preconditions: "Preconditions",
    precondition_items: &[
        "A leak is an ID (an e-mail address) together with its password, found where an unspecified many can see it, the dark web included. A hash of a password counts as a password.",
        "An account belongs to the organisation whose domain its address has. The domain of an organisation’s mail is assumed to be that of its web site.",
        "Whether an account exists or is in use is unknown. Nobody has tried to log in to find out.",
        "Sources that are not public, and sources known to be fabricated, are not counted.",
    ],
    period: "Period",
    no_period: "No source has a known month, so there is no period.",
    taken: "What was taken",
    taken_text: "Nothing but the time and the number of leaks was taken. Of an e-mail address only the domain was taken, sub-domains included; neither account names nor passwords were stored. What tells one account from another while counting is held in memory only, transformed under a key drawn for the run, and thrown away at its end.",
    counting: "How it was counted",
    counting_items: &[
        "An identical account leaked at the same time in the same place counts once. In another place, or at another time, it counts again.",
        "Time is told by month. A source of which only the year is known counts in that year if the whole of it lies inside the period.",
        "Where the time is unknown, an account counts once for each place, outside the years and the totals.",
        "Every figure has been counted; none is an estimate.",
    ],
    limits: "Limits",
    limit_items: &[
        "A count of zero does not mean that nothing has leaked. It means that nothing was found in the sources surveyed.",
        "The time of a leak is when it became public to many in that place, not when the data was taken.",
    ],
    collection_one: "“Collection #1” came out at the end of 2018; it is counted in 2019, when it became widely public.",
    results: "Results",
    comparison: "Comparison of categories",
    incidents: "Timeline of security incidents",
    incidents_text: "Security incidents are shown for reference. The figures of this survey were counted independently of them.",
    discussion: "Discussion",
    discussion_text: "This chapter was written by a person, the report’s author. It was not generated from the figures.",
    measures: "Countermeasures",
    measures_text: "To keep leaked accounts from doing damage, we recommend the following.",
    measure_items: [
        (
            "Detect, grasp and neutralise leaks in one go",
            "No organisation can rule leaks out by its own efforts alone. What matters is to watch for them all the time and notice them early, to let the account’s user and the administrator know at once when, where and which password has leaked, and to change the password before it is misused. A leaked password must not be chosen again, and the organisation has to follow each change until it is done.",
        ),
        (
            "Introduce multi-factor authentication",
            "Multi-factor authentication is recommended, so that a password alone no longer opens an account. Attacks that relay what a user types to the real site at once can get past it, however. Exposure therefore has to be watched after its introduction, too.",
        ),
        (
            "Educate users",
            "Users need to be told, again and again, what leaks, how it is misused, and what to do when they hear of a leak. They should never use one password for several services, and never log in through a link in a mail.",
        ),
    ],
    sources: "Sources",
    sources_text: "Where sources share a place and a month, an account that stands in several of them is part of each one’s figure. The sources’ figures therefore need not add up to those of the categories.",
    sources_none: "There are no sources.",
    unreadable: "What could not be read",
    unreadable_text: "Whatever could be read before the damage has been counted.",
    unreadable_none: "All files could be read.",
    colophon: "About this report",
    adds_up: "Every record that matched the watch list went into exactly one of the figures below.",
    does_not_add_up: "Warning: the records that matched the watch list and the figures below do not add up. The report’s data may have been altered.",

    targets_table: "Organisations and domains by category",
    comparison_table: "Leaked accounts by category and year",
    incidents_table: "The incidents",
    sources_table: "Leaked accounts by source",
    colophon_table: "How it was made, and from what",
    identity_table: "Where the records that match the watch list went",
    value: "Value",
    top_years: "Largest years",

    category: "Category",
    organisation: "Organisation",
    organisations: "Organisations",
    domain: "Domain",
    domains: "Domains",
    year: "Year",
    count: "Accounts",
    share: "Share",
    place: "Rank",
    main_source: "Largest source",
    total: "Total",
    unknown_month: "Month unknown",
    with_children: "with its subordinate bodies",
    includes: "includes",
    projection: "The dashed outline, with its figure in brackets, is the full year at the pace so far.",
    source: "Source",
    kind: "Kind",
    seen_at: "Place",
    leaked: "Public since",
    unknown: "unknown",
    not_public: "not counted (not public)",
    fabricated: "not counted (fabricated)",
    outside_period_mark: "outside the period",
    number: "No.",
    date: "Date",
    incident: "What happened",
    persons: "Persons",
    mail_addresses: "Mail addresses",
    file: "File",
    why: "Reason",
    item: "Item",
    produced_by: "Produced by",
    watch_list: "Watch list",
    as_of: "As of",
    digest: "Watch list’s digest (BLAKE3)",
    unverified: "Unverified domains",
    files: "Files",
    bytes: "Data",
    lines: "Lines",
    addresses: "Candidate addresses tested",
    rejected: "Records not understood",
    matched: "Records that match the watch list",
    counted: "Counted (sum of all years)",
    duplicates: "Duplicates",
    without_secret: "Without password",
    outside_period: "Outside the period",
    outside_validity: "Domain not held at that time",
    not_surveyed: "Sources not surveyed",
    yes: "yes",
    no: "no",
    complete: "All input counted",
    brackets: [" (", ")"],
    colon: ": ",
};

/// English sentences.
pub(super) struct English;

impl Voice for English {
    fn totals(&self, span: Option<Span>, categories: &[(String, String)], sum: Option<&str>) -> String {
        let each: Vec<_> = categories.iter().map(|(name, count)| format!("{name}, {count}")).collect();
        let when = match span {
            Some(span) => {
                format!("From {} to the end of {}", month(Lang::En, span.from), month(Lang::En, span.to))
            }
            None => "In all".to_owned(),
        };
        let sum = sum.map_or_else(String::new, |sum| format!("; together, {sum}"));
        format!("{when}, the leaked accounts found were: {}{sum}.", each.join("; "))
    }

    fn nothing(&self, category: &str) -> String {
        format!("{category}: no leak was found in the period.")
    }

    fn years(&self, category: &str, total: &str, first: &[YearSaid], next: &[YearSaid]) -> String {
        let largest = match first {
            [one] => {
                let share =
                    one.share.as_ref().map_or_else(String::new, |share| format!(" ({share} of the total)"));
                format!("The largest year is {} with {}{share}", one.year, one.count)
            }
            several => {
                let names: Vec<_> = several.iter().map(|said| said.year.to_string()).collect();
                let count = several.first().map_or("", |said| &said.count);
                format!("The largest years are {} with {count} each", list(Lang::En, &names))
            }
        };
        let next: Vec<_> = next.iter().map(|said| format!("{} ({})", said.year, said.count)).collect();
        let next =
            if next.is_empty() { String::new() } else { format!(", followed by {}", list(Lang::En, &next)) };
        format!("{category}: {total} in total. {largest}{next}.")
    }

    fn sources(&self, category: &str, sources: &[SourceSaid]) -> String {
        if let [said] = sources
            && let [title] = said.titles.as_slice()
        {
            let share = said.share.as_ref().map_or_else(String::new, |share| format!(" ({share})"));
            return format!(
                "{category}: of the figure of {}, {}{share} came from “{title}”.",
                said.year, said.count
            );
        }
        let each: Vec<_> = sources
            .iter()
            .map(|said| {
                let titles: Vec<_> = said.titles.iter().map(|title| format!("“{title}”")).collect();
                let each = if said.titles.len() > 1 { " each" } else { "" };
                let share = said.share.as_ref().map_or_else(String::new, |share| format!(", {share}"));
                format!("{} {} ({}{each}{share})", said.year, list(Lang::En, &titles), said.count)
            })
            .collect();
        format!("{category}: the sources that brought most in these years were: {}.", each.join("; "))
    }

    fn pace(&self, category: &str, pace: &PaceSaid) -> String {
        let names: Vec<_> = pace.ties.iter().map(Year::to_string).collect();
        let ties = if names.is_empty() {
            String::new()
        } else {
            format!(", together with {}", list(Lang::En, &names))
        };
        let place = largest(Lang::En, pace.projected_place);
        let projected = if pace.place == pace.projected_place {
            format!("and would still be {place} year{ties}")
        } else {
            match &pace.passes {
                Some((passed, count)) => {
                    format!("and would pass {passed} ({count}) and become {place} year{ties}")
                }
                None => format!("and would become {place} year{ties}"),
            }
        };
        format!(
            "{category}: {} has {} so far, in {}, and is {} year of the period. At this pace it would reach {} in twelve months, {projected}.",
            pace.year,
            pace.so_far,
            months(pace),
            largest(Lang::En, pace.place),
            pace.projected,
        )
    }

    fn no_pace(&self, category: &str, pace: &PaceSaid) -> String {
        format!("{category}: nothing was found in {}, in {}.", pace.year, months(pace))
    }

    fn ratio(&self, large: &str, small: &[(String, String)]) -> String {
        let each: Vec<_> =
            small.iter().map(|(name, ratio)| format!("about {ratio} times that of “{name}”")).collect();
        format!("The figure of “{large}” is {}.", list(Lang::En, &each))
    }

    fn same_peak(&self, year: Year) -> String {
        format!("In every category, {year} is the largest year.")
    }

    fn unknown_month(&self, categories: &[(String, String)]) -> String {
        let each: Vec<_> = categories.iter().map(|(name, count)| format!("{name}, {count}")).collect();
        format!("Of unknown month, and part of no year and no total, there are also: {}.", each.join("; "))
    }

    fn unverified(&self, unverified: u64, domains: u64, share: Option<&str>) -> String {
        let (unverified, domains) = (grouped(unverified), grouped(domains));
        match share {
            Some(share) => format!(
                "Of the watch list’s {domains} domains, {unverified} ({share}) have not been verified as their organisation’s own from public material."
            ),
            None => format!(
                "The watch list’s {domains} domains have all been verified as their organisations’ own."
            ),
        }
    }

    fn period(&self, span: Span) -> String {
        let mut text =
            format!("From {} to the end of {}.", month(Lang::En, span.from), month(Lang::En, span.to));
        let (first, last) = (span.from.year(), span.to.year());
        if first == last {
            return text;
        }
        let mut parts = Vec::new();
        if span.from.month() > 1 {
            parts.push(format!("{first} begins in {}", month_name(span.from.month())));
        }
        if span.to.month() < 12 {
            parts.push(format!("{last} ends in {}", month_name(span.to.month())));
        }
        if !parts.is_empty() {
            text.push_str(" In the figures, ");
            text.push_str(&list(Lang::En, &parts));
            text.push_str(", so that they cannot simply be compared with those of whole years.");
        }
        text
    }

    fn left_out(&self, number: usize) -> String {
        if number == 1 {
            "One organisation without a leak is left out.".to_owned()
        } else {
            format!("{} organisations without a leak are left out.", grouped(number as u64))
        }
    }

    fn chart(&self, category: &str) -> String {
        format!("Leaked accounts by year: {category}")
    }

    fn chart_in_words(&self, years: usize, largest: Option<(Year, &str)>) -> String {
        match largest {
            Some((year, count)) => format!(
                "Bar chart of {years} years. The largest year is {year} with {count}. The figures stand in the table."
            ),
            None => format!("Bar chart of {years} years, all of them zero."),
        }
    }

    fn comparison_chart(&self, categories: &[String]) -> String {
        format!("Leaked accounts compared: {}", list(Lang::En, categories))
    }

    fn timeline(&self, incidents: usize) -> String {
        format!("When the {incidents} incidents of the period happened (numbers as in the table)")
    }

    fn yearly_table(&self, category: &str) -> String {
        format!("Leaked accounts by year: {category}")
    }

    fn organisation_table(&self, category: &str) -> String {
        format!("Leaked accounts by organisation: {category}")
    }

    fn unreadable(&self, number: usize) -> String {
        if number == 1 {
            "The following file, or member of a container, could not be read, or not to its end.".to_owned()
        } else {
            format!(
                "The following {} files, or members of containers, could not be read, or not to their end.",
                grouped(number as u64)
            )
        }
    }

    fn rejected(&self, number: u64) -> String {
        format!(
            "Records in which a watched domain stood but which could not be understood: {}.",
            grouped(number)
        )
    }

    fn kind(&self, kind: SourceKind) -> &'static str {
        match kind {
            SourceKind::ComboList => "combination list",
            SourceKind::SiteBreach => "breach of a site",
            SourceKind::StealerLog => "stealer log",
            SourceKind::Paste => "paste",
            SourceKind::Phishing => "phishing",
            SourceKind::Unknown => "unknown",
        }
    }

    fn incident_kind(&self, kind: &str) -> Option<&'static str> {
        Some(match kind {
            "unauthorised-access" => "unauthorised access",
            "sql-injection" => "SQL injection",
            "targeted-attack" => "targeted attack",
            "impersonation" => "impersonation",
            "phishing" => "phishing",
            "ransomware" => "ransomware",
            "malware" => "malware",
            "mis-sent-mail" => "mis-sent mail",
            "lost-device" => "lost device",
            "lost-papers" => "lost papers",
            "insider" => "insider",
            "misconfiguration" => "misconfiguration",
            _ => return None,
        })
    }

    fn persons(&self, number: u64) -> String {
        grouped(number)
    }

    fn mail_addresses(&self, number: u64) -> String {
        grouped(number)
    }
}

fn months(pace: &PaceSaid) -> String {
    if pace.months == 1 {
        format!("one month ({})", month_name(pace.last_month))
    } else {
        format!(
            "{} months from {} to {}",
            pace.months,
            month_name(pace.first_month),
            month_name(pace.last_month)
        )
    }
}
