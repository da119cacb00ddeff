//! `mizumori org`: organisations and their contacts, and what is said where there is no store.

use super::{Kept, id, on_both};
use crate::run::Folder;

#[test]
fn come_change_and_go() {
    on_both(|kept| {
        kept.run("org add suigen --name-ja 水源大学 --name-en Headwaters --portal 窓口")
            .ends(0)
            .saying(&["`suigen` is served", "domain add suigen"]);
        kept.organisation("mori", "evaluation");
        kept.run("org add suigen --name-ja x --name-en x")
            .ends(2)
            .saying(&["an organisation `suigen` already"]);
        kept.run("org add x --name-ja x --name-en x --edition gold").ends(2).saying(&["no edition `gold`"]);
        kept.run("org add Suigen --name-ja x --name-en x").ends(2).saying(&["small letters"]);

        let listed = kept.list("org list");
        assert_eq!([&listed[0]["id"], &listed[1]["id"]], ["mori", "suigen"]);
        assert!(listed[0]["ends"].is_string() && listed[1]["ends"].is_null());
        assert_eq!(listed[1]["portal"], "窓口");
        kept.run("org list").ends(0).printing(&["id      name", "suigen  Headwaters  full"]);

        kept.run("org change suigen --category university --portal= --language en").ends(0);
        let [_, changed] = &kept.list("org list")[..] else { panic!() };
        assert_eq!((&changed["category"], &changed["language"]), (&"university".into(), &"en".into()));
        assert!(changed["portal"].is_null());
        kept.run("org change suigen").ends(2).saying(&["nothing says what to change of `suigen`"]);
        kept.run("org change other --category x").ends(2).saying(&["no organisation `other`", "org list"]);
        kept.run("org change suigen --edition gold").ends(2).saying(&["no edition `gold`"]);

        kept.run("org remove suigen --confirm mori").ends(2).saying(&["nothing was removed"]);
        kept.run("org remove other --confirm other").ends(2).saying(&["no organisation `other`"]);
        kept.run("org remove suigen --confirm suigen").ends(0);
        assert_eq!(kept.list("org list").len(), 1);
        // What failed left no trace, and what was done outlives the organisation.
        assert_eq!(
            kept.audited(0),
            [
                ["org add", "suigen", "full"],
                ["org add", "mori", "evaluation"],
                ["org change", "suigen", "category: other → university; language: ja → en; portal: 窓口 → "],
                ["org remove", "suigen", ""],
            ]
        );
        assert_eq!(kept.list("audit list --organisation suigen").len(), 3);
    });
}

#[test]
fn an_edition_begins_anew() {
    let kept = Kept::sqlite();
    kept.organisation("suigen", "evaluation");
    kept.work(async |session| {
        let mut organisation = session.organisation(&id("suigen")).await.unwrap().unwrap();
        organisation.ends = Some("2020-01-01".parse().unwrap());
        session.change_organisation(&organisation).await.unwrap();
    });
    assert_eq!(kept.list("org list")[0]["state"], "ended");
    kept.run("org change suigen --edition evaluation").ends(0);
    let listed = kept.list("org list");
    assert_eq!(listed[0]["state"], "served");
    assert!(listed[0]["ends"].as_str().unwrap() > "2026");
}

#[test]
fn contacts_are_their_organisations_own() {
    on_both(|kept| {
        kept.organisation("suigen", "full").organisation("mori", "full");
        kept.run("org contact add suigen csirt@suigen.example --name CSIRT").ends(0);
        kept.run("org contact add suigen admin@suigen.example --language en").ends(0);
        for wrong in ["csirt", "@suigen.example", "csirt@", "a@b@"] {
            kept.run(&format!("org contact add suigen {wrong}")).ends(2).saying(&["is no mail address"]);
        }
        kept.run("org contact add other a@suigen.example").ends(2).saying(&["no organisation `other`"]);
        kept.run("org contact list other").ends(2).saying(&["no organisation `other`"]);
        let listed = kept.list("org contact list suigen");
        assert_eq!(listed[0]["address"], "admin@suigen.example");
        assert_eq!((&listed[1]["name"], &listed[1]["language"]), (&"CSIRT".into(), &"ja".into()));
        assert!(kept.list("org contact list mori").is_empty());
        kept.run("org contact remove mori csirt@suigen.example").ends(2).saying(&["no contact"]);
        kept.run("org contact remove suigen csirt@suigen.example").ends(0);
        assert_eq!(kept.list("org contact list suigen").len(), 1);
    });
}

#[test]
fn a_store_that_is_not_there() {
    let folder = Folder::new();
    folder.run(&["org", "list"]).ends(2).saying(&["no store is named", "MIZUMORI_STORE"]);
    for command in [&["org", "list"][..], &["audit", "verify"], &["store", "status"], &["domain", "list"]] {
        let run = folder.run(&[command, &["--store", "nowhere.db"]].concat());
        run.ends(2).saying(&["there is no store `nowhere.db`", "mizumori org add"]);
    }
    assert!(folder.names().is_empty());
    folder
        .run(&["org", "list", "--store", "mysql://me:geheim@there/x"])
        .ends(2)
        .saying(&["`mysql` names no store"]);
    let refused = folder.run(&["org", "list", "--store", "postgres://me:geheim@127.0.0.1:1/x"]);
    refused.ends(2).saying(&["could not open the store `postgres://127.0.0.1:1/x`"]);
    assert!(!refused.err().contains("geheim"));
    folder.write("text", "no database, and long enough to be taken for one".repeat(100));
    folder.run(&["org", "list", "--store", "text"]).ends(2).saying(&["error: "]);
}

#[test]
fn whoever_acts_is_named() {
    let kept = Kept::sqlite();
    let add = ["org", "add", "suigen", "--name-ja", "x", "--name-en", "x"];
    for (variables, store) in
        [(&[("USER", "hanako")][..], "a.db"), (&[("USER", "root"), ("SUDO_USER", "hanako")], "b.db")]
    {
        let mut command = kept.folder.command(&add);
        command.envs(variables.iter().copied()).env("MIZUMORI_STORE", store);
        kept.folder.wait(command.spawn().unwrap()).ends(0);
        // The environment goes before the file, and an option before both.
        let listed = kept.list(&format!("audit list --store {store}"));
        assert_eq!(listed[0]["actor"], "user hanako");
    }
    assert!(!kept.folder.path("store.db").exists());
}
