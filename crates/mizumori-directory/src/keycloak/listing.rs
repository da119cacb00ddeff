//! All users of the realm, page by page, with what they sign on with.

use async_trait::async_trait;
use futures::future::try_join_all;
use url::Url;

use super::privileged::Privileged;
use super::user::{Credential, User};
use super::{KeycloakDirectory, READ, groups};
use crate::error::{DirectoryError, Result};
use crate::rest::{Listed, Listing, Members, below};

/// So many are asked for their credentials at once: each is a request of its own.
const AT_ONCE: usize = 8;

pub(super) struct Users {
    directory: KeycloakDirectory,
    privileged: Privileged,
    members: Members,
    list: Url,
    /// Users that came already.
    came: usize,
}

impl Users {
    pub(super) async fn new(directory: KeycloakDirectory) -> Result<Self> {
        let privileged = Privileged::read(&directory).await?;
        let members = groups::members(&directory).await?;
        let mut list = below(&directory.url, ["users"])?;
        list.query_pairs_mut().append_pair("briefRepresentation", "false");
        Ok(Self { directory, privileged, members, list, came: 0 })
    }
}

#[async_trait]
impl Listing for Users {
    async fn list(&mut self) -> Result<Listed> {
        let directory = &self.directory;
        let page = directory.page(&self.list, self.came, READ, "such realm").await?;
        if page.is_empty() && self.came == 0 {
            // Whoever may only look for users, and see none of them, is given an empty list. Nobody's realm is empty.
            let server = directory.rest.server().to_owned();
            return Err(DirectoryError::NotPermitted { server, what: "see any user", right: READ.right });
        }
        self.came += page.len();
        let is_last = page.is_empty();
        let mut users: Vec<_> = page.into_iter().map(|user| User::read(user, &directory.settings)).collect();
        for some in users.chunks_mut(AT_ONCE) {
            let asked = some.iter().flatten().map(|user| directory.credentials(user));
            let told: Vec<Vec<Credential>> = try_join_all(asked).await?;
            for (user, credentials) in some.iter_mut().flatten().zip(told) {
                user.take(&credentials);
                let entry = &mut user.person.entry;
                self.privileged.mark(entry);
                entry.groups = self.members.of(&entry.id);
            }
        }
        let people = users.into_iter().map(|user| user.map(|user| user.person)).collect();
        Ok(Listed { people, is_last, ..Listed::default() })
    }

    fn server(&self) -> &str {
        self.directory.rest.server()
    }
}
