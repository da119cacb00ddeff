//! A lake from outside: what goes in is found, counted as by a direct survey, replaced, merged and forgotten.

use std::fs;

use mizumori_world::write_demo;
use serde_json::Value;

use crate::run::{Folder, Run};
use crate::world::{folder, source};

/// Runs a command of the lake `lake`; the keys lie in a folder of their own.
pub(crate) fn lake(folder: &Folder, arguments: &[&str]) -> Run {
    let (command, rest) = arguments.split_first().unwrap();
    let mut all = vec![*command];
    // `lake status` and its like are two words.
    let rest = if *command == "lake" {
        all.extend(rest.first());
        &rest[1..]
    } else {
        rest
    };
    all.extend(["--lake", "lake"]);
    all.extend(rest);
    folder.run_with_keys(&all)
}

/// A number of `lake status`.
pub(crate) fn status(folder: &Folder, what: &str) -> u64 {
    let run = lake(folder, &["lake", "status", "--json"]);
    run.ends(0).json()[what].as_u64().unwrap()
}

/// Two sources with three accounts of watched organisations, and one of nobody.
pub(crate) fn two_sources() -> Folder {
    folder(&[
        ("dumps/one/source.toml", &source("one", "forum", "2019-01")),
        (
            "dumps/one/a.txt",
            "taro@suigen.example:pw1\nhana@mori.suigen.example:pw2\nx@elsewhere.example:pw\n",
        ),
        ("dumps/one/b.txt", "taro@suigen.example:pw1\nTaro@Suigen.example:other\n"),
        ("dumps/two/source.toml", &source("two", "forum", "2020-05")),
        ("dumps/two/c.txt", "taro@suigen.example:pw1\njiro@mizube.test\n"),
    ])
}

#[test]
fn what_went_in_is_found() {
    let folder = two_sources();
    let run = lake(&folder, &["ingest", "--watch", "list.toml", "dumps"]);
    run.ends(0).saying(&["made a master key", "made the lake's key ring", "made a lake at `lake`"]);
    run.printing(&["added                  3 rows  one", "added                  2 rows  two"]);
    for file in ["keys/mizumori/master.key", "keys/mizumori/keys"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file} is open to others");
    }

    let found = lake(&folder, &["lookup", "TARO@suigen.example."]).ends(0).lines();
    let mut seen: Vec<_> =
        found.iter().map(|row| (row["source"].as_str().unwrap(), row["leaked"].as_str().unwrap())).collect();
    seen.sort_unstable();
    assert_eq!(seen, [("one", "2019-01"), ("one", "2019-01"), ("two", "2020-05")]);
    assert!(found.iter().all(|row| row["secret"]["kind"] == "clear" && row["host"] == "suigen.example"));
    // One secret is one tag, whichever source it stands in.
    let tags: std::collections::BTreeSet<_> =
        found.iter().map(|row| row["secret"]["tag"].as_str().unwrap()).collect();
    assert_eq!(tags.len(), 2);

    let domain = lake(&folder, &["lookup", "suigen.example"]).ends(0).lines();
    assert_eq!(domain.len(), 4);
    assert_eq!(lake(&folder, &["lookup", "mori.suigen.example"]).ends(0).lines().len(), 1);
    let without = lake(&folder, &["lookup", "jiro@mizube.test"]).ends(0).lines();
    assert_eq!((&without[0]["secret"]["kind"], &without[0]["secret"]["tag"]), (&"none".into(), &Value::Null));
    for nobody in ["x@elsewhere.example", "nobody@suigen.example", "elsewhere.example"] {
        let run = lake(&folder, &["lookup", nobody]);
        run.ends(0).saying(&["nothing in this lake"]);
        assert_eq!(run.out(), "");
    }
    let table = lake(&folder, &["lookup", "--format", "table", "jiro@mizube.test"]);
    table.ends(0).printing(&["leaked", "2020-05", "mizube.test", "two"]);
}

#[test]
fn the_survey_of_a_lake_is_the_survey_of_its_dumps() {
    let folder = Folder::new();
    let world = write_demo(&folder.path("demo")).unwrap();
    let (watch, dumps) = (world.watch_list.to_str().unwrap(), world.dumps.to_str().unwrap());
    let period = ["--from", "2008-07", "--to", "2021-05", "--format", "json"];
    let survey = ["survey", "--watch", watch];
    let direct = folder.run(&[&survey[..], &period, &[dumps]].concat()).ends(0).json();
    lake(&folder, &["ingest", "--watch", watch, dumps]).ends(0);
    let of_lake = lake(&folder, &[&survey[..], &period].concat()).ends(0).json();
    assert_eq!(of_lake["categories"][0]["total"], 17_522);
    assert_eq!(of_lake["categories"][1]["total"], 106_163);
    let sources = |report: &Value| {
        let mut sources = report["sources"].as_array().unwrap().clone();
        sources.retain(|source| source["total"] != 0);
        sources.sort_by_key(|source| source["id"].to_string());
        sources
    };
    assert_eq!(sources(&of_lake), sources(&direct));
    assert_eq!(of_lake["categories"], direct["categories"]);
    for what in ["files", "bytes", "lines", "addresses", "rejected"] {
        assert_eq!(of_lake["input"][what], direct["input"][what], "{what}");
    }

    // Merged into one run it says the same.
    lake(&folder, &["lake", "optimize", "--all"]).ends(0);
    let again = lake(&folder, &[&survey[..], &period].concat()).ends(0).json();
    assert_eq!(sources(&again), sources(&direct));
    assert_eq!(again["categories"], direct["categories"]);
}

#[test]
fn figures_of_mixed_levels_are_those_of_the_dumps() {
    let folder = Folder::new();
    let world = write_demo(&folder.path("demo")).unwrap();
    let dumps = world.dumps.to_str().unwrap();
    // One category is only counted, but for its second organisation; one organisation of the other is, too.
    let list = fs::read_to_string(&world.watch_list).unwrap();
    let mut organisations = std::collections::BTreeMap::new();
    let (mut table, mut id, mut mixed) = ("", String::new(), String::new());
    for line in list.lines() {
        mixed += line;
        mixed.push('\n');
        match line {
            "[[category]]" => table = "category",
            "[[organisation]]" => table = "organisation",
            _ => {}
        }
        if let Some(value) = line.strip_prefix("id = ") {
            id = value.trim_matches('"').to_owned();
            if table == "category" && id == "ministry" {
                mixed += "level = \"counts\"\n";
            }
        }
        if table == "organisation"
            && let Some(category) = line.strip_prefix("category = ")
        {
            let number = organisations.entry(category.to_owned()).or_insert(0);
            *number += 1;
            if *number == 2 {
                let level = if category.contains("ministry") { "tags" } else { "counts" };
                mixed += &format!("level = \"{level}\"\n");
            }
        }
    }
    assert_eq!(mixed.matches("level = ").count(), 3, "{id}: {mixed}");
    folder.write("mixed.toml", &mixed);
    let period = ["--from", "2008-07", "--to", "2021-05", "--format", "json"];
    let survey = ["survey", "--watch", "mixed.toml"];
    let direct = folder.run(&[&survey[..], &period, &[dumps]].concat()).ends(0).json();
    let sources = |report: &Value| {
        let mut sources = report["sources"].as_array().unwrap().clone();
        sources.retain(|source| source["total"] != 0);
        sources.sort_by_key(|source| source["id"].to_string());
        sources
    };
    for all in [&[][..], &["--all"]] {
        let ingest = [&["ingest", "--watch", "mixed.toml", dumps], all].concat();
        let run = lake(&folder, &ingest);
        run.ends(0).printing(&[" counted)"]);
        let of_lake = lake(&folder, &[&survey[..], &period].concat());
        of_lake.ends(0).saying(&["are kept as counts"]);
        let of_lake = of_lake.json();
        assert_eq!(of_lake["categories"][0]["total"], 17_522);
        assert_eq!(of_lake["categories"], direct["categories"]);
        assert_eq!(sources(&of_lake), sources(&direct));
        assert!(status(&folder, "counts") > 0);
        let run = lake(&folder, &ingest);
        run.ends(0).printing(&["as before"]);
        assert!(!run.out().contains("replaced"), "{}", run.out());
    }
    let run = lake(&folder, &["lake", "forget", "--account", "nobody@suigen.example"]);
    run.ends(0).saying(&["out of reach: counts, of which nobody can tell whose they are"]);
}

#[test]
fn a_source_that_comes_again_is_replaced() {
    let folder = two_sources();
    let ingest = ["ingest", "--watch", "list.toml", "dumps"];
    lake(&folder, &ingest).ends(0);
    let version = status(&folder, "version");
    lake(&folder, &ingest).ends(0).printing(&["as before              3 rows  one"]);
    assert_eq!(status(&folder, "version"), version);

    folder.write("dumps/one/b.txt", "taro@suigen.example:pw9\n");
    let run = lake(&folder, &ingest);
    run.ends(0).printing(&["replaced               3 rows  one", "as before              2 rows  two"]);
    assert_eq!(status(&folder, "rows"), 5);
    let new = lake(&folder, &["new", "--since", &version.to_string()]).ends(0).lines();
    assert_eq!(new.len(), 1, "{new:?}");
    assert_eq!(new[0]["source"], "one");
    let all = lake(&folder, &["new", "--since", "0"]).ends(0).lines();
    assert_eq!(all.len(), 6);

    fs::remove_file(folder.path("dumps/one/a.txt")).unwrap();
    let run = lake(&folder, &ingest);
    run.ends(2).saying(&["`one`", "a.txt", "hint: give --replace"]);
    assert_eq!(status(&folder, "rows"), 5);
    let replace = ["ingest", "--watch", "list.toml", "--replace", "dumps"];
    lake(&folder, &replace).ends(0).printing(&["replaced               1 rows  one"]);
    assert_eq!(status(&folder, "rows"), 3);

    // What it had before is gone: what was new of it nobody can tell, but to those who had nothing of it.
    folder.write("dumps/four.txt", "jiro@mizube.test:4\n");
    lake(&folder, &ingest).ends(0);
    lake(&folder, &["lake", "vacuum", "--older-than", "0"]).ends(0);
    let new = lake(&folder, &["new", "--since", &(version + 1).to_string()]);
    let said = format!("what version {} brought of `one` cannot be told any more", version + 2);
    new.ends(3).saying(&[&said, "hint: `mizumori lookup`"]);
    assert_eq!(new.lines().iter().map(|row| row["source"].clone()).collect::<Vec<_>>(), ["four"]);
    assert_eq!(lake(&folder, &["new", "--since", "0"]).ends(0).quietly().lines().len(), 4);
}

#[test]
fn sources_whose_time_is_over_go() {
    let folder = two_sources();
    lake(&folder, &["ingest", "--watch", "list.toml", "dumps"]).ends(0);
    lake(&folder, &["lake", "retain"])
        .ends(2)
        .saying(&["nothing says how long sources stay", "--leaked-months"]);
    // Both leaked long ago, and were ingested today.
    lake(&folder, &["lake", "retain", "--kept-days", "1"]).ends(0).saying(&["the time of no source is over"]);
    let far = ["lake", "retain", "--leaked-months", "1200"];
    lake(&folder, &far).ends(0).saying(&["the time of no source is over"]);
    folder.write("mizumori.toml", "[retention]\nleaked_months = 12\n");
    let dry = lake(&folder, &["lake", "retain", "--dry-run"]);
    dry.ends(0).printing(&["one  leaked 2019-01  kept for 0 days", "two  leaked 2020-05  kept for 0 days"]);
    assert_eq!(status(&folder, "sources"), 2);
    let done = lake(&folder, &["lake", "retain"]);
    done.ends(0).saying(&["forgot 5 rows", "out of reach: older versions"]);
    assert_eq!((status(&folder, "sources"), status(&folder, "rows")), (0, 0));
    folder.write("mizumori.toml", "[retention]\nweeks = 12\n");
    lake(&folder, &["lake", "retain"]).ends(2).saying(&["weeks"]);
}

#[test]
fn who_is_forgotten_stays_out() {
    let folder = two_sources();
    lake(&folder, &["ingest", "--watch", "list.toml", "dumps"]).ends(0);
    let files = || {
        let all = fs::read_dir(folder.path("lake/exposures")).unwrap();
        let all = all.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<_> = all.filter(|name| name.ends_with(".parquet")).collect();
        files.sort();
        files
    };
    let before = files();
    let run = lake(&folder, &["lake", "forget", "--account", "taro@suigen.example"]);
    run.ends(0).saying(&["forgot 3 rows", "out of reach"]);
    assert!(files().iter().all(|file| !before.contains(file)), "a file that held the account is there still");
    lake(&folder, &["lookup", "taro@suigen.example"]).ends(0).saying(&["nothing in this lake"]);
    folder.write("dumps/three.txt", "taro@suigen.example:again\nhana@suigen.example:pw\n");
    lake(&folder, &["ingest", "--watch", "list.toml", "dumps"]).ends(0);
    lake(&folder, &["lookup", "taro@suigen.example"]).ends(0).saying(&["nothing in this lake"]);
    assert_eq!(lake(&folder, &["lookup", "suigen.example"]).ends(0).lines().len(), 2);

    lake(&folder, &["lake", "forget", "--source", "three"]).ends(0).saying(&["forgot 1 rows"]);
    lake(&folder, &["lake", "forget", "--source", "three"]).ends(2).saying(&["has no source `three`"]);
    let organisation = ["lake", "forget", "--organisation", "mori", "--watch", "list.toml"];
    lake(&folder, &organisation).ends(0).saying(&["forgot 1 rows"]);
    lake(&folder, &["lake", "forget", "--domain", "mizube.test"]).ends(0).saying(&["forgot 1 rows"]);
    assert_eq!(status(&folder, "rows"), 0);
    assert_eq!(status(&folder, "suppressed"), 1);
    // A lake that holds nothing is a lake still, and what it forgot of sources is no reason to skip them.
    assert_eq!(status(&folder, "sources"), 2);
}

#[test]
fn an_organisation_is_forgotten_without_those_below_its_domain() {
    let folder = two_sources();
    let organisation = |id: &str, domains: &str| {
        format!("[[organisation]]\nid = '{id}'\ncategory = 'c'\nname = '{id}'\ndomains = {domains}\n")
    };
    let list = [
        "[[category]]\nid = 'c'\nname = 'C'\n",
        &organisation("suigen", "['suigen.example', 'own.mori.suigen.example']"),
        &organisation("mori", "['mori.suigen.example']"),
    ];
    folder.write("nested.toml", list.concat());
    let hosts = ["suigen", "vpn.suigen", "mori.suigen", "deep.mori.suigen", "a.own.mori.suigen"];
    folder.write("nested/n.txt", hosts.map(|host| format!("taro@{host}.example:pw\n")).concat());
    lake(&folder, &["ingest", "--watch", "nested.toml", "nested"]).ends(0);
    let forget = ["lake", "forget", "--organisation", "suigen", "--watch", "nested.toml"];
    lake(&folder, &forget).ends(0).saying(&["forgot 3 rows"]);
    let rest = lake(&folder, &["lookup", "suigen.example"]).ends(0).lines();
    let mut hosts: Vec<_> = rest.iter().filter_map(|row| row["host"].as_str()).collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["deep.mori.suigen.example", "mori.suigen.example"]);
    // Whose the rows of a domain are that changed hands, the domain alone does not say.
    let earlier = organisation("kisho", "[{ name = 'suigen.example', to = '2015-01' }]");
    folder.write(
        "nested.toml",
        format!(
            "{}{earlier}",
            list.concat().replace("'suigen.example'", "{ name = 'suigen.example', from = '2015-02' }")
        ),
    );
    lake(&folder, &forget).ends(2).saying(&["another organisation's at another time", "--domain"]);
}

#[test]
fn a_lake_for_another_watch_list_is_told() {
    let folder = two_sources();
    lake(&folder, &["ingest", "--watch", "list.toml", "dumps/one"]).ends(0);
    lake(&folder, &["ingest", "--all", "dumps/two"]).ends(0);
    folder.write("other.toml", crate::world::LIST.replace("mizube.test", "elsewhere.example"));
    let run = lake(&folder, &["survey", "--watch", "other.toml"]);
    run.ends(0).saying(&["1 sources (`one` is the first) were ingested for another watch list"]);
    lake(&folder, &["survey", "--watch", "list.toml"]).ends(0).quietly();
}

#[test]
fn who_is_only_counted_is_not_said_to_be_nowhere() {
    let folder = two_sources();
    let list = crate::world::LIST.replacen("id = \"mori\"", "id = \"mori\"\nlevel = \"counts\"", 1);
    folder.write("list.toml", list);
    lake(&folder, &["ingest", "--watch", "list.toml", "dumps"]).ends(0);
    let of_account = "accounts of `mori.suigen.example` are kept as counts alone";
    let check = |what: &[&str], rows: usize, says: &str| {
        let run = lake(&folder, &[&["lookup"], what].concat());
        run.ends(0).saying(&[says]);
        assert_eq!(run.lines().len(), rows, "{what:?}");
        assert!(!run.err().contains("nothing in this lake"), "{}", run.err());
    };
    check(&["mori.suigen.example"], 0, "1 accounts of `mori.suigen.example` are kept as counts alone");
    // Of a domain some is kept as rows, and some as counts.
    check(&["suigen.example"], 3, "1 accounts of `suigen.example` are kept as counts alone");
    for account in ["hana@mori.suigen.example", "nobody@mori.suigen.example"] {
        check(&[account], 0, of_account);
    }
    folder.write("directory.txt", "taro@suigen.example\nhana@mori.suigen.example\n");
    check(&["--accounts", "directory.txt"], 3, of_account);
    lake(&folder, &["lookup", "taro@suigen.example"]).ends(0).quietly();
    lake(&folder, &["lookup", "nobody@suigen.example"]).ends(0).saying(&["nothing in this lake"]);
    // What is counted of a source goes with it.
    lake(&folder, &["lake", "forget", "--source", "one"]).ends(0);
    lake(&folder, &["lookup", "mori.suigen.example"]).ends(0).saying(&["nothing in this lake"]);
}

#[test]
fn a_configured_lake_is_surveyed_where_no_dumps_are_named() {
    let folder = two_sources();
    lake(&folder, &["ingest", "--watch", "list.toml", "dumps"]).ends(0);
    let survey = ["survey", "--watch", "list.toml", "--format", "json"];
    let of_lake = lake(&folder, &survey).ends(0).json();
    let of_one = folder.run(&[&survey[..], &["dumps/one"]].concat()).ends(0).json();
    assert_ne!(of_one["categories"], of_lake["categories"]);
    let by_variable = |paths: &[&str]| {
        let mut command = folder.command_with_keys(&[&survey[..], paths].concat());
        folder.wait(command.env("MIZUMORI_LAKE", "lake").spawn().unwrap())
    };
    assert_eq!(by_variable(&[]).ends(0).quietly().json(), of_lake);
    assert_eq!(by_variable(&["dumps/one"]).ends(0).quietly().json(), of_one);
    folder.run(&survey).ends(2).saying(&["no PATH is given"]);
    folder.write("mizumori.toml", "lake = \"lake\"\n");
    assert_eq!(folder.run_with_keys(&survey).ends(0).quietly().json(), of_lake);
    let dumps = [&survey[..], &["dumps/one"]].concat();
    assert_eq!(folder.run_with_keys(&dumps).ends(0).quietly().json(), of_one);
    #[cfg(feature = "cluster")]
    for lake in [&[][..], &["--lake", "lake"]] {
        let run = folder.run_with_keys(&[&survey[..], &["--cluster", "127.0.0.1:1"], lake].concat());
        run.ends(2).saying(&["a cluster surveys dumps, and no lake", "hint: leave --cluster out"]);
    }
}

#[test]
fn only_what_makes_a_lake_makes_its_folder() {
    let folder = two_sources();
    lake(&folder, &["ingest", "--watch", "list.toml", "dumps"]).ends(0);
    let before = folder.names();
    let mut commands = vec![
        vec!["lookup", "--lake", "laek/deep", "taro@suigen.example"],
        vec!["survey", "--lake", "laek/deep", "--watch", "list.toml"],
        vec!["new", "--lake", "laek/deep", "--since", "0"],
    ];
    for command in ["status", "optimize", "vacuum"] {
        commands.push(vec!["lake", command, "--lake", "laek/deep"]);
    }
    #[cfg(feature = "sql")]
    commands.push(vec!["sql", "--lake", "laek/deep", "select 1"]);
    for command in &commands {
        folder.run_with_keys(command).ends(2).saying(&["there is no lake at `laek/deep`"]);
        assert_eq!(folder.names(), before, "{command:?}");
    }
    // Keys are not made for a place where no folder can be.
    fs::remove_dir_all(folder.path("keys")).unwrap();
    let ingest = ["ingest", "--watch", "list.toml", "--lake", "list.toml/lake", "dumps"];
    folder.run_with_keys(&ingest).ends(2).saying(&["`list.toml/lake` is no place for a lake"]);
    assert!(!folder.path("keys").exists());
    folder.run_with_keys(&["ingest", "--watch", "list.toml", "--lake", "laek/deep", "dumps"]).ends(0);
    assert!(folder.path("laek/deep/exposures").is_dir());
}

#[test]
fn mistakes_are_told_before_anything_is_made() {
    let folder = two_sources();
    for (arguments, says) in [
        (&["ingest", "dumps"][..], "nothing says which accounts to keep"),
        (&["ingest", "--all", "--interval", "1", "dumps"], "--follow"),
        (&["ingest", "--all", "--follow", "--settle", "soon", "dumps"], "a number of seconds"),
        (&["ingest", "--all", "--follow", "-"], "standard input cannot be followed"),
        (&["ingest", "--all", "--follow"], "no PATH"),
        (&["ingest", "--all", "--follow", "nowhere"], "could not read `nowhere`"),
        (&["ingest", "--watch", "list.toml", "--level", "some", "dumps"], "counts, tags or sealed"),
        (&["ingest", "--watch", "list.toml", "--memory", "lots", "dumps"], "2GiB"),
        (&["ingest", "--watch", "list.toml"], "no PATH"),
        (&["lake", "status"], "there is no lake"),
        (&["lookup", "no/domain"], "is no domain"),
        (&["lookup", "a b@suigen.example"], "no account"),
        (&["survey", "--watch", "list.toml", "dumps"], "leave the PATHs or --lake out"),
    ] {
        lake(&folder, arguments).ends(2).saying(&[says]);
    }
    assert!(!folder.path("keys").exists(), "keys were made for nothing");
    let run = folder.run(&["ingest", "--watch", "list.toml", "dumps"]);
    run.ends(2).saying(&["no lake is named", "hint: "]);
    let run = folder.run(&["ingest", "--lake", "lake", "--watch", "list.toml", "dumps"]);
    run.ends(2).saying(&["no home folder", "--keys"]);
    let run = folder.run(&["lookup", "--lake", "ftp://x.example/lake", "suigen.example"]);
    run.ends(2).saying(&["`ftp://x.example/lake` is no place for a lake"]);
}

#[test]
fn killed_at_any_moment_it_is_as_it_was_or_done() {
    let folder = two_sources();
    let many: String = (0..120_000).map(|at| format!("user{at}@suigen.example:secret{at}\n")).collect();
    folder.write("dumps/many.txt", many);
    lake(&folder, &["ingest", "--watch", "list.toml", "dumps/one"]).ends(0);
    let ingest = ["ingest", "--lake", "lake", "--watch", "list.toml", "--memory", "2MiB", "dumps"];
    for milliseconds in [5, 40, 150, 400, 800, 1_500] {
        let mut child = folder.command_with_keys(&ingest).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        // It may have ended by then: then it is done.
        let _ = child.kill();
        let ended = child.wait().unwrap();
        let rows = status(&folder, "rows");
        assert!(rows == 3 || rows == 120_005, "{rows} rows");
        if ended.success() {
            assert_eq!(rows, 120_005);
        }
    }
    folder.run_with_keys(&ingest).ends(0);
    assert_eq!((status(&folder, "rows"), status(&folder, "sources")), (120_005, 3));
    let left: Vec<_> = fs::read_dir(folder.temporary()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
