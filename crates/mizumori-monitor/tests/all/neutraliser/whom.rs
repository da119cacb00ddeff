//! Whom it hits, and whom it does not.

use mizumori_core::{DomainName, Groups, Names};
use mizumori_directory::{Entry, Standing};
use mizumori_monitor::{DirectorySettings, Neutralised, Spared, make_tasks, preview};
use mizumori_store::{Domain, DomainState, Edition, Organisation, Rule, State, TaskState};

use super::{DAY, HANAKO, HOUR, ON, act, audited, done, ended, leaked, started, tasks};
use crate::people::{Mood, People};
use crate::world::{World, now, one};

#[test]
fn nothing_is_done_unless_somebody_said_so() {
    let (world, people) = leaked(r#"{"from":"password","dry_run":false}"#, &[HANAKO]);
    assert_eq!((tasks(&world), act(&world, &people, now())), (Vec::new(), done(0)));
    let (world, _) = leaked(r#"{"enabled":true,"dry_run":false}"#, &[HANAKO]);
    assert_eq!(tasks(&world), [], "a password that is not known to be of one of our sites");
    let (world, _) = started(ON, &[HANAKO]);
    world.leak("list", "nobody@suigen.example:secret");
    assert_eq!((world.find().tasks, tasks(&world)), (0, Vec::new()));
}

#[test]
fn ten_findings_of_one_account_act_once() {
    let (world, people) = started(ON, &[HANAKO]);
    world.directory(&[HANAKO], |holder| {
        let mut alias = holder.addresses[0].clone();
        (alias.address, alias.account) = ("h@suigen.example".to_owned(), world.tag("h@suigen.example"));
        holder.addresses.push(alias);
    });
    let lines: Vec<_> = (0..5).map(|at| format!("{HANAKO}:{at}\nh@suigen.example:alias-{at}")).collect();
    world.leak("list", &lines.join("\n"));
    let found = world.find();
    assert_eq!((found.findings, found.tasks), (10, 1));
    assert_eq!(act(&world, &people, now()), done(1));
    assert_eq!(people.acted(), ["force-change hanako@suigen.example"]);
    assert_eq!(ended(&world), (TaskState::Done, "done; the directory shows it".to_owned()));
    assert_eq!(audited(&world), ["force-change: asked", "force-change: done"]);
    assert_eq!(act(&world, &people, now().after(DAY)), done(0));
    // The same leak again is none.
    world.leak("again", &format!("{HANAKO}:0"));
    assert_eq!((world.find().tasks, act(&world, &people, now())), (0, done(0)));
}

#[test]
fn what_is_over_for_one_finding_is_not_for_another() {
    let settle = |world: &World, at: usize| {
        let finding = world.findings().remove(at);
        world.mark(&finding, State::RiskAccepted);
        finding.id
    };
    let (world, people) = started(ON, &[HANAKO]);
    world.directory(&[HANAKO], |holder| {
        let mut alias = holder.addresses[0].clone();
        (alias.address, alias.account) = ("h@suigen.example".to_owned(), world.tag("h@suigen.example"));
        holder.addresses.push(alias);
    });
    world.leak("list", &format!("{HANAKO}:first\n{HANAKO}:second\nh@suigen.example:third"));
    assert_eq!(world.find().tasks, 1);
    settle(&world, 0);
    settle(&world, 1);
    assert_eq!(act(&world, &people, now()), done(1));
    assert_eq!((people.acted().len(), tasks(&world)[0].is.finding), (1, world.findings()[2].id));
    let subjects = world.run(async {
        let mut session = world.store.read().await.unwrap();
        let entries = session.audit_after(0).await.unwrap();
        entries.into_iter().map(|entry| entry.subject).collect::<Vec<_>>()
    });
    assert_eq!(subjects, vec![world.findings()[2].reference.to_string(); 2]);
    // Where all of them are over nothing is done, and what is no matter of the rule's counts for nothing.
    let (world, people) = leaked(&ON.replace("\"password\"", "\"own-site\""), &[HANAKO]);
    world.rule("neutralise", ON);
    world.leak("more", &format!("{HANAKO}:second\n{HANAKO}:third"));
    assert_eq!(world.find().tasks, 1);
    settle(&world, 1);
    settle(&world, 2);
    world.rule("neutralise", &ON.replace("\"password\"", "\"stealer-log\""));
    assert_eq!(act(&world, &people, now()), Neutralised { cancelled: 1, ..done(0) });
    assert_eq!(ended(&world).1, "the finding is `risk-accepted`");
}

#[test]
fn a_change_settles_what_was_told_before_it_alone() {
    let delayed = ON.replace('}', r#","delay_minutes":180}"#);
    let (world, people) = leaked(&delayed, &[HANAKO]);
    // The user changed it, and the new one leaked as well, before the directory was read.
    people.change_password(HANAKO, now().after(HOUR));
    world.leak("again", &format!("{HANAKO}:second"));
    let found = world.run(world.finder().find(&world.known(), now().after(HOUR * 2))).unwrap();
    assert_eq!((found.findings, found.tasks), (1, 0));
    assert_eq!(act(&world, &people, now().after(HOUR * 3)), done(1));
    assert_eq!(people.acted().len(), 1);
}

#[test]
fn what_was_dealt_with_meanwhile_is_left_alone() {
    let look = |change: &dyn Fn(&World, &People)| {
        let (world, people) = leaked(ON, &[HANAKO]);
        change(&world, &people);
        let acted = act(&world, &people, now());
        assert_eq!((acted, people.acted().len()), (Neutralised { cancelled: 1, ..done(0) }, 0));
        ended(&world).1
    };
    let marked = look(&|world, _| {
        let finding = world.findings().remove(0);
        world.run(async {
            let mut session = world.store.write().await.unwrap();
            let organisation = one();
            let mut tenant = session.tenant(&organisation);
            tenant.step(&finding, State::FalsePositive, "boss", "a test", now()).await.unwrap();
            session.commit().await.unwrap();
        });
    });
    assert_eq!(marked, "the finding is `false-positive`");
    let others = ["other@suigen.example"];
    assert_eq!(look(&|world, _| world.directory(&others, |_| ())), "no directory knows the account");
    assert_eq!(
        look(&|world, _| world.directory(&[HANAKO], |is| is.enabled = false)),
        "the account is disabled"
    );
    assert_eq!(
        look(&|world, _| {
            let tag = world.tag(HANAKO);
            world.directory(&[HANAKO, "double@suigen.example"], |is| is.addresses[0].account = tag);
        }),
        "several entries have the account"
    );
    assert_eq!(look(&|_, people| people.promote(HANAKO)), "the account is privileged");
    let disabled = |entry: &mut Entry| entry.standing = Standing::Disabled;
    assert_eq!(look(&|_, people| people.change(HANAKO, disabled)), "the account is disabled");
    assert_eq!(look(&|world, _| world.rule("neutralise", r#"{"enabled":false}"#)), "the rule is off");
    let action = r#"{"enabled":true,"dry_run":false,"from":"password","action":"disable"}"#;
    assert_eq!(look(&|world, _| world.rule("neutralise", action)), "the rule says `disable` now");
    let milder = r#"{"enabled":true,"dry_run":false,"from":"session"}"#;
    assert_eq!(
        look(&|world, _| world.rule("neutralise", milder)),
        "the finding's severity is `password` only"
    );
    let ended = look(&|world, _| {
        world.run(async {
            let mut session = world.store.write().await.unwrap();
            let is = session.organisation(&one()).await.unwrap().unwrap();
            let evaluation = Organisation { edition: Edition::EVALUATION.to_owned(), ..is };
            session.change_organisation(&evaluation).await.unwrap();
            session.commit().await.unwrap();
        });
    });
    assert_eq!(ended, "this edition does not have that");
}

#[test]
fn who_is_never_touched() {
    let never = r#"{"enabled":true,"dry_run":false,"from":"password","privileged":true,
                    "never":["Key Keepers","glass","root@suigen.example"]}"#;
    let people = ["keeper@suigen.example", "login@suigen.example", "root@suigen.example", HANAKO];
    let (world, directory) = started(never, &people);
    world.directory(&people, |holder| match &*holder.entry {
        "keeper@suigen.example" => {
            holder.groups = Groups::All(vec!["CN=Key Keepers,OU=Groups,DC=suigen,DC=example".to_owned()]);
        }
        "login@suigen.example" => holder.login = Some("Glass".to_owned()),
        _ => {}
    });
    let lines: Vec<_> = people.iter().map(|person| format!("{person}:secret")).collect();
    world.leak("list", &lines.join("\n"));
    assert_eq!(world.find().tasks, 1);
    // The directory knows of a group that was joined since it was read.
    directory.change(HANAKO, |entry| entry.groups = Groups::All(vec!["key keepers".to_owned()]));
    assert_eq!(act(&world, &directory, now()), Neutralised { cancelled: 1, ..done(0) });
    assert_eq!(ended(&world).1, "the account, or a group of it, is in `never`");
    let seen = world.run(async {
        let mut session = world.store.read().await.unwrap();
        preview(&mut session.tenant(&one()), &*directory.connect()).await.unwrap()
    });
    let spared: Vec<_> = seen.iter().map(|seen| seen.spared.clone()).collect();
    assert_eq!(spared, [Some(Spared::Never), Some(Spared::Never), Some(Spared::Never), None]);
}

#[test]
fn whose_groups_are_not_known_is_left_alone() {
    let never = ON.replace('}', r#","never":["Key Keepers","user:root"]}"#);
    let people = [HANAKO, "taro@suigen.example"];
    let (world, directory) = started(&never, &people);
    world.directory(&people, |holder| {
        if holder.entry == HANAKO {
            holder.groups = Groups::Unknown;
        }
    });
    let lines: Vec<_> = people.iter().map(|person| format!("{person}:secret")).collect();
    world.leak("list", &lines.join("\n"));
    assert_eq!(world.find().tasks, 1, "of Hanako it is not known whether she keeps the keys");
    // Nor is it of Taro when it is looked at again.
    directory.change("taro@suigen.example", |entry| {
        entry.groups = Groups::Some { asked: vec!["others".to_owned()], found: Vec::new() };
    });
    assert_eq!(act(&world, &directory, now()), Neutralised { later: 1, ..done(0) });
    assert_eq!(ended(&world), (TaskState::Waiting, "its groups are not known".to_owned()));
    assert_eq!(directory.acted(), [""; 0]);
    assert_eq!(*directory.state().asked, ["Key Keepers"], "it is asked for what may be a group");
    let seen = world.run(async {
        let mut session = world.store.read().await.unwrap();
        preview(&mut session.tenant(&one()), &*directory.connect()).await.unwrap()
    });
    let spared: Vec<_> = seen.iter().map(|seen| seen.spared.clone()).collect();
    assert_eq!(spared, [Some(Spared::GroupsUnknown), Some(Spared::Once)]);
}

#[test]
fn another_tenants_account_is_not_ours() {
    let (world, people) = started(ON, &[HANAKO, "taro@mori.example"]);
    let two = world.run(async {
        let mut session = world.store.write().await.unwrap();
        let is = session.organisation(&one()).await.unwrap().unwrap();
        let names = Names { ja: "森大学".to_owned(), en: "Mori University".to_owned() };
        let other = Organisation { id: "two".parse().unwrap(), names, ..is };
        session.add_organisation(&other).await.unwrap();
        let mut tenant = session.tenant(&other.id);
        let rule = Rule {
            name: "neutralise".to_owned(),
            document: ON.to_owned(),
            changed: now(),
            changed_by: "boss".to_owned(),
        };
        tenant.keep_rule(&rule).await.unwrap();
        let name = DomainName::parse("mori.example").unwrap();
        tenant.add_domain(&name, "token", now()).await.unwrap();
        let domain = tenant.domain(&name).await.unwrap().unwrap();
        let proved = Domain { state: DomainState::Proved, backlog_seen: Some(0), ..domain };
        tenant.change_domain(&proved).await.unwrap();
        session.commit().await.unwrap();
        other.id
    });
    // Our directory has somebody with an address of theirs: the finding is theirs, and their directories know nobody.
    world.leak("list", "taro@mori.example:secret");
    let found = world.find();
    assert_eq!((found.findings, found.tasks), (1, 0));
    assert_eq!((act(&world, &people, now()), people.state().knocks), (done(0), 0));
    let theirs = world.run(async {
        let mut session = world.store.read().await.unwrap();
        (
            session.tenant(&two).findings(&Default::default(), None, 9).await.unwrap().findings.len(),
            session.tenant(&two).tasks(&[], 9).await.unwrap().len(),
        )
    });
    assert_eq!((theirs, world.findings().len(), tasks(&world).len()), ((1, 0), 0, 0));
}

#[test]
fn a_backlog_waits_for_its_release() {
    let world = World::new();
    world.directory(&[HANAKO], |_| ());
    world.rule("neutralise", ON);
    world.leak("list", &format!("{HANAKO}:secret\n{HANAKO}:second"));
    world.find();
    world.prove("suigen.example");
    let found = world.find();
    assert_eq!((found.findings, found.tasks), (2, 0));
    let released = world.run(world.finder().release(&one(), now(), "boss")).unwrap();
    assert_eq!((released.findings, released.tasks), (2, 1));
    let people = People::new(&[HANAKO]);
    assert_eq!((act(&world, &people, now()), people.acted().len()), (done(1), 1));
}

#[test]
fn a_file_has_no_tasks() {
    let (world, _) = started(ON, &[HANAKO]);
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        let csv = DirectorySettings::Csv { file: "people.csv".into() };
        session.tenant(&one()).keep_directory("main", csv.kind(), &csv.to_text()).await.unwrap();
        session.commit().await.unwrap();
    });
    world.leak("list", &format!("{HANAKO}:secret"));
    assert_eq!((world.find().tasks, tasks(&world)), (0, Vec::new()));
    // It has become one since.
    let (world, people) = leaked(ON, &[HANAKO]);
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        let csv = DirectorySettings::Csv { file: "people.csv".into() };
        session.tenant(&one()).keep_directory("main", csv.kind(), &csv.to_text()).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(act(&world, &people, now()), Neutralised { cancelled: 1, ..done(0) });
    assert_eq!(ended(&world).1, "this kind of directory cannot do that: it is only read");
}

#[test]
fn tasks_of_what_was_there_are_made_when_somebody_says_so() {
    let people = [HANAKO, "boss@suigen.example"];
    let (world, directory) = leaked(r#"{"from":"password"}"#, &people);
    world.leak("more", &format!("{HANAKO}:second"));
    world.find();
    directory.promote("boss@suigen.example");
    world.directory(&people, |holder| holder.privileged = holder.entry != HANAKO);
    let make = || {
        world.run(async {
            let mut session = world.store.write().await.unwrap();
            let made = make_tasks(&mut session.tenant(&one()), &*directory.connect(), now()).await.unwrap();
            session.commit().await.unwrap();
            made
        })
    };
    world.rule("neutralise", &ON.replace("\"dry_run\":false", "\"delay_minutes\":60"));
    assert_eq!((make(), make()), (1, 0));
    let [task] = &tasks(&world)[..] else { panic!() };
    assert_eq!((task.is.state, &*task.is.entry, task.is.due), (TaskState::Held, HANAKO, now().after(HOUR)));
    world.rule("neutralise", ON);
    assert_eq!((make(), act(&world, &directory, now().after(DAY))), (0, done(0)));
    world.run(async {
        let mut session = world.store.write().await.unwrap();
        session.tenant(&one()).release_tasks(now()).await.unwrap();
        session.commit().await.unwrap();
    });
    assert_eq!(act(&world, &directory, now().after(DAY)), done(1));
}

#[test]
fn a_preview_says_whom_and_why_not() {
    let people = [HANAKO, "boss@suigen.example", "staff@suigen.example", "gone@suigen.example"];
    let (world, directory) = started(r#"{"from":"password","groups":["staff"]}"#, &people);
    world.rule("inactive-account", r#"{"enabled":false}"#);
    world.directory(&people, |holder| {
        holder.groups = Groups::All(vec!["cn=Staff,dc=suigen,dc=example".to_owned()]);
        match &*holder.entry {
            "boss@suigen.example" => holder.privileged = true,
            "staff@suigen.example" => holder.groups = Groups::All(Vec::new()),
            "gone@suigen.example" => holder.enabled = false,
            _ => {}
        }
    });
    let mut lines: Vec<_> = people.iter().map(|person| format!("{person}:secret")).collect();
    lines.push(format!("{HANAKO}:second"));
    lines.push("nobody@suigen.example:secret".to_owned());
    world.leak("list", &lines.join("\n"));
    world.find();
    let look = || {
        world.run(async {
            let mut session = world.store.read().await.unwrap();
            preview(&mut session.tenant(&one()), &*directory.connect()).await.unwrap()
        })
    };
    let spared = || look().into_iter().map(|seen| seen.spared).collect::<Vec<_>>();
    let others = [Spared::Privileged, Spared::OtherGroup, Spared::Disabled, Spared::Once, Spared::Unknown];
    let expected: Vec<_> = std::iter::once(None).chain(others.into_iter().map(Some)).collect();
    assert_eq!(spared(), expected);
    assert_eq!(look()[0].holder.as_ref().unwrap().is.entry, HANAKO);
    assert_eq!((tasks(&world).len(), directory.state().knocks), (0, 0), "it does nothing");
    directory.is(Mood::ReadOnly);
    let cannot = Spared::Cannot("this kind of directory cannot do that: it is only read".to_owned());
    assert_eq!(spared()[0], Some(cannot));
}
