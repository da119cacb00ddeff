//! Other programs read a lake that we wrote: DuckDB's delta extension, and deltalake for Python.

use std::process::Command;

use crate::run::Folder;
use crate::world::{folder, source};

/// Prints what each reader sees, one JSON object.
const SCRIPT: &str = include_str!("readers.py");

/// Where `cargo xtask test` has put the readers.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/readers/python/bin/python");

#[test]
fn readers_see_what_is_there() {
    // `cargo xtask test --without deltalake`, which says so at its end.
    if std::env::var_os("MIZUMORI_WITHOUT_READERS").is_some() {
        return;
    }
    assert!(
        std::path::Path::new(PYTHON).exists(),
        "the readers are missing: `cargo xtask test` fetches them"
    );
    let folder = folder(&[
        ("dumps/one/source.toml", &source("one", "forum", "2019-01")),
        ("dumps/one/a.txt", "taro@suigen.example:pw1\ntaro@suigen.example:pw2\nhana@mori.suigen.example\n"),
        ("dumps/two/source.toml", "id = 'two'\n"),
        ("dumps/two/b.txt", "taro@suigen.example:pw1\njiro@mizube.test:pw\n"),
    ]);
    let run = |arguments: &[&str]| {
        folder.run_with_keys(arguments).ends(0);
    };
    let expected = serde_json::json!([
        ["one", "2019-01-01", "mori.suigen.example", "none", 1, 0],
        ["one", "2019-01-01", "suigen.example", "clear", 2, 2],
        ["two", null, "mizube.test", "clear", 1, 1],
        ["two", null, "suigen.example", "clear", 1, 1],
    ]);
    run(&["ingest", "--lake", "lake", "--watch", "list.toml", "dumps"]);
    assert_eq!(seen(&folder), serde_json::json!({"duckdb": expected, "deltalake": expected}));
    // Merged, replaced and checkpointed as much as commits make it.
    for at in 0..12 {
        folder.write("dumps/three.txt", format!("taro@suigen.example:pw{at}\n"));
        run(&["ingest", "--lake", "lake", "--watch", "list.toml", "dumps"]);
        run(&["lake", "optimize", "--lake", "lake", "--all"]);
    }
    run(&["lake", "forget", "--lake", "lake", "--source", "three"]);
    run(&["lake", "vacuum", "--lake", "lake", "--older-than", "0"]);
    assert_eq!(seen(&folder), serde_json::json!({"duckdb": expected, "deltalake": expected}));
}

#[test]
fn readers_see_what_is_counted() {
    if std::env::var_os("MIZUMORI_WITHOUT_READERS").is_some() {
        return;
    }
    assert!(
        std::path::Path::new(PYTHON).exists(),
        "the readers are missing: `cargo xtask test` fetches them"
    );
    let list = crate::world::LIST.replace("id = \"ministry\"", "id = \"ministry\"\nlevel = \"counts\"");
    let folder = folder(&[
        ("counts.toml", &list),
        ("dumps/one/source.toml", &source("one", "forum", "2019-01")),
        (
            "dumps/one/a.txt",
            "taro@suigen.example:pw1\ntaro@suigen.example:pw2\nhana@mori.suigen.example:pw\n",
        ),
        ("dumps/two/source.toml", "id = 'two'\n"),
        ("dumps/two/b.txt", "taro@suigen.example:pw1\njiro@mizube.test:pw\n"),
    ]);
    let ingest = || {
        let arguments = ["ingest", "--lake", "lake", "--watch", "counts.toml", "dumps"];
        folder.run_with_keys(&arguments).ends(0);
        seen_in(&folder, "lake/counts")
    };
    let one =
        |host: &str, n: u64| serde_json::json!(["one", "forum", "2019-01-01", "suigen.example", host, n, 0]);
    let two = serde_json::json!(["two", "two", null, "suigen.example", "suigen.example", 1, 0]);
    let expected = serde_json::json!([one("mori.suigen.example", 1), one("suigen.example", 1), two]);
    assert_eq!(ingest(), serde_json::json!({"duckdb": expected, "deltalake": expected}));
    folder.write("dumps/one/a.txt", "taro@suigen.example:pw1\njiro@suigen.example:pw\n");
    let expected = serde_json::json!([one("suigen.example", 2), two]);
    assert_eq!(ingest(), serde_json::json!({"duckdb": expected, "deltalake": expected}));
}

fn seen(folder: &Folder) -> serde_json::Value {
    seen_in(folder, "lake/exposures")
}

fn seen_in(folder: &Folder, table: &str) -> serde_json::Value {
    let output = Command::new(PYTHON).arg("-c").arg(SCRIPT).arg(folder.path(table)).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"))
}
