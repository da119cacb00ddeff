//! `mizumori org end`: an organisation leaves, and nothing but its name and the audit log stays.

use super::{Kept, id, on_both};

fn end(kept: &Kept, options: &[&str]) -> crate::run::Run {
    kept.folder.run(&[&["org", "end", "suigen", "--why", "a letter"], options].concat())
}

#[test]
fn leaves_a_name() {
    on_both(|kept| {
        kept.organisation("suigen", "full").organisation("mori", "full");
        kept.run("domain vouch suigen suigen.example --why x").ends(0);
        kept.run("org contact add suigen csirt@suigen.example").ends(0);
        kept.run("domain vouch mori mori.example --why x").ends(0);
        end(kept, &["--no-lake"])
            .ends(2)
            .saying(&["`suigen` has 1 domain and 0 findings: nothing was destroyed", "--yes"]);
        assert_eq!(kept.list("domain list suigen").len(), 1);
        end(kept, &["--no-lake", "--yes"]).ends(0).saying(&["`suigen` has ended; destroyed 0 data keys"]);
        assert!(kept.list("domain list suigen").is_empty());
        assert!(kept.list("org contact list suigen").is_empty());
        assert_eq!(kept.list("domain list mori").len(), 1);
        let listed = kept.list("org list");
        assert_eq!((&listed[1]["id"], &listed[1]["state"]), (&"suigen".into(), &"ended".into()));
        let last: Vec<_> = kept.audited(5).into_iter().map(|[action, _, detail]| (action, detail)).collect();
        let entry = |(action, detail): (&str, &str)| (action.to_owned(), detail.to_owned());
        assert_eq!(last, [("org end", "a letter"), ("org erase", "data keys destroyed: 0")].map(entry));
        kept.run("audit verify").ends(0);

        // It is over for good.
        end(kept, &["--no-lake", "--yes"])
            .ends(2)
            .saying(&["`suigen` has ended already", "org remove suigen"]);
        kept.run("org change suigen --edition full")
            .ends(2)
            .saying(&["what was kept of it is destroyed", "mizumori org remove suigen --confirm suigen"]);
        kept.run("domain add suigen suigen.example").ends(2).saying(&["the evaluation is over"]);
        kept.run("domain vouch mori suigen.example --why x").ends(0);
        kept.run("org remove suigen --confirm suigen").ends(0);
        kept.organisation("suigen", "full");
    });
}

#[test]
fn needs_a_reason_and_a_word_about_the_lake() {
    let kept = Kept::sqlite();
    kept.organisation("suigen", "full");
    kept.run("org end suigen --yes --no-lake").ends(2).saying(&["--why"]);
    kept.folder.run(&["org", "end", "suigen", "--why", "", "--yes", "--no-lake"]).ends(2).saying(&["--why"]);
    kept.run("org end nobody --why x --yes --no-lake").ends(2).saying(&["there is no organisation `nobody`"]);
    end(&kept, &["--yes"]).ends(2).saying(&["lake", "--no-lake"]);
    assert_eq!(kept.list("org list")[0]["state"], "served");
    assert_eq!(kept.audited(1).len(), 0);
}

/// Somebody was killed between the first step and the others.
#[test]
fn goes_on_where_it_was_interrupted() {
    let kept = Kept::sqlite();
    kept.organisation("suigen", "full");
    kept.run("domain vouch suigen suigen.example --why x").ends(0);
    kept.work(async |session| {
        let mut organisation = session.organisation(&id("suigen")).await.unwrap().unwrap();
        organisation.state = mizumori_store::OrganisationState::Ended;
        organisation.ends = Some("2026-11-23".parse().unwrap());
        session.change_organisation(&organisation).await.unwrap();
    });
    kept.run("org change suigen --edition full").ends(2).saying(&["has ended"]);
    end(&kept, &["--no-lake", "--yes"]).ends(0);
    assert!(kept.list("domain list").is_empty());
}
