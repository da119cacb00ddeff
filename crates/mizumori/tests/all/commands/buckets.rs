//! Lakes and dumps in buckets: what a folder says a bucket says, and what is wrong with a store is said with its place and
//! without a secret.

use std::fmt::Write as _;

use mizumori_test_store::{ACCESS_KEY, Fault, Kind, Request, SECRET_KEY, TestStore};
use mizumori_world::pack::{self, Member, ZipMethod};
use serde_json::Value;

use crate::run::{Folder, Run};
use crate::world::{self, source};

const LINE: &str = "taro@suigen.example:himitsu123\n";
/// Bytes of a large dump: more than a block of what is read ahead, and than a piece that one worker scans.
const LARGE: usize = 11 << 20;

fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let member =
        |(name, text): &(&str, &str)| Member { name: (*name).to_owned(), bytes: text.as_bytes().to_vec() };
    let members: Vec<_> = members.iter().map(member).collect();
    pack::zip(&members, ZipMethod::Deflated).unwrap()
}

/// Runs the program with the store in its environment.
fn run(folder: &Folder, store: &TestStore, arguments: &[&str]) -> Run {
    run_with(folder, store, arguments, &[])
}

fn run_with(folder: &Folder, store: &TestStore, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = folder.command_with_keys(arguments);
    command.envs(store.environment()).envs(variables.iter().copied());
    folder.wait(command.spawn().unwrap())
}

/// A folder `dumps` with dumps of several kinds, described in every way that there is, and the same in a bucket.
fn both() -> (Folder, TestStore) {
    let mut large = String::new();
    let mut line = 0;
    while large.len() < LARGE {
        let domain = if line % 2_000 == 0 { "mizube.test" } else { "elsewhere.example" };
        writeln!(large, "user{line}@{domain}:password number {line}").unwrap();
        line += 1;
    }
    let described = source("member", "p", "2019-06");
    let folder = world::folder(&[
        ("dumps/described/source.toml", &source("outer", "p", "2019")),
        ("dumps/described/a.txt", LINE),
        ("dumps/described/deep/b.txt", "x@y.example:1\njiro@suigen.example:2\n"),
        ("dumps/described/deeper/source.toml", &source("inner", "p", "2019-02-03")),
        ("dumps/described/deeper/c.csv", "mail,password\nhana@mori.suigen.example,\"a,b\"\n"),
        ("dumps/described/d.txt", LINE),
        ("dumps/described/d.txt.source.toml", &source("sidecar", "p", "2019-04")),
        ("dumps/described.txt", LINE),
        ("dumps/large.txt", &large),
        ("dumps/empty.txt", ""),
        ("dumps/h.zip.source.toml", &source("archive", "p", "2019-05")),
        ("dumps/名前 50%.txt", "goro@mizube.test:水\n"),
    ]);
    let members = [("in/source.toml", &*described), ("in/x.txt", LINE), ("out/y.txt", LINE)];
    folder.write("dumps/g.zip", zip(&members));
    folder.write("dumps/h.zip", zip(&[("x.txt", LINE)]));
    let store = TestStore::start().unwrap();
    store.put_folder("dumps/", &folder.path("dumps")).unwrap();
    (folder, store)
}

#[test]
fn a_bucket_is_counted_and_scanned_as_a_folder() {
    let (folder, store) = both();
    let survey = ["survey", "--watch", "list.toml", "--format", "json"];
    let of_folder = folder.run(&[&survey[..], &["dumps"]].concat());
    let expected = of_folder.ends(0).quietly().json();
    for path in ["s3://bucket/dumps/", "s3://bucket/dumps"] {
        let of_bucket = run(&folder, &store, &[&survey[..], &[path]].concat());
        assert_eq!(of_bucket.ends(0).quietly().json(), expected, "{path}");
    }
    assert_ne!(expected["categories"][1]["unknown_month"], 0);

    let scan = ["scan", "--watch", "list.toml", "--format", "jsonl"];
    let of_folder = folder.run(&[&scan[..], &["dumps"]].concat());
    let of_bucket = run(&folder, &store, &[&scan[..], &["s3://bucket/dumps/"]].concat());
    let out = of_bucket.ends(0).quietly().out();
    assert!(out.contains(r#""file":"s3://bucket/dumps/g.zip!in/x.txt""#), "{out}");
    assert!(out.contains(r#""file":"s3://bucket/dumps/名前 50%.txt""#), "{out}");
    assert_eq!(out.replace("s3://bucket/dumps/", "dumps/"), of_folder.out());
    let last = of_bucket.lines().into_iter().rfind(|row| row["file"] == "s3://bucket/dumps/large.txt");
    assert!(last.unwrap()["line"].as_u64().unwrap() > 100_000);
}

#[test]
fn bytes_are_asked_for_once_and_ahead() {
    let (folder, store) = both();
    store.take_requests();
    run(&folder, &store, &["survey", "--watch", "list.toml", "s3://bucket/dumps/large.txt"]).ends(0);
    let of_large: Vec<_> = store.take_requests();
    let mut ranges: Vec<_> =
        of_large.iter().filter(|request| request.kind == Kind::Get && request.range.is_some()).collect();
    ranges.sort_by_key(|request| request.range);
    // Eleven MiB and a little, two at a time, none twice.
    assert_eq!(ranges.len(), 6, "{ranges:#?}");
    let count = |kind| of_large.iter().filter(|request| request.kind == kind).count();
    // The sidecar, and a description in each level: two of them are there or not, nobody knows before.
    assert_eq!((count(Kind::Head), count(Kind::List), count(Kind::Get)), (1, 0, 6 + 3));
    run(&folder, &store, &["survey", "--watch", "list.toml", "s3://bucket/dumps/described/"]).ends(0);
    let requests = store.take_requests();
    let lists = requests.iter().filter(|request| request.kind == Kind::List).count();
    assert_eq!(lists, 1);
}

#[test]
fn paths_of_all_kinds_stand_beside_each_other() {
    let (folder, store) = both();
    let file = format!("file://{}", folder.path("dumps/described.txt").display());
    let scan = ["scan", "--watch", "list.toml", "--format", "jsonl"];
    let paths = ["s3://bucket/dumps/described/deep/", "s3://bucket/dumps/h.zip", &file, "dumps/g.zip"];
    let of_all = run(&folder, &store, &[&scan[..], &paths].concat());
    let seen: Vec<_> = of_all
        .ends(0)
        .quietly()
        .lines()
        .iter()
        .map(|row| ["file", "source"].map(|field| row[field].as_str().unwrap().to_owned()).join(" "))
        .map(|text| text.rsplit_once('/').map_or(text.clone(), |(_, name)| name.to_owned()))
        .collect();
    // The first is described in the level above, the second beside it.
    assert_eq!(
        seen,
        ["b.txt outer", "h.zip!x.txt archive", "described.txt described", "x.txt member", "y.txt g"]
    );

    let survey = ["survey", "--watch", "list.toml"];
    for (paths, says) in [
        (&["s3://bucket/dumps/", "s3://bucket/dumps/g.zip"][..], "`s3://bucket/dumps/g.zip` lies below"),
        (&["s3://bucket/dumps/", "s3://bucket/dumps"], "`s3://bucket/dumps/` is given twice"),
        (&["s3://bucket/dumps/none/"], "`s3://bucket/dumps/none/` holds nothing"),
        (&["s3://bucket/dum"], "`s3://bucket/dum` holds nothing"),
        (&["s3:///dumps/"], "names no bucket"),
        (&["ftp://host.example/dumps/"], "dumps cannot be read from `ftp://…`"),
        (&["s3://KEY:word@bucket/dumps/"], "holds credentials"),
        (&["dumps/g.zip", "s3://bucket/dumps/g.zip"], "two paths give the source `g`"),
    ] {
        let run = run(&folder, &store, &[&survey[..], paths].concat());
        run.ends(2).saying(&[says, "hint: "]);
        assert!(!run.err().contains("word"), "{}", run.err());
    }
    // A mistake in a description is told with the place.
    store.put("dumps/described/deep/source.toml", "id = 'x'\nleaked = 'some day'\n").unwrap();
    let run = run(&folder, &store, &[&survey[..], &["s3://bucket/dumps/"]].concat());
    run.ends(2).saying(&["s3://bucket/dumps/described/deep/source.toml:2"]);
}

#[test]
fn an_object_that_fails_is_told_and_the_rest_is_done() {
    let (folder, store) = both();
    let survey = ["survey", "--watch", "list.toml", "--format", "json", "s3://bucket/dumps/"];
    let whole = run(&folder, &store, &survey).ends(0).json();
    let is_late = |request: &Request| request.range.is_some_and(|(from, _)| from >= 6 << 20);
    store.fail_when(move |request| {
        let gone = request.kind == Kind::Get && request.key == "dumps/described.txt";
        if gone { Some(Fault::NoSuchKey) } else { is_late(request).then_some(Fault::AccessDenied) }
    });
    let run_partly = run(&folder, &store, &survey);
    run_partly.ends(3).saying(&[
        "could not read `s3://bucket/dumps/large.txt`: the credentials do not allow this in `s3://bucket/dumps/`",
        "could not read `s3://bucket/dumps/described.txt`: an object in `s3://bucket/dumps/` is not there any more",
    ]);
    let part = run_partly.json();
    let unreadable = part["input"]["unreadable"].as_array().unwrap();
    // Each once, however many pieces of it fail.
    assert_eq!(unreadable.len(), 2, "{unreadable:#?}");
    let ingest = ["ingest", "--lake", "lake", "--watch", "list.toml", "s3://bucket/dumps/"];
    let scan = ["scan", "--watch", "list.toml", "s3://bucket/dumps/"];
    for command in [&ingest[..], &scan] {
        let told = run(&folder, &store, command).ends(3).err();
        assert_eq!(told.matches("could not read `s3://").count(), 2, "{told}");
    }
    assert!(unreadable.iter().all(|what| what["file"].as_str().unwrap().starts_with("s3://bucket/dumps/")));
    let total = |report: &Value, category: usize| report["categories"][category]["total"].as_u64().unwrap();
    assert_eq!(total(&part, 0), total(&whole, 0));
    let unknown = |report: &Value| report["categories"][1]["unknown_month"].as_u64().unwrap();
    assert!((10..unknown(&whole)).contains(&unknown(&part)), "{part}");
    // What is too busy is asked again.
    store.heal();
    store.fail_next([Fault::SlowDown, Fault::InternalError]);
    assert_eq!(run(&folder, &store, &survey).ends(0).quietly().json(), whole);
}

#[test]
fn a_lake_in_a_bucket_does_what_a_lake_in_a_folder_does() {
    let (folder, store) = both();
    let lakes = ["s3://bucket/lake", "lake"];
    // A value of each, which must be the same.
    let same = |arguments: &[&str], seen: &dyn Fn(&Run) -> String| {
        let (command, rest) = arguments.split_first().unwrap();
        let outcomes = lakes.map(|lake| {
            let mut all = vec![*command];
            let rest = if *command == "lake" {
                all.extend(rest.first());
                &rest[1..]
            } else {
                rest
            };
            all.extend(["--lake", lake]);
            all.extend(rest);
            let run = run(&folder, &store, &all);
            assert_eq!(run.code(), Some(0), "{all:?}\n{}", run.shown());
            seen(&run)
        });
        assert_eq!(outcomes[0], outcomes[1], "{arguments:?}");
        outcomes[0].clone()
    };
    // Tags are of each lake's own keys.
    let rows = |run: &Run| {
        let field = |row: &Value, name: &str| row[name].to_string();
        let mut rows: Vec<_> =
            run.lines().iter().map(|row| field(row, "source") + &field(row, "leaked")).collect();
        rows.sort();
        rows.join("\n")
    };
    let out = |run: &Run| run.out();
    let dumps = "s3://bucket/dumps/";
    assert!(same(&["ingest", "--watch", "list.toml", dumps], &out).contains("added"));
    assert!(same(&["ingest", "--watch", "list.toml", dumps], &out).contains("as before"));
    folder.write("more/x.txt", "taro@suigen.example:other\nsaburo@mizube.test:3\n");
    same(&["ingest", "--watch", "list.toml", "more"], &out);
    assert!(same(&["lookup", "taro@suigen.example"], &rows).contains("archive"));
    same(&["lookup", "mizube.test"], &rows);
    same(&["new", "--since", "1"], &rows);
    let survey = ["survey", "--watch", "list.toml", "--format", "json"];
    let counted = same(&survey, &out);
    same(&["lake", "optimize", "--all"], &|_| String::new());
    assert_eq!(same(&survey, &out), counted);
    same(&["lake", "forget", "--account", "jiro@suigen.example"], &|_| String::new());
    same(&["lake", "vacuum", "--older-than", "0"], &|_| String::new());
    assert_eq!(same(&["lookup", "jiro@suigen.example"], &rows), "");
    same(&["lookup", "suigen.example"], &rows);

    // A look-up by itself: one request for a small lake's file, the rest for the log.
    store.take_requests();
    run(&folder, &store, &["lookup", "--lake", "s3://bucket/lake", "taro@suigen.example"]).ends(0);
    let (log, data): (Vec<_>, Vec<_>) =
        store.take_requests().into_iter().partition(|request| request.key.contains("_delta_log"));
    assert_eq!(data.iter().map(|request| request.kind).collect::<Vec<_>>(), [Kind::Get], "{data:?}");
    assert!(log.iter().all(|request| matches!(request.kind, Kind::Get | Kind::List | Kind::Head)), "{log:?}");
    for file in store.keys().unwrap() {
        let bytes = std::fs::read(store.path(&file)).unwrap();
        let shown = String::from_utf8_lossy(&bytes);
        assert!(file.starts_with("dumps/") || !shown.contains("himitsu123"), "{file}");
    }
}

#[cfg(feature = "sql")]
#[test]
fn a_question_reads_what_it_names() {
    let folder = world::folder(&[
        ("kept/one.txt", LINE),
        ("kept/two.txt", LINE),
        ("kept/three.txt", "hana@mori.suigen.example:a\nx@elsewhere.example:b\n"),
        ("counted/four.txt", LINE),
    ]);
    let store = TestStore::start().unwrap();
    let ingest = ["ingest", "--lake", "s3://bucket/lake", "--watch", "list.toml"];
    let check = |question: &str, answer: u64, expected: [bool; 3], sources: usize| {
        store.take_requests();
        let run = run(&folder, &store, &["sql", "--lake", "s3://bucket/lake", question]);
        assert_eq!(run.ends(0).quietly().json()["n"], answer, "{question}");
        let requests = store.take_requests();
        let below = |folder: &str| requests.iter().filter(|request| request.key.starts_with(folder)).count();
        let asked = ["lake/exposures/part", "lake/counts", "lake/sources"].map(below);
        assert_eq!(
            (asked.map(|number| number > 0), asked[2]),
            (expected, sources),
            "{question}: {requests:#?}"
        );
        // Nothing else but the log.
        assert_eq!(asked.iter().sum::<usize>() + below("lake/exposures/_delta_log"), requests.len());
    };
    run(&folder, &store, &[&ingest[..], &["kept"]].concat()).ends(0);
    let tables = "select count(*) as n from information_schema.tables where table_schema = 'public'";
    // How many rows a file has stands in the log.
    check("select count(*) as n from exposures", 3, [false, false, false], 0);
    check(tables, 2, [false, true, false], 0);
    run(&folder, &store, &[&ingest[..], &["--level", "counts", "counted"]].concat()).ends(0);
    check("select count(*) as n from exposures", 3, [false, false, false], 0);
    check(tables, 3, [false, true, false], 0);
    check("select count(*) as n from sources", 4, [false, false, true], 4);
    check("select sum(n) as n from counts", 1, [false, true, false], 0);
    let joined = "select count(distinct source) as n from exposures join sources using (source)";
    check(joined, 3, [true, false, true], 4);
    let run = run(&folder, &store, &["sql", "--lake", "s3://bucket/lake", "select 1 from nothing"]);
    run.ends(2).saying(&["nothing"]);
}

#[test]
fn what_is_wrong_with_a_store_is_said() {
    let (folder, store) = both();
    run(&folder, &store, &["ingest", "--lake", "s3://bucket/lake", "--watch", "list.toml", "dumps/g.zip"])
        .ends(0);
    let check = |variables: &[(&str, &str)], bucket: &str, says: &str, hint: &str| {
        let (lake, dumps) = (format!("s3://{bucket}/lake"), format!("s3://{bucket}/dumps/"));
        for (arguments, place) in [
            (&["survey", "--watch", "list.toml", &dumps][..], &dumps),
            (&["scan", "--watch", "list.toml", &dumps], &dumps),
            (&["lookup", "--lake", &lake, "suigen.example"], &lake),
            (&["ingest", "--lake", &lake, "--watch", "list.toml", "dumps/g.zip"], &lake),
            (&["lake", "status", "--lake", &lake], &lake),
        ] {
            let run = run_with(&folder, &store, arguments, variables);
            run.ends(2).saying(&[says, &format!("`{place}`"), "hint: ", hint]);
            let all = run.shown();
            for secret in [ACCESS_KEY, SECRET_KEY, "MIZUMORIOTHERKEY", "a-wrong-secret"] {
                assert!(!all.contains(secret), "{all}");
            }
        }
    };
    check(&[], "nowhere", "does not exist", "make the bucket");
    let credentials = "refuses the credentials";
    check(&[("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")], "bucket", credentials, "AWS_SECRET_ACCESS_KEY");
    check(&[("AWS_ACCESS_KEY_ID", "MIZUMORIOTHERKEY")], "bucket", credentials, "AWS_ACCESS_KEY_ID");
    let nobody = "http://127.0.0.1:1";
    check(&[("AWS_ENDPOINT_URL", nobody)], "bucket", "cannot be reached", "AWS_ENDPOINT_URL");
    store.fail_when(|_| Some(Fault::ClockSkew));
    check(&[], "bucket", "differ too much", "clock");
    store.fail_when(|_| Some(Fault::AccessDenied));
    check(&[], "bucket", "do not allow this", "right to list and read");
    store.fail_when(|_| Some(Fault::SlowDown));
    check(&[], "bucket", "too busy", "later");
    store.heal();
    // Without credentials the machine's own role is asked for; here nobody knows of one.
    let mut command = folder.command(&["survey", "--watch", "list.toml", "s3://bucket/dumps/"]);
    command.env("AWS_ENDPOINT_URL", store.endpoint()).env("AWS_ALLOW_HTTP", "true");
    command.env("AWS_METADATA_ENDPOINT", nobody);
    let run = folder.wait(command.spawn().unwrap());
    run.ends(2).saying(&["there are no credentials for `s3://bucket/dumps/`", "hint: set AWS_ACCESS_KEY_ID"]);
}
