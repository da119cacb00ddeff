//! `mizumori domain`: which domains are served, and for whom.

use super::{Kept, id, on_both};

#[test]
fn wait_for_their_proof() {
    on_both(|kept| {
        kept.organisation("suigen", "full");
        let added = kept.run("domain add suigen Mail.Suigen.Example. --format jsonl");
        added.ends(0).saying(&["hint: the holder publishes one of these"]);
        let ways = added.lines();
        let [domain] = &kept.list("domain list suigen")[..] else { panic!() };
        let token = domain["token"].as_str().unwrap();
        assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
        assert_eq!((&domain["state"], &domain["served"]), (&"pending".into(), &false.into()));
        let content = format!("mizumori-domain-verification={token}");
        let way = |method: &str| ways.iter().find(|way| way["method"] == method).unwrap();
        assert_eq!(way("dns")["place"], "_mizumori-challenge.mail.suigen.example");
        assert_eq!(way("dns")["content"], *content);
        assert_eq!(
            way("file")["place"],
            "https://mail.suigen.example/.well-known/mizumori-domain-verification.txt"
        );
        assert_eq!(way("file")["content"], *content);
        let element = format!("<meta name=\"mizumori-domain-verification\" content=\"{token}\">");
        assert_eq!(way("meta")["content"], *element);
        // A token is everybody's own, and does not change when somebody adds the domain again.
        kept.run("domain add suigen suigen.example").ends(0).printing(&["TXT record", "_mizumori-challenge"]);
        let tokens =
            || kept.list("domain list").iter().map(|domain| domain["token"].to_string()).collect::<Vec<_>>();
        let before = tokens();
        assert_ne!(before[0], before[1]);
        kept.run("domain add suigen suigen.example")
            .ends(2)
            .saying(&["`suigen.example` is there already", "--format jsonl"]);
        assert_eq!(tokens(), before);
        // The table, which may be seen by more people, does not have them.
        let table = kept.run("domain list").out();
        assert!(table.contains("pending") && !table.contains(token), "{table}");
    });
}

#[test]
fn an_operator_stands_for_them() {
    on_both(|kept| {
        kept.organisation("suigen", "full").organisation("mori", "full");
        kept.run("domain add suigen suigen.example").ends(0);
        let vouch = |organisation: &str, domain: &str| {
            kept.folder.run(&["domain", "vouch", organisation, domain, "--why", "letter of 20 November"])
        };
        vouch("suigen", "suigen.example").ends(0).saying(&["`suigen.example` is served for `suigen`"]);
        // One that was not there, and one that stays with whoever has it.
        vouch("mori", "mori.suigen.example").ends(0);
        vouch("mori", "suigen.example").ends(2).saying(&[
            "`suigen.example` is served for `suigen`",
            "mizumori domain remove suigen suigen.example",
        ]);
        kept.run("domain add mori suigen.example")
            .ends(0)
            .saying(&["warning: `suigen.example` is served for `suigen`"]);
        vouch("mori", "suigen.example").ends(2);
        // Whoever has lost it may have it afterwards.
        kept.run("domain remove suigen suigen.example").ends(0);
        vouch("mori", "suigen.example").ends(0);

        let listed = kept.list("domain list");
        let shown: Vec<_> =
            listed.iter().map(|domain| (&domain["domain"], &domain["organisation"])).collect();
        let mori = &"mori".into();
        assert_eq!(shown, [(&"mori.suigen.example".into(), mori), (&"suigen.example".into(), mori)]);
        assert!(listed.iter().all(|domain| domain["vouched_by"].is_string() && domain["served"] == true));
        kept.run("domain list mori").ends(0).printing(&["vouched  user "]);
        assert!(kept.list("domain list suigen").is_empty());
        let vouched = ["domain vouch", "suigen.example", "letter of 20 November"];
        let audited = kept.audited(2);
        assert_eq!(audited.len(), 6, "{audited:?}");
        assert_eq!((&audited[1], &audited[5]), (&vouched.map(str::to_owned), &vouched.map(str::to_owned)));
    });
}

#[test]
fn are_their_organisations_own() {
    on_both(|kept| {
        kept.organisation("suigen", "full").organisation("mori", "full");
        kept.run("domain add suigen suigen.example").ends(0);
        kept.run("domain remove mori suigen.example")
            .ends(2)
            .saying(&["there is no domain `suigen.example`", "mizumori domain list mori"]);
        kept.run("domain remove suigen other.example").ends(2).saying(&["no domain `other.example`"]);
        assert_eq!(kept.list("domain list").len(), 1);
        for command in
            ["add other a.example", "remove other a.example", "vouch other a.example --why x", "list other"]
        {
            kept.run(&format!("domain {command}"))
                .ends(2)
                .saying(&["there is no organisation `other`", "mizumori org list"]);
        }
        for (wrong, says) in [
            ("go.jp", "public suffix"),
            ("suigen.nosuchtld", "unknown"),
            ("@suigen.example", "write a domain"),
        ] {
            kept.run(&format!("domain add suigen {wrong}")).ends(2).saying(&[says]);
        }
        kept.run("domain vouch suigen a.example").ends(2).saying(&["--why"]);
        kept.folder.run(&["domain", "vouch", "suigen", "a.example", "--why", ""]).ends(2).saying(&["--why"]);
        // Whatever failed left no trace.
        assert_eq!(kept.audited(2), [["domain add", "suigen.example", ""]]);
    });
}

#[test]
fn an_evaluation_has_its_limits() {
    on_both(|kept| {
        kept.organisation("suigen", "evaluation");
        kept.run("domain add suigen a.example").ends(0);
        kept.run("domain vouch suigen b.example --why x").ends(0);
        let says = ["this edition has 2 domains at most", "mizumori domain list suigen"];
        kept.run("domain add suigen c.example").ends(2).saying(&says);
        kept.run("domain vouch suigen c.example --why x").ends(2).saying(&says);
        // One that it has already is none too many.
        kept.run("domain vouch suigen a.example --why x").ends(0);
        kept.run("domain remove suigen a.example").ends(0);
        kept.run("domain add suigen c.example").ends(0);

        ends(kept, "2020-01-01");
        let over = ["the evaluation is over", "org change suigen --edition full"];
        kept.run("domain remove suigen b.example").ends(0);
        kept.run("domain add suigen d.example").ends(2).saying(&over);
        kept.run("domain vouch suigen c.example --why x").ends(2).saying(&over);
        kept.run("org change suigen --edition full").ends(0);
        for domain in ["d.example", "e.example", "f.example"] {
            kept.run(&format!("domain add suigen {domain}")).ends(0);
        }
    });
}

/// Of those who come at the same time no more are let in than of those who come one after the other.
#[test]
fn limits_hold_when_many_come_at_once() {
    on_both(|kept| {
        kept.organisation("suigen", "evaluation");
        let start = |number: u32| {
            let domain = format!("d{number}.example");
            kept.folder.command(&["domain", "add", "suigen", &domain]).spawn().unwrap()
        };
        let started: Vec<_> = (0..6).map(start).collect();
        let ended: Vec<_> = started.into_iter().map(|child| kept.folder.wait(child).code()).collect();
        assert_eq!(ended.iter().filter(|code| **code == Some(0)).count(), 2, "{ended:?}");
        assert_eq!(kept.list("domain list suigen").len(), 2);
        kept.run("audit verify").ends(0);
    });
}

fn ends(kept: &Kept, day: &str) {
    kept.work(async |session| {
        let mut organisation = session.organisation(&id("suigen")).await.unwrap().unwrap();
        organisation.ends = Some(day.parse().unwrap());
        session.change_organisation(&organisation).await.unwrap();
    });
}
