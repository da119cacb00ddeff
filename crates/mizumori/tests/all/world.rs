//! A watch list of three invented bodies and a few words for dumps about them; all names are reserved ones.

#[cfg(feature = "scan")]
use crate::run::Folder;

/// The watch list that most tests use.
pub(crate) const LIST: &str = r#"[list]
title = { ja = "試験の一覧", en = "Test list" }
as_of = "2021-05-31"

[[category]]
id = "ministry"
name = { ja = "中央省庁", en = "Central ministries" }

[[category]]
id = "affiliated"
name = { ja = "外郭団体", en = "Affiliated bodies" }

[[organisation]]
id = "suigen"
category = "ministry"
name = { ja = "水源省", en = "Ministry of Headwaters" }
domains = ["suigen.example"]
staff_sites = ["vpn.contractor.example"]

[[organisation]]
id = "mori"
category = "ministry"
parent = "suigen"
name = { ja = "森林局", en = "Forest Bureau" }
domains = ["mori.suigen.example"]

[[organisation]]
id = "mizube"
category = "affiliated"
name = { ja = "水辺機構", en = "Waterside Agency" }
includes = [{ ja = "水門財団", en = "Sluice Foundation" }]
domains = [
  { name = "mizube.example", from = "2010-04", to = "2019-12", verified = false },
  "mizube.test",
]
"#;

/// A folder with the watch list `list.toml` and the files named.
#[cfg(feature = "scan")]
pub(crate) fn folder(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new();
    folder.write("list.toml", LIST);
    for (name, text) in files {
        folder.write(name, text);
    }
    folder
}

/// The description of a source.
#[cfg(feature = "scan")]
pub(crate) fn source(id: &str, place: &str, leaked: &str) -> String {
    format!("id = '{id}'\nplace = '{place}'\nleaked = '{leaked}'\n")
}
