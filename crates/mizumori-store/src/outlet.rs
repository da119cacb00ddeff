//! What an organisation's findings are told to beside people: webhooks, collectors of syslog, chats. What a document says of one
//! is the loop's matter.

use mizumori_core::Timestamp;
use sqlx::any::AnyRow;

use crate::error::StoreError;
use crate::notice::Channel;
use crate::row::Columns as _;
use crate::session::Tenant;

/// An outlet's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutletId(pub i64);

/// A channel that an organisation has added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// Its number: one that is added again under the same name has another.
    pub id: OutletId,
    /// Its name.
    pub name: String,
    /// What kind of channel it is.
    pub channel: Channel,
    /// How it is reached: a document without secrets, which are named there and kept elsewhere.
    pub document: String,
}

impl Tenant<'_> {
    /// Adds a channel, or changes the one of that name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep_outlet(
        &mut self,
        name: &str,
        channel: Channel,
        document: &str,
    ) -> Result<OutletId, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO channel (organisation, name, kind, document) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (organisation, name) DO UPDATE SET kind = excluded.kind, document = excluded.document \
             RETURNING id",
        );
        let statement =
            statement.bind(self.organisation.as_str()).bind(name).bind(channel.as_str()).bind(document);
        let row = self.session.one("keep a channel", statement).await?;
        self.session.heard.remove(self.organisation);
        Ok(OutletId(row.ok_or(StoreError::Damaged { what: "channel" })?.number("id")?))
    }

    /// Takes a channel away. What waits for it is given up, and goes to no other one that is called so later.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn remove_outlet(&mut self, name: &str, now: Timestamp) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM channel WHERE organisation = $1 AND name = $2");
        let statement = statement.bind(self.organisation.as_str()).bind(name);
        if self.session.run("remove a channel", statement).await? == 0 {
            return Err(StoreError::Missing(format!("channel `{name}`")));
        }
        self.session.heard.remove(self.organisation);
        let waiting = sqlx::query(
            "UPDATE notice SET state = 'dead', done = $3, problem = 'the channel was removed', taken_by = NULL, \
             taken_until = NULL WHERE organisation = $1 AND destination = $2 AND channel <> 'mail' AND state = 'waiting'",
        );
        let waiting = waiting.bind(self.organisation.as_str()).bind(name).bind(now.0);
        self.session.run("remove a channel", waiting).await?;
        // What nobody is told of any more is not kept for whoever comes later.
        let statement = sqlx::query(
            "DELETE FROM finding_event WHERE organisation = $1 AND NOT EXISTS (SELECT 1 FROM channel WHERE organisation = $1)",
        );
        self.session.run("remove a channel", statement.bind(self.organisation.as_str())).await.map(|_| ())
    }

    /// The channels, by their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn outlets(&mut self) -> Result<Vec<Outlet>, StoreError> {
        let statement =
            sqlx::query("SELECT id, name, kind, document FROM channel WHERE organisation = $1 ORDER BY name");
        let rows = self.session.all("list channels", statement.bind(self.organisation.as_str())).await?;
        let outlet = |row: &AnyRow| {
            Ok(Outlet {
                id: OutletId(row.number("id")?),
                name: row.text("name")?,
                channel: row.word("kind", Channel::of)?,
                document: row.text("document")?,
            })
        };
        rows.iter().map(outlet).collect()
    }
}
