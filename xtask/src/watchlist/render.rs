//! Writes organisations as a watch list in TOML, with the evidence as comments.
//!
//! By hand and not by a serialiser: the comments are half of what the list says.

use super::organisations::{Category, Domain, Organisation};

/// What stands above the list. The evidence codes are those of the tables.
const HEADER: &str = r#"# Japan: central ministries and the bodies that they list as theirs.
#
# Made by `cargo xtask watchlist` from the tables in watchlists/sources/; change those, or what the step knows beside
# them, and run it again. It is a starting point: check what is unverified before you publish figures of it.
#
# Above each organisation stands what its row says: the kind of body; its abbreviation; the web host; the evidence; a
# note. The evidence is for the web host, and the newest of it is of the list's `as_of`:
#   V-OJ    README of Coordinate-Cat/OSINT-JAPAN at db9fbff
#   V-CSV   data/gov.csv of arakawatomonori/covid19-surveyor, 2021-07
#   V-RSS   t-ashula/go-jp-rss, 2026-08-22
#   V-PAGE  seen in another public page or file
#   MEM     from memory alone, so `verified = false`
#
# A body that shares its parent's domain is in `includes`. `from` and `to` stand where it is known since or until when
# the organisation held a domain. Who supervises an affiliated body is said in its comment ("under …: id").

[list]
title = { ja = "日本の中央省庁と外郭団体", en = "Japan: central ministries and affiliated bodies" }
as_of = "2026-08-22"
note = { ja = "メールのドメインは、各機関のウェブサイトのドメインと同じであると仮定した。公開資料で確かめていないドメインは未確認とした。", en = "The mail domain of each body is assumed to be the domain of its web site. Domains that were not seen in a public source are marked as unverified." }
"#;

/// A category's id, names, and what is said above it.
struct Heading {
    category: Category,
    id: &'static str,
    ja: &'static str,
    en: &'static str,
}

const HEADINGS: &[Heading] = &[
    Heading { category: Category::Ministry, id: "ministry", ja: "中央省庁", en: "Central ministries" },
    Heading { category: Category::Affiliated, id: "affiliated", ja: "外郭団体", en: "Affiliated bodies" },
    Heading {
        category: Category::Outside,
        id: "outside",
        ja: "立法・司法・独立機関",
        en: "Legislature, judiciary and independent bodies",
    },
];

/// The whole list.
pub(super) fn render(organisations: &[Organisation]) -> String {
    let mut list = HEADER.to_owned();
    for heading in HEADINGS {
        let mut section = format!(
            "\n[[category]]\nid = {}\nname = {}\n",
            quoted(heading.id),
            names(heading.ja, heading.en)
        );
        for organisation in
            organisations.iter().filter(|organisation| organisation.category == heading.category)
        {
            section.push_str(&render_organisation(organisation, heading.id));
        }
        if heading.category == Category::Outside {
            list.push_str("\n# Outside the ministries, and so not watched; to watch them, take the `# ` off these lines.\n");
            section = comment_out(&section);
        }
        list.push_str(&section);
    }
    list
}

fn render_organisation(organisation: &Organisation, category: &str) -> String {
    let mut text = String::from("\n");
    for remark in &organisation.remarks {
        text.push_str(&format!("# {remark}\n"));
    }
    text.push_str("[[organisation]]\n");
    text.push_str(&format!("id = {}\n", quoted(&organisation.id)));
    text.push_str(&format!("category = {}\n", quoted(category)));
    text.push_str(&format!("name = {}\n", names(&organisation.name_ja, &organisation.name_en)));
    if let Some(parent) = &organisation.parent {
        text.push_str(&format!("parent = {}\n", quoted(parent)));
    }
    if !organisation.includes.is_empty() {
        text.push_str("includes = [\n");
        for include in &organisation.includes {
            let names = names(&include.name_ja, &include.name_en);
            text.push_str(&format!("    {names}, # {}\n", include.remark));
        }
        text.push_str("]\n");
    }
    match organisation.domains.as_slice() {
        [domain] if domain.remark.is_empty() => {
            text.push_str(&format!("domains = [{}]\n", render_domain(domain)));
        }
        domains => {
            text.push_str("domains = [\n");
            for domain in domains {
                let remark =
                    if domain.remark.is_empty() { String::new() } else { format!(" # {}", domain.remark) };
                text.push_str(&format!("    {},{remark}\n", render_domain(domain)));
            }
            text.push_str("]\n");
        }
    }
    text
}

fn render_domain(domain: &Domain) -> String {
    let mut parts = vec![format!("name = {}", quoted(&domain.name))];
    parts.extend(domain.from.as_ref().map(|month| format!("from = {}", quoted(month))));
    parts.extend(domain.to.as_ref().map(|month| format!("to = {}", quoted(month))));
    if !domain.verified {
        parts.push("verified = false".to_owned());
    }
    if parts.len() == 1 { quoted(&domain.name) } else { format!("{{ {} }}", parts.join(", ")) }
}

fn names(ja: &str, en: &str) -> String {
    format!("{{ ja = {}, en = {} }}", quoted(ja), quoted(en))
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Puts `# ` before every line that says something; comments become `# # `.
fn comment_out(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("# {line}\n") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str, verified: bool) -> Domain {
        Domain { name: name.to_owned(), from: None, to: None, verified, remark: String::new() }
    }

    fn organisation(category: Category, domains: Vec<Domain>) -> Organisation {
        Organisation {
            id: "mos".to_owned(),
            category,
            name_ja: "水源省".to_owned(),
            name_en: "Ministry of \"Springs\"".to_owned(),
            parent: Some("cabinet".to_owned()),
            includes: Vec::new(),
            domains,
            remarks: vec!["省; MOS; V-CSV".to_owned()],
        }
    }

    #[test]
    fn an_organisation_is_toml_under_its_evidence() {
        let text = render_organisation(
            &organisation(Category::Ministry, vec![domain("suigen.example", true)]),
            "ministry",
        );
        assert_eq!(
            text,
            "\n# 省; MOS; V-CSV\n[[organisation]]\nid = \"mos\"\ncategory = \"ministry\"\n\
             name = { ja = \"水源省\", en = \"Ministry of \\\"Springs\\\"\" }\nparent = \"cabinet\"\n\
             domains = [\"suigen.example\"]\n"
        );
    }

    #[test]
    fn a_domain_says_only_what_is_known() {
        let mut known = domain("suigen.example", true);
        assert_eq!(render_domain(&known), "\"suigen.example\"");
        known.from = Some("2021-09".to_owned());
        known.verified = false;
        assert_eq!(
            render_domain(&known),
            "{ name = \"suigen.example\", from = \"2021-09\", verified = false }"
        );
    }

    #[test]
    fn what_is_commented_out_is_toml_again_without_its_marks() {
        let text = render(&[organisation(Category::Outside, vec![domain("suigen.example", false)])]);
        let list: toml::Table = text.parse().unwrap();
        assert!(!list.contains_key("organisation"));
        let (_, outside) = text.split_once("off these lines.\n").unwrap();
        let outside: String =
            outside.lines().map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line))).collect();
        let outside: toml::Table = outside.parse().unwrap();
        assert_eq!(outside["organisation"].as_array().unwrap().len(), 1);
    }
}
