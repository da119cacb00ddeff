//! The demo prints the published figures, and a survey of its world counts what is true of it.

use mizumori_world::{Truth, World, write_demo};
use serde_json::Value;

use crate::run::Folder;

/// A category's id and name, and its figures in the columns of the table.
type Figures = (&'static str, &'static str, [(&'static str, &'static str); 5]);

/// The years that the published tables give, and the totals.
const PUBLISHED: [Figures; 2] = [
    (
        "ministry",
        "Central ministries",
        [("2013", "1,196"), ("2019", "11,355"), ("2020", "1,635"), ("2021", "1,336"), ("Total", "17,522")],
    ),
    (
        "affiliated",
        "Affiliated bodies",
        [("2013", "8,904"), ("2019", "68,681"), ("2020", "10,215"), ("2021", "7,978"), ("Total", "106,163")],
    ),
];

#[test]
fn the_published_table() {
    let folder = Folder::new();
    // The program finds an earlier world in its folder and writes its own over it.
    let world = write_demo(&folder.path("demo")).unwrap();
    let run = folder.run(&["demo", "-o", "demo", "--lang", "en"]);
    run.ends(0).saying(&["generated a synthetic world", "counted 1,", "[folder]/work/demo/report.html"]);
    let table = run.out();
    assert!(table.contains("synthetic"));
    for (_, name, figures) in PUBLISHED {
        for (column, figure) in figures {
            assert_eq!(cell(&table, name, column), figure, "{name}, {column}");
        }
    }
    for page in ["demo/report.html", "demo/report.en.html"] {
        let page = folder.read(page);
        assert!(page.contains("17,522") && page.contains("106,163") && page.contains("<svg"));
    }

    check_against_truth(&folder, &world);

    // What somebody else put there is neither counted nor thrown away.
    folder.write("demo/dumps/mine.txt", "years of work");
    let run = folder.run(&["demo", "-o", "demo"]);
    run.ends(2).saying(&["demo/dumps/mine.txt", "hint: "]);
    assert_eq!(folder.read("demo/dumps/mine.txt"), "years of work");
    folder.write("thesis/chapter.txt", "years of work");
    let run = folder.run(&["demo", "-o", "thesis"]);
    run.ends(2).saying(&["`thesis`", "hint: "]);
    assert_eq!(folder.read("thesis/chapter.txt"), "years of work");
}

/// The figure of a row in a column of the printed table. Cells are told apart by two blanks.
fn cell<'t>(table: &'t str, row: &str, column: &str) -> &'t str {
    let cells = |line: &'t str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
    let header = table.lines().find(|line| line.contains("2013") && line.contains("Total")).unwrap();
    let place = cells(header).position(|cell| cell == column).unwrap();
    let line = table.lines().find(|line| line.starts_with(row)).unwrap();
    cells(line).nth(place + 1).unwrap()
}

/// A survey of the world's dumps, field by field.
fn check_against_truth(folder: &Folder, world: &World) {
    let month = |(year, month): (u16, u8)| format!("{year:04}-{month:02}");
    let run = folder.run(&[
        "survey",
        "--watch",
        "demo/watchlist.toml",
        "--from",
        &month(world.period_from),
        "--to",
        &month(world.period_to),
        "--format",
        "json",
        "demo/dumps",
    ]);
    run.ends(0).quietly();
    let (report, truth): (Value, &Truth) = (run.json(), &world.truth);
    let input = &report["input"];
    for (field, number) in [
        ("files", world.files),
        ("bytes", world.disk_bytes),
        ("lines", world.lines),
        ("matched", truth.matched),
        ("duplicates", truth.duplicates),
        ("without_secret", truth.without_secret),
        ("outside_period", truth.outside_period),
        ("outside_validity", truth.outside_validity),
        ("not_surveyed", truth.not_surveyed),
        ("rejected", 0),
    ] {
        assert_eq!(input[field], number, "{field}");
    }
    assert_eq!(input["unreadable"].as_array().map(Vec::len), Some(0));
    for (id, _, _) in PUBLISHED {
        let category = named(&report["categories"], id);
        assert_eq!(category["total"], truth.total(id));
        assert_eq!(category["unknown_month"], truth.unknown_month[id]);
        for (year, count) in category["years"].as_object().unwrap() {
            let year: u16 = year.parse().unwrap();
            assert_eq!(*count, truth.categories[id].get(&year).copied().unwrap_or(0), "{id}, {year}");
        }
        for organisation in category["organisations"].as_array().unwrap() {
            let body = organisation["id"].as_str().unwrap();
            assert_eq!(organisation["total"], truth.organisations.get(body).copied().unwrap_or(0), "{body}");
        }
    }
    for source in &truth.sources {
        let counted = named(&report["sources"], source.id);
        assert_eq!(counted["total"], source.total, "{}", source.id);
        for (category, total) in &source.categories {
            assert_eq!(counted["categories"][category], *total, "{} in {category}", source.id);
        }
    }
}

fn named<'v>(list: &'v Value, id: &str) -> &'v Value {
    let list = list.as_array().unwrap();
    list.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("`{id}` is not in the report"))
}
