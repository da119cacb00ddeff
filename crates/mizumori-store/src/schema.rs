//! The schema, and how older ones become it: forward only, each step in a transaction of its own.

use sqlx::Row as _;

use crate::error::StoreError;
use crate::session::failed;
use crate::store::Store;

/// The steps, the first from nothing. A step that was published is never changed.
const STEPS: &[&str] = &[
    include_str!("schema/001-the-loop.sql"),
    include_str!("schema/002-tasks.sql"),
    include_str!("schema/003-what-others-bring.sql"),
    include_str!("schema/004-proofs.sql"),
    include_str!("schema/005-channels.sql"),
    include_str!("schema/006-what-is-looked-for.sql"),
    include_str!("schema/007-since-when.sql"),
    include_str!("schema/008-groups.sql"),
    include_str!("schema/009-domains-that-left.sql"),
];

/// The schema after the last of them.
pub(crate) const LATEST: i64 = STEPS.len() as i64;

/// Brings a store to a schema. Of two that do so at once, one waits.
pub(crate) async fn migrate(store: &Store, to: i64) -> Result<(), StoreError> {
    let mut session = store.write().await?;
    let lock = session.dialect.choose("SELECT 1", "SELECT 1 FROM pg_advisory_xact_lock(7267482301)");
    session.all("wait for others", sqlx::query(lock)).await?;
    session
        .script(
            "make its schema",
            "CREATE TABLE IF NOT EXISTS schema_step (step BIGINT PRIMARY KEY)".to_owned(),
        )
        .await?;
    let row =
        session.one("tell its schema", sqlx::query("SELECT MAX(step) AS step FROM schema_step")).await?;
    let found: Option<i64> = match row {
        Some(row) => row.try_get("step").map_err(failed("tell its schema"))?,
        None => None,
    };
    let found = found.unwrap_or(0);
    if found > LATEST {
        return Err(StoreError::Newer { found, known: LATEST });
    }
    for (step, text) in (1..).zip(STEPS).filter(|(step, _)| (found + 1..=to).contains(step)) {
        let text = session.dialect.spell(text);
        session.script("change its schema", text).await?;
        let done = sqlx::query("INSERT INTO schema_step (step) VALUES ($1)").bind(step);
        session.run("change its schema", done).await?;
    }
    session.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreUrl;

    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

    /// Whatever step a store was left at, it becomes the latest; one from the future is left alone.
    #[tokio::test(flavor = "multi_thread")]
    async fn every_schema_becomes_the_latest() {
        let folder = tempfile::tempdir().unwrap();
        for step in 0..=LATEST {
            let url = StoreUrl::Sqlite(folder.path().join(step.to_string()));
            let store = Store::connect(&url, PATIENCE).await.unwrap();
            migrate(&store, step).await.unwrap();
            store.close().await;
            for _ in 0..2 {
                let store = Store::open(&url).await.unwrap();
                assert_eq!(store.read().await.unwrap().organisations().await.unwrap(), []);
                store.close().await;
            }
            let store = Store::connect(&url, PATIENCE).await.unwrap();
            let mut session = store.write().await.unwrap();
            let later = sqlx::query("INSERT INTO schema_step (step) VALUES ($1)").bind(LATEST + 1);
            session.run("add a step", later).await.unwrap();
            session.commit().await.unwrap();
            store.close().await;
            let opened = Store::open(&url).await;
            assert!(matches!(opened, Err(StoreError::Newer { known: LATEST, .. })), "{opened:?}");
        }
    }
}
