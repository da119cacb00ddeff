//! Tasks: what is to be done to accounts.

use std::collections::BTreeMap;
use std::time::Duration;

use mizumori_core::{Severity, Timestamp};
use mizumori_store::{
    DirectoryId, FindingId, NewTask, Recorded, Room, Session, Store, StoreError, Taken, TaskEnd, TaskId,
    TaskState,
};

use super::{add, at, finding, id, now};

const HOUR: Duration = Duration::from_secs(3600);

/// Much more than any of these tests needs.
fn room() -> Room {
    Room { since: at("2026-11-23"), most: 1_000 }
}

const fn taken(by: &str) -> Taken<'_> {
    Taken { by, length: Duration::from_secs(60) }
}

async fn found(session: &mut Session, organisation: &str, account: i64) -> FindingId {
    let recorded = session.tenant(&id(organisation)).record(&finding(account, 1), now()).await.unwrap();
    let Recorded::Kept(kept) = recorded else { panic!() };
    kept.id
}

fn task(finding: FindingId, entry: &str) -> NewTask {
    NewTask {
        finding,
        directory: DirectoryId(1),
        entry: entry.to_owned(),
        action: "force-change".to_owned(),
        state: TaskState::Waiting,
        due: now(),
    }
}

/// An organisation with tasks of so many accounts, all due, in a session that goes on.
async fn with_tasks(store: &Store, count: u32) -> (Session, Vec<TaskId>) {
    add(store, &["one", "two"]).await;
    let mut session = store.write().await.unwrap();
    let mut tasks = Vec::new();
    for number in 1..=count {
        let finding = found(&mut session, "one", i64::from(number)).await;
        let new = task(finding, &format!("entry-{number}"));
        tasks.push(session.tenant(&id("one")).add_task(&new, now()).await.unwrap().unwrap());
    }
    (session, tasks)
}

async fn take(session: &mut Session, by: &str, room: Room, now: Timestamp) -> Vec<TaskId> {
    let tasks = session.tenant(&id("one")).take_tasks(taken(by), room, now, 100).await.unwrap();
    tasks.iter().map(|task| task.id).collect()
}

async fn end(session: &mut Session, task: TaskId, by: &str, end: TaskEnd) -> bool {
    session.tenant(&id("one")).end_task(task, by, &end, now()).await.unwrap()
}

pub(super) async fn act_once_on_an_account(store: Store) {
    add(&store, &["one", "two"]).await;
    let mut session = store.write().await.unwrap();
    let (first, second) = (found(&mut session, "one", 1).await, found(&mut session, "one", 2).await);
    let other = found(&mut session, "two", 1).await;
    let one = id("one");
    let mut tenant = session.tenant(&one);
    let kept = tenant.add_task(&task(first, "hanako"), now()).await.unwrap().unwrap();
    // Ten findings of one account, or of another of its addresses: one task.
    for finding in [first, second] {
        let held = NewTask { state: TaskState::Held, ..task(finding, "hanako") };
        for again in [task(finding, "hanako"), held] {
            assert_eq!(tenant.add_task(&again, now()).await.unwrap(), None);
        }
    }
    // Another action, another entry and another directory's entry of that name are others.
    for new in [
        NewTask { action: "disable".to_owned(), ..task(first, "hanako") },
        task(second, "jiro"),
        NewTask { directory: DirectoryId(2), ..task(second, "hanako") },
    ] {
        assert!(tenant.add_task(&new, now()).await.unwrap().is_some());
    }
    // Nobody acts for another's finding.
    assert_eq!(tenant.add_task(&task(other, "taro"), now()).await.unwrap(), None);
    assert_eq!(tenant.tasks(&[], 100).await.unwrap().len(), 4);
    let task_of_one = tenant.task(kept).await.unwrap().unwrap();
    assert_eq!(
        (task_of_one.is, task_of_one.created, task_of_one.attempts),
        (task(first, "hanako"), now(), 0)
    );
    assert_eq!(session.tenant(&id("two")).task(kept).await.unwrap(), None);
    assert_eq!(session.tenant(&id("two")).tasks(&[], 100).await.unwrap(), []);
    // When it is over there may be another one.
    let one = id("one");
    let mut tenant = session.tenant(&one);
    tenant.cancel_task(kept, "not now", now()).await.unwrap();
    assert!(tenant.add_task(&task(first, "hanako"), now()).await.unwrap().is_some());
    let cancelled = tenant.tasks(&[TaskState::Cancelled], 100).await.unwrap();
    assert_eq!((cancelled.len(), cancelled[0].detail.as_deref()), (1, Some("not now")));
}

pub(super) async fn are_done_by_one_at_a_time(store: Store) {
    let (mut session, tasks) = with_tasks(&store, 3).await;
    let later = NewTask { due: at("2026-11-24"), ..task(found(&mut session, "one", 9).await, "later") };
    session.tenant(&id("one")).add_task(&later, now()).await.unwrap();
    assert_eq!(session.organisations_with_tasks(at("2026-11-22")).await.unwrap(), []);
    assert_eq!(session.organisations_with_tasks(now()).await.unwrap(), [id("one")]);
    assert_eq!(session.tenant(&id("two")).take_tasks(taken("a"), room(), now(), 9).await.unwrap(), []);
    assert_eq!(take(&mut session, "a", room(), now()).await, tasks);
    assert_eq!(take(&mut session, "b", room(), now()).await, []);
    assert_eq!(session.organisations_with_tasks(now()).await.unwrap(), []);
    let asked = session.tenant(&id("one")).ask_task(tasks[0], "a", now()).await.unwrap().unwrap();
    assert_eq!((asked.asked, asked.attempts), (Some(now()), 1));
    assert!(session.tenant(&id("one")).ask_task(tasks[0], "b", now()).await.unwrap().is_none());
    assert!(session.tenant(&id("two")).ask_task(tasks[0], "a", now()).await.unwrap().is_none());
    assert!(!end(&mut session, tasks[0], "b", TaskEnd::Done("by another".to_owned())).await);
    assert!(end(&mut session, tasks[0], "a", TaskEnd::Done("done".to_owned())).await);
    // Whoever had the others is gone; when he comes back they are not his any more.
    let after = at("2026-11-23T09:01:01Z");
    assert!(
        session.tenant(&id("one")).ask_task(tasks[1], "a", after).await.unwrap().is_none(),
        "his time is up"
    );
    assert_eq!(take(&mut session, "b", room(), after).await, tasks[1..]);
    assert!(session.tenant(&id("one")).ask_task(tasks[1], "a", after).await.unwrap().is_none());
    let asked = session.tenant(&id("one")).ask_task(tasks[1], "b", after).await.unwrap().unwrap();
    assert_eq!((asked.asked, asked.attempts), (Some(after), 2));
}

pub(super) async fn may_be_for_another_finding(store: Store) {
    let (mut session, tasks) = with_tasks(&store, 1).await;
    let (one, task) = (id("one"), tasks[0]);
    let other = found(&mut session, "one", 9).await;
    let foreign = found(&mut session, "two", 9).await;
    assert!(!session.tenant(&one).repoint_task(task, "a", other).await.unwrap(), "nobody has it");
    assert_eq!(take(&mut session, "a", room(), now()).await, [task]);
    for (whose, by, finding) in [("one", "b", other), ("two", "a", other), ("one", "a", foreign)] {
        assert!(!session.tenant(&id(whose)).repoint_task(task, by, finding).await.unwrap(), "{whose} {by}");
    }
    assert!(session.tenant(&one).repoint_task(task, "a", other).await.unwrap());
    assert_eq!(session.tenant(&one).task(task).await.unwrap().unwrap().is.finding, other);
}

pub(super) async fn may_have_been_done(store: Store) {
    let (mut session, tasks) = with_tasks(&store, 1).await;
    let (one, task) = (id("one"), tasks[0]);
    let soon = now().after(HOUR);
    for (end, begun) in [
        (TaskEnd::Later(now(), "it is down".to_owned()), None),
        (TaskEnd::Unsure(now(), "it said nothing".to_owned()), Some(now())),
    ] {
        assert_eq!(take(&mut session, "a", room(), now()).await, [task]);
        let asked = session.tenant(&one).ask_task(task, "a", now()).await.unwrap().unwrap();
        assert_eq!((asked.asked, asked.begun), (Some(now()), Some(now())));
        assert!(session.tenant(&one).end_task(task, "a", &end, now()).await.unwrap());
        let waits = session.tenant(&one).task(task).await.unwrap().unwrap();
        assert_eq!((waits.is.state, waits.begun, waits.asked), (TaskState::Waiting, begun, Some(now())));
    }
    // Since the first time.
    assert_eq!(take(&mut session, "a", room(), soon).await, [task]);
    let asked = session.tenant(&one).ask_task(task, "a", soon).await.unwrap().unwrap();
    assert_eq!(asked.begun, Some(now()));
}

pub(super) async fn have_so_much_room_a_day(store: Store) {
    let (mut session, tasks) = with_tasks(&store, 5).await;
    let two = Room { most: 2, ..room() };
    assert_eq!(take(&mut session, "a", two, now()).await, tasks[..2]);
    assert!(end(&mut session, tasks[0], "a", TaskEnd::Done("done".to_owned())).await);
    // What is tried again keeps its place, and what was not to be done leaves it.
    let soon = now().after(HOUR);
    assert!(end(&mut session, tasks[1], "a", TaskEnd::Later(soon, "it is down".to_owned())).await);
    assert_eq!(take(&mut session, "a", two, now()).await, []);
    assert_eq!(take(&mut session, "a", two, soon).await, [tasks[1]]);
    assert!(end(&mut session, tasks[1], "a", TaskEnd::Cancelled("settled".to_owned())).await);
    assert_eq!(take(&mut session, "a", two, soon).await, [tasks[2]]);
    assert!(end(&mut session, tasks[2], "a", TaskEnd::Done("done".to_owned())).await);
    // The rest waits for the next day.
    let midnight = at("2026-11-24");
    let more = Room { most: 3, ..two };
    assert_eq!(session.tenant(&id("one")).postpone_tasks(more, midnight, soon).await.unwrap(), []);
    let waiting = session.tenant(&id("one")).postpone_tasks(two, midnight, soon).await.unwrap();
    let findings = session.tenant(&id("one")).findings_waiting(midnight, 1).await.unwrap();
    assert_eq!(findings.iter().map(|finding| finding.id).collect::<Vec<_>>(), [waiting[0].is.finding]);
    let counts = session.tenant(&id("one")).count_findings_waiting(midnight).await.unwrap();
    assert_eq!(counts, [(Severity::Password, 2)]);
    assert_eq!(session.tenant(&id("two")).count_findings_waiting(midnight).await.unwrap(), []);
    assert_eq!(waiting.iter().map(|task| task.id).collect::<Vec<_>>(), tasks[3..]);
    assert!(waiting.iter().all(|task| task.is.due == midnight && task.attempts == 0));
    assert_eq!(session.tenant(&id("one")).postpone_tasks(two, midnight, soon).await.unwrap(), []);
    assert_eq!(session.organisations_with_tasks(Timestamp(midnight.0 - 1)).await.unwrap(), []);
    let next_day = Room { since: midnight, most: 2 };
    assert_eq!(take(&mut session, "a", next_day, midnight).await, tasks[3..]);
    let none = Room { since: midnight, most: 0 };
    assert_eq!(
        take(&mut session, "b", none, midnight.after(HOUR)).await,
        tasks[3..],
        "they keep their places"
    );
}

pub(super) async fn wait_for_what_is_not_known(store: Store) {
    let (mut session, tasks) = with_tasks(&store, 2).await;
    let (one, task) = (id("one"), tasks[0]);
    let single = Room { most: 1, ..room() };
    let soon = now().after(HOUR);
    let unknown = TaskEnd::Unknown(soon, "its groups are not known".to_owned());
    assert_eq!(take(&mut session, "a", single, now()).await, [task]);
    assert!(end(&mut session, task, "a", unknown.clone()).await);
    let waits = session.tenant(&one).task(task).await.unwrap().unwrap();
    assert_eq!(
        (waits.is.state, waits.is.due, waits.asked, waits.done),
        (TaskState::Waiting, soon, None, None)
    );
    assert_eq!(waits.detail.as_deref(), Some("its groups are not known"));
    // Others have the day's room meanwhile.
    assert_eq!(take(&mut session, "a", single, now()).await, [tasks[1]]);
    assert!(end(&mut session, tasks[1], "a", TaskEnd::Cancelled("settled".to_owned())).await);
    // How long it is tried does not count while it waits for that.
    assert_eq!(take(&mut session, "a", single, soon).await, [task]);
    session.tenant(&one).ask_task(task, "a", soon).await.unwrap().unwrap();
    let later = soon.after(HOUR);
    assert!(session.tenant(&one).end_task(task, "a", &unknown, later).await.unwrap());
    let waits = session.tenant(&one).task(task).await.unwrap().unwrap();
    assert_eq!((waits.asked, waits.begun, waits.attempts), (Some(later), None, 2));
}

pub(super) async fn are_tried_anew_when_they_are_released(store: Store) {
    let (mut session, _) = with_tasks(&store, 0).await;
    let one = id("one");
    for all in [false, true] {
        let new = task(found(&mut session, "one", i64::from(all)).await, "hanako");
        let task = session.tenant(&one).add_task(&new, now()).await.unwrap().unwrap();
        assert_eq!(take(&mut session, "a", room(), now()).await, [task]);
        session.tenant(&one).ask_task(task, "a", now()).await.unwrap().unwrap();
        assert!(end(&mut session, task, "a", TaskEnd::Unsure(now(), "it said nothing".to_owned())).await);
        assert_eq!(take(&mut session, "a", room(), now()).await, [task]);
        assert!(end(&mut session, task, "a", TaskEnd::Held("a dry run".to_owned())).await);
        let mut tenant = session.tenant(&one);
        match all {
            false => tenant.release_task(task, now()).await.unwrap(),
            true => assert_eq!(tenant.release_tasks(now()).await.unwrap(), 1),
        }
        let released = tenant.task(task).await.unwrap().unwrap();
        assert_eq!((released.attempts, released.asked), (0, None), "{all}");
        assert_eq!(released.begun, Some(now()), "what may have been done is not forgotten");
        tenant.cancel_task(task, "enough", now().after(HOUR)).await.unwrap();
    }
}

pub(super) async fn are_known_by_when_they_were_done_last(store: Store) {
    let (mut session, tasks) = with_tasks(&store, 2).await;
    let (one, two) = (id("one"), id("two"));
    take(&mut session, "a", room(), now()).await;
    assert!(end(&mut session, tasks[0], "a", TaskEnd::Done("done".to_owned())).await);
    assert!(end(&mut session, tasks[1], "a", TaskEnd::Failed("exempt".to_owned())).await);
    let done = |at| BTreeMap::from([((DirectoryId(1), "entry-1".to_owned()), at)]);
    let mut tenant = session.tenant(&one);
    assert_eq!(tenant.last_done("force-change").await.unwrap(), done(now()));
    assert_eq!(tenant.last_done("disable").await.unwrap(), BTreeMap::new());
    let again = task(tenant.task(tasks[0]).await.unwrap().unwrap().is.finding, "entry-1");
    let again = tenant.add_task(&again, now()).await.unwrap().unwrap();
    assert_eq!(tenant.last_done("force-change").await.unwrap(), done(now()), "it is not done again yet");
    let soon = now().after(HOUR);
    assert_eq!(take(&mut session, "a", room(), soon).await, [again]);
    let mut tenant = session.tenant(&one);
    assert!(tenant.end_task(again, "a", &TaskEnd::Done("done".to_owned()), soon).await.unwrap());
    assert_eq!(tenant.last_done("force-change").await.unwrap(), done(soon));
    assert_eq!(session.tenant(&two).last_done("force-change").await.unwrap(), BTreeMap::new());
}

pub(super) async fn end_in_all_ways(store: Store) {
    let (mut session, tasks) = with_tasks(&store, 5).await;
    assert_eq!(take(&mut session, "a", room(), now()).await, tasks);
    let word = |end: &str| end.to_owned();
    let later = now().after(HOUR);
    let ends = [
        (TaskEnd::Done(word("done")), TaskState::Done, Some(now())),
        (TaskEnd::Failed(word("exempt")), TaskState::Failed, Some(now())),
        (TaskEnd::Cancelled(word("settled")), TaskState::Cancelled, Some(now())),
        (TaskEnd::Held(word("dry run")), TaskState::Held, None),
        (TaskEnd::Later(later, word("down")), TaskState::Waiting, None),
    ];
    for (task, (how, state, done)) in tasks.iter().zip(ends) {
        assert!(end(&mut session, *task, "a", how.clone()).await);
        assert!(!end(&mut session, *task, "a", how).await, "once");
        let task = session.tenant(&id("one")).task(*task).await.unwrap().unwrap();
        assert_eq!((task.is.state, task.done, task.detail.is_some()), (state, done, true));
        assert_eq!(task.is.due, if state == TaskState::Waiting { later } else { now() });
    }
    let mut unverified = session.tenant(&id("one")).unverified_tasks().await.unwrap();
    let first = unverified.remove(0);
    assert_eq!((first.id, unverified.len()), (tasks[0], 0));
    for (task, whose) in [(tasks[0], "two"), (tasks[1], "one")] {
        session.tenant(&id(whose)).verify_task(task, "seen", Some(now())).await.unwrap();
    }
    assert_eq!(session.tenant(&id("one")).unverified_tasks().await.unwrap(), [first]);
    session.tenant(&id("one")).verify_task(tasks[0], "asked for", None).await.unwrap();
    assert_eq!(session.tenant(&id("one")).unverified_tasks().await.unwrap().len(), 1);
    session.tenant(&id("one")).verify_task(tasks[0], "changed", Some(later)).await.unwrap();
    assert_eq!(session.tenant(&id("one")).unverified_tasks().await.unwrap(), []);
    assert_eq!(session.tenant(&id("two")).unverified_tasks().await.unwrap(), []);
    let verified = session.tenant(&id("one")).task(tasks[0]).await.unwrap().unwrap();
    assert_eq!((verified.verified, verified.detail.as_deref()), (Some(later), Some("changed")));
    let states = [TaskState::Held, TaskState::Failed];
    let listed = session.tenant(&id("one")).tasks(&states, 100).await.unwrap();
    assert_eq!(listed.iter().map(|task| task.id).collect::<Vec<_>>(), [tasks[3], tasks[1]]);
}

pub(super) async fn are_released_and_cancelled(store: Store) {
    let (mut session, tasks) = with_tasks(&store, 2).await;
    let mut held = Vec::new();
    for number in 10..13 {
        let finding = found(&mut session, "one", number).await;
        let new = NewTask { state: TaskState::Held, ..task(finding, &format!("held-{number}")) };
        held.push(session.tenant(&id("one")).add_task(&new, now()).await.unwrap().unwrap());
    }
    assert_eq!(take(&mut session, "a", room(), now()).await, tasks);
    let (one, two) = (id("one"), id("two"));
    for (tenant, task) in [(&one, tasks[0]), (&two, held[0]), (&one, TaskId(999))] {
        let released = session.tenant(tenant).release_task(task, now()).await;
        assert!(matches!(released, Err(StoreError::Missing(_))), "{released:?}");
    }
    session.tenant(&one).release_task(held[0], now()).await.unwrap();
    assert!(session.tenant(&one).release_task(held[0], now()).await.is_err());
    assert_eq!(session.tenant(&two).release_tasks(now()).await.unwrap(), 0);
    assert_eq!(take(&mut session, "b", room(), now()).await, [held[0]]);
    assert_eq!(session.tenant(&one).task(held[0]).await.unwrap().unwrap().released, Some(now()));
    assert_eq!(session.tenant(&one).release_tasks(now()).await.unwrap(), 2);
    // Who does one just now is not told to leave it in the middle.
    let cancelled = session.tenant(&one).cancel_task(tasks[0], "no", now()).await;
    assert!(matches!(cancelled, Err(StoreError::Taken(_))), "{cancelled:?}");
    let cancelled = session.tenant(&two).cancel_task(held[1], "no", now()).await;
    assert!(matches!(cancelled, Err(StoreError::Missing(_))), "{cancelled:?}");
    session.tenant(&one).cancel_task(held[1], "no", now()).await.unwrap();
    let cancelled = session.tenant(&one).cancel_task(held[1], "no", now()).await;
    assert!(matches!(cancelled, Err(StoreError::Missing(_))), "{cancelled:?}");
    session.tenant(&one).cancel_task(tasks[0], "he is gone", now().after(HOUR)).await.unwrap();
    assert!(!end(&mut session, tasks[0], "a", TaskEnd::Done("done".to_owned())).await);
    assert!(session.tenant(&one).ask_task(tasks[0], "a", now()).await.unwrap().is_none());
    assert_eq!(take(&mut session, "b", room(), now()).await, [held[2]]);
}

/// Eight take at once what is there.
pub(super) async fn of_many_at_once_are_no_more_than_the_day_has_room_for(store: Store) {
    let (session, _) = with_tasks(&store, 30).await;
    session.commit().await.unwrap();
    let takers: Vec<_> = (0..8)
        .map(|taker| {
            let store = store.clone();
            tokio::spawn(async move {
                let (one, by) = (id("one"), format!("taker-{taker}"));
                let mut all = Vec::new();
                for _ in 0..4 {
                    let mut session = store.write().await.unwrap();
                    let few = Room { most: 20, ..room() };
                    let tasks = session.tenant(&one).take_tasks(taken(&by), few, now(), 3).await.unwrap();
                    session.commit().await.unwrap();
                    all.extend(tasks.into_iter().map(|task| task.id));
                }
                all
            })
        })
        .collect();
    let mut all = Vec::new();
    for taker in takers {
        all.extend(taker.await.unwrap());
    }
    all.sort();
    let count = all.len();
    all.dedup();
    assert_eq!((all.len(), count), (20, 20));
}
