//! Turns rows into organisations: who includes whom, who is whose part, which domains changed hands.
//!
//! A row that shares an earlier row's domain becomes an `includes` of it; a former name goes under today's
//! organisation; what is outside the ministries is kept, in a category of its own, for whoever wants to watch it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};

use super::knowledge::{
    ENGLISH_NAMES, FORMER_NAMES, IDS, MORE_DOMAINS, NAMES, OUTSIDE, SUCCESSORS, Successor, VALIDITIES,
};
use super::table::Row;

/// A category of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    Ministry,
    Affiliated,
    /// Legislature, judiciary, independent: in the list, but commented out.
    Outside,
}

/// An organisation as it will stand in the list.
#[derive(Debug)]
pub(super) struct Organisation {
    pub(super) id: String,
    pub(super) category: Category,
    pub(super) name_ja: String,
    pub(super) name_en: String,
    /// Id of the organisation it is a part of; only within its category.
    pub(super) parent: Option<String>,
    pub(super) includes: Vec<Include>,
    pub(super) domains: Vec<Domain>,
    /// Where it comes from, a line each.
    pub(super) remarks: Vec<String>,
}

/// A body that shares its organisation's domains.
#[derive(Debug)]
pub(super) struct Include {
    pub(super) name_ja: String,
    pub(super) name_en: String,
    pub(super) remark: String,
}

/// A domain and what is known of it.
#[derive(Debug)]
pub(super) struct Domain {
    pub(super) name: String,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) verified: bool,
    /// Empty where the organisation's own remarks say it all.
    pub(super) remark: String,
}

/// All organisations, in the tables' order, the ministries first.
pub(super) fn build(ministries: &[Row], affiliated: &[Row]) -> Result<Vec<Organisation>> {
    let mut organisations: Vec<Organisation> = Vec::new();
    for row in ministries {
        if FORMER_NAMES.iter().any(|(former, ..)| *former == row.domain) {
            continue;
        }
        let category =
            if OUTSIDE.contains(&row.kind.as_str()) { Category::Outside } else { Category::Ministry };
        if let Some(holder) = organisations.iter_mut().find(|organisation| organisation.holds(&row.domain)) {
            holder.includes.push(Include {
                name_ja: row.name_ja.clone(),
                name_en: row.name_en.clone(),
                remark: describe(row),
            });
            continue;
        }
        let mut organisation = from_row(row, category)?;
        organisation.parent = parent(row, ministries)?;
        for (former, _, why) in FORMER_NAMES.iter().filter(|(_, today, _)| *today == row.domain) {
            add_former_name(&mut organisation, ministries, former, why)?;
        }
        organisations.push(organisation);
    }
    for row in affiliated {
        let mut organisation = from_row(row, Category::Affiliated)?;
        organisation.remarks.push(supervisor(&row.parent, ministries)?);
        organisations.push(organisation);
    }
    for successor in SUCCESSORS {
        organisations.push(from_successor(successor, ministries)?);
    }
    let mut ids = BTreeSet::new();
    for organisation in &organisations {
        ensure!(ids.insert(&organisation.id), "two organisations have the id `{}`", organisation.id);
    }
    Ok(organisations)
}

impl Organisation {
    fn holds(&self, domain: &str) -> bool {
        self.domains.iter().any(|held| held.name == domain)
    }
}

fn from_row(row: &Row, category: Category) -> Result<Organisation> {
    let mut remarks = vec![describe(row)];
    let name_ja = look_up(NAMES, &row.name_ja);
    if name_ja.is_some() {
        remarks.push(format!("in the table: {}", row.name_ja));
    }
    let name_en = look_up(ENGLISH_NAMES, &row.domain);
    if name_en.is_some() {
        remarks.push(format!("English name from general knowledge; in the table: {}", row.name_en));
    }
    let validity = VALIDITIES.iter().find(|validity| validity.domain == row.domain);
    let mut domains = vec![Domain {
        name: row.domain.clone(),
        from: validity.and_then(|validity| validity.from).map(str::to_owned),
        to: validity.and_then(|validity| validity.to).map(str::to_owned),
        verified: row.is_verified(),
        remark: validity.map(|validity| validity.why.to_owned()).unwrap_or_default(),
    }];
    for (_, name, why) in MORE_DOMAINS.iter().filter(|(of_row, ..)| *of_row == row.domain) {
        domains.push(Domain {
            name: (*name).to_owned(),
            from: None,
            to: None,
            verified: false,
            remark: (*why).to_owned(),
        });
    }
    Ok(Organisation {
        id: id(row)?,
        category,
        name_ja: name_ja.unwrap_or(&row.name_ja).to_owned(),
        name_en: name_en.unwrap_or(&row.name_en).to_owned(),
        parent: None,
        includes: Vec::new(),
        domains,
        remarks,
    })
}

fn add_former_name(organisation: &mut Organisation, rows: &[Row], former: &str, why: &str) -> Result<()> {
    let row = rows.iter().find(|row| row.domain == former).with_context(|| format!("no row has {former}"))?;
    organisation.remarks.push(format!("{}: {}", row.name_ja, describe(row)));
    organisation.domains.push(Domain {
        name: row.domain.clone(),
        from: None,
        to: None,
        verified: row.is_verified(),
        remark: why.to_owned(),
    });
    Ok(())
}

fn from_successor(successor: &Successor, ministries: &[Row]) -> Result<Organisation> {
    let row = ministries
        .iter()
        .find(|row| row.domain == successor.domain_of_row)
        .with_context(|| format!("no row has {}", successor.domain_of_row))?;
    let domains = successor.domains.iter().map(|name| Domain {
        name: (*name).to_owned(),
        from: Some(successor.from.to_owned()),
        to: None,
        verified: false,
        remark: String::new(),
    });
    Ok(Organisation {
        id: successor.id.to_owned(),
        category: Category::Affiliated,
        name_ja: successor.name_ja.to_owned(),
        name_en: successor.name_en.to_owned(),
        parent: None,
        includes: Vec::new(),
        domains: domains.collect(),
        remarks: vec![
            format!("successor of {} in the ministries' table ({}); MEM", row.name_ja, row.note),
            "English name from general knowledge".to_owned(),
            supervisor(successor.supervisor, ministries)?,
        ],
    })
}

/// The id of a row's organisation: what was decided, else its abbreviation, else its domain's first label.
fn id(row: &Row) -> Result<String> {
    let first_label = row.domain.split('.').next().unwrap_or_default();
    let id = match look_up(IDS, &row.domain) {
        Some(id) => id.to_owned(),
        None if row.abbr.is_empty() => first_label.to_owned(),
        None => row.abbr.to_ascii_lowercase(),
    };
    let readable = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(readable) {
        bail!("`{id}` is no readable id for {}: decide one", row.name_ja);
    }
    Ok(id)
}

/// The id of the body that a row names as its parent. `内閣`, `国会` and `-` have no row, and so no parent.
fn parent(row: &Row, rows: &[Row]) -> Result<Option<String>> {
    if ["内閣", "国会", "-"].contains(&row.parent.as_str()) {
        return Ok(None);
    }
    let parent = rows.iter().find(|other| other.name_ja == row.parent);
    let parent = parent.with_context(|| format!("{} names {}, which has no row", row.name_ja, row.parent))?;
    Ok(Some(id(parent)?))
}

/// Says who supervises an affiliated body. It is a remark and no `parent`, since a parent's own figures exclude its
/// children's, and categories are told apart anyway.
fn supervisor(supervisors: &str, ministries: &[Row]) -> Result<String> {
    let first = supervisors.split('/').next().unwrap_or_default().trim_end_matches("ほか");
    let row = ministries.iter().find(|row| row.name_ja == first);
    let row = row.with_context(|| format!("{first} supervises and has no row"))?;
    Ok(format!("under {supervisors}: {}", id(row)?))
}

/// What a row says beside names and domain.
fn describe(row: &Row) -> String {
    let mut parts = vec![row.kind.clone()];
    if !row.abbr.is_empty() {
        parts.push(row.abbr.clone());
    }
    if !row.web_host.is_empty() {
        parts.push(row.web_host.clone());
    }
    parts.push(row.evidence.clone());
    if !row.note.is_empty() {
        parts.push(row.note.clone());
    }
    parts.join("; ")
}

fn look_up<'a>(table: &[(&str, &'a str)], key: &str) -> Option<&'a str> {
    table.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, abbr: &str, kind: &str, parent: &str, domain: &str, evidence: &str) -> Row {
        Row {
            name_ja: name.to_owned(),
            name_en: format!("{name} in English"),
            abbr: abbr.to_owned(),
            kind: kind.to_owned(),
            parent: parent.to_owned(),
            domain: domain.to_owned(),
            web_host: String::new(),
            evidence: evidence.to_owned(),
            note: String::new(),
        }
    }

    fn ministries() -> Vec<Row> {
        vec![
            row("水源省", "MOS", "省", "内閣", "suigen.example", "V-CSV"),
            row("湧水庁", "YA", "外局", "水源省", "suigen.example", "V-OJ"),
            row("井戸庁", "", "外局", "水源省", "ido.suigen.example", "MEM"),
            row("水議会", "WP", "立法", "国会", "mizugikai.example", "V-OJ"),
            // What the successors and supervisors of the knowledge name.
            row("国立感染症研究所", "NIID", "施設等機関", "厚生労働省", "niid.go.jp", "MEM"),
            row("厚生労働省", "MHLW", "省", "内閣", "mhlw.go.jp", "V-OJ"),
        ]
    }

    fn built(affiliated: &[Row]) -> Vec<Organisation> {
        build(&ministries(), affiliated).unwrap()
    }

    #[test]
    fn a_shared_domain_makes_an_include_and_an_own_one_a_part() {
        let organisations = built(&[]);
        let mos = &organisations[0];
        assert_eq!((mos.id.as_str(), mos.parent.as_deref()), ("mos", None));
        assert_eq!(mos.includes.iter().map(|i| i.name_ja.as_str()).collect::<Vec<_>>(), ["湧水庁"]);
        let ido = &organisations[1];
        assert_eq!((ido.id.as_str(), ido.parent.as_deref()), ("ido", Some("mos")));
        assert!(mos.domains[0].verified && !ido.domains[0].verified);
    }

    #[test]
    fn what_is_outside_has_its_own_category() {
        let outside: Vec<_> = built(&[]).into_iter().filter(|o| o.category == Category::Outside).collect();
        assert_eq!(outside.iter().map(|o| o.id.as_str()).collect::<Vec<_>>(), ["wp"]);
    }

    #[test]
    fn an_affiliated_body_has_a_supervisor_and_no_parent() {
        let organisations =
            built(&[row("水道機構", "SK", "独法", "水源省/厚労省ほか", "suido.example", "V-PAGE")]);
        let body = organisations.iter().find(|o| o.id == "sk").unwrap();
        assert_eq!((body.category, body.parent.as_deref()), (Category::Affiliated, None));
        assert!(body.remarks.contains(&"under 水源省/厚労省ほか: mos".to_owned()), "{:?}", body.remarks);
        assert!(build(&ministries(), &[row("x", "X", "独法", "無い省", "x.example", "MEM")]).is_err());
    }

    #[test]
    fn a_merged_body_hands_its_domain_over() {
        let organisations = built(&[]);
        let dates = |id: &str| {
            let organisation = organisations.iter().find(|o| o.id == id).unwrap();
            let domain = organisation.domains.iter().find(|d| d.name == "niid.go.jp").unwrap();
            (domain.from.clone(), domain.to.clone())
        };
        assert_eq!(dates("niid"), (None, Some("2025-03".to_owned())));
        assert_eq!(dates("jihs"), (Some("2025-04".to_owned()), None));
    }

    #[test]
    fn ids_are_unique_and_readable() {
        let again = row("別", "MOS", "独法", "水源省", "betsu.example", "MEM");
        assert!(build(&ministries(), &[again]).unwrap_err().to_string().contains("`mos`"));
        let unreadable = row("別", "A(b)", "独法", "水源省", "betsu.example", "MEM");
        assert!(build(&ministries(), &[unreadable]).is_err());
    }
}
