//! The invented ministries and bodies of the demo world, all under reserved names.
//!
//! The list holds what a watch list can hold: a parent with children on sub-domains, a renamed body, a domain that
//! changed hands, one that falls back to a ministry, a body that shares its ministry's domain.

use super::published::Category;

/// A month as (year, month).
pub type YearMonth = (u16, u8);

/// A watched domain with the months in which its organisation held it, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    /// The name.
    pub name: &'static str,
    /// First month, where it matters.
    pub from: Option<YearMonth>,
    /// Last month, where it matters.
    pub to: Option<YearMonth>,
}

impl Domain {
    const fn always(name: &'static str) -> Self {
        Self { name, from: None, to: None }
    }

    /// Whether the organisation held it in `month`.
    #[must_use]
    pub fn held_in(&self, month: YearMonth) -> bool {
        self.from.is_none_or(|from| from <= month) && self.to.is_none_or(|to| month <= to)
    }
}

/// An invented organisation.
#[derive(Debug, Clone)]
pub struct Body {
    /// Its id in the watch list.
    pub id: &'static str,
    /// Its category.
    pub category: Category,
    /// Name in Japanese.
    pub ja: &'static str,
    /// Name in English.
    pub en: &'static str,
    /// The id of the organisation it belongs to.
    pub parent: Option<&'static str>,
    /// A body that shares its domains, in Japanese and English.
    pub includes: Option<(&'static str, &'static str)>,
    /// Sites where a login is one of its own people.
    pub staff_sites: &'static [&'static str],
    /// Its domains.
    pub domains: Vec<Domain>,
}

/// (id, ja, en, domain).
const MINISTRIES: [(&str, &str, &str, &str); 13] = [
    ("suigen", "水源省", "Ministry of Water Sources", "suigen.example"),
    ("fudo", "風土省", "Ministry of Climate and Soil", "fudo.example"),
    ("kazan", "火山省", "Ministry of Volcanoes", "kazan.example"),
    ("satoyama", "里山省", "Ministry of Woodland Villages", "satoyama.example"),
    ("todai", "灯台省", "Ministry of Lighthouses", "todai.example"),
    ("hoshizora", "星空省", "Ministry of the Night Sky", "hoshizora.example"),
    ("kyoryo", "橋梁省", "Ministry of Bridges", "kyoryo.example"),
    ("tosho", "図書省", "Ministry of Books", "tosho.example"),
    ("yukigumo", "雪雲省", "Ministry of Snow Clouds", "yukigumo.example"),
    ("onsen", "温泉省", "Ministry of Hot Springs", "onsen.example"),
    ("rekiho", "暦法省", "Ministry of the Calendar", "rekiho.example"),
    ("ongaku", "音楽省", "Ministry of Music", "ongaku.example"),
    ("monogatari", "物語省", "Ministry of Tales", "monogatari.example"),
];

/// Agencies of a ministry: (id, ja, en, parent, domain).
const AGENCIES: [(&str, &str, &str, &str, &str); 3] = [
    ("chikasui", "地下水庁", "Groundwater Agency", "suigen", "chika.suigen.example"),
    ("kasan-kansoku", "火山観測庁", "Volcano Observation Agency", "kazan", "kansoku.kazan.example"),
    ("kodomo-tosho", "子ども図書庁", "Children's Books Agency", "tosho", "kodomo.tosho.example"),
];

/// (id, ja, en, domain).
const AFFILIATED: [(&str, &str, &str, &str); 40] = [
    ("suido", "水道機構", "Waterworks Organization", "suido.example"),
    ("kasen", "河川管理機構", "River Management Organization", "kasen.example"),
    ("mizube", "水辺財団", "Waterside Foundation", "mizube-zaidan.example"),
    ("kishi", "河岸協会", "Riverbank Association", "kishi.example"),
    ("damu", "ため池機構", "Reservoir Organization", "tameike.example"),
    ("wakimizu", "湧水研究所", "Spring Water Research Institute", "wakimizu.example"),
    ("kaiyo", "海風センター", "Sea Breeze Center", "umikaze.example"),
    ("shinrin", "森の技術機構", "Forest Technology Organization", "morigiken.example"),
    ("tane", "種子保存機構", "Seed Conservation Organization", "tane.example"),
    ("kishoutou", "気象塔協会", "Weather Tower Association", "kishoto.example"),
    ("yama", "山小屋機構", "Mountain Hut Organization", "yamagoya.example"),
    ("tonneru", "隧道保全機構", "Tunnel Conservation Organization", "zuido.example"),
    ("hashi", "吊橋財団", "Suspension Bridge Foundation", "tsuribashi.example"),
    ("minato", "波止場センター", "Wharf Center", "hatoba.example"),
    ("tomoshibi", "灯火機構", "Beacon Organization", "tomoshibi.example"),
    ("tenmon", "天文台機構", "Observatory Organization", "tenmondai.example"),
    ("koyomi", "暦研究所", "Calendar Research Institute", "koyomi.example"),
    ("hon", "蔵書機構", "Book Collections Organization", "zosho.example"),
    ("shoka", "書架協会", "Bookshelf Association", "shoka.example"),
    ("gakki", "楽器保存財団", "Instrument Conservation Foundation", "gakki.example"),
    ("utagoe", "歌声センター", "Song Center", "utagoe.example"),
    ("mukashi", "昔話機構", "Folk Tale Organization", "mukashi.example"),
    ("kamishibai", "紙芝居協会", "Picture Story Association", "kamishibai.example"),
    ("yunohana", "湯の花機構", "Mineral Bath Organization", "yunohana.example"),
    ("ashiyu", "足湯財団", "Foot Bath Foundation", "ashiyu.example"),
    ("yuki", "雪氷研究所", "Snow and Ice Research Institute", "seppyo.example"),
    ("tsurara", "氷柱センター", "Icicle Center", "tsurara.example"),
    ("sato", "里地機構", "Village Land Organization", "satochi.example"),
    ("tanada", "棚田財団", "Rice Terrace Foundation", "tanada.example"),
    ("hotaru", "蛍保護協会", "Firefly Protection Association", "hotaru.example"),
    ("kaze", "風車機構", "Windmill Organization", "fusha.example"),
    ("tsuchi", "土壌研究所", "Soil Research Institute", "dojo.example"),
    ("ishi", "石材機構", "Stone Organization", "sekizai.example"),
    ("yogan", "溶岩センター", "Lava Center", "yogan.example"),
    ("kazanbai", "火山灰機構", "Volcanic Ash Organization", "kazanbai.example"),
    ("fune", "渡し舟協会", "Ferry Boat Association", "watashi.example.org"),
    ("ito", "糸紡ぎ財団", "Spinning Foundation", "itotsumugi.example.com"),
    ("kami", "和紙研究所", "Paper Research Institute", "washi.example"),
    ("iro", "染色機構", "Dyeing Organization", "senshoku.example"),
    ("tokei", "時計修復センター", "Clock Restoration Center", "tokei.example.net"),
];

/// Every body, in the watch list's order: ministries, their agencies, affiliated bodies.
#[must_use]
pub fn bodies() -> Vec<Body> {
    let plain = |id, category, ja, en, domain| Body {
        id,
        category,
        ja,
        en,
        parent: None,
        includes: None,
        staff_sites: &[],
        domains: vec![Domain::always(domain)],
    };
    let mut bodies = Vec::new();
    for (id, ja, en, domain) in MINISTRIES {
        let mut body = plain(id, Category::Ministry, ja, en, domain);
        match id {
            "suigen" => body.staff_sites = &["vpn.suigen.example", "webmail.suigen.example"],
            "rekiho" => body.includes = Some(("時計台管理室", "Clock Tower Office")),
            _ => {}
        }
        bodies.push(body);
    }
    for (id, ja, en, parent, domain) in AGENCIES {
        bodies.push(Body { parent: Some(parent), ..plain(id, Category::Ministry, ja, en, domain) });
    }
    for (id, ja, en, domain) in AFFILIATED {
        let mut body = plain(id, Category::Affiliated, ja, en, domain);
        match id {
            // Held a name below the ministry until 2014-03; afterwards it is the ministry's own again.
            "suido" => {
                body.domains.push(Domain { name: "suido.suigen.example", from: None, to: Some((2014, 3)) });
            }
            // Renamed, and gave the old name up: later exposures of it are nobody's.
            "kasen" => {
                body.domains.push(Domain { name: "old-kasen.example", from: None, to: Some((2012, 3)) });
            }
            // A name that changed hands.
            "kishi" => body.domains.push(Domain { name: "mizube.example", from: None, to: Some((2016, 3)) }),
            "mizube" => body.domains.push(Domain { name: "mizube.example", from: Some((2016, 4)), to: None }),
            _ => {}
        }
        bodies.push(body);
    }
    bodies
}

/// The hosts under which a body's accounts of `month` stand, its main domain several times as it is the most frequent.
/// `None` for material of unknown month: only names whose holder never changed.
#[must_use]
pub(super) fn hosts(body: &Body, month: Option<YearMonth>) -> Vec<String> {
    let mut hosts = Vec::new();
    for domain in &body.domains {
        let held = match month {
            Some(month) => domain.held_in(month),
            None => domain.from.is_none() && domain.to.is_none(),
        };
        if held {
            for prefix in ["", "", "", "", "", "mail.", "honbu."] {
                hosts.push(format!("{prefix}{}", domain.name));
            }
        }
    }
    if body.id == "suigen" && month.is_some_and(|month| month >= (2014, 4)) {
        hosts.push("suido.suigen.example".to_owned());
    }
    hosts
}

/// The watch list as TOML.
#[must_use]
pub fn watch_list(bodies: &[Body]) -> String {
    let mut toml = String::from(
        "# SYNTHETIC / 合成データ: every body here is invented, every domain reserved (RFC 2606).\n\n[list]\n\
         title = { ja = \"合成データ：架空の省庁と外郭団体\", en = \"SYNTHETIC: invented ministries and bodies\" }\n\
         as_of = \"2021-05-31\"\n\
         note = \"合成データ / SYNTHETIC. No body or domain in this list exists.\"\n\n\
         [[category]]\nid = \"ministry\"\nname = { ja = \"中央省庁\", en = \"Central ministries\" }\n\n\
         [[category]]\nid = \"affiliated\"\nname = { ja = \"外郭団体\", en = \"Affiliated bodies\" }\n",
    );
    for body in bodies {
        let Body { id, category, ja, en, parent, includes, staff_sites, domains } = body;
        toml.push_str(&format!("\n[[organisation]]\nid = \"{id}\"\ncategory = \"{}\"\n", category.id()));
        toml.push_str(&format!("name = {{ ja = \"{ja}\", en = \"{en}\" }}\n"));
        if let Some(parent) = parent {
            toml.push_str(&format!("parent = \"{parent}\"\n"));
        }
        if let Some((ja, en)) = includes {
            toml.push_str(&format!("includes = [{{ ja = \"{ja}\", en = \"{en}\" }}]\n"));
        }
        let names: Vec<String> = domains.iter().map(domain_entry).collect();
        toml.push_str(&format!("domains = [{}]\n", names.join(", ")));
        if !staff_sites.is_empty() {
            let sites: Vec<String> = staff_sites.iter().map(|site| format!("\"{site}\"")).collect();
            toml.push_str(&format!("staff_sites = [{}]\n", sites.join(", ")));
        }
    }
    toml
}

fn domain_entry(domain: &Domain) -> String {
    let Domain { name, from, to } = domain;
    if from.is_none() && to.is_none() {
        return format!("\"{name}\"");
    }
    let mut entry = format!("{{ name = \"{name}\"");
    for (key, month) in [("from", from), ("to", to)] {
        if let Some((year, month)) = month {
            entry.push_str(&format!(", {key} = \"{year:04}-{month:02}\""));
        }
    }
    entry + " }"
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_are_about_fifteen_ministries_and_forty_bodies_with_ids_of_their_own() {
        let bodies = bodies();
        let ministries = bodies.iter().filter(|body| body.category == Category::Ministry).count();
        assert_eq!((ministries, bodies.len()), (16, 56));
        assert_eq!(bodies.iter().map(|body| body.id).collect::<HashSet<_>>().len(), bodies.len());
    }

    #[test]
    fn every_domain_is_reserved() {
        for domain in bodies().iter().flat_map(|body| &body.domains) {
            let name = domain.name;
            assert!(
                [".example", ".example.com", ".example.net", ".example.org"]
                    .iter()
                    .any(|end| name.ends_with(end)),
                "{name}"
            );
        }
    }

    #[test]
    fn a_domain_has_one_holder_in_a_month() {
        let bodies = bodies();
        for month in [(2008, 7), (2012, 4), (2016, 3), (2016, 4), (2021, 5)] {
            let mut held = HashSet::new();
            for domain in bodies.iter().flat_map(|body| &body.domains).filter(|domain| domain.held_in(month))
            {
                assert!(held.insert(domain.name), "{} in {month:?}", domain.name);
            }
        }
    }

    #[test]
    fn the_watch_list_says_what_it_is() {
        let toml = watch_list(&bodies());
        for expected in [
            "SYNTHETIC",
            "合成データ",
            "parent = \"suigen\"",
            "includes = [{ ja = \"時計台管理室\"",
            "{ name = \"mizube.example\", from = \"2016-04\" }",
            "{ name = \"old-kasen.example\", to = \"2012-03\" }",
        ] {
            assert!(toml.contains(expected), "{expected}");
        }
    }
}
