//! Questions in SQL, from outside: what a scan and a lake answer, what is refused, what is told.

use serde_json::{Value, json};

use crate::run::{Folder, Run};
use crate::world::{folder, source};

/// Asks, with the keys in a folder of their own.
fn ask(folder: &Folder, question: &str, options: &[&str]) -> Run {
    let mut all = vec!["sql"];
    all.extend(options);
    all.push(question);
    folder.run_with_keys(&all)
}

/// The rows of an answer.
#[track_caller]
fn rows(folder: &Folder, question: &str, options: &[&str]) -> Vec<Value> {
    ask(folder, question, options).ends(0).quietly().lines()
}

/// Lists, a stealer log with a login that is no account, and a source of which the month is unknown.
fn dumps() -> Folder {
    folder(&[
        ("dumps/one/source.toml", &source("one", "forum", "2019-01")),
        (
            "dumps/one/a.txt",
            "taro@suigen.example:pw-one\nhana@mori.suigen.example:pw-two\nx@elsewhere.example:pw-three\n\
             Taro@Suigen.Example:pw-one\ntaro@suigen.example:pw-other\n",
        ),
        ("dumps/two/source.toml", "id = 'two'\nkind = 'stealer-log'\nplace = 'market'\n"),
        (
            "dumps/two/pc/Passwords.txt",
            "URL: https://vpn.suigen.example/login\nUsername: yamada01\nPassword: pw-four\n\n\
             URL: https://shop.test/\nUsername: taro@suigen.example\nPassword: pw-one\n\n\
             URL: https://shop.test/\nUsername: jiro@mizube.test\nPassword: \n\n",
        ),
    ])
}

#[test]
fn dumps_are_a_table() {
    let folder = dumps();
    let by_domain = "select domain, count(*) as n from scan('dumps/') group by 1 order by 1";
    assert_eq!(
        rows(&folder, by_domain, &[]),
        [
            json!({"domain": "elsewhere.example", "n": 1}),
            json!({"domain": "mizube.test", "n": 1}),
            // The login of the stealer log stands at its site's domain.
            json!({"domain": "suigen.example", "n": 6}),
        ]
    );
    let all = "select source, place, month, domain, host, secret_kind, site, log is not null as log, category, organisation, \
               watched, matched_by from scan('dumps') where source = 'two' order by host";
    let seen = rows(&folder, all, &["--watch", "list.toml"]);
    let row = |host: &str, kind: &str, site: &str, watch: [&str; 4]| {
        let domain = if host.ends_with("mizube.test") { "mizube.test" } else { "suigen.example" };
        json!({"source": "two", "place": "market", "month": null, "domain": domain, "host": host, "secret_kind": kind,
            "site": site, "log": true, "category": watch[0], "organisation": watch[1], "watched": watch[2],
            "matched_by": watch[3]})
    };
    assert_eq!(
        seen,
        [
            row("mizube.test", "none", "shop.test", ["affiliated", "mizube", "mizube.test", "account"]),
            row("suigen.example", "clear", "shop.test", ["ministry", "suigen", "suigen.example", "account"]),
            row(
                "vpn.suigen.example",
                "clear",
                "suigen.example",
                ["ministry", "suigen", "suigen.example", "site"]
            ),
        ]
    );
    // The tags of one account are one, whatever stands beside it; those of account and secret tell secrets apart.
    let tags = "select count(distinct account_lo) as accounts, count(distinct secret_tag) as secrets, count(secret_tag) as n \
                from scan('dumps') where host = 'suigen.example'";
    assert_eq!(rows(&folder, tags, &[]), [json!({"accounts": 1, "secrets": 2, "n": 4})]);
    let months = "select month, count(*) as n from scan('dumps') group by 1 order by 1";
    assert_eq!(
        rows(&folder, months, &[]),
        [json!({"month": "2019-01-01", "n": 5}), json!({"month": null, "n": 3})]
    );
}

/// Whom a record concerns is one thing, whoever says it.
#[test]
fn rows_concern_whom_a_scan_says() {
    let folder = dumps();
    folder.write(
        "dumps/sites/pc/Passwords.txt",
        "URL: https://vpn.contractor.example/login\nUsername: yamada02\nPassword: pw-five\n\n\
         URL: https://a.vpn.contractor.example/\nUsername: x@elsewhere.example\nPassword: pw-six\n\n\
         URL: https://vpn.contractor.example/\nUsername: taro@suigen.example\nPassword: pw-one\n\n\
         URL: https://shop.test/\nUsername: x@elsewhere.example\nPassword: pw-six\n\n",
    );
    folder.write("dumps/sites/source.toml", "id = 'sites'\nkind = 'stealer-log'\nleaked = '2020-05'\n");
    // Nobody held the domain then.
    folder.write("dumps/sites/late.txt", "x@mizube.example:pw-seven\n");
    let columns = ["source", "watched", "matched_by", "organisation"];
    let seen = |rows: &[Value]| {
        let mut rows: Vec<_> =
            rows.iter().map(|row| columns.map(|column| row[column].to_string()).join(" ")).collect();
        rows.sort();
        rows
    };
    let scanned = folder.run(&["scan", "--watch", "list.toml", "--format", "jsonl", "dumps"]);
    let expected = seen(&scanned.ends(0).quietly().lines());
    assert_eq!(
        expected.iter().filter(|row| row.contains(r#""vpn.contractor.example" "site" "suigen""#)).count(),
        2
    );
    let watched = ["--watch", "list.toml"];
    for column in &columns[1..] {
        let question = format!("select {} from scan('dumps') where {column} is not null", columns.join(", "));
        assert_eq!(seen(&rows(&folder, &question, &watched)), expected, "{question}");
    }
    // Where the scan looks for something else.
    let question =
        format!("select {} from scan('dumps') where host = 'elsewhere.example'", columns.join(", "));
    let of_host = seen(&rows(&folder, &question, &watched));
    assert_eq!(
        of_host.iter().filter(|row| row.contains(r#""vpn.contractor.example" "site" "suigen""#)).count(),
        1
    );
}

/// Whatever a question asks for, nothing readable comes back.
#[test]
fn nothing_readable_comes_back() {
    let folder = dumps();
    let everything = ask(&folder, "select * from scan('dumps')", &["--watch", "list.toml"]);
    let out = everything.ends(0).out();
    assert_eq!(out.lines().count(), 8);
    for word in ["taro", "Taro", "hana", "jiro", "yamada", "pw-"] {
        assert!(!out.contains(word), "{word}: {out}");
    }
    ask(&folder, "select account from scan('dumps')", &[]).ends(2).saying(&["No field named account"]);
}

/// What the scan looks for itself gives the same rows as a look at every record.
#[test]
fn filters_change_the_way_and_not_the_answer() {
    let folder = dumps();
    for filter in [
        "domain = 'suigen.example'",
        "'suigen.example' = domain",
        "host = 'mori.suigen.example'",
        "host in ('vpn.suigen.example', 'elsewhere.example')",
        "domain = 'elsewhere.example' or domain = 'mizube.test'",
        "domain = 'Suigen.example'",
        "domain = 'no domain'",
        "domain <> 'suigen.example'",
        "source = 'one' and domain = 'suigen.example'",
        "month >= '2019-01-01'",
        "month is null and secret_kind = 'clear'",
        "place like 'f%'",
        "organisation = 'suigen'",
        "organisation is null",
        "category = 'ministry' and domain = 'suigen.example'",
        "watched is not null",
        "matched_by = 'site'",
    ] {
        let question = |filter: &str| {
            let columns = "source, host, secret_kind, organisation, matched_by";
            format!("select {columns} from scan('dumps') where {filter} order by 1, 2, 3, 4")
        };
        // A function that changes nothing hides columns from whoever looks at filters.
        let mut hidden = filter.to_owned();
        for column in
            ["domain", "host", "source", "place", "organisation", "category", "watched", "matched_by"]
        {
            hidden = hidden.replace(column, &format!("concat({column}, '')"));
        }
        let hidden = hidden.replace("month", "coalesce(month, null)");
        let hidden = match filter {
            // An empty text is no null.
            "organisation is null" | "watched is not null" => filter.replace("is ", "|| '' is "),
            _ => hidden,
        };
        let options = ["--watch", "list.toml"];
        assert_eq!(
            rows(&folder, &question(filter), &options),
            rows(&folder, &question(&hidden), &options),
            "{filter}"
        );
    }
    let plan = |filter: &str, options: &[&str]| {
        let question = format!("explain select count(*) from scan('dumps') where {filter}");
        ask(&folder, &question, options).ends(0).out()
    };
    assert!(plan("domain in ('suigen.example', 'mizube.test')", &[]).contains("looks for 2 domains"));
    assert!(plan("organisation = 'suigen'", &["--watch", "list.toml"]).contains("looks for the watch list"));
    assert!(plan("month > '2018-01-01'", &[]).contains("sources=1 of 2, columns=[], looks for everything"));
}

#[test]
fn domains_are_counted_by_their_accounts() {
    let folder = dumps();
    let counted = rows(&folder, "select * from domains('dumps') order by domain", &[]);
    assert_eq!(
        counted,
        [
            json!({"domain": "elsewhere.example", "accounts": 1, "records": 1}),
            json!({"domain": "mizube.test", "accounts": 1, "records": 1}),
            json!({"domain": "suigen.example", "accounts": 2, "records": 5}),
        ]
    );
    // The same, asked of the rows; many accounts, and the login of a site is none.
    let many: String = (0..30_000).map(|at| format!("user{}@suigen.example:pw{at}\n", at % 20_011)).collect();
    folder.write("dumps/many.txt", many);
    let of_rows = "select domain, count(distinct account_lo) as accounts, count(*) as records from scan('dumps') \
                   where account_lo % 2 = 0 group by domain order by domain";
    assert_eq!(
        rows(&folder, "select * from domains('dumps') order by domain", &["--threads", "3"]),
        rows(&folder, of_rows, &[])
    );
}

#[test]
fn a_lake_is_asked() {
    let folder = dumps();
    folder.run_with_keys(&["ingest", "--lake", "lake", "--all", "dumps"]).ends(0);
    let lake = ["--lake", "lake"];
    assert_eq!(
        rows(
            &folder,
            "select source, count(*) as n, count(distinct secret_tag) as s from exposures group by 1 order by 1",
            &lake
        ),
        [json!({"source": "one", "n": 4, "s": 4}), json!({"source": "two", "n": 3, "s": 2})]
    );
    let sources = "select source, kind, place, leaked, public, (select count(*) from exposures where exposures.source = sources.source) \
                   as n from sources order by 1";
    assert_eq!(
        rows(&folder, sources, &lake),
        [
            json!({"source": "one", "kind": "unknown", "place": "forum", "leaked": "2019-01", "public": true, "n": 4}),
            json!({"source": "two", "kind": "stealer-log", "place": "market", "leaked": null, "public": true, "n": 3}),
        ]
    );
    // What the log says of the number of rows is no answer for some of them.
    for (of, n) in [("exposures", 7), ("(select * from exposures limit 2)", 2)] {
        assert_eq!(rows(&folder, &format!("select count(*) as n from {of}"), &lake), [json!({"n": n})]);
    }
    let one = "select count(*) as n from exposures where source = 'one'";
    assert_eq!(rows(&folder, one, &lake), [json!({"n": 4})]);
    // Dumps are tagged as the lake is: what is new in them is a question.
    folder.write("later.txt", "taro@suigen.example:pw-one\nnew@suigen.example:pw\n");
    let new =
        "select host from scan('later.txt') except all select host from exposures where account_hi is null";
    assert_eq!(rows(&folder, new, &lake).len(), 2);
    let new = "select count(*) as n from scan('later.txt') s where not exists (select 1 from exposures e where \
               e.account_hi = s.account_hi and e.account_lo = s.account_lo)";
    assert_eq!(rows(&folder, new, &lake), [json!({"n": 1})]);
    // Without the lake the keys are drawn for the run.
    let tag = "select account_hi from scan('later.txt')";
    assert_ne!(rows(&folder, tag, &[]), rows(&folder, tag, &[]));
    assert_eq!(rows(&folder, tag, &lake), rows(&folder, tag, &lake));
    ask(&folder, "select 1", &["--lake", "nowhere"]).ends(2).saying(&["there is no lake at `nowhere`"]);
}

#[test]
fn what_was_counted_is_asked() {
    let folder = dumps();
    let ingest = ["ingest", "--lake", "lake", "--watch", "list.toml", "--level", "counts", "dumps/one"];
    folder.run_with_keys(&ingest).ends(0);
    let lake = ["--lake", "lake"];
    assert_eq!(
        rows(&folder, "select source, month, host, n from counts order by host", &lake),
        [
            json!({"source": "one", "month": "2019-01-01", "host": "mori.suigen.example", "n": 1}),
            json!({"source": "one", "month": "2019-01-01", "host": "suigen.example", "n": 1}),
        ]
    );
    assert_eq!(rows(&folder, "select count(*) as n from exposures", &lake), [json!({"n": 0})]);
}

#[test]
fn a_question_changes_nothing() {
    let folder = dumps();
    for question in [
        "copy (select * from scan('dumps')) to 'out.csv'",
        "explain analyze copy (select * from scan('dumps')) to 'out.csv'",
        "create external table t stored as csv location 'list.toml'",
        "create table t as select 1",
        "create view v as select 1",
        "set datafusion.execution.batch_size = 1",
        "insert into exposures values (1)",
        "drop table exposures",
        "select 1; select 2",
        "select",
        "",
        "select * from scan()",
        "select * from scan(1)",
        "select * from scan('nowhere')",
        "select * from 'list.toml'",
        "select count(*) from nothing",
    ] {
        let run = ask(&folder, question, &[]);
        run.ends(2).saying(&["error: "]);
        assert_eq!(run.out(), "", "{question}");
    }
    assert_eq!(folder.names(), ["dumps", "list.toml"]);
}

#[test]
fn forms() {
    let folder = dumps();
    let question =
        "select source, -count(*) as n, max(month) as month from scan('dumps') group by 1 order by 1";
    let table = ask(&folder, question, &["--format", "table"]);
    assert_eq!(table.ends(0).out(), "source   n  month\none     -5  2019-01-01\ntwo     -3\n");
    let csv = ask(&folder, &question.replace("source, -", "'=' || source as s, -"), &["--format", "csv"]);
    assert_eq!(csv.ends(0).out(), "\u{feff}s,n,month\r\n\"'=one\",-5,2019-01-01\r\n\"'=two\",-3,\r\n");
    let piped = folder.run_with_input(&["sql", "-"], b"select count(*) as n from scan('dumps/one')");
    assert_eq!(piped.ends(0).lines(), [json!({"n": 5})]);
    assert_eq!(rows(&folder, "select 1 as n where false", &[]), [] as [Value; 0]);
}

/// What cannot be read is told, and the rest is answered.
#[test]
fn what_cannot_be_read_is_told() {
    let folder = dumps();
    folder.write("dumps/broken.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xff\xff\xff");
    let run = ask(&folder, "select count(*) as n from scan('dumps')", &[]);
    run.ends(3).saying(&["could not read `dumps/broken.gz"]);
    assert_eq!(run.lines(), [json!({"n": 8})]);
}

/// A question that wants no more ends the scan; one that needs more room than memory goes to the disk, and gives the same.
#[test]
fn short_and_long_answers() {
    let folder = dumps();
    let many: String = (0..400_000).map(|at| format!("user{at}@suigen.example:pw{at}\n")).collect();
    folder.write("many.txt", &many);
    assert_eq!(rows(&folder, "select host from scan('many.txt') limit 3", &[]).len(), 3);
    let long = "select host, account_hi, secret_tag from scan('many.txt') order by secret_tag, account_hi";
    let answer = |memory: &str, lake: &[&str]| {
        let mut options = vec!["--memory", memory, "--threads", "2"];
        options.extend(lake);
        ask(&folder, long, &options).ends(0).quietly().out()
    };
    folder.run_with_keys(&["ingest", "--lake", "lake", "--all", "dumps"]).ends(0);
    let (little, much) = (answer("48MiB", &["--lake", "lake"]), answer("1GiB", &["--lake", "lake"]));
    assert_eq!(little.lines().count(), 400_000);
    assert!(little == much, "an answer by way of the disk is another");
    let analyzed = format!("explain analyze {long}");
    let run = ask(&folder, &analyzed, &["--memory", "48MiB", "--threads", "2"]);
    assert!(!run.ends(0).out().contains("spill_count=0,"), "nothing was spilled: {}", run.out());
    let refused = ask(&folder, long, &["--memory", "1MiB", "--threads", "2"]);
    refused.ends(2).saying(&["needs more memory than it may use", "hint: give it more with --memory"]);
    assert_eq!(std::fs::read_dir(folder.temporary()).unwrap().count(), 0);
}
