//! A reading of all users, page by page (RFC 7644, 3.4.2.4).

use async_trait::async_trait;

use super::groups::Known;
use super::user::{Person, Superiors};
use super::{List, ScimDirectory};
use crate::directory::{Oddity, OddityKind, Page, Pages};
use crate::error::Result;
use crate::rest::{Call, Task};
use crate::seen::Seen;

pub(super) struct Reading {
    directory: ScimDirectory,
    known: Known,
    superiors: Superiors,
    seen: Seen,
    /// Users that came already.
    position: u64,
    is_over: bool,
}

impl Reading {
    pub(super) fn new(directory: ScimDirectory, known: Known) -> Self {
        Self {
            directory,
            known,
            superiors: Superiors::default(),
            seen: Seen::default(),
            position: 0,
            is_over: false,
        }
    }
}

#[async_trait]
impl Pages for Reading {
    async fn next(&mut self) -> Result<Option<Page>> {
        if std::mem::replace(&mut self.is_over, true) {
            return Ok(None);
        }
        let directory = &self.directory;
        let count = directory.settings.page;
        let mut url = directory.place(None)?;
        url.query_pairs_mut()
            .append_pair("startIndex", &(self.position + 1).to_string())
            .append_pair("count", &count.to_string());
        let task = Task::new("read users");
        let list: List = directory.rest.need(Call::get(url), task, "users there").await?;
        let came = list.resources.len();
        let mut page = Page::default();
        for user in list.resources {
            self.position += 1;
            let position = self.position;
            let mut person = match Person::read(user, &directory.settings) {
                Ok(person) => person,
                Err(kind) => {
                    page.oddities.push(Oddity { position, id: None, kind });
                    continue;
                }
            };
            self.superiors.fill(directory, &mut person).await?;
            self.known.tell(directory, &mut person)?;
            let id = Some(person.entry.id.clone());
            page.oddities.extend(person.odd.into_iter().map(|kind| Oddity {
                position,
                id: id.clone(),
                kind,
            }));
            self.seen.admit(&mut page, position, person.entry);
        }
        let is_more = came > 0 && self.position < list.total_results;
        if came == 0 && self.position < list.total_results {
            return Err(directory.rest.nonsense("fewer users came than it says there are"));
        }
        // A server that does not know pages gives the first one again and again.
        let again = page.oddities.iter().filter(|odd| odd.kind == OddityKind::IdAgain).count();
        if is_more && again == came {
            return Err(directory.rest.nonsense("a page came that brings nobody new"));
        }
        self.is_over = !is_more;
        Ok(Some(page))
    }
}
