//! `mizumori domain check` at a real name server: what is found, what is not, and what is kept of it.

use mizumori_core::proof::Method;
use mizumori_store::{Domain, DomainState};
use mizumori_test_servers::{Dns, DnsMood};
use serde_json::{Value, json};

use super::{Kept, id, on_both};

const NAME: &str = "_mizumori-challenge.suigen.example";

/// Publishes the token of the only domain.
fn publish(kept: &Kept, dns: &Dns) {
    let token = domain(kept)["token"].as_str().unwrap().to_owned();
    dns.set_txt(NAME, &[&format!("mizumori-domain-verification={token}")]).unwrap();
}

fn domain(kept: &Kept) -> Value {
    kept.list("domain list").remove(0)
}

fn check(kept: &Kept, dns: &Dns) -> crate::run::Run {
    kept.run(&format!("domain check suigen suigen.example --method dns --name-server {}", dns.address()))
}

#[test]
fn is_found_and_missed() {
    on_both(|kept| {
        let dns = Dns::start().unwrap();
        kept.organisation("suigen", "full");
        kept.run("domain add suigen suigen.example").ends(0);
        // One that was never there: it is seen that somebody looked.
        check(kept, &dns).ends(2).saying(&[
            "dns: the proof is not there",
            "no proof of `suigen.example` was found",
            "`mizumori domain list suigen --format jsonl`",
        ]);
        let waits = domain(kept);
        assert_eq!((&waits["state"], &waits["found"]), (&json!("pending"), &json!("missing")));
        assert!(waits["checked"].is_string() && waits["failing_since"].is_string(), "{waits}");

        publish(kept, &dns);
        check(kept, &dns)
            .ends(0)
            .saying(&["`suigen.example` is proved by _mizumori-challenge.suigen.example"]);
        let proved = domain(kept);
        assert_eq!((&proved["state"], &proved["found"]), (&json!("proved"), &json!("there")));
        assert_eq!((&proved["subdomains"], &proved["failing_since"]), (&json!(true), &Value::Null));

        dns.clear(NAME).unwrap();
        check(kept, &dns).ends(2).saying(&["warning: `suigen.example` is served until 20"]);
        let fails = domain(kept);
        assert_eq!((&fails["state"], &fails["found"]), (&json!("proved"), &json!("missing")));
        assert!(fails["failing_since"].is_string() && fails["missing_since"] == fails["failing_since"]);
        kept.run("domain list suigen")
            .ends(0)
            .printing(&["not found since", &fails["failing_since"].as_str().unwrap()[..10]]);

        // Who cannot tell says nothing.
        publish(kept, &dns);
        check(kept, &dns).ends(0);
        dns.set_mood(DnsMood::ServFail);
        check(kept, &dns).ends(2).saying(&["the name server failed"]);
        let unasked = domain(kept);
        assert_eq!((&unasked["found"], &unasked["missing_since"]), (&json!("unasked"), &Value::Null));
        let actions: Vec<_> =
            kept.audited(2).into_iter().map(|[action, _, detail]| (action, detail)).collect();
        let entry = |detail: &str| ("domain check".to_owned(), detail.to_owned());
        let expected = ["dns: missing", "dns", "dns: missing", "dns", "dns: unasked"].map(entry);
        assert_eq!(actions, expected);
        kept.run("audit verify").ends(0);
    });
}

#[test]
fn is_over_after_a_week_without_it() {
    let (kept, dns) = (Kept::sqlite(), Dns::start().unwrap());
    kept.organisation("suigen", "full");
    kept.run("domain add suigen suigen.example").ends(0);
    publish(&kept, &dns);
    check(&kept, &dns).ends(0);
    dns.clear(NAME).unwrap();
    check(&kept, &dns).ends(2);
    // Eight days of looks, all told no.
    kept.work(async |session| {
        let organisation = id("suigen");
        let mut tenant = session.tenant(&organisation);
        let domain = tenant.domains().await.unwrap().remove(0);
        let before = |days: i64| domain.checked.map(|at| mizumori_core::Timestamp(at.0 - days * 86_400_000));
        let failing = Domain { failing_since: before(8), missing_since: before(8), ..domain.clone() };
        tenant.change_domain(&failing).await.unwrap();
    });
    check(&kept, &dns).ends(2).saying(&["warning: `suigen.example` is not served any more"]);
    assert_eq!(domain(&kept)["state"], "lapsed");
    let last: Vec<_> = kept.audited(4).into_iter().map(|[action, ..]| action).collect();
    assert_eq!(last, ["domain check", "domain lapse"]);
    // It is served again when it is there again.
    publish(&kept, &dns);
    check(&kept, &dns).ends(0);
    assert_eq!(domain(&kept)["state"], "proved");
}

/// A look for one proof says nothing about another one, nor about what somebody vouches for.
#[test]
fn of_another_kind_says_nothing() {
    let (kept, dns) = (Kept::sqlite(), Dns::start().unwrap());
    kept.organisation("suigen", "full");
    for (state, method) in [
        (DomainState::Vouched, None),
        (DomainState::Proved, Some(Method::File)),
        (DomainState::Proved, Some(Method::Mail)),
    ] {
        kept.run("domain add suigen suigen.example").ends(0);
        let before = kept.work(async |session| {
            let organisation = id("suigen");
            let mut tenant = session.tenant(&organisation);
            let domain = tenant.domains().await.unwrap().remove(0);
            let served = Domain { state, method, ..domain };
            tenant.change_domain(&served).await.unwrap();
            served
        });
        check(&kept, &dns).ends(2);
        let after = kept.work(async |session| session.all_domains().await.unwrap().remove(0));
        assert_eq!(after, before);
        let covers = method != Some(Method::File);
        assert_eq!(domain(&kept)["subdomains"], covers);
        kept.run("domain remove suigen suigen.example").ends(0);
    }
}

#[test]
fn is_the_organisations_own() {
    let (kept, dns) = (Kept::sqlite(), Dns::start().unwrap());
    kept.organisation("suigen", "full").organisation("mori", "full");
    kept.run("domain add suigen suigen.example").ends(0);
    publish(&kept, &dns);
    let other = kept.run(&format!("domain check mori suigen.example --name-server {}", dns.address()));
    other.ends(2).saying(&["`mori` has no domain `suigen.example`", "mizumori domain add mori"]);
    kept.run("domain check nobody suigen.example").ends(2).saying(&["there is no organisation `nobody`"]);
    kept.run("domain check suigen suigen.example --method mail").ends(2).saying(&["write dns, file or meta"]);
    assert_eq!(dns.questions(), []);
}
