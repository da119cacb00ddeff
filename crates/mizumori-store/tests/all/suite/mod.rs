//! One suite for both databases: every case gets an empty store.

mod audit;
mod backup;
mod bundles;
mod channels;
mod domains;
mod findings;
mod holders;
mod many;
mod notices;
mod organisations;
mod tasks;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;

use mizumori_core::keys::{AccountTag, SecretTag};
use mizumori_core::{DomainName, Lang, Names, SecretKind, Severity, Timestamp};
use mizumori_store::{
    Dialect, NewFinding, Organisation, OrganisationId, OrganisationState, State, Store, StoreUrl,
};
use mizumori_test_servers::Postgres;

type Case = fn(Store) -> Pin<Box<dyn Future<Output = ()>>>;

macro_rules! cases {
    ($($module:ident::$name:ident),* $(,)?) => {
        const CASES: &[(&str, Case)] =
            &[$((concat!(stringify!($module), "::", stringify!($name)), |store| Box::pin($module::$name(store)))),*];
    };
}

cases![
    organisations::come_change_and_go,
    organisations::see_only_their_own,
    organisations::editions_are_data,
    organisations::are_left_with_nothing,
    domains::have_one_holder,
    domains::keep_what_became_of_them,
    domains::keep_one_of_two_looks,
    domains::keep_one_code,
    holders::are_those_of_the_last_synchronisation,
    holders::may_share_an_account,
    findings::are_kept_once,
    findings::take_their_steps,
    findings::come_in_pages,
    findings::of_a_backlog_are_released,
    findings::are_counted_while_they_are_open,
    findings::move_the_cursor_with_them,
    findings::know_their_sources,
    findings::come_from_elsewhere_with_their_history,
    findings::wait_to_be_judged,
    notices::are_told_by_one_at_a_time,
    notices::are_tried_again,
    tasks::act_once_on_an_account,
    tasks::are_done_by_one_at_a_time,
    tasks::may_be_for_another_finding,
    tasks::may_have_been_done,
    tasks::have_so_much_room_a_day,
    tasks::wait_for_what_is_not_known,
    tasks::are_tried_anew_when_they_are_released,
    tasks::are_known_by_when_they_were_done_last,
    tasks::end_in_all_ways,
    tasks::are_released_and_cancelled,
    tasks::of_many_at_once_are_no_more_than_the_day_has_room_for,
    notices::to_channels_are_sent_again_and_grow,
    notices::to_one_destination_wait_together,
    notices::know_since_when_they_are_tried,
    notices::to_one_domain_wait_together,
    channels::are_an_organisations_own,
    channels::hear_of_everything_once,
    channels::get_the_backlog_in_one,
    audit::is_a_chain,
    bundles::are_numbered_by_their_key,
    bundles::are_taken_once_and_in_order,
    many::write_at_once,
    many::hold_a_lease_one_at_a_time,
];

#[test]
fn sqlite() {
    for (name, case) in CASES {
        let folder = tempfile::tempdir().unwrap();
        run(name, *case, sqlite_in(folder.path()));
    }
}

#[test]
fn postgres() {
    if Postgres::is_left_out() {
        return;
    }
    let server = Postgres::start().unwrap();
    for (name, case) in CASES {
        run(name, *case, server.database().unwrap().parse().unwrap());
    }
}

fn run(name: &str, case: Case, url: StoreUrl) {
    println!("{name} in {url:?}");
    block_on(async {
        let store = Store::open(&url).await.unwrap();
        case(store.clone()).await;
        store.close().await;
    });
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future);
}

fn sqlite_in(folder: &Path) -> StoreUrl {
    StoreUrl::Sqlite(folder.join("store 100%.db"))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-23T09:00:00Z")
}

fn id(text: &str) -> OrganisationId {
    text.parse().unwrap()
}

fn domain(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn organisation(text: &str) -> Organisation {
    Organisation {
        id: id(text),
        names: Names { ja: format!("{text}大学"), en: format!("{text} university") },
        category: "university".to_owned(),
        language: Lang::Ja,
        edition: "full".to_owned(),
        state: OrganisationState::Served,
        portal: Some("パスワード変更ページ".to_owned()),
        created: now(),
        ends: None,
    }
}

async fn add(store: &Store, names: &[&str]) {
    let mut session = store.write().await.unwrap();
    for name in names {
        session.add_organisation(&organisation(name)).await.unwrap();
    }
    session.commit().await.unwrap();
}

/// Of the account and the secret of a number each; no secret is 0.
fn finding(account: i64, secret: i64) -> NewFinding {
    NewFinding {
        account: AccountTag { hi: account, lo: -account },
        secret: (secret != 0).then_some(SecretTag(secret)),
        site: None,
        source: "list-1".to_owned(),
        place: "forum".to_owned(),
        month: Some("2026-10".parse().unwrap()),
        host: "mail.suigen.example".to_owned(),
        kind: if secret == 0 { SecretKind::None } else { SecretKind::Clear },
        machine: None,
        severity: Severity::Password,
        state: State::New,
        backlog: false,
        same_as: None,
        version: 7,
    }
}

const fn is_sqlite(store: &Store) -> bool {
    matches!(store.dialect(), Dialect::Sqlite)
}
