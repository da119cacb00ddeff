//! `mizumori task`: what is to be done to accounts, and whose word it waits for.

use mizumori_core::keys::AccountTag;
use mizumori_core::{Groups, SecretKind, Severity, Timestamp};
use mizumori_store::{
    DirectoryId, HolderAddress, NewFinding, NewHolder, NewTask, Recorded, Room, State, Taken, TaskEnd,
    TaskId, TaskState, Tenant,
};

use super::{Kept, id, on_both};

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn account(number: i64) -> AccountTag {
    AccountTag { hi: number, lo: 1 }
}

async fn find(tenant: &mut Tenant<'_>, number: i64) -> mizumori_store::Finding {
    let new = NewFinding {
        account: account(number),
        secret: None,
        site: None,
        source: "list-1".to_owned(),
        place: "forum".to_owned(),
        month: None,
        host: "suigen.example".to_owned(),
        kind: SecretKind::None,
        machine: None,
        severity: Severity::StealerLog,
        state: State::New,
        backlog: false,
        same_as: None,
        version: 1,
    };
    let Recorded::Kept(finding) = tenant.record(&new, now()).await.unwrap() else { panic!() };
    *finding
}

/// People `p1`, `p2` and so on in an LDAP directory, who are changed as asked.
async fn directory(
    tenant: &mut Tenant<'_>,
    document: &str,
    people: i64,
    change: impl Fn(&mut NewHolder),
) -> DirectoryId {
    let directory = tenant.keep_directory("people", "ldap", document).await.unwrap();
    let sync = tenant.begin_sync(directory).await.unwrap();
    for number in 1..=people {
        let address =
            HolderAddress { address: format!("p{number}@suigen.example"), account: account(number) };
        let mut holder = NewHolder {
            entry: format!("p{number}"),
            addresses: vec![address],
            enabled: true,
            ..NewHolder::default()
        };
        change(&mut holder);
        tenant.keep_holder(directory, sync, &holder).await.unwrap();
    }
    tenant.end_sync(directory, sync, now()).await.unwrap();
    directory
}

/// Two organisations; `suigen` has three tasks that are held, one that failed and one that waits; `mori` has one that is held.
fn filled(kept: &Kept) -> [i64; 6] {
    kept.organisation("suigen", "full").organisation("mori", "full");
    kept.work(async |session| {
        let mut tasks = Vec::new();
        for (organisation, number, state) in [
            ("suigen", 1, TaskState::Waiting),
            ("suigen", 2, TaskState::Held),
            ("suigen", 3, TaskState::Held),
            ("suigen", 4, TaskState::Held),
            ("suigen", 5, TaskState::Waiting),
            ("mori", 6, TaskState::Held),
        ] {
            let organisation = id(organisation);
            let mut tenant = session.tenant(&organisation);
            let directory = directory(&mut tenant, "{}", 3, |_| ()).await;
            let new = NewTask {
                finding: find(&mut tenant, number).await.id,
                directory,
                entry: format!("p{number}"),
                action: "force-change".to_owned(),
                state,
                due: now(),
            };
            tasks.push(tenant.add_task(&new, now()).await.unwrap().unwrap().0);
            if number == 1 {
                let taken = Taken { by: "test", length: std::time::Duration::from_secs(60) };
                let room = Room { since: Timestamp(0), most: 9 };
                let taken = tenant.take_tasks(taken, room, now(), 9).await.unwrap();
                let end = TaskEnd::Failed("the directory exempts it\u{1b}[2J".to_owned());
                assert!(tenant.end_task(taken[0].id, "test", &end, now()).await.unwrap());
            }
        }
        tasks.try_into().unwrap()
    })
}

fn numbers(kept: &Kept, command: &str) -> Vec<i64> {
    kept.list(command).iter().map(|task| task["number"].as_i64().unwrap()).collect()
}

#[test]
fn are_listed_by_what_became_of_them() {
    on_both(|kept| {
        let [failed, first, second, third, waiting, other] = filled(kept);
        assert_eq!(numbers(kept, "task list suigen"), [waiting, third, second, first, failed]);
        assert_eq!(numbers(kept, "task list suigen --last 2"), [waiting, third]);
        assert_eq!(numbers(kept, "task list suigen --state held"), [third, second, first]);
        assert_eq!(numbers(kept, "task list suigen --state failed,waiting"), [waiting, failed]);
        assert_eq!(numbers(kept, "task list suigen --state done"), [0; 0]);
        assert_eq!(numbers(kept, "task list mori"), [other]);
        let all = kept.list("task list suigen");
        assert_eq!((&all[0]["due"], &all[0]["state"]), (&"2026-11-23T09:00:00Z".into(), &"waiting".into()));
        assert_eq!((&all[4]["attempts"], &all[4]["action"]), (&1.into(), &"force-change".into()));
        assert!(all[4]["finding"].as_str().is_some_and(|reference| reference.len() == 9));
        assert!(all.iter().all(|task| task["account"].is_null()), "{all:?}");
        let table = kept.run("task list suigen --state failed");
        table.ends(0).printing(&["force-change", "failed", "the directory exempts it"]);
        assert!(!table.out().contains('\u{1b}') && !table.out().contains('@'));
        assert!(kept.audited(2).is_empty());
        // Whoever wants to see whom they hit is seen himself.
        let accounts: Vec<_> =
            kept.list("task list suigen --accounts").iter().map(|task| task["account"].clone()).collect();
        let null = serde_json::Value::Null;
        let [one, two, three] = [1, 2, 3].map(|number| format!("p{number}@suigen.example").into());
        assert_eq!(accounts, [null.clone(), null, three, two, one]);
        assert_eq!(kept.audited(2), [["task list", "suigen", "3 accounts"]]);
        kept.run("task list other").ends(2).saying(&["there is no organisation `other`"]);
        kept.run("task list suigen --state lost").ends(2).saying(&["waiting, held, done, failed, cancelled"]);
    });
}

#[test]
fn wait_for_somebodys_word() {
    on_both(|kept| {
        let [failed, first, second, third, waiting, other] = filled(kept);
        let release = |what: &str| kept.run(&format!("task release suigen {what}"));
        release(&first.to_string()).ends(2).saying(&["rule `neutralise` of `suigen` is off", "enabled=true"]);
        kept.run("rule set suigen neutralise enabled=true").ends(0);
        // All that are named, or none.
        for wrong in [failed, waiting, other, 999] {
            release(&format!("{first} {wrong}")).ends(2).saying(&[
                &format!("{wrong}: there is no task of that number that is held"),
                "nothing was changed",
            ]);
        }
        release("").ends(2).saying(&["--all"]);
        release(&format!("{first} --all")).ends(2).saying(&["--all"]);
        assert_eq!(numbers(kept, "task list suigen --state held"), [third, second, first]);
        kept.run(&format!("task release other {first}")).ends(2).saying(&["no organisation `other`"]);
        kept.run(&format!("task release mori {first}")).ends(2);
        release(&first.to_string()).ends(0).saying(&["released 1 task"]);
        release("--all").ends(0).saying(&["released 2 tasks"]);
        assert_eq!(numbers(kept, "task list suigen --state waiting"), [waiting, third, second, first]);
        assert_eq!(numbers(kept, "task list mori --state held"), [other]);
        assert!(kept.list("task list suigen --state waiting")[1]["released"].is_string());
        assert_eq!(
            kept.audited(3),
            [["task release", &*first.to_string(), ""], ["task release", "all", "2 tasks"]]
        );
        // An edition that does not have it lets nothing go ahead.
        kept.organisation("small", "evaluation");
        kept.run("task release small --all").ends(2).saying(&["this edition does not have that"]);
        kept.run("task preview small").ends(2).saying(&["this edition does not have that"]);
    });
}

#[test]
fn are_cancelled_for_a_reason() {
    on_both(|kept| {
        let [failed, first, second, third, waiting, other] = filled(kept);
        let cancel = |what: &str| kept.run(&format!("task cancel suigen {what}"));
        cancel(&first.to_string()).ends(2).saying(&["--why"]);
        for wrong in [failed, other, 999] {
            cancel(&format!("{first} {wrong} --why x"))
                .ends(2)
                .saying(&[&format!("{wrong}: there is no task of that number that is open")]);
        }
        kept.work(async |session| {
            let organisation = id("suigen");
            let taken = Taken { by: "test", length: std::time::Duration::from_secs(3600 * 24 * 36_500) };
            let room = Room { since: Timestamp(0), most: 9 };
            let taken = session.tenant(&organisation).take_tasks(taken, room, now(), 9).await.unwrap();
            assert_eq!(taken.iter().map(|task| task.id).collect::<Vec<_>>(), [TaskId(waiting)]);
        });
        cancel(&format!("{waiting} --why x")).ends(2).saying(&["the task is being done just now"]);
        assert_eq!(numbers(kept, "task list suigen --state held"), [third, second, first]);
        cancel(&format!("{first} {second} --why mistake")).ends(0).saying(&["cancelled 2 tasks"]);
        assert_eq!(numbers(kept, "task list suigen --state cancelled"), [second, first]);
        assert_eq!(kept.list("task list suigen --state cancelled")[0]["detail"], "mistake");
        let [first, second] = [first, second].map(|number| number.to_string());
        assert_eq!(
            kept.audited(2),
            [["task cancel", &first, "mistake"], ["task cancel", &second, "mistake"]]
        );
        kept.run("task cancel other 1 --why x").ends(2).saying(&["no organisation `other`"]);
    });
}

#[test]
fn are_seen_before_they_are_made() {
    on_both(|kept| {
        kept.organisation("suigen", "full");
        kept.folder.write("secret", "x");
        let secret = kept.folder.path("secret").display().to_string();
        let document = serde_json::json!({
            "kind": "ldap", "url": "ldap://127.0.0.1:1", "base": "dc=suigen,dc=example", "bind_name": "cn=x",
            "password_file": secret, "plain_on_loopback": true,
        });
        kept.work(async |session| {
            let organisation = id("suigen");
            let mut tenant = session.tenant(&organisation);
            let change = |holder: &mut NewHolder| {
                holder.privileged = holder.entry == "p2";
                holder.login = (holder.entry == "p3").then(|| "breakglass".to_owned());
                holder.groups = if holder.entry == "p1" { Groups::Unknown } else { Groups::All(Vec::new()) };
            };
            directory(&mut tenant, &document.to_string(), 3, change).await;
            for number in [1, 2, 3, 4] {
                find(&mut tenant, number).await;
            }
        });
        let preview = || {
            let run = kept.run("task preview suigen --format jsonl");
            run.ends(0);
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            run.lines()
                .iter()
                .map(|row| ["account", "would", "why_not"].map(|key| text(&row[key])))
                .collect::<Vec<_>>()
        };
        let p = |number: i64| format!("p{number}@suigen.example");
        let row = |account: String, would: &str, why: &str| [account, would.to_owned(), why.to_owned()];
        let [privileged, unknown] = ["the account is privileged", "no directory knows the account"];
        let hit = "force-change";
        assert_eq!(
            preview(),
            [
                row(p(1), hit, ""),
                row(p(2), "", privileged),
                row(p(3), hit, ""),
                row(String::new(), "", unknown)
            ]
        );
        kept.run("task preview suigen")
            .ends(0)
            .saying(&["would force-change 2 accounts, 50 a day", "the rule is off"]);
        kept.run("task make suigen").ends(2).saying(&["rule `neutralise` of `suigen` is off"]);
        kept.run("rule set suigen neutralise never=Breakglass")
            .ends(0)
            .saying(&["not known yet", "`mizumori directory sync suigen`"]);
        assert_eq!(preview()[0], row(p(1), "", "its groups are not known"));
        kept.run("task preview suigen").ends(0).saying(&["left alone", "`mizumori directory sync suigen`"]);
        let set = "rule set suigen neutralise enabled=true never=user:Breakglass most_a_day=1000";
        let set = kept.run(set);
        set.ends(0).saying(&["open already", "`mizumori task make suigen`"]);
        assert!(!set.err().contains("not known"));
        let never = "the account, or a group of it, is in `never`";
        assert_eq!(preview()[2], row(p(3), "", never));
        let run = kept.run("task preview suigen");
        run.ends(0).printing(&["p1@suigen.example"]).saying(&[
            "1 account, 1,000 a day",
            "is a dry run",
            "task make suigen",
        ]);
        kept.run("rule set suigen neutralise action=end-sessions dry_run=false").ends(0);
        assert_eq!(
            preview()[0],
            row(p(1), "", "this kind of directory cannot do that: it can force-change, disable")
        );
        assert_eq!(kept.audited(1)[0], ["task preview", "suigen", "4 findings"]);
        assert_eq!(numbers(kept, "task list suigen"), [0; 0], "nothing was made");
        kept.run("task preview other").ends(2).saying(&["there is no organisation `other`"]);
        // What is shown is made, and no more than that.
        kept.run("rule set suigen neutralise action=force-change dry_run=true").ends(0);
        for made in ["made 1 task", "made 0 tasks"] {
            kept.run("task make suigen").ends(0).saying(&[made]);
        }
        assert_eq!(numbers(kept, "task list suigen --state held").len(), 1);
        let audited = kept.audited(0);
        let made: Vec<_> = audited.iter().filter(|[action, ..]| action == "task make").collect();
        assert_eq!(made, [&["task make", "suigen", "1 tasks"], &["task make", "suigen", "0 tasks"]]);
        kept.run("task make other").ends(2).saying(&["there is no organisation `other`"]);
        kept.run("org change suigen --edition evaluation").ends(0);
        kept.run("task make suigen").ends(2).saying(&["this edition does not have that"]);
    });
}

/// By hand it is the same: one word for the asking and for what came of it.
#[test]
fn by_hand_a_directory_that_is_away_is_told_and_written_down() {
    on_both(|kept| {
        kept.organisation("suigen", "full");
        kept.folder.write("secret", "x");
        let secret = kept.folder.path("secret").display().to_string();
        let document = serde_json::json!({
            "kind": "ldap", "url": "ldap://127.0.0.1:1", "base": "dc=suigen,dc=example", "bind_name": "cn=x",
            "password_file": secret, "plain_on_loopback": true,
        });
        let references = kept.work(async |session| {
            let organisation = id("suigen");
            let mut tenant = session.tenant(&organisation);
            directory(&mut tenant, &document.to_string(), 2, |is| is.privileged = is.entry == "p2").await;
            let mut references = Vec::new();
            for number in [1, 2, 3] {
                references.push(find(&mut tenant, number).await.reference.to_string());
            }
            references
        });
        let act = |reference: &str, option: &str| {
            kept.run(&format!("finding neutralise suigen {reference} {option}"))
        };
        act(&references[0], "--dry-run").ends(0).saying(&["would force a change", "p1@suigen.example"]);
        act(&references[1], "").ends(2).saying(&["the account is privileged", "--privileged"]);
        act(&references[2], "").ends(2).saying(&["no directory knows the account", "directory sync"]);
        act(&references[0], "--action end-sessions")
            .ends(2)
            .saying(&["this kind of directory cannot do that"]);
        assert!(kept.audited(1).is_empty());
        act(&references[0], "").ends(2).saying(&["`127.0.0.1:1` cannot be reached"]);
        let audited = kept.audited(1);
        assert_eq!(audited[0], ["finding neutralise", &*references[0], "force-change: asked"]);
        assert!(
            audited[1][2].starts_with("force-change: failed: `127.0.0.1:1` cannot be reached"),
            "{audited:?}"
        );
        assert_eq!((&audited[1][0], audited.len()), (&"finding neutralise".to_owned(), 2));
        // Whom the rule never touches nobody touches, though it is off.
        kept.run("rule set suigen neutralise never=user:P1@suigen.example").ends(0);
        for option in ["", "--dry-run", "--privileged"] {
            act(&references[0], option).ends(2).saying(&["is in `never`", "take it out of `never`"]);
        }
        kept.run("rule set suigen neutralise never=keepers").ends(0);
        act(&references[0], "")
            .ends(2)
            .saying(&["the groups of the account are not known", "directory sync"]);
        assert_eq!(kept.audited(1).iter().filter(|[action, ..]| action == "finding neutralise").count(), 2);
    });
}
