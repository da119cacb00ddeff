//! The survey's figures, from dumps in a folder to the report: the counting method, rule by rule.

use serde_json::{Value, json};

use crate::run::Folder;
use crate::snapshot;
use crate::world::{self, source};

/// Every rule of the counting method has its record here.
fn small_world() -> Folder {
    let folder = world::folder(&[
        ("dumps/one/source.toml", &source("one", "Forum X", "2019-01")),
        (
            "dumps/one/list.txt",
            "taro@suigen.example:himitsu123\n\
             taro@suigen.example:other-secret1\n\
             Taro@SUIGEN.Example:himitsu123\n\
             hanako@a.mori.suigen.example:pw234567\n\
             jiro@mizube.example:abcd1234\n\
             none1@suigen.example:NULL\n\
             none2@suigen.example:\\N\n\
             none3@suigen.example:None\n\
             none4@suigen.example:[NOT_SAVED]\n\
             none5@suigen.example:UNKNOWN\n\
             none6@suigen.example:\n\
             none7@suigen.example:   \n\
             none8@suigen.example:d41d8cd98f00b204e9800998ecf8427e\n\
             x@evilsuigen.example:himitsu123\n\
             y@suigen.example.evil.test:himitsu123\n",
        ),
        // The same place, written otherwise.
        ("dumps/two/source.toml", &source("two", " ＦＯＲＵＭ X ", "2019-01-31")),
        ("dumps/two/list.txt", "taro@suigen.example:himitsu123\nsaburo@suigen.example:himitsu123\n"),
        ("dumps/later/source.toml", &source("later", "forum x", "2020-03")),
        (
            "dumps/later/list.txt",
            "taro@suigen.example:himitsu123\njiro@mizube.example:abcd1234\nkazu@mizube.test:abcd1234\n",
        ),
        (
            "dumps/later/table.csv",
            "email,second email,password\nemi@suigen.example,fumi@suigen.example,himitsu555\n",
        ),
        ("dumps/elsewhere/source.toml", &source("elsewhere", "paste", "2019-01")),
        ("dumps/elsewhere/list.txt", "taro@suigen.example:himitsu123\n"),
        ("dumps/year/source.toml", &source("year", "forum x", "2020")),
        ("dumps/year/list.txt", "taro@suigen.example:himitsu123\n"),
        ("dumps/half-year/source.toml", &source("half-year", "market", "2021")),
        ("dumps/half-year/list.txt", "goro@suigen.example:himitsu123\n"),
        ("dumps/unknown/list.txt", "goro@suigen.example:himitsu123\njiro@mizube.example:abcd1234\n"),
        ("dumps/private/source.toml", &(source("private", "feed", "2019-01") + "public = false\n")),
        ("dumps/private/list.txt", "taro@suigen.example:himitsu123\n"),
        ("dumps/fake/source.toml", &(source("fake", "forum x", "2019-02") + "fabricated = true\n")),
        ("dumps/fake/list.txt", "taro@suigen.example:himitsu123\n"),
        ("dumps/old/source.toml", &source("old", "forum x", "2008-01")),
        ("dumps/old/list.txt", "taro@suigen.example:himitsu123\n"),
        ("dumps/sites/source.toml", &source("sites", "logs", "2019-01")),
        ("dumps/sites/list.txt", "https://vpn.suigen.example/in:yamada01:himitsu123\n"),
        ("dumps/new.txt", "taro@suigen.example:himitsu123\nsaburo@suigen.example:himitsu123\n"),
        (
            "dumps/new.txt.source.toml",
            &(source("new", "Forum Y", "2021-02") + "title = 'New & more'\nkind = 'combo-list'\n"),
        ),
    ]);
    folder.write("discussion.md", "The figures are small.\n");
    folder
}

const PERIOD: [&str; 4] = ["--from", "2018-07", "--to", "2021-05"];

fn survey(folder: &Folder, more: &[&str]) -> crate::run::Run {
    let mut arguments = vec!["survey", "--watch", "list.toml"];
    arguments.extend(more);
    arguments.push("dumps");
    let run = folder.run(&arguments);
    run.ends(0).quietly();
    run
}

fn sum(of: &Value, field: &str) -> u64 {
    of.as_array().unwrap().iter().map(|one| one[field].as_u64().unwrap()).sum()
}

/// What must hold in every report.
fn check_identities(report: &Value) {
    let input = &report["input"];
    let mut parts = sum(&report["categories"], "total") + sum(&report["categories"], "unknown_month");
    for field in ["duplicates", "without_secret", "outside_period", "outside_validity", "not_surveyed"] {
        parts += input[field].as_u64().unwrap();
    }
    assert_eq!(input["matched"], parts);
    let years =
        |of: &Value| of["years"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>();
    for category in report["categories"].as_array().unwrap() {
        assert_eq!(category["total"], years(category));
        for field in ["total", "unknown_month"] {
            assert_eq!(category[field], sum(&category["organisations"], field));
        }
        for organisation in category["organisations"].as_array().unwrap() {
            assert_eq!(organisation["total"], years(organisation));
            for field in ["total", "unknown_month"] {
                assert_eq!(organisation[field], sum(&organisation["domains"], field));
            }
            for domain in organisation["domains"].as_array().unwrap() {
                assert_eq!(domain["total"], years(domain));
                assert_eq!(domain["total"], sum(&domain["hosts"], "total"));
            }
        }
    }
}

#[test]
fn every_rule_of_the_method() {
    let folder = small_world();
    let mut arguments = PERIOD.to_vec();
    arguments.extend(["--format", "json"]);
    let run = survey(&folder, &arguments);
    let report = run.json();
    check_identities(&report);
    assert_eq!(report["schema"], 1);
    assert_eq!(report["complete"], true);
    assert_eq!(report["synthetic"], false);
    assert_eq!(report["period"], json!({"from": "2018-07", "to": "2021-05"}));
    let [ministry, affiliated] = [&report["categories"][0], &report["categories"][1]];
    assert_eq!(ministry["total"], 9);
    assert_eq!(ministry["years"], json!({"2018": 0, "2019": 4, "2020": 3, "2021": 2}));
    assert_eq!(ministry["unknown_month"], 2);
    assert_eq!(ministry["rank"], json!(["2019", "2020", "2021"]));
    let pace = json!({"year": "2021", "months": 5, "so_far": 2, "projected": 4, "projected_rank": 1});
    assert_eq!(ministry["pace"], pace);
    assert_eq!(affiliated["total"], 2);
    assert_eq!(affiliated["years"], json!({"2018": 0, "2019": 1, "2020": 1, "2021": 0}));
    assert_eq!(affiliated["unknown_month"], 1);
    assert_eq!(affiliated["rank"], json!(["2019", "2020"]));
    let pace = json!({"year": "2021", "months": 5, "so_far": 0, "projected": 0, "projected_rank": 3});
    assert_eq!(affiliated["pace"], pace);
    let input = &report["input"];
    for (field, value) in [
        ("files", 13),
        ("lines", 33),
        ("matched", 30),
        ("duplicates", 3),
        ("without_secret", 9),
        ("outside_period", 1),
        ("outside_validity", 1),
        ("not_surveyed", 2),
        ("rejected", 0),
    ] {
        assert_eq!(input[field], value, "{field}");
    }
    assert_eq!(input["unreadable"], json!([]));
    let totals: Vec<_> = report["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| (source["id"].as_str().unwrap(), source["total"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        totals,
        [
            ("elsewhere", 1),
            ("fake", 0),
            ("half-year", 0),
            ("later", 3),
            ("new", 2),
            ("old", 0),
            ("one", 3),
            ("private", 0),
            ("sites", 0),
            ("two", 2),
            ("unknown", 0),
            ("year", 1)
        ]
    );
    snapshot::check("survey.json", &run.out());
}

#[test]
fn every_format_at_every_detail() {
    let folder = small_world();
    for format in ["table", "csv", "md", "json"] {
        let mut shown = String::new();
        for detail in ["", "category", "organisation", "domain", "host"] {
            let mut arguments = PERIOD.to_vec();
            arguments.extend(["--format", format, "--discussion", "discussion.md"]);
            if !detail.is_empty() {
                arguments.extend(["--detail", detail]);
            }
            let run = survey(&folder, &arguments);
            let text = run.out();
            let is_fine = !matches!(detail, "" | "category");
            match format {
                "csv" => {
                    assert!(text.starts_with('\u{feff}'));
                    let header = text.lines().next().unwrap().trim_start_matches('\u{feff}');
                    assert_eq!(header, "category,organisation,domain,host,year,count");
                }
                "json" => {
                    let report = run.json();
                    let organisation = &report["categories"][0]["organisations"][0];
                    let domain = &organisation["domains"][0];
                    assert_eq!(organisation.is_null(), detail == "category");
                    assert_eq!(domain.is_null(), matches!(detail, "category" | "organisation"));
                    assert_eq!(domain["hosts"][0].is_null(), !matches!(detail, "" | "host"));
                    continue;
                }
                "md" => {
                    assert_eq!(text.contains("TLP:AMBER"), is_fine, "{detail}");
                    assert_eq!(text.contains("<5") || text.contains("&lt;5"), is_fine, "{detail}");
                }
                _ => {}
            }
            // The chapters of a document are the rendering's own tests.
            if format != "md" || detail == "organisation" {
                shown += &format!("# {detail}\n{text}\n");
            }
        }
        if format != "json" {
            snapshot::check(&format!("survey.{format}"), &shown);
        }
    }
}

#[test]
fn pages() {
    let folder = small_world();
    for (detail, is_fine) in [("category", false), ("organisation", true), ("domain", true), ("host", true)] {
        for lang in ["ja", "en"] {
            let mut arguments = PERIOD.to_vec();
            arguments.extend(["--format", "html", "--detail", detail, "--lang", lang]);
            let page = survey(&folder, &arguments).out();
            assert!(page.starts_with("<!DOCTYPE html>") || page.starts_with("<!doctype html>"));
            assert!(page.contains(&format!("lang=\"{lang}\"")));
            assert!(page.contains("<svg"));
            assert_eq!(page.contains("TLP:AMBER"), is_fine, "{detail}");
            assert_eq!(page.contains("&lt;5"), is_fine, "{detail}");
            for outside in ["<script", "src=\"http", "href=\"http://", "@import", "url(h", "url('", "url(\""]
            {
                assert!(!page.contains(outside), "{detail}: `{outside}` in a self-contained page");
            }
            assert!(!page.contains('@') || !page.contains("@suigen"));
        }
    }
}

#[test]
fn the_language_is_the_environments() {
    let folder = small_world();
    for (locale, word) in [
        ("ja_JP.UTF-8", "中央省庁"),
        ("C.UTF-8", "中央省庁"),
        ("en_US.UTF-8", "Central"),
        ("de_DE.UTF-8", "Central"),
    ] {
        let arguments = ["survey", "--watch", "list.toml", "dumps"];
        let output = folder.command(&arguments).env("LC_ALL", locale).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains(word), "{locale}");
    }
    let run = survey(&folder, &["--lang", "ja", "--from", "2019-01", "--to", "2019-12"]);
    snapshot::check("survey.ja", &run.out());
}

#[test]
fn the_period_without_asking() {
    let line = "taro@suigen.example:himitsu123\n";
    let folder = world::folder(&[
        ("dumps/a/source.toml", &source("a", "p", "2018-11")),
        ("dumps/a/x", line),
        ("dumps/b/source.toml", &source("b", "p", "2021-05")),
        ("dumps/b/x", line),
    ]);
    let report = survey(&folder, &["--format", "json"]).json();
    check_identities(&report);
    assert_eq!(report["period"], json!({"from": "2018-11", "to": "2021-05"}));
    assert_eq!(report["categories"][0]["years"], json!({"2018": 1, "2019": 0, "2020": 0, "2021": 1}));
    assert_eq!(report["categories"][0]["pace"], Value::Null);

    // Half a period: the sources' months give the other end.
    let report = survey(&folder, &["--format", "json", "--from", "2019-01"]).json();
    check_identities(&report);
    assert_eq!(report["period"], json!({"from": "2019-01", "to": "2021-05"}));
    assert_eq!(report["input"]["outside_period"], 1);
    let report = survey(&folder, &["--format", "json", "--to", "2020-12"]).json();
    assert_eq!(report["period"], json!({"from": "2018-11", "to": "2020-12"}));
    assert_eq!(report["categories"][0]["pace"], Value::Null);

    let folder = world::folder(&[("dumps/x", line)]);
    let report = survey(&folder, &["--format", "json"]).json();
    check_identities(&report);
    assert_eq!(report["period"], Value::Null);
    assert_eq!(report["categories"][0]["years"], json!({}));
    assert_eq!(report["categories"][0]["unknown_month"], 1);
    for format in ["table", "csv", "md", "html"] {
        survey(&folder, &["--format", format]);
    }
}

#[test]
fn figures_do_not_depend_on_threads() {
    let folder = small_world();
    let one = survey(&folder, &["--format", "json", "--threads", "1"]).out();
    for threads in ["2", "7"] {
        assert_eq!(survey(&folder, &["--format", "json", "--threads", threads]).out(), one);
    }
}

#[test]
fn no_cell_is_a_formula() {
    let list = world::LIST.replace("en = \"Ministry of Headwaters\"", "en = \"=HYPERLINK(1)\"");
    let list = list
        .replace("en = \"Central ministries\"", "en = \"@SUM(1)\"")
        .replace("水源省", "+1")
        .replace("中央省庁", "-1");
    let list = list
        .replace("id = \"suigen\"", "id = \"=suigen\"")
        .replace("parent = \"suigen\"", "parent = \"=suigen\"");
    let folder = world::folder(&[("dumps/x", "taro@suigen.example:himitsu123\n")]);
    folder.write("list.toml", list);
    folder.write("dumps/source.toml", source("s", "p", "2019-01"));
    for lang in ["ja", "en"] {
        let text = survey(&folder, &["--format", "csv", "--detail", "host", "--lang", lang]).out();
        for cell in text.trim_start_matches('\u{feff}').split([',', '\n', '\r']) {
            assert!(
                !cell.trim_start_matches('"').starts_with(['=', '+', '-', '@', '\t']),
                "`{cell}` in\n{text}"
            );
        }
    }
}

#[test]
fn a_file_is_written_whole() {
    let folder = small_world();
    folder.write("report.json", "an earlier one");
    let run = survey(&folder, &["--format", "json", "-o", "report.json"]);
    assert_eq!(run.out(), "");
    check_identities(&serde_json::from_str(&folder.read("report.json")).unwrap());
    assert_eq!(folder.names(), ["discussion.md", "dumps", "list.toml", "report.json"]);

    // A link stays one, and what it leads to is written.
    std::os::unix::fs::symlink("report.json", folder.path("link.json")).unwrap();
    folder.write("report.json", "");
    survey(&folder, &["--format", "json", "-o", "link.json"]);
    assert!(folder.path("link.json").is_symlink());
    assert!(folder.read("report.json").starts_with('{'));

    // A device is written to, not replaced.
    survey(&folder, &["--format", "json", "-o", "/dev/null"]);
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    let run = survey(&folder, &["--format", "json", "-o", "-"]);
    assert!(run.out().starts_with('{'));
}

#[test]
fn the_watch_list_of_the_environment_and_the_configuration() {
    let folder = world::folder(&[("dumps/x", "taro@suigen.example:himitsu123\n")]);
    let arguments = ["survey", "--format", "json", "dumps"];
    let output = folder.command(&arguments).env("MIZUMORI_WATCH", "list.toml").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    folder.write("conf/mizumori.toml", "watch = '../list.toml'\nthreads = 1\n");
    let output = folder.command(&arguments).env("MIZUMORI_CONFIG", "conf/mizumori.toml").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    folder.write("mizumori.toml", "watch = 'list.toml'\n");
    folder.run(&arguments).ends(0).quietly();
}

#[test]
fn standard_input_is_a_source() {
    let folder = world::folder(&[]);
    let arguments = ["survey", "--watch", "list.toml", "--format", "json", "-"];
    let run = folder.run_with_input(&arguments, b"taro@suigen.example:himitsu123\n");
    run.ends(0).quietly();
    let report = run.json();
    check_identities(&report);
    assert_eq!(report["sources"][0]["id"], "stdin");
    assert_eq!(report["input"]["lines"], 1);
    assert_eq!(report["input"]["bytes"], 31);
    assert_eq!(report["categories"][0]["unknown_month"], 1);
}
