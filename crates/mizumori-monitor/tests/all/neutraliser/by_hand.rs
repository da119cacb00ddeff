//! By hand: what is never touched is refused, by what the directory said and by what it says now.

use mizumori_core::Groups;
use mizumori_directory::Action;
use mizumori_monitor::{MonitorError, Neutralising, Order, Refusal, Rules, Seen, Target, neutralise};

use super::{HANAKO, ON, leaked};
use crate::people::People;
use crate::world::{World, now, one};

/// Acts on the account of the first finding, as the command does.
fn act(world: &World, people: &People, privileged: bool) -> Result<Seen, MonitorError> {
    let finding = world.findings().remove(0);
    world.run(async {
        let organisation = one();
        let mut session = world.store.read().await.unwrap();
        let mut tenant = session.tenant(&organisation);
        let target = Target::of(&mut tenant, &finding).await?;
        let rules = Rules::of(&tenant.rules().await?)?;
        drop(session);
        let rule = Neutralising { action: Action::ForceChange, privileged, ..rules.neutralise };
        target.permit(&rule)?;
        let door = target.door(&rule, &*people.connect())?;
        let order = Order {
            organisation: &organisation,
            reference: &finding.reference,
            action: rule.action,
            actor: "boss",
        };
        neutralise(&world.store, order, &rule, &door, now).await
    })
}

fn refused(world: &World, people: &People) -> Refusal {
    match act(world, people, false) {
        Err(MonitorError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// What stands in the audit log of it.
fn audited(world: &World) -> Vec<String> {
    let entries = world.run(async {
        let mut session = world.store.read().await.unwrap();
        session.audit_after(0).await.unwrap()
    });
    entries.into_iter().filter(|entry| entry.actor == "boss").map(|entry| entry.detail).collect()
}

/// The rule is off: whom it never touches is never touched all the same.
fn spares(world: &World, never: &str) {
    world.rule("neutralise", &format!(r#"{{"enabled":false,"never":["{never}"]}}"#));
}

#[test]
fn who_is_never_touched_is_refused() {
    let (world, people) = leaked(r#"{"enabled":false}"#, &[HANAKO]);
    world.directory(&[HANAKO], |holder| {
        holder.login = Some("Breakglass".to_owned());
        holder.groups = Groups::All(vec!["CN=Key Keepers,DC=suigen,DC=example".to_owned()]);
    });
    for never in ["breakglass", "user:breakglass", "HANAKO@suigen.example", "key keepers"] {
        spares(&world, never);
        assert_eq!(refused(&world, &people), Refusal::Never, "{never}");
    }
    assert_eq!((people.state().knocks, audited(&world)), (0, Vec::new()), "nobody is asked");
    spares(&world, "others");
    assert_eq!(act(&world, &people, false).unwrap(), Seen::Shown);
    assert_eq!(*people.state().asked, ["others"], "it is asked for what may be a group");
    for refusal in [Refusal::Never, Refusal::GroupsUnknown] {
        let hint = refusal.hint().unwrap();
        assert!(hint.contains("`never`") && hint.contains("act in the directory"), "{hint}");
    }
}

#[test]
fn who_may_be_in_such_a_group_is_refused() {
    let (world, people) = leaked(r#"{"enabled":false}"#, &[HANAKO]);
    world.directory(&[HANAKO], |holder| holder.groups = Groups::Unknown);
    spares(&world, "Key Keepers");
    assert_eq!(refused(&world, &people), Refusal::GroupsUnknown);
    assert_eq!(people.state().knocks, 0);
    // Of no group anything has to be known where none is named.
    spares(&world, "user:root");
    assert_eq!(act(&world, &people, false).unwrap(), Seen::Shown);
}

#[test]
fn what_the_directory_says_now_counts_by_hand_too() {
    for (change, refusal) in [
        (Groups::All(vec!["key keepers".to_owned()]), Refusal::Never),
        (Groups::Unknown, Refusal::GroupsUnknown),
    ] {
        let (world, people) = leaked(r#"{"enabled":false}"#, &[HANAKO]);
        spares(&world, "Key Keepers");
        people.change(HANAKO, |entry| entry.groups = change);
        assert_eq!(refused(&world, &people), refusal);
        assert_eq!(people.acted(), [""; 0]);
        assert_eq!(
            audited(&world),
            ["force-change: asked".to_owned(), format!("force-change: failed: {refusal}")]
        );
    }
    let (world, people) = leaked(r#"{"enabled":false}"#, &[HANAKO]);
    people.promote(HANAKO);
    assert_eq!(refused(&world, &people), Refusal::Privileged);
    assert_eq!(act(&world, &people, true).unwrap(), Seen::Shown);
}

#[test]
fn of_the_rule_nothing_else_counts_by_hand() {
    let other =
        r#","from":"session","groups":["staff"],"action":"disable","most_a_day":0,"delay_minutes":60}"#;
    let (world, people) = leaked(&ON.replace(r#","from":"password"}"#, other), &[HANAKO]);
    assert_eq!(act(&world, &people, false).unwrap(), Seen::Shown);
    assert_eq!(people.acted(), ["force-change hanako@suigen.example"]);
    // Nobody knows whom rules never touch that make no sense.
    world.rule("neutralise", r#"{"enabled":"perhaps"}"#);
    assert!(matches!(act(&world, &people, true), Err(MonitorError::Rule(_))));
}
