//! Backups, from each database into each, and stores that cannot be opened.

use mizumori_store::{
    BackupError, Channel, DirectoryId, Domain, DomainCode, DomainState, NewAudit, NewTask, Store, StoreError,
    StoreUrl, TaskState, Verified,
};
use mizumori_test_servers::Postgres;

use super::{add, block_on, domain, finding, id, is_sqlite, now, organisation, sqlite_in};

#[test]
fn moves_a_store_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let server = (!Postgres::is_left_out()).then(|| Postgres::start().unwrap());
    let fresh = |number: u32| {
        let path = folder.path().join(number.to_string());
        std::fs::create_dir(&path).unwrap();
        let sqlite = sqlite_in(&path);
        let postgres = server.as_ref().map(|server| server.database().unwrap().parse::<StoreUrl>().unwrap());
        std::iter::once(sqlite).chain(postgres).collect::<Vec<_>>()
    };
    block_on(async {
        for (number, from) in fresh(0).into_iter().enumerate() {
            let store = Store::open(&from).await.unwrap();
            assert_eq!(is_sqlite(&store), number == 0);
            fill(&store).await;
            let mut backup = Vec::new();
            let written = store.back_up(&mut backup).await.unwrap();
            for into in fresh(1 + number as u32) {
                let other = Store::open(&into).await.unwrap();
                assert_eq!(other.restore(&mut &*backup).await.unwrap(), written);
                let mut again = Vec::new();
                other.back_up(&mut again).await.unwrap();
                assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&backup));
                // It goes on where the other stopped.
                let mut session = other.write().await.unwrap();
                session.tenant(&id("one")).record(&finding(5_000, 1), now()).await.unwrap();
                let [task] = &session.tenant(&id("one")).tasks(&[], 9).await.unwrap()[..] else { panic!() };
                let next = NewTask { entry: "jiro".to_owned(), ..task.is.clone() };
                let next = session.tenant(&id("one")).add_task(&next, now()).await.unwrap();
                assert!(next > Some(task.id));
                assert!(
                    matches!(session.verify_audit(None).await.unwrap(), Verified::Sound(head) if head.seq == 1)
                );
                session.commit().await.unwrap();
                let full = other.restore(&mut &*backup).await;
                assert!(matches!(full, Err(BackupError::NotEmpty)), "{full:?}");
            }
            if number == 0 {
                spoiled(&from, &backup, fresh(10)).await;
            }
        }
    });
}

async fn fill(store: &Store) {
    add(store, &["one", "two"]).await;
    let one = id("one");
    let mut session = store.write().await.unwrap();
    let name = domain("suigen.example");
    session.tenant(&one).add_domain(&name, "token", now()).await.unwrap();
    let code = DomainCode { role: "admin".to_owned(), hash: [7; 32], sent: now(), tries: 1 };
    session.tenant(&one).keep_domain_code(&name, &code).await.unwrap();
    let left = domain("left.example");
    session.tenant(&one).add_domain(&left, "token", now()).await.unwrap();
    let vouched = session.tenant(&one).domain(&left).await.unwrap().unwrap();
    let vouched = Domain { state: DomainState::Vouched, ..vouched };
    session.tenant(&one).change_domain(&vouched).await.unwrap();
    session.tenant(&one).remove_domain(&left).await.unwrap();
    session.tenant(&one).keep_outlet("siem", Channel::Webhook, "{}").await.unwrap();
    // More than are read at a time.
    for number in 1..=2_100 {
        session.tenant(&one).record(&finding(number, i64::MIN + number), now()).await.unwrap();
    }
    let first = session.tenant(&one).findings(&Default::default(), None, 1).await.unwrap().findings.remove(0);
    session.tenant(&one).leave_unjudged(first.id).await.unwrap();
    let task = NewTask {
        finding: first.id,
        directory: DirectoryId(1),
        entry: "hanako".to_owned(),
        action: "force-change".to_owned(),
        state: TaskState::Held,
        due: now(),
    };
    session.tenant(&one).add_task(&task, now()).await.unwrap().unwrap();
    let new = NewAudit { actor: "水", organisation: Some(&one), action: "a", subject: "\"\n", detail: "{}" };
    session.audit(&new, now()).await.unwrap();
    session.commit().await.unwrap();
}

/// A backup that lacks something, or in which something was changed, is none; the store stays empty.
async fn spoiled(from: &StoreUrl, backup: &[u8], into: Vec<StoreUrl>) {
    let text = String::from_utf8(backup.to_vec()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let spoiled = [
        lines[..lines.len() - 1].join("\n") + "\n",
        text[..text.len() / 2].to_owned(),
        [&lines[..5], &lines[6..]].concat().join("\n") + "\n",
        text.replacen("大学", "学園", 1),
        text.replacen("\"schema\":", "\"schema\":9", 1),
        text.replacen("\"table\":\"domain\"", "\"table\":\"audit; DROP TABLE finding\"", 1),
        text.replacen("\"token\":", "\"token) --\":", 1),
        String::new(),
        "{\"kind\":\"something\"}\n".to_owned(),
    ];
    for url in into {
        let store = Store::open(&url).await.unwrap();
        for (number, text) in spoiled.iter().enumerate() {
            assert!(store.restore(&mut text.as_bytes()).await.is_err(), "{number} of {from:?} into {url:?}");
        }
        assert_eq!(store.read().await.unwrap().organisations().await.unwrap(), []);
        assert!(store.restore(&mut text.as_bytes()).await.is_ok());
    }
}

#[test]
fn a_store_that_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let no_store = folder.path().join("text");
    std::fs::write(&no_store, "this is no database, and long enough to be taken for one".repeat(100))
        .unwrap();
    block_on(async {
        let opened = Store::open(&StoreUrl::Sqlite(no_store)).await;
        assert!(matches!(opened, Err(StoreError::Open { .. } | StoreError::Statement { .. })), "{opened:?}");
        let nowhere = Store::open(&StoreUrl::Sqlite(folder.path().join("no/such/folder"))).await;
        assert!(matches!(nowhere, Err(StoreError::File { .. })), "{nowhere:?}");
        let url = "postgres://keeper:geheim@127.0.0.1:1/none".parse().unwrap();
        let Err(refused) = Store::open(&url).await else { panic!() };
        assert!(!format!("{refused:?}").contains("geheim"));

        // One that a later program made.
        let url = sqlite_in(folder.path());
        let store = Store::open(&url).await.unwrap();
        add(&store, &["one"]).await;
        store.close().await;
        let StoreUrl::Sqlite(path) = &url else { panic!() };
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path).unwrap()) & 0o077, 0);
        let again = Store::open(&url).await.unwrap();
        assert_eq!(again.read().await.unwrap().organisations().await.unwrap(), [organisation("one")]);
    });
}
