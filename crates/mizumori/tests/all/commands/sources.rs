//! Which source a dump belongs to: the nearest description, in folders and in archives.

use mizumori_world::pack::{self, Member, ZipMethod};

use crate::world::{self, source};

const LINE: &str = "taro@suigen.example:himitsu123\n";

fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let member =
        |(name, text): &(&str, &str)| Member { name: (*name).to_owned(), bytes: text.as_bytes().to_vec() };
    let members: Vec<_> = members.iter().map(member).collect();
    pack::zip(&members, ZipMethod::Deflated).unwrap()
}

#[test]
fn the_nearest_description_wins() {
    let (outer, inner) = (source("outer", "p", "2019"), source("inner", "p", "2019-02-03"));
    let folder = world::folder(&[
        ("dumps/described/source.toml", &outer),
        ("dumps/described/a.txt", LINE),
        ("dumps/described/deep/b.txt", LINE),
        ("dumps/described/deeper/source.toml", &inner),
        ("dumps/described/deeper/c.txt", LINE),
        ("dumps/described/d.txt", LINE),
        ("dumps/described/d.txt.source.toml", &source("sidecar", "p", "2019-04")),
        ("dumps/plain/deep/e.txt", LINE),
        ("dumps/f.txt", LINE),
        ("dumps/h.zip.source.toml", &source("archive", "p", "2019-05")),
    ]);
    let described = source("member", "p", "2019-06");
    folder.write(
        "dumps/g.zip",
        zip(&[("in/source.toml", &described), ("in/x.txt", LINE), ("out/y.txt", LINE)]),
    );
    folder.write("dumps/h.zip", zip(&[("x.txt", LINE)]));
    let run = folder.run(&["scan", "--watch", "list.toml", "dumps"]);
    run.ends(0).quietly();
    let mut seen: Vec<_> = run
        .lines()
        .iter()
        .map(|row| {
            ["file", "source", "leaked"].map(|field| row[field].as_str().unwrap_or("-").to_owned()).join(" ")
        })
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            "dumps/described/a.txt outer 2019",
            "dumps/described/d.txt sidecar 2019-04",
            "dumps/described/deep/b.txt outer 2019",
            "dumps/described/deeper/c.txt inner 2019-02-03",
            "dumps/f.txt f -",
            "dumps/g.zip!in/x.txt member 2019-06",
            "dumps/g.zip!out/y.txt g -",
            "dumps/h.zip!x.txt archive 2019-05",
            "dumps/plain/deep/e.txt plain -",
        ]
    );
    // A shell's `dumps/*` names descriptions, too: they are no dumps there either.
    let paths = ["dumps/f.txt", "dumps/h.zip", "dumps/h.zip.source.toml"];
    let run = folder.run(&[&["survey", "--watch", "list.toml", "--format", "json"][..], &paths].concat());
    run.ends(0).quietly();
    assert_eq!(run.json()["input"]["files"], 2);
    assert_eq!(run.json()["sources"].as_array().unwrap().len(), 2);
}

#[test]
fn mistakes_in_an_archives_description_come_before_anything_runs() {
    let folder = world::folder(&[]);
    folder.write("dumps/a.zip", zip(&[("in/source.toml", "id = 'x'\nleakd = '2019'\n"), ("in/x.txt", LINE)]));
    let run = folder.run(&["scan", "--watch", "list.toml", "dumps"]);
    run.ends(2).saying(&["dumps/a.zip!in/source.toml:2: unknown key `leakd`; write `leaked`"]);
    assert_eq!(run.out(), "");
}
