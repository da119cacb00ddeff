//! What the tables say only in their notes, or not at all: readable ids, official English names, domains that
//! changed hands.
//!
//! Everything here is somebody's decision or general knowledge, and the list marks it as such.

/// Ids where the abbreviation in lower case would be unreadable, ambiguous or missing: domain of the row, id.
pub(super) const IDS: &[(&str, &str)] = &[
    ("jinji.go.jp", "jinji"),
    ("digital.go.jp", "digital"),
    ("reconstruction.go.jp", "reconstruction"),
    ("japanpost.jp", "japanpost"),
    ("shigaku.go.jp", "pmac"),
    ("ip.courts.go.jp", "ip-courts"),
];

/// Japanese names as they are printed, where the table's name carries a remark: the table's name, the name.
pub(super) const NAMES: &[(&str, &str)] = &[
    ("国家サイバー統括室(旧NISC)", "国家サイバー統括室"),
    ("国立感染症研究所(2025-04 JIHSへ統合)", "国立感染症研究所"),
];

/// Official English names where the table has only an abbreviation: domain, name. General knowledge.
pub(super) const ENGLISH_NAMES: &[(&str, &str)] = &[
    ("inpit.go.jp", "National Center for Industrial Property Information and Training"),
    ("nedo.go.jp", "New Energy and Industrial Technology Development Organization"),
    ("aist.go.jp", "National Institute of Advanced Industrial Science and Technology"),
    ("nite.go.jp", "National Institute of Technology and Evaluation"),
    ("rieti.go.jp", "Research Institute of Economy, Trade and Industry"),
    ("nict.go.jp", "National Institute of Information and Communications Technology"),
    ("amed.go.jp", "Japan Agency for Medical Research and Development"),
    ("jica.go.jp", "Japan International Cooperation Agency"),
    ("jst.go.jp", "Japan Science and Technology Agency"),
    ("jsps.go.jp", "Japan Society for the Promotion of Science"),
    ("jasso.go.jp", "Japan Student Services Organization"),
    ("kosen-k.go.jp", "National Institute of Technology (KOSEN)"),
    ("niye.go.jp", "National Institution for Youth Education"),
    ("jaxa.jp", "Japan Aerospace Exploration Agency"),
    ("jamstec.go.jp", "Japan Agency for Marine-Earth Science and Technology"),
    ("nims.go.jp", "National Institute for Materials Science"),
    ("qst.go.jp", "National Institutes for Quantum Science and Technology"),
    ("jaea.go.jp", "Japan Atomic Energy Agency"),
    ("bosai.go.jp", "National Research Institute for Earth Science and Disaster Resilience"),
    ("pmda.go.jp", "Pharmaceuticals and Medical Devices Agency"),
    ("johas.go.jp", "Japan Organization of Occupational Health and Safety"),
    (
        "jeed.go.jp",
        "Japan Organization for Employment of the Elderly, Persons with Disabilities and Job Seekers",
    ),
    ("jcho.go.jp", "Japan Community Health care Organization"),
    ("ncvc.go.jp", "National Cerebral and Cardiovascular Center"),
    ("ncchd.go.jp", "National Center for Child Health and Development"),
    ("ncgg.go.jp", "National Center for Geriatrics and Gerontology"),
    ("ncnp.go.jp", "National Center of Neurology and Psychiatry"),
    ("nibn.go.jp", "National Institutes of Biomedical Innovation, Health and Nutrition"),
    ("naro.go.jp", "National Agriculture and Food Research Organization"),
    ("jircas.go.jp", "Japan International Research Center for Agricultural Sciences"),
    ("famic.go.jp", "Food and Agricultural Materials Inspection Center"),
    ("alic.go.jp", "Agriculture & Livestock Industries Corporation"),
    ("jnto.go.jp", "Japan National Tourism Organization"),
    ("ur-net.go.jp", "Urban Renaissance Agency"),
    ("jhf.go.jp", "Japan Housing Finance Agency"),
    ("water.go.jp", "Japan Water Agency"),
    ("jrtt.go.jp", "Japan Railway Construction, Transport and Technology Agency"),
    ("naltec.go.jp", "National Agency for Automobile and Land Transport Technology"),
    ("nasva.go.jp", "National Agency for Automotive Safety and Victims' Aid"),
    ("jmets.ac.jp", "Japan Agency of Maritime Education and Training for Seafarers"),
    ("pwri.go.jp", "Public Works Research Institute"),
    ("nies.go.jp", "National Institute for Environmental Studies"),
    ("erca.go.jp", "Environmental Restoration and Conservation Agency"),
    ("lmo.go.jp", "Labor Management Organization for USFJ Employees"),
    ("jbic.go.jp", "Japan Bank for International Cooperation"),
    ("nexi.go.jp", "Nippon Export and Investment Insurance"),
    ("nhk.or.jp", "Japan Broadcasting Corporation"),
    ("shigaku.go.jp", "Promotion and Mutual Aid Corporation for Private Schools of Japan"),
    ("oist.jp", "Okinawa Institute of Science and Technology School Corporation"),
    ("dic.go.jp", "Deposit Insurance Corporation of Japan"),
    ("sic.or.jp", "Agricultural and Fishery Co-operative Savings Insurance Corporation"),
    ("otit.go.jp", "Organization for Technical Intern Training"),
    ("occto.or.jp", "Organization for Cross-regional Coordination of Transmission Operators"),
    ("jemic.go.jp", "Japan Electric Meters Inspection Corporation"),
    ("kyoukaikenpo.or.jp", "Japan Health Insurance Association"),
    ("j-lis.go.jp", "Japan Agency for Local Authority Information Systems"),
    ("kkr.or.jp", "Federation of National Public Service Personnel Mutual Aid Associations"),
];

/// Rows that are an organisation's former name: the row's domain, the domain of the organisation's row, why.
pub(super) const FORMER_NAMES: &[(&str, &str, &str)] = &[(
    "nisc.go.jp",
    "cyber.go.jp",
    "former name: NISC became the National Cybersecurity Office on 2025-07-01; no `to`, since a renamed body still holds it",
)];

/// Since or until when an organisation held its row's domain (`from`, `to`: months, both included).
pub(super) struct Validity {
    pub(super) domain: &'static str,
    pub(super) from: Option<&'static str>,
    pub(super) to: Option<&'static str>,
    pub(super) why: &'static str,
}

/// Dates that the tables give in names and notes.
pub(super) const VALIDITIES: &[Validity] = &[
    Validity { domain: "cfa.go.jp", from: Some("2023-04"), to: None, why: "set up in 2023-04" },
    Validity { domain: "digital.go.jp", from: Some("2021-09"), to: None, why: "set up in 2021-09" },
    Validity {
        domain: "niid.go.jp",
        from: None,
        to: Some("2025-03"),
        why: "merged in 2025-04: from then on the domain is its successor's (see jihs)",
    },
];

/// Further domains of a row's organisation, known from the row's note alone: the row's domain, the domain, why.
pub(super) const MORE_DOMAINS: &[(&str, &str, &str)] = &[(
    "nsr.go.jp",
    "nra.go.jp",
    "today's name, from memory (note of the row above); when it changed is not known",
)];

/// A body that no row has and a row's note names as the successor of its organisation.
pub(super) struct Successor {
    /// The row that names it.
    pub(super) domain_of_row: &'static str,
    pub(super) id: &'static str,
    pub(super) name_ja: &'static str,
    pub(super) name_en: &'static str,
    pub(super) supervisor: &'static str,
    /// Its own domain, and what it took over, both from this month on.
    pub(super) domains: &'static [&'static str],
    pub(super) from: &'static str,
}

/// Bodies made by mergers. They belong to the affiliated bodies.
pub(super) const SUCCESSORS: &[Successor] = &[Successor {
    domain_of_row: "niid.go.jp",
    id: "jihs",
    name_ja: "国立健康危機管理研究機構",
    name_en: "Japan Institute for Health Security",
    supervisor: "厚生労働省",
    domains: &["jihs.go.jp", "niid.go.jp"],
    from: "2025-04",
}];

/// Kinds of the ministries' table that are outside the ministries.
pub(super) const OUTSIDE: &[&str] = &["立法", "司法", "独立機関"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_twice() {
        for table in [IDS, ENGLISH_NAMES, NAMES] {
            for (index, (key, value)) in table.iter().enumerate() {
                assert!(table[..index].iter().all(|(other, _)| other != key), "{key}");
                assert!(table[..index].iter().all(|(_, other)| other != value), "{value}");
            }
        }
    }
}
