//! Reading a watch list from TOML, with every mistake at its line and with what to write instead.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::find::Index;
use super::{Category, CategoryIndex, Level, Organisation, OrganisationIndex, WatchList, WatchedDomain};
use crate::Month;
use crate::document::{Document, Mistakes, Table, Text, nearest, shown};
use crate::domain::{DomainName, canonical_host, is_known, is_public_suffix};

impl WatchList {
    /// Parses a watch list; `file` names it in mistakes.
    ///
    /// # Errors
    /// Every mistake in it, in its order.
    pub fn parse(file: &str, text: &str) -> Result<Self, Mistakes> {
        let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
        Document::read(file, text, |document, root| read(document, root, digest, text))
    }
}

/// Ids that are taken, each with the line where it stands.
type Taken = HashMap<String, usize>;

fn read(document: &mut Document<'_>, root: &Table<'_>, digest: String, text: &str) -> Option<WatchList> {
    document.only(root, &["list", "category", "organisation"]);
    let (mut title, mut as_of, mut note) = (None, None, None);
    if let Some(list) = document.table(root, "list") {
        document.only(&list, &["title", "as_of", "note"]);
        title = document.names(&list, "title");
        as_of = document.date(&list, "as_of");
        note = document.names(&list, "note");
    }
    let categories = read_categories(document, root);
    let mut reader =
        OrganisationReader { document, categories: &categories, domains: Vec::new(), places: Vec::new() };
    let organisations = reader.read(root);
    let (domains, places) = (reader.domains, reader.places);
    check_overlaps(document, &domains, &places);
    let index = Index::new(&domains, &organisations);
    let text = text.into();
    Some(WatchList { title, as_of, note, categories, organisations, domains, digest, text, index })
}

fn read_categories(document: &mut Document<'_>, root: &Table<'_>) -> Vec<Category> {
    let mut taken = Taken::new();
    let mut categories = Vec::new();
    if !root.has("category") {
        let instead = "write `[[category]]` with `id` and `name`";
        document.mistake(root.span(), "the list has no category".to_owned(), Some(instead.to_owned()));
    }
    for table in document.tables(root, "category") {
        document.only(&table, &["id", "name", "level"]);
        let id =
            document.required(&table, "id", "\"ministry\"").and_then(|id| unique(document, &mut taken, id));
        let name = name_of(document, &table);
        let level = Level::read(document, &table);
        if let (Some(id), Some(name)) = (id, name) {
            categories.push(Category { id, name, level });
        }
    }
    categories
}

struct OrganisationReader<'d, 'a, 'c> {
    document: &'d mut Document<'a>,
    categories: &'c [Category],
    domains: Vec<WatchedDomain>,
    /// Where each of `domains` stands.
    places: Vec<Range<usize>>,
}

impl OrganisationReader<'_, '_, '_> {
    fn read(&mut self, root: &Table<'_>) -> Vec<Organisation> {
        let mut taken = Taken::new();
        let mut organisations = Vec::new();
        let mut parents = Vec::new();
        for table in self.document.tables(root, "organisation") {
            self.document.only(
                &table,
                &["id", "category", "name", "parent", "includes", "domains", "staff_sites", "level"],
            );
            let id = self.document.required(&table, "id", "\"maff\"");
            let id = id.and_then(|id| unique(self.document, &mut taken, id));
            let name = name_of(self.document, &table);
            let category = self.category(&table);
            let includes = self.document.array(&table, "includes");
            let includes =
                includes.into_iter().filter_map(|body| self.document.names_of(body, "includes")).collect();
            let staff_sites = self.document.array(&table, "staff_sites");
            let staff_sites = staff_sites.into_iter().filter_map(|site| self.staff_site(site)).collect();
            let level = Level::read(self.document, &table);
            let parent = self.document.string(&table, "parent");
            self.domains(&table, OrganisationIndex(organisations.len()));
            // What lacks an id, a name or a category has been noted; it keeps its place so that indices hold.
            organisations.push(Organisation {
                id: id.unwrap_or_default(),
                name: name.unwrap_or_else(|| crate::Names { ja: String::new(), en: String::new() }),
                category: category.unwrap_or(CategoryIndex(0)),
                parent: None,
                includes,
                staff_sites,
                level,
            });
            parents.push(parent);
        }
        self.link(&mut organisations, &parents);
        organisations
    }

    fn category(&mut self, table: &Table<'_>) -> Option<CategoryIndex> {
        let word = self.document.required(table, "category", "\"ministry\"")?;
        let found = self.categories.iter().position(|category| category.id == word.text);
        if found.is_none() && !self.categories.is_empty() {
            let ids: Vec<_> = self.categories.iter().map(|category| category.id.as_str()).collect();
            let instead = match nearest(&word.text, &ids) {
                Some(id) => format!("write `{id}`"),
                None => format!("write `[[category]]` with `id = \"{}\"` above", shown(&word.text)),
            };
            self.document.mistake(
                word.span,
                format!("unknown category `{}`", shown(&word.text)),
                Some(instead),
            );
        }
        found.map(CategoryIndex)
    }

    fn domains(&mut self, table: &Table<'_>, organisation: OrganisationIndex) {
        let values = self.document.array(table, "domains");
        if values.is_empty() {
            let instead = "write `domains = [\"…\"]`".to_owned();
            self.document.mistake(
                table.span_of("domains"),
                "the organisation has no domains".to_owned(),
                Some(instead),
            );
        }
        for value in values {
            let place = value.span();
            if let Some(domain) = self.domain(value, organisation) {
                self.domains.push(domain);
                self.places.push(place);
            }
        }
    }

    fn domain(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        organisation: OrganisationIndex,
    ) -> Option<WatchedDomain> {
        let Some(table) = Table::of(value) else {
            let text = self.document.text_of(value, "the domain")?;
            let name = self.domain_name(&text, Suffix::Refuse)?;
            return Some(WatchedDomain {
                name,
                organisation,
                from: None,
                to: None,
                verified: true,
                suffix: false,
            });
        };
        self.document.only(&table, &["name", "from", "to", "verified", "suffix"]);
        let suffix = self.document.flag(&table, "suffix").unwrap_or(false);
        let text = self.document.required(&table, "name", "\"example.go.jp\"")?;
        let name = self.domain_name(&text, if suffix { Suffix::Allow } else { Suffix::Refuse })?;
        let (from, to) = (self.document.month(&table, "from"), self.document.month(&table, "to"));
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            let what = format!("the dates of `{name}` end ({to}) before they begin ({from})");
            self.document.mistake(
                table.span_of("from"),
                what,
                Some("write the earlier month as `from`".to_owned()),
            );
        }
        let verified = self.document.flag(&table, "verified").unwrap_or(true);
        Some(WatchedDomain { name, organisation, from, to, verified, suffix })
    }

    fn staff_site(&mut self, value: &Spanned<DeValue<'_>>) -> Option<DomainName> {
        let text = self.document.text_of(value, "the staff site")?;
        self.domain_name(&text, Suffix::Refuse)
    }

    /// The domain that somebody wrote, or a mistake that says what to write.
    fn domain_name(&mut self, text: &Text, suffix: Suffix) -> Option<DomainName> {
        let meant = domain_meant(&text.text);
        if meant != text.text {
            let what = format!("`{}` is no domain", shown(&text.text));
            let instead = match canonical_host(meant) {
                Some(host) if text.text.starts_with("*.") => {
                    format!("write `{host}`: sub-domains come along")
                }
                Some(host) => format!("write `{host}`"),
                None => "write a domain such as `example.go.jp`".to_owned(),
            };
            self.document.mistake(text.span.clone(), what, Some(instead));
            return None;
        }
        let Some(name) = DomainName::parse(&text.text) else {
            let what = format!("`{}` is no domain", shown(&text.text));
            let instead = "write a domain such as `example.go.jp`".to_owned();
            self.document.mistake(text.span.clone(), what, Some(instead));
            return None;
        };
        if is_public_suffix(name.as_str()) && suffix == Suffix::Refuse {
            let what = format!("`{name}` is a public suffix: unrelated organisations register below it");
            let instead = format!("write `{{ name = \"{name}\", suffix = true }}` if all of them are meant");
            self.document.mistake(text.span.clone(), what, Some(instead));
            return None;
        }
        if !is_known(name.as_str()) && !is_public_suffix(name.as_str()) {
            let what = format!("the top-level domain of `{name}` is unknown, so no account can be below it");
            self.document.mistake(text.span.clone(), what, Some("correct it, or leave it out".to_owned()));
            return None;
        }
        Some(name)
    }

    fn link(&mut self, organisations: &mut [Organisation], parents: &[Option<Text>]) {
        let ids: HashMap<String, usize> = organisations
            .iter()
            .enumerate()
            .map(|(place, organisation)| (organisation.id.clone(), place))
            .collect();
        let mut linked: Vec<Option<usize>> = vec![None; organisations.len()];
        for (place, parent) in parents.iter().enumerate() {
            let Some(parent) = parent else { continue };
            let found = ids.get(&parent.text).copied();
            if let Some(slot) = linked.get_mut(place) {
                *slot = found;
            }
            if found.is_none() {
                let known: Vec<_> = ids.keys().map(String::as_str).collect();
                let instead = match nearest(&parent.text, &known) {
                    Some(id) => format!("write `{id}`"),
                    None => "write the id of an organisation of this list".to_owned(),
                };
                let what = format!("unknown parent `{}`", shown(&parent.text));
                self.document.mistake(parent.span.clone(), what, Some(instead));
            }
        }
        for (place, parent) in parents.iter().enumerate() {
            let Some(parent) = parent else { continue };
            let ancestors = std::iter::successors(linked.get(place).copied().flatten(), |up| {
                linked.get(*up).copied().flatten()
            });
            // More steps than organisations, or back at the start: a circle.
            if ancestors
                .take(organisations.len() + 1)
                .enumerate()
                .any(|(steps, up)| up == place || steps == organisations.len())
            {
                let what = format!("`{}` is its own ancestor through `parent`", shown(&parent.text));
                self.document.mistake(parent.span.clone(), what, Some("leave one `parent` out".to_owned()));
                return;
            }
        }
        for (organisation, parent) in organisations.iter_mut().zip(linked) {
            organisation.parent = parent.map(OrganisationIndex);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Suffix {
    Allow,
    Refuse,
}

/// The host inside what people write for a domain: `@x`, `*.x`, `someone@x`, `https://x/path`.
fn domain_meant(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let rest = match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => rest,
    };
    rest.strip_prefix("*.").or_else(|| rest.strip_prefix('.')).unwrap_or(rest)
}

fn unique(document: &mut Document<'_>, taken: &mut Taken, id: Text) -> Option<String> {
    if id.text.chars().any(|character| character.is_control() || character.is_whitespace()) {
        let what = format!("the id `{}` has white space in it", shown(&id.text));
        document.mistake(id.span, what, Some("write a short word such as `maff`".to_owned()));
        return None;
    }
    let line = document.line(id.span.start);
    if let Some(first) = taken.get(&id.text) {
        let what = format!("the id `{}` is taken already, in line {first}", shown(&id.text));
        document.mistake(id.span, what, Some("write another id".to_owned()));
        return None;
    }
    taken.insert(id.text.clone(), line);
    Some(id.text)
}

fn name_of(document: &mut Document<'_>, table: &Table<'_>) -> Option<crate::Names> {
    if !table.has("name") {
        let instead = "write `name = { ja = \"…\", en = \"…\" }`".to_owned();
        document.mistake(table.span(), "`name` is missing".to_owned(), Some(instead));
    }
    document.names(table, "name")
}

/// The same domain twice is a mistake where the dates overlap.
fn check_overlaps(document: &mut Document<'_>, domains: &[WatchedDomain], places: &[Range<usize>]) {
    let mut seen: HashMap<&DomainName, Vec<(&WatchedDomain, Range<usize>)>> = HashMap::new();
    for (domain, place) in domains.iter().zip(places) {
        let others = seen.entry(&domain.name).or_default();
        if let Some((_, first)) = others.iter().find(|(other, _)| overlap(other, domain)) {
            let what = format!(
                "`{}` stands twice for the same time: {}:{} and {}:{}",
                domain.name,
                document.file(),
                document.line(first.start),
                document.file(),
                document.line(place.start),
            );
            let instead = "leave one out, or give both `from` and `to`".to_owned();
            document.mistake(place.clone(), what, Some(instead));
        }
        others.push((domain, place.clone()));
    }
}

fn overlap(one: &WatchedDomain, other: &WatchedDomain) -> bool {
    let before =
        |end: Option<Month>, start: Option<Month>| end.zip(start).is_some_and(|(end, start)| end < start);
    !before(one.to, other.from) && !before(other.to, one.from)
}

#[cfg(test)]
mod tests {
    use crate::LeakTime;
    use crate::watch::{Found, WatchList};

    const HEAD: &str = "[[category]]\nid = 'c'\nname = { ja = 'あ', en = 'A' }\n";

    fn organisation(id: &str, rest: &str) -> String {
        format!("[[organisation]]\nid = '{id}'\ncategory = 'c'\nname = 'N'\n{rest}\n")
    }

    fn mistake(text: &str, expected: &str) {
        let seen = WatchList::parse("w", text).map(|_| ()).unwrap_err().to_string();
        assert_eq!(seen, expected, "\n{text}");
    }

    fn find(list: &WatchList, host: &str, time: &str) -> Option<String> {
        let time = if time.is_empty() {
            LeakTime::Unknown
        } else {
            time.parse::<crate::PartialDate>().unwrap().leak_time()
        };
        list.find(host, time).map(|found| match found {
            Found::Watched(domain) => {
                format!("{} of {}", list.domains[domain.0].name, list.organisation_of(domain).unwrap().id)
            }
            Found::OutsideValidity => "outside".to_owned(),
        })
    }

    #[test]
    fn the_most_specific_domain_wins_by_whole_labels() {
        let text = [
            HEAD.to_owned(),
            organisation("maff", "domains = ['MAFF.go.jp.']\nstaff_sites = ['vpn.maff.go.jp']"),
            organisation("jfa", "parent = 'maff'\ndomains = ['jfa.maff.go.jp', 'ｓｕｉｇｅｎ.example']"),
        ]
        .concat();
        let list = WatchList::parse("w", &text).unwrap();
        for (host, expected) in [
            ("maff.go.jp", Some("maff.go.jp of maff")),
            ("x.maff.go.jp", Some("maff.go.jp of maff")),
            ("y.jfa.maff.go.jp", Some("jfa.maff.go.jp of jfa")),
            ("suigen.example", Some("suigen.example of jfa")),
            ("evilmaff.go.jp", None),
            ("maff.go.jp.evil.com", None),
            ("go.jp", None),
        ] {
            assert_eq!(find(&list, host, "2020-01").as_deref(), expected, "{host}");
        }
        let site = list.find_staff_site("a.vpn.maff.go.jp").unwrap();
        assert_eq!(list.staff_site(site).unwrap().as_str(), "vpn.maff.go.jp");
        assert_eq!(list.organisations[1].parent, Some(super::OrganisationIndex(0)));
        assert_eq!(list.names().count(), 4);
    }

    #[test]
    fn dates_say_who_held_a_domain() {
        let text = [
            HEAD.to_owned(),
            organisation("old", "domains = [{ name = 'a.go.jp', from = '2010-04', to = '2015-03' }]"),
            organisation("new", "domains = [{ name = 'a.go.jp', from = '2015-05' }]"),
            organisation("sub", "domains = [{ name = 'x.a.go.jp', from = '2016-01', verified = false }]"),
        ]
        .concat();
        let list = WatchList::parse("w", &text).unwrap();
        for (host, time, expected) in [
            ("a.go.jp", "2010-04", Some("a.go.jp of old")),
            ("a.go.jp", "2015-03", Some("a.go.jp of old")),
            ("a.go.jp", "2015-04", Some("outside")),
            ("a.go.jp", "2010-03", Some("outside")),
            ("a.go.jp", "2015-05", Some("a.go.jp of new")),
            ("a.go.jp", "2012", Some("a.go.jp of old")),
            ("a.go.jp", "2015", Some("a.go.jp of new")),
            ("a.go.jp", "2009", Some("outside")),
            ("a.go.jp", "", Some("a.go.jp of new")),
            ("x.a.go.jp", "2015-12", Some("a.go.jp of new")),
            ("x.a.go.jp", "2016-01", Some("x.a.go.jp of sub")),
        ] {
            assert_eq!(find(&list, host, time).as_deref(), expected, "{host} {time}");
        }
        assert_eq!(list.unverified(), 1);
    }

    #[test]
    fn mistakes_say_where_and_what_instead() {
        let one = |domains: &str| [HEAD.to_owned(), organisation("o", domains)].concat();
        mistake(&one("domains = ['@a.go.jp']"), "w:8: `@a.go.jp` is no domain; write `a.go.jp`");
        mistake(
            &one("domains = ['*.A.go.jp']"),
            "w:8: `*.A.go.jp` is no domain; write `a.go.jp`: sub-domains come along",
        );
        mistake(
            &one("domains = ['https://www.a.go.jp:8443/x']"),
            "w:8: `https://www.a.go.jp:8443/x` is no domain; write `www.a.go.jp`",
        );
        mistake(
            &one("domains = ['lg.jp']"),
            "w:8: `lg.jp` is a public suffix: unrelated organisations register below it; \
             write `{ name = \"lg.jp\", suffix = true }` if all of them are meant",
        );
        assert!(WatchList::parse("w", &one("domains = [{ name = 'lg.jp', suffix = true }]")).is_ok());
        mistake(&one(""), "w:4: the organisation has no domains; write `domains = [\"…\"]`");
        mistake(
            &one("domains = ['a.zzzz']"),
            "w:8: the top-level domain of `a.zzzz` is unknown, so no account can be below it; correct it, or leave it out",
        );
        mistake(
            &one("domain = ['a.go.jp']\ndomains = ['b.go.jp']"),
            "w:8: unknown key `domain`; write `domains`",
        );
        mistake(
            &one("domains = ['a.go.jp', 'b.go.jp',\n'A.go.jp']"),
            "w:9: `a.go.jp` stands twice for the same time: w:8 and w:9; leave one out, or give both `from` and `to`",
        );
        mistake(
            &[HEAD, &organisation("o", "domains = ['a.go.jp']").replace("category = 'c'", "category = 'd'")]
                .concat(),
            "w:6: unknown category `d`; write `[[category]]` with `id = \"d\"` above",
        );
        mistake(
            &[HEAD, &organisation("o", "domains = ['a.go.jp']"), &organisation("o", "domains = ['b.go.jp']")]
                .concat(),
            "w:10: the id `o` is taken already, in line 5; write another id",
        );
        mistake(
            &[HEAD, &organisation("o", "parent = 'o'\ndomains = ['a.go.jp']")].concat(),
            "w:8: `o` is its own ancestor through `parent`; leave one `parent` out",
        );
        mistake(
            &one("domains = [{ name = 'a.go.jp', from = '2015-05', to = '2014-01' }]"),
            "w:8: the dates of `a.go.jp` end (2014-01) before they begin (2015-05); write the earlier month as `from`",
        );
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let text =
            [HEAD.to_owned(), organisation("o", "domains = ['@a.go.jp', 'lg.jp']\nlevel = 'all'")].concat();
        let mistakes = WatchList::parse("w", &text).map(|_| ()).unwrap_err();
        assert_eq!(mistakes.iter().count(), 3);
    }
}
