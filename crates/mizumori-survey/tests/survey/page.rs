//! The HTML page by its own rules: well-formed, self-contained, headings in order, every chart with its words.

use mizumori_core::Lang;
use mizumori_survey::render;
use mizumori_survey::{Countermeasures, Detail, View};

use crate::sample::{DISCUSSION, incidents, published, small};

const VOID: [&str; 4] = ["meta", "br", "hr", "link"];

fn pages() -> Vec<String> {
    let incidents = incidents();
    let mut pages = Vec::new();
    for lang in [Lang::Ja, Lang::En] {
        for detail in [Detail::Category, Detail::Organisation, Detail::Host] {
            for report in [published(), small()] {
                let view = View {
                    lang,
                    detail,
                    incidents: &incidents,
                    discussion: Some(DISCUSSION),
                    countermeasures: Countermeasures::Text("# 独自の対策\n\n*注意する。*\n"),
                };
                pages.push(render::html(&report, &view));
            }
        }
    }
    pages
}

/// The tags of a page: name, attributes, whether it ends an element. Inside of `style` there is none.
fn tags(page: &str) -> Vec<(String, String, bool)> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').expect("a tag has an end");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('!') {
            continue;
        }
        let closes = tag.starts_with('/');
        let tag = tag.trim_matches('/');
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if name == "style" && !closes {
            rest = &rest[rest.find("</style>").expect("the style ends")..];
        }
        let ends = closes || page[..page.len() - rest.len()].ends_with("/>") || VOID.contains(&name);
        if !ends || closes {
            tags.push((name.to_owned(), attributes.to_owned(), closes));
        } else {
            tags.push((name.to_owned(), attributes.to_owned(), false));
            tags.push((name.to_owned(), String::new(), true));
        }
    }
    tags
}

#[test]
fn elements_are_balanced() {
    for page in pages() {
        let mut open = Vec::new();
        for (name, _, closes) in tags(&page) {
            if closes {
                assert_eq!(open.pop(), Some(name));
            } else {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    for page in pages() {
        for (name, attributes, closes) in tags(&page) {
            for forbidden in
                ["script", "img", "iframe", "object", "embed", "link", "form", "base", "image", "use"]
            {
                assert_ne!(name, forbidden);
            }
            assert!(!attributes.contains(" src=") && !attributes.contains(" on"), "{attributes}");
            if name == "a" && !closes {
                assert!(
                    attributes.starts_with("href=\"#")
                        || attributes.starts_with("href=\"https://example.org/")
                );
            }
        }
        assert!(!page.contains("@import") && !page.contains("url(http") && !page.contains("javascript:"));
        assert!(
            page.contains("default-src &#39;none&#39;")
                || page.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
        );
    }
}

#[test]
fn headings_are_in_order_and_ids_are_unique() {
    for page in pages() {
        let mut last = 0;
        let mut ids = std::collections::BTreeSet::new();
        for (name, attributes, closes) in tags(&page) {
            if closes {
                continue;
            }
            if let Some(level) = name.strip_prefix('h').and_then(|level| level.parse::<u32>().ok()) {
                assert!(level <= last + 1, "h{level} behind h{last}");
                last = level;
            }
            if let Some(id) = attributes.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()) {
                assert!(ids.insert(id.to_owned()), "{id}");
            }
        }
        for target in page.split("href=\"#").skip(1).chain(page.split("aria-labelledby=\"").skip(1)) {
            for id in target.split('"').next().unwrap_or_default().split(' ') {
                assert!(ids.contains(id), "{id}");
            }
        }
    }
}

#[test]
fn charts_have_words_and_tables() {
    for page in pages() {
        let charts = page.matches("<svg ").count();
        assert!(charts >= 3);
        assert_eq!(charts, page.matches("role=\"img\"").count());
        assert_eq!(charts, page.matches("<title id=").count());
        assert_eq!(charts, page.matches("<desc id=").count());
        assert!(page.matches("<table>").count() > charts);
    }
}

#[test]
fn finer_reports_are_marked_and_hide_small_figures() {
    let report = small();
    for lang in [Lang::Ja, Lang::En] {
        for detail in [Detail::Category, Detail::Organisation, Detail::Domain, Detail::Host] {
            let view = View { lang, detail, ..View::default() };
            let (html, markdown) = (render::html(&report, &view), render::markdown(&report, &view));
            let finer = detail > Detail::Category;
            assert_eq!(html.contains("TLP:AMBER"), finer);
            assert_eq!(markdown.contains("TLP:AMBER"), finer);
            assert_eq!(html.contains(">&lt;5<"), finer);
            assert_eq!(markdown.contains(" <5 |"), finer);
            if finer {
                for small in 1..5 {
                    let results =
                        &markdown[markdown.find("\n## 3.").unwrap()..markdown.find("\n## 4.").unwrap()];
                    let figures = results
                        .lines()
                        .filter(|line| line.starts_with('|'))
                        .flat_map(|line| line.split('|').skip(2));
                    // Ranks are no figures, and stand below 5.
                    let figures: Vec<_> = figures.map(str::trim).collect();
                    let ranks =
                        report.categories.iter().filter(|category| category.rank.len() >= small).count();
                    assert_eq!(figures.iter().filter(|figure| **figure == small.to_string()).count(), ranks);
                }
            }
            for banner in [html.as_str(), &markdown, &render::table(&report, lang, detail, 80)] {
                let (synthetic, incomplete) = match lang {
                    Lang::Ja => ("合成データ", "中断されたため途中までの集計です"),
                    Lang::En => ("synthetic data", "interrupted"),
                };
                assert!(banner.contains(synthetic) && banner.contains(incomplete));
            }
        }
    }
}

#[test]
fn whole_categories_are_never_withheld_for_their_organisations() {
    let report = small();
    let view = View { lang: Lang::En, detail: Detail::Host, ..View::default() };
    let markdown = render::markdown(&report, &view);
    assert!(markdown.contains("| 2019 | 36 | 59 |"), "{markdown}");
    assert!(markdown.contains("| 2021 | 15 | 10 |"), "{markdown}");
}

/// A report that is read back may say anything.
#[test]
fn odd_reports_are_rendered() {
    let mut empty = small();
    empty.period = None;
    empty.sources.clear();
    for category in &mut empty.categories {
        category.years.clear();
        category.rank.clear();
        category.pace = None;
        category.total = 0;
        category.organisations.clear();
    }
    let mut bare = empty.clone();
    bare.categories.clear();
    let mut huge = small();
    huge.input.matched = u64::MAX;
    huge.input.bytes = u64::MAX;
    huge.input.duplicates = u64::MAX;
    for category in &mut huge.categories {
        category.total = u64::MAX;
        category.unknown_month = u64::MAX;
        category.years.values_mut().for_each(|count| *count = u64::MAX);
        for organisation in &mut category.organisations {
            organisation.parent = Some("suigen".to_owned());
            organisation.total = u64::MAX;
            organisation.years.values_mut().for_each(|count| *count = u64::MAX);
        }
        if let Some(pace) = &mut category.pace {
            pace.months = 0;
            pace.so_far = u64::MAX;
        }
    }
    let incidents = incidents();
    for report in [empty, bare, huge] {
        for lang in [Lang::Ja, Lang::En] {
            for detail in [Detail::Category, Detail::Organisation, Detail::Domain, Detail::Host] {
                let view = View { lang, detail, incidents: &incidents, ..View::default() };
                assert!(render::html(&report, &view).ends_with("</html>\n"));
                assert!(!render::markdown(&report, &view).is_empty());
                assert!(!render::table(&report, lang, detail, 60).is_empty());
                assert!(render::csv(&report, detail).starts_with('\u{feff}'));
            }
        }
        assert!(!report.adds_up());
    }
}
