//! A reading of all people, page by page, whatever the service's pages look like.

use async_trait::async_trait;

use super::Progress;
use crate::directory::{Oddity, OddityKind, Page, Pages};
use crate::entry::Entry;
use crate::error::{DirectoryError, Result};
use crate::seen::Seen;

/// A person that a service told of.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) entry: Entry,
    pub(crate) odd: Vec<OddityKind>,
}

/// A page as a service gave it.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// Those who make sense, and why the others do not.
    pub(crate) people: Vec<std::result::Result<Person, OddityKind>>,
    /// Those who are passed over, and no mistake.
    pub(crate) passed_over: usize,
    /// Whether nothing comes behind it.
    pub(crate) is_last: bool,
}

/// What gives one page after the other. It is not asked behind the last one, nor behind an error.
#[async_trait]
pub(crate) trait Listing: Send {
    /// The next page.
    async fn list(&mut self) -> Result<Listed>;

    /// What the server is called.
    fn server(&self) -> &str;
}

/// A reading under way.
pub(crate) struct Reading<L> {
    listing: L,
    seen: Seen,
    progress: Progress,
    /// People that came already.
    position: u64,
    is_over: bool,
}

impl<L: Listing> Reading<L> {
    pub(crate) fn new(listing: L) -> Self {
        Self { listing, seen: Seen::default(), progress: Progress::default(), position: 0, is_over: false }
    }
}

#[async_trait]
impl<L: Listing> Pages for Reading<L> {
    async fn next(&mut self) -> Result<Option<Page>> {
        if std::mem::replace(&mut self.is_over, true) {
            return Ok(None);
        }
        let Listed { people, passed_over, is_last } = self.listing.list().await?;
        let mut page = Page::default();
        for person in people {
            self.position += 1;
            let position = self.position;
            match person {
                Ok(Person { entry, odd }) => {
                    let id = Some(entry.id.clone());
                    let odd = odd.into_iter().map(|kind| Oddity { position, id: id.clone(), kind });
                    page.oddities.extend(odd);
                    self.seen.admit(&mut page, position, entry);
                }
                Err(kind) => page.oddities.push(Oddity { position, id: None, kind }),
            }
        }
        if !is_last {
            self.progress.page(page.entries.len() + passed_over).map_err(|what| {
                DirectoryError::Nonsense { server: self.listing.server().to_owned(), what }
            })?;
        }
        self.is_over = is_last;
        Ok(Some(page))
    }
}
