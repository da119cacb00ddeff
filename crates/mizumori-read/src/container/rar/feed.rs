//! From the library's thread, which pushes, to ours, which pulls.

use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender};

use crate::{Format, Unreadable};

/// Largest piece of data in the queue.
const BLOCK: usize = 256 * 1024;

/// What the library's thread tells, in order: a member begins, its data, its failure if there is one; at last
/// that all is done.
pub(super) enum Event {
    Begin(usize),
    Data(Vec<u8>),
    Failed(Unreadable),
    Done(Result<(), Unreadable>),
}

/// What becomes of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Extract,
    /// Decode it, because others depend on it, but drop what comes out.
    Discard,
    Skip,
    Stop,
}

/// The library's end: a writer for one member's data.
pub(super) struct Sink(pub(super) SyncSender<Event>);

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        // A member that the library decodes as a whole comes at once, and must not wait in the queue as a whole.
        let now = buf.get(..buf.len().min(BLOCK)).unwrap_or_default();
        if !now.is_empty() {
            self.0.send(Event::Data(now.to_vec())).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        }
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Our end.
pub(super) struct Feed {
    inbox: Receiver<Event>,
    /// An event that ended a member's data and is somebody else's to see.
    next: Option<Event>,
}

impl Feed {
    pub(super) fn new(inbox: Receiver<Event>) -> Self {
        Self { inbox, next: None }
    }

    pub(super) fn next(&mut self) -> Event {
        // A thread that ends without saying so has failed.
        let lost = || Event::Done(Err(Unreadable::Decoder(Format::Rar)));
        self.next.take().unwrap_or_else(|| self.inbox.recv().unwrap_or_else(|_| lost()))
    }
}

/// One member's data, from its beginning to what comes next.
pub(super) struct Content<'f> {
    feed: &'f mut Feed,
    block: Vec<u8>,
    position: usize,
    ended: bool,
}

impl<'f> Content<'f> {
    pub(super) fn new(feed: &'f mut Feed) -> Self {
        Self { feed, block: Vec::new(), position: 0, ended: false }
    }
}

impl Read for Content<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.block.get(self.position..).unwrap_or_default();
            if !rest.is_empty() || buf.is_empty() || self.ended {
                let n = rest.len().min(buf.len());
                if let (Some(to), Some(from)) = (buf.get_mut(..n), rest.get(..n)) {
                    to.copy_from_slice(from);
                }
                self.position += n;
                return Ok(n);
            }
            match self.feed.next() {
                Event::Data(block) => (self.block, self.position) = (block, 0),
                Event::Failed(why) => {
                    self.ended = true;
                    return Err(why.into_io());
                }
                // The library gave up here: this member's failure, and the end of all.
                Event::Done(Err(why)) => {
                    self.ended = true;
                    self.feed.next = Some(Event::Done(Err(why.clone())));
                    return Err(why.into_io());
                }
                event => {
                    self.ended = true;
                    self.feed.next = Some(event);
                }
            }
        }
    }
}
