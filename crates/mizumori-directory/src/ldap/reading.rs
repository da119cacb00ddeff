//! A reading of all entries, page by page.

use async_trait::async_trait;

use super::connection::Connection;
use super::groups::Known;
use super::person::Person;
use super::settings::LdapSettings;
use super::superior::Superiors;
use crate::directory::{Oddity, OddityKind, Page, Pages};
use crate::error::Result;
use crate::seen::Seen;

pub(super) struct Reading {
    settings: LdapSettings,
    wanted: Vec<String>,
    /// `None` at the end and after an error.
    connections: Option<Connections>,
    cookie: Vec<u8>,
    known: Known,
    superiors: Superiors,
    seen: Seen,
    position: u64,
}

struct Connections {
    pages: Connection,
    beside: Connection,
}

impl Reading {
    pub(super) fn new(settings: LdapSettings, pages: Connection, beside: Connection, known: Known) -> Self {
        let wanted = settings.wanted();
        let connections = Some(Connections { pages, beside });
        let (superiors, seen) = (Superiors::default(), Seen::default());
        Self { settings, wanted, connections, cookie: Vec::new(), known, superiors, seen, position: 0 }
    }
}

#[async_trait]
impl Pages for Reading {
    async fn next(&mut self) -> Result<Option<Page>> {
        let Some(mut connections) = self.connections.take() else { return Ok(None) };
        let settings = &self.settings;
        let cookie = std::mem::take(&mut self.cookie);
        let answer =
            connections.pages.page(settings, &settings.base, &settings.filter, &self.wanted, cookie).await?;
        let mut page = Page::default();
        for found in answer.found {
            self.position += 1;
            let position = self.position;
            let mut person = match Person::read(settings, found) {
                Ok(person) => person,
                Err(kind) => {
                    page.oddities.push(Oddity { position, id: None, kind });
                    continue;
                }
            };
            let mut odd = std::mem::take(&mut person.odd);
            self.superiors.fill(settings, &mut connections.beside, &mut person, &mut odd).await?;
            self.known.tell(&mut person);
            let id = Some(person.entry.id.clone());
            page.oddities.extend(odd.into_iter().map(|kind| Oddity { position, id: id.clone(), kind }));
            self.seen.admit(&mut page, position, person.entry);
        }
        let without =
            [(answer.unreadable, OddityKind::Unreadable), (answer.elsewhere, OddityKind::Elsewhere)];
        for (count, kind) in without {
            for _ in 0..count {
                page.oddities.push(Oddity { position: self.position, id: None, kind });
            }
        }
        self.cookie = answer.cookie;
        if self.cookie.is_empty() {
            connections.pages.close().await;
            connections.beside.close().await;
        } else {
            self.connections = Some(connections);
        }
        Ok(Some(page))
    }
}
