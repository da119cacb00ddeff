//! Directories, and whose an account is according to them.
//!
//! A synchronisation goes on over many transactions, so that others can write between: it has a number, every entry that it sees
//! gets it, and what has an older one at its end is gone.

use std::collections::BTreeMap;

use mizumori_core::keys::AccountTag;
use mizumori_core::{Groups, Lang, Timestamp};
use serde_json::{Value, json};
use sqlx::any::AnyRow;

use crate::account::{ASKED_AT_ONCE, asked};
use crate::error::StoreError;
use crate::row::{Columns as _, json_of};
use crate::session::Tenant;

/// A directory's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectoryId(pub i64);

/// An entry's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderId(pub i64);

/// A directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Its number.
    pub id: DirectoryId,
    /// Its name.
    pub name: String,
    /// What kind of directory it is.
    pub kind: String,
    /// How it is reached: a document without secrets, which are named there and kept elsewhere.
    pub document: String,
    /// When it was last read to its end.
    pub synced: Option<Timestamp>,
    /// Why it could not be read last.
    pub problem: Option<String>,
}

/// An entry of a directory, as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewHolder {
    /// What the directory calls it, for good.
    pub entry: String,
    /// Its addresses, the main one first, with their tags.
    pub addresses: Vec<HolderAddress>,
    /// The user name, where it is no address.
    pub login: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// The person's language.
    pub language: Option<Lang>,
    /// Whether one can sign on with it.
    pub enabled: bool,
    /// Whether it may do more than others.
    pub privileged: bool,
    /// Whether it has a second factor, where the directory says so.
    pub second_factor: Option<bool>,
    /// Since when it belongs to whom it belongs to.
    pub held_since: Option<Timestamp>,
    /// When the password was last changed.
    pub password_changed: Option<Timestamp>,
    /// Whether the password must be changed at the next sign-on.
    pub must_change: bool,
    /// The superior's address.
    pub superior: Option<String>,
    /// An address elsewhere.
    pub other_address: Option<String>,
    /// Who keeps it, where it is shared: addresses.
    pub keepers: Vec<String>,
    /// What is known of the groups that it is in.
    pub groups: Groups,
}

impl NewHolder {
    /// Whether an address is one of its own.
    pub fn has(&self, address: &str) -> bool {
        self.addresses.iter().any(|own| own.address == address)
    }
}

/// An address of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderAddress {
    /// The canonical address.
    pub address: String,
    /// Its tag in the lake.
    pub account: AccountTag,
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub id: HolderId,
    /// Its directory.
    pub directory: DirectoryId,
    /// What was read.
    pub is: NewHolder,
}

/// What a synchronisation found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// Entries that are there.
    pub there: u64,
    /// Entries that were there before and are not any more.
    pub gone: u64,
}

const COLUMNS: &str = "holder.id, directory, entry, login, name, language, enabled, privileged, second_factor, held_since, \
                       password_changed, must_change, superior, other_address, keepers, groups, address, account_hi, \
                       account_lo";

impl Tenant<'_> {
    /// Adds a directory, or changes the one of that name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep_directory(
        &mut self,
        name: &str,
        kind: &str,
        document: &str,
    ) -> Result<DirectoryId, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO directory (organisation, name, kind, document, generation) VALUES ($1, $2, $3, $4, 0) \
             ON CONFLICT (organisation, name) DO UPDATE SET kind = excluded.kind, document = excluded.document \
             RETURNING id",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(name).bind(kind).bind(document);
        let row = self.session.one("keep a directory", statement).await?;
        Ok(DirectoryId(row.ok_or(StoreError::Damaged { what: "directory" })?.number("id")?))
    }

    /// Takes a directory away, with its entries.
    ///
    /// # Errors
    /// When there is none of that name.
    pub async fn remove_directory(&mut self, name: &str) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM directory WHERE organisation = $1 AND name = $2");
        let statement = statement.bind(self.organisation.as_str()).bind(name);
        match self.session.run("remove a directory", statement).await? {
            0 => Err(StoreError::Missing(format!("directory `{name}`"))),
            _ => Ok(()),
        }
    }

    /// The directories, by their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn directories(&mut self) -> Result<Vec<Directory>, StoreError> {
        let statement = sqlx::query(
            "SELECT id, name, kind, document, synced, problem FROM directory WHERE organisation = $1 ORDER BY name",
        );
        let rows = self.session.all("list directories", statement.bind(self.organisation.as_str())).await?;
        let directory = |row: &AnyRow| {
            Ok(Directory {
                id: DirectoryId(row.number("id")?),
                name: row.text("name")?,
                kind: row.text("kind")?,
                document: row.text("document")?,
                synced: row.maybe_time("synced")?,
                problem: row.maybe_text("problem")?,
            })
        };
        rows.iter().map(directory).collect()
    }

    /// Begins a synchronisation, and gives its number.
    ///
    /// # Errors
    /// When there is no such directory.
    pub async fn begin_sync(&mut self, directory: DirectoryId) -> Result<i64, StoreError> {
        let statement = sqlx::query(
            "UPDATE directory SET generation = generation + 1 WHERE organisation = $1 AND id = $2 RETURNING generation",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(directory.0);
        let row = self.session.one("begin to read a directory", statement).await?;
        row.ok_or_else(|| StoreError::Missing("directory of that number".to_owned()))?.number("generation")
    }

    /// Keeps an entry that the synchronisation saw. What a later one has kept of it stays.
    ///
    /// # Errors
    /// When the directory is not the organisation's.
    pub async fn keep_holder(
        &mut self,
        directory: DirectoryId,
        generation: i64,
        new: &NewHolder,
    ) -> Result<HolderId, StoreError> {
        let statement = sqlx::query(
            "INSERT INTO holder (organisation, directory, entry, name, language, enabled, privileged, second_factor, \
             held_since, password_changed, must_change, superior, other_address, keepers, groups, generation, login) \
             SELECT organisation, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17 FROM directory \
             WHERE organisation = $1 AND id = $2 \
             ON CONFLICT (directory, entry) DO UPDATE SET name = excluded.name, language = excluded.language, \
             enabled = excluded.enabled, privileged = excluded.privileged, second_factor = excluded.second_factor, \
             held_since = excluded.held_since, password_changed = excluded.password_changed, \
             must_change = excluded.must_change, superior = excluded.superior, other_address = excluded.other_address, \
             keepers = excluded.keepers, groups = excluded.groups, generation = excluded.generation, \
             login = excluded.login WHERE holder.generation <= excluded.generation RETURNING id",
        );
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(directory.0)
            .bind(&*new.entry)
            .bind(new.name.as_deref())
            .bind(new.language.map(Lang::tag))
            .bind(i64::from(new.enabled))
            .bind(i64::from(new.privileged))
            .bind(new.second_factor.map(i64::from))
            .bind(new.held_since.map(|at| at.0))
            .bind(new.password_changed.map(|at| at.0))
            .bind(i64::from(new.must_change))
            .bind(new.superior.as_deref())
            .bind(new.other_address.as_deref())
            .bind(json_of(&new.keepers))
            .bind(written(&new.groups))
            .bind(generation)
            .bind(new.login.as_deref());
        let Some(row) = self.session.one("keep an entry", statement).await? else {
            let later = self.holder(directory, &new.entry).await?;
            let missing = || StoreError::Missing("directory of that number".to_owned());
            return later.map(|later| later.id).ok_or_else(missing);
        };
        let id = row.number("id")?;
        let old = sqlx::query("DELETE FROM holder_address WHERE holder = $1").bind(id);
        self.session.run("keep an entry", old).await?;
        for (position, address) in (0_i64..).zip(&new.addresses) {
            let statement = sqlx::query(
                "INSERT INTO holder_address (holder, organisation, address, position, account_hi, account_lo) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            );
            let statement = statement
                .bind(id)
                .bind(self.organisation.as_str())
                .bind(&*address.address)
                .bind(position)
                .bind(address.account.hi)
                .bind(address.account.lo);
            self.session.run("keep an address", statement).await?;
        }
        Ok(HolderId(id))
    }

    /// Ends a synchronisation that saw everything: what it did not see is gone.
    ///
    /// # Errors
    /// When another one has begun meanwhile.
    pub async fn end_sync(
        &mut self,
        directory: DirectoryId,
        generation: i64,
        now: Timestamp,
    ) -> Result<Synced, StoreError> {
        let statement = sqlx::query(
            "UPDATE directory SET synced = $4, problem = NULL WHERE organisation = $1 AND id = $2 AND generation = $3",
        );
        let statement =
            statement.bind(self.organisation.as_str()).bind(directory.0).bind(generation).bind(now.0);
        if self.session.run("end a directory", statement).await? == 0 {
            return Err(StoreError::Changed("the directory"));
        }
        let old =
            sqlx::query("DELETE FROM holder WHERE organisation = $1 AND directory = $2 AND generation <> $3");
        let old = old.bind(self.organisation.as_str()).bind(directory.0).bind(generation);
        let gone = self.session.run("drop old entries", old).await?;
        let count =
            sqlx::query("SELECT COUNT(*) AS n FROM holder WHERE organisation = $1 AND directory = $2")
                .bind(self.organisation.as_str())
                .bind(directory.0);
        let row = self.session.one("count entries", count).await?;
        let there = row.ok_or(StoreError::Damaged { what: "count" })?.number("n")?;
        Ok(Synced { there: u64::try_from(there).unwrap_or(0), gone })
    }

    /// Keeps why a directory could not be read: of this synchronisation, unless another one has begun meanwhile, or of none, where it did
    /// not come to one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn fail_sync(
        &mut self,
        directory: DirectoryId,
        generation: Option<i64>,
        problem: &str,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE directory SET problem = $3 WHERE organisation = $1 AND id = $2 AND generation = COALESCE($4, generation)",
        );
        let statement =
            statement.bind(self.organisation.as_str()).bind(directory.0).bind(problem).bind(generation);
        self.session.run("keep a directory's problem", statement).await.map(|_| ())
    }

    /// How many entries there are in the organisation's directories but this one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn holders_beside(&mut self, directory: DirectoryId) -> Result<u64, StoreError> {
        let statement =
            sqlx::query("SELECT COUNT(*) AS n FROM holder WHERE organisation = $1 AND directory <> $2");
        let statement = statement.bind(self.organisation.as_str()).bind(directory.0);
        let row = self.session.one("count entries", statement).await?;
        let count = row.ok_or(StoreError::Damaged { what: "count" })?.number("n")?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The language of whoever has an address, where a directory tells it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn language_at(&mut self, address: &str) -> Result<Option<Lang>, StoreError> {
        let statement = sqlx::query(
            "SELECT language FROM holder WHERE language IS NOT NULL AND id IN (SELECT holder FROM holder_address \
             WHERE organisation = $1 AND address = $2) ORDER BY id LIMIT 1",
        );
        let statement = statement.bind(self.organisation.as_str()).bind(address);
        let row = self.session.one("find somebody's language", statement).await?;
        let Some(word) = row.map(|row| row.text("language")).transpose()? else { return Ok(None) };
        word.parse().map(Some).map_err(|_| StoreError::Damaged { what: "language" })
    }

    /// The entries that have an account among their addresses: more than one where the directories disagree.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn holders_of(&mut self, account: AccountTag) -> Result<Vec<Holder>, StoreError> {
        Ok(self.holders_of_each(&[account]).await?.remove(&account).unwrap_or_default())
    }

    /// The same of each of some accounts; of one that no directory knows, none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn holders_of_each(
        &mut self,
        accounts: &[AccountTag],
    ) -> Result<BTreeMap<AccountTag, Vec<Holder>>, StoreError> {
        let mut holders: BTreeMap<_, _> = accounts.iter().map(|account| (*account, Vec::new())).collect();
        for accounts in accounts.chunks(ASKED_AT_ONCE) {
            let text = format!(
                "{}, theirs (whose, hi, lo) AS (SELECT DISTINCT holder, hi, lo FROM asked CROSS JOIN holder_address \
                 WHERE account_hi = hi AND account_lo = lo AND organisation = $1) SELECT {COLUMNS}, hi, lo FROM theirs \
                 CROSS JOIN holder CROSS JOIN holder_address WHERE holder.id = whose AND holder.organisation = $1 \
                 AND holder_address.holder = whose ORDER BY whose, hi, lo, position",
                asked(accounts)
            );
            let statement = sqlx::query(sqlx::AssertSqlSafe(text)).persistent(accounts.len() == 1);
            let rows =
                self.session.all("find whose accounts are", statement.bind(self.organisation.as_str()));
            for row in &rows.await? {
                let account = AccountTag { hi: row.number("hi")?, lo: row.number("lo")? };
                add(holders.entry(account).or_insert_with(Vec::new), row)?;
            }
        }
        Ok(holders)
    }

    /// An entry of a directory.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn holder(
        &mut self,
        directory: DirectoryId,
        entry: &str,
    ) -> Result<Option<Holder>, StoreError> {
        let text = format!(
            "SELECT {COLUMNS} FROM holder LEFT JOIN holder_address ON holder = holder.id \
             WHERE holder.organisation = $1 AND directory = $2 AND entry = $3 ORDER BY position"
        );
        let statement = sqlx::query(sqlx::AssertSqlSafe(text));
        let statement = statement.bind(self.organisation.as_str()).bind(directory.0).bind(entry);
        let mut found = Vec::new();
        for row in &self.session.all("find an entry", statement).await? {
            add(&mut found, row)?;
        }
        Ok(found.pop())
    }
}

/// Adds an entry, or another address to the last one: there is a row an address, and one for an entry without any.
fn add(holders: &mut Vec<Holder>, row: &AnyRow) -> Result<(), StoreError> {
    if holders.last().map(|holder| holder.id.0) != Some(row.number("id")?) {
        holders.push(read(row)?);
    }
    if let (Some(holder), Some(address)) = (holders.last_mut(), row.maybe_text("address")?) {
        let account = AccountTag { hi: row.number("account_hi")?, lo: row.number("account_lo")? };
        holder.is.addresses.push(HolderAddress { address, account });
    }
    Ok(())
}

fn read(row: &AnyRow) -> Result<Holder, StoreError> {
    let language = row.maybe_text("language")?.map(|word| word.parse());
    Ok(Holder {
        id: HolderId(row.number("id")?),
        directory: DirectoryId(row.number("directory")?),
        is: NewHolder {
            entry: row.text("entry")?,
            addresses: Vec::new(),
            login: row.maybe_text("login")?,
            name: row.maybe_text("name")?,
            language: language.transpose().map_err(|_| StoreError::Damaged { what: "language" })?,
            enabled: row.flag("enabled")?,
            privileged: row.flag("privileged")?,
            second_factor: row.maybe_flag("second_factor")?,
            held_since: row.maybe_time("held_since")?,
            password_changed: row.maybe_time("password_changed")?,
            must_change: row.flag("must_change")?,
            superior: row.maybe_text("superior")?,
            other_address: row.maybe_text("other_address")?,
            keepers: row.texts("keepers")?,
            groups: groups(&row.text("groups")?)?,
        },
    })
}

/// Groups as they stand in a column: a list is all of them, and nothing at all that nobody knows.
fn written(groups: &Groups) -> String {
    let value = match groups {
        Groups::Unknown => Value::Null,
        Groups::All(names) => json!(names),
        Groups::Some { asked, found } => json!({ "asked": asked, "found": found }),
    };
    value.to_string()
}

fn groups(text: &str) -> Result<Groups, StoreError> {
    let damaged = |_| StoreError::Damaged { what: "groups" };
    let texts = |value: Value| serde_json::from_value::<Vec<String>>(value).map_err(damaged);
    match serde_json::from_str(text).map_err(damaged)? {
        Value::Null => Ok(Groups::Unknown),
        Value::Object(mut both) => {
            let mut of = |name| texts(both.remove(name).unwrap_or_default());
            Ok(Groups::Some { asked: of("asked")?, found: of("found")? })
        }
        names => texts(names).map(Groups::All),
    }
}
