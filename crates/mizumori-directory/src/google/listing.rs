//! All users, page by page (`users.list`).

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::{GoogleDirectory, READ, groups, user};
use crate::error::Result;
use crate::rest::{Call, Listed, Listing, Members};

pub(super) struct Users {
    directory: GoogleDirectory,
    members: Members,
    token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    /// Not there where there is nobody.
    #[serde(default)]
    users: Vec<Value>,
    next_page_token: Option<String>,
}

impl Users {
    pub(super) async fn new(directory: GoogleDirectory) -> Result<Self> {
        let members = groups::members(&directory).await?;
        Ok(Self { directory, members, token: None })
    }
}

#[async_trait]
impl Listing for Users {
    async fn list(&mut self) -> Result<Listed> {
        let GoogleDirectory { reading, url, settings, .. } = &self.directory;
        let mut url = url.clone();
        url.query_pairs_mut()
            .append_pair("customer", &settings.customer)
            .append_pair("maxResults", &settings.page.to_string())
            .append_pair("orderBy", "email")
            .append_pair("projection", "full")
            .append_pair("fields", &format!("nextPageToken,users({})", user::FIELDS))
            .extend_pairs(self.token.take().map(|token| ("pageToken", token)));
        let page: Page = reading.need(Call::get(url), READ, "such customer").await?;
        self.token = page.next_page_token.filter(|token| !token.is_empty());
        let mut people: Vec<_> = page.users.into_iter().map(user::read).collect();
        for person in people.iter_mut().flatten() {
            person.entry.groups = self.members.of(&person.entry.id);
        }
        Ok(Listed { people, is_last: self.token.is_none(), ..Listed::default() })
    }

    fn server(&self) -> &str {
        self.directory.reading.server()
    }
}
