//! The administrators of an organisation, who are told.

use mizumori_core::Lang;

use crate::error::StoreError;
use crate::row::Columns as _;
use crate::session::Tenant;

/// Somebody who is told of an organisation's findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The address.
    pub address: String,
    /// The name.
    pub name: String,
    /// The language.
    pub language: Lang,
}

impl Tenant<'_> {
    /// Adds a contact, or changes the one of that address.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn keep_contact(&mut self, contact: &Contact) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "INSERT INTO contact (organisation, address, name, language) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (organisation, address) DO UPDATE SET name = excluded.name, language = excluded.language",
        );
        let statement = statement
            .bind(self.organisation.as_str())
            .bind(&*contact.address)
            .bind(&*contact.name)
            .bind(contact.language.tag());
        self.session.run("keep a contact", statement).await.map(|_| ())
    }

    /// Takes a contact away.
    ///
    /// # Errors
    /// When there is none of that address.
    pub async fn remove_contact(&mut self, address: &str) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM contact WHERE organisation = $1 AND address = $2");
        let statement = statement.bind(self.organisation.as_str()).bind(address);
        match self.session.run("remove a contact", statement).await? {
            0 => Err(StoreError::Missing("contact of that address".to_owned())),
            _ => Ok(()),
        }
    }

    /// The contacts, by their addresses.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn contacts(&mut self) -> Result<Vec<Contact>, StoreError> {
        let statement = sqlx::query(
            "SELECT address, name, language FROM contact WHERE organisation = $1 ORDER BY address",
        )
        .bind(self.organisation.as_str());
        let rows = self.session.all("list contacts", statement).await?;
        let contact = |row: &sqlx::any::AnyRow| {
            Ok(Contact {
                address: row.text("address")?,
                name: row.text("name")?,
                language: row.word("language", |word| word.parse().ok())?,
            })
        };
        rows.iter().map(contact).collect()
    }
}
