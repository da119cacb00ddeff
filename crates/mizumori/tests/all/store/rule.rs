//! `mizumori rule`: what is set, by whom, and what cannot be.

use mizumori_monitor::RULES;
use mizumori_store::Rule;

use super::{Kept, id, on_both};

/// A rule as it is listed.
fn listed(kept: &Kept, organisation: &str, name: &str) -> serde_json::Value {
    let rules = kept.list(&format!("rule list {organisation}"));
    rules.into_iter().find(|rule| rule["rule"] == name).unwrap()
}

#[test]
fn are_set_and_reset() {
    on_both(|kept| {
        kept.organisation("suigen", "full").organisation("mori", "full");
        let names: Vec<_> =
            kept.list("rule list suigen").iter().map(|rule| rule["rule"].to_string()).collect();
        let built_in: Vec<_> = RULES.iter().map(|rule| format!("\"{}\"", rule.name)).collect();
        assert_eq!(names, built_in);
        let rule = listed(kept, "suigen", "already-changed");
        assert_eq!(rule["is"], serde_json::json!({"enabled": true, "below": "stealer-log"}));
        assert!(rule["changed"].is_null() && rule["changed_by"].is_null());

        kept.run("rule set suigen already-changed enabled=false below=own-site").ends(0).saying(&[
            "already-changed: below=own-site enabled=false, before below=stealer-log enabled=true",
        ]);
        // What is not named stays.
        kept.run("rule set suigen already-changed enabled=true").ends(0);
        let rule = listed(kept, "suigen", "already-changed");
        assert_eq!(rule["is"], serde_json::json!({"enabled": true, "below": "own-site"}));
        assert!(rule["changed"].is_string() && rule["changed_by"].as_str().unwrap().starts_with("user "));
        assert_eq!(listed(kept, "mori", "already-changed")["is"]["below"], "stealer-log");
        kept.run("rule list suigen").ends(0).printing(&["below=own-site enabled=true", "user "]);

        kept.run("rule reset mori already-changed")
            .ends(2)
            .saying(&["nobody has set `already-changed` for `mori`"]);
        kept.run("rule reset suigen already-changed").ends(0);
        assert!(listed(kept, "suigen", "already-changed")["changed"].is_null());
        assert_eq!(
            kept.audited(2),
            [
                [
                    "rule set",
                    "already-changed",
                    "below=stealer-log enabled=true → below=own-site enabled=false"
                ],
                ["rule set", "already-changed", "below=own-site enabled=false → below=own-site enabled=true"],
                ["rule reset", "already-changed", "below=own-site enabled=true → as it is built in"],
            ]
        );
    });
}

#[test]
fn lists_and_numbers_are_set() {
    on_both(|kept| {
        kept.organisation("suigen", "full");
        let rule = listed(kept, "suigen", "neutralise");
        let built_in = serde_json::json!({
            "enabled": false, "dry_run": true, "from": "own-site", "action": "force-change", "delay_minutes": 0,
            "most_a_day": 50, "groups": [], "never": [], "privileged": false,
        });
        assert_eq!(rule["is"], built_in);
        let set = [
            "rule",
            "set",
            "suigen",
            "neutralise",
            "delay_minutes=30",
            "never=breakglass; CN=Key Keepers,DC=suigen,DC=example;007",
            "from=password",
        ];
        kept.folder.run(&set).ends(0).saying(&["never=breakglass;CN=Key Keepers,DC=suigen,DC=example;007"]);
        let is = &listed(kept, "suigen", "neutralise")["is"];
        let never = serde_json::json!(["breakglass", "CN=Key Keepers,DC=suigen,DC=example", "007"]);
        assert_eq!((&is["never"], &is["delay_minutes"]), (&never, &30.into()));
        kept.run("rule set suigen neutralise never= enabled=true").ends(0);
        let is = &listed(kept, "suigen", "neutralise")["is"];
        assert_eq!((&is["never"], &is["from"]), (&serde_json::json!([]), &"password".into()));
    });
}

#[test]
fn are_told_in_the_locales_language() {
    let kept = Kept::sqlite();
    kept.organisation("suigen", "full");
    let list = |locale: &str, more: &[&str]| {
        let mut command = kept.folder.command(&[&["rule", "list", "suigen"], more].concat());
        let run = kept.folder.wait(command.env("LC_ALL", locale).spawn().unwrap());
        run.ends(0).quietly();
        run.out()
    };
    let (ja, en) = ("管理者に知らせます。", "The administrators are told.");
    assert!(list("ja_JP.UTF-8", &[]).contains(ja) && list("C", &[]).contains(ja));
    assert!(list("en_GB.UTF-8", &[]).contains(en));
    assert!(list("en_GB.UTF-8", &["--language", "ja"]).contains(ja));
    assert!(list("ja_JP.UTF-8", &["--language", "en"]).contains(en));
}

#[test]
fn mistakes_change_nothing() {
    on_both(|kept| {
        kept.organisation("suigen", "full");
        for (wrong, says) in [
            (
                "suigen quiet enabled=true",
                &["there is no rule `quiet`", "inactive-account, former-holder"][..],
            ),
            ("suigen tell-user enabled=yes", &["rule `tell-user` cannot be", "now it is enabled=true"]),
            ("suigen tell-user enabled=1", &["rule `tell-user` cannot be"]),
            ("suigen tell-user below=own-site", &["unknown field `below`"]),
            (
                "suigen already-changed below=bad",
                &[
                    "cannot be `below=bad enabled=true`: no severity is called `bad`: there are address, personal",
                ],
            ),
            ("suigen neutralise action=destroy", &["no action is called `destroy`: there are force-change"]),
            ("suigen neutralise most_a_day=-1", &["rule `neutralise` cannot be", "most_a_day=50"]),
            ("suigen neutralise most_a_day=many", &["rule `neutralise` cannot be"]),
            ("suigen neutralise dry_run=later", &["rule `neutralise` cannot be"]),
            ("suigen neutralise never=a never=b", &["`never` is given twice"]),
            ("suigen already-changed below=true", &["rule `already-changed` cannot be"]),
            ("suigen tell-user enabled=true enabled=false", &["`enabled` is given twice"]),
            ("suigen tell-user enabled", &["write a key, `=` and its value"]),
            ("suigen tell-user", &["KEY=VALUE"]),
            ("other tell-user enabled=true", &["there is no organisation `other`", "org list"]),
        ] {
            kept.run(&format!("rule set {wrong}")).ends(2).saying(says);
        }
        kept.run("rule reset suigen quiet").ends(2).saying(&["there is no rule `quiet`"]);
        kept.run("rule reset other tell-user").ends(2).saying(&["no organisation `other`"]);
        kept.run("rule list other").ends(2).saying(&["no organisation `other`"]);
        assert!(kept.audited(1).is_empty());
        assert!(kept.list("rule list suigen").iter().all(|rule| rule["changed"].is_null()));
    });
}

/// What another program has set is told, and can be taken away.
#[test]
fn rules_of_another_program() {
    on_both(|kept| {
        kept.organisation("suigen", "full");
        for (name, document) in [("quiet-weeks", "{}"), ("tell-user", "{\"when\":\"later\"}")] {
            kept.work(async |session| {
                let rule = Rule {
                    name: name.to_owned(),
                    document: document.to_owned(),
                    changed: "2026-11-23".parse().unwrap(),
                    changed_by: "somebody".to_owned(),
                };
                session.tenant(&id("suigen")).keep_rule(&rule).await.unwrap();
            });
            let reset = format!("rule reset suigen {name}");
            kept.run("rule list suigen").ends(2).saying(&[name, &reset]);
            if name == "tell-user" {
                kept.run("rule set suigen tell-user enabled=false").ends(2).saying(&[&reset]);
            }
            kept.run(&reset).ends(0);
            kept.run("rule list suigen").ends(0);
        }
    });
}
