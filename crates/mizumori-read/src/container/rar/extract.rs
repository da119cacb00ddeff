//! Extracting: which members, under which password, and how they reach the walk.
//!
//! Members that are not encrypted are streamed. Encrypted ones are held back until their checksum is known to be
//! right, because older archives show a wrong password by nothing else.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use mizumori_core::Secret;
use rars::{Archive, ArchiveMember, ExtractionDecision, ExtractionErrorAction};

use super::feed::{Answer, Content, Event, Feed, Sink};
use super::list::List;
use super::open::{Opened, failure, open, options};
use crate::fault::{Fault, Guarded};
use crate::name::MemberName;
use crate::walk::{Source, Walk, Walked, fill_some};
use crate::{Flow, Format, Limits, ReadAt, SpoolWriter, Unreadable, VisitError};

/// Blocks of data between the two threads.
const QUEUE: usize = 4;

const SPLIT: Unreadable =
    Unreadable::Unsupported { format: Format::Rar, what: "an archive that is split into several files" };

/// Hands every file of the archive to `walk`, in the order of the archive; encrypted ones behind the others.
pub(crate) fn walk(
    walk: &mut Walk<'_>,
    name: &MemberName,
    at: &Arc<dyn ReadAt>,
    level: u32,
    below: &Rc<Fault>,
) -> Walked {
    let Opened { archive, damage } = match open(at, walk.passwords, walk.limits) {
        Ok(opened) => opened,
        Err(why) => {
            // Where the archive itself came to us cut off, that was reported.
            if !below.failed() {
                walk.unreadable(name, &why);
            }
            return Ok(Flow::Continue);
        }
    };
    let list = List::new(&archive, walk);
    if list.split {
        walk.unreadable(name, &SPLIT);
    }
    let mut run = Run { archive: &archive, list: &list, name, level, below, failed: false };
    let mut flow = Flow::Continue;
    if !list.plain.is_empty() {
        flow = run.plain(walk)?;
    }
    if !list.encrypted.is_empty() && flow == Flow::Continue && !walk.over() {
        flow = run.encrypted(walk)?;
    }
    let reported = run.failed;
    if let Some(why) = damage.filter(|_| !reported && !below.failed() && flow == Flow::Continue) {
        walk.unreadable(name, &why);
    }
    Ok(flow)
}

struct Run<'a> {
    archive: &'a Archive,
    list: &'a List,
    name: &'a MemberName,
    level: u32,
    below: &'a Rc<Fault>,
    /// Whether the failure of a member was reported.
    failed: bool,
}

/// What a pass does with a member that it extracts, under its name.
type Deliver<'d> = dyn FnMut(&mut Walk<'_>, usize, &mut Feed) -> Walked + 'd;

impl Run<'_> {
    /// Streams the members that are not encrypted.
    fn plain(&mut self, walk: &mut Walk<'_>) -> Walked {
        let (name, list, level, below) = (self.name, self.list, self.level, self.below);
        let mut failed = false;
        let done = self.pass(walk, None, &list.plain, &mut |walk, index, feed| {
            let Some(inner) = list.names.get(index) else { return Ok(Flow::Continue) };
            let fault = Fault::above(below);
            let mut read = Guarded::new(Content::new(feed), Format::Rar, level, &fault, &walk.meter);
            let source = Source::Stream { read: &mut read, same: None };
            let flow = walk.member(name, inner, source, level + 1, &fault)?;
            let mut rest = [0; 4096];
            while flow == Flow::Continue && !walk.over() && fill_some(&mut read, &mut rest) > 0 {}
            failed |= fault.failed();
            walk.report(&name.member(inner), &fault);
            Ok(flow)
        });
        self.failed = failed;
        let (flow, ended) = done?;
        if let Some((last, why)) = ended {
            let lost = list.plain.last().is_some_and(|end| *end > last);
            if !failed {
                walk.unreadable(name, &why);
                self.failed = true;
            } else if lost {
                let what = "members behind the damage in a solid archive are lost";
                walk.unreadable(name, &Unreadable::Damaged { format: Format::Rar, what });
            }
        }
        Ok(flow)
    }

    /// Tries the passwords on the encrypted members.
    fn encrypted(&mut self, walk: &mut Walk<'_>) -> Walked {
        let (name, list, level) = (self.name, self.list, self.level);
        let below = self.below;
        let mut locked = list.encrypted.clone();
        let mut why = Unreadable::Encrypted { passwords: walk.passwords.len() };
        for password in walk.passwords {
            if locked.is_empty() || walk.over() {
                break;
            }
            let mut opened = BTreeSet::new();
            let done = self.pass(walk, Some(password), &locked, &mut |walk, index, feed| {
                let Some(inner) = list.names.get(index) else { return Ok(Flow::Continue) };
                let mut content = Content::new(feed);
                match hold(walk, &mut content) {
                    Ok(held) => {
                        opened.insert(index);
                        let fault = Fault::above(below);
                        walk.member(name, inner, Source::At(held), level + 1, &fault)
                    }
                    // Anything else is no matter of the password.
                    Err(
                        Unreadable::Encrypted { .. } | Unreadable::Checksum(_) | Unreadable::Damaged { .. },
                    ) => Ok(Flow::Continue),
                    Err(other) => {
                        why = other;
                        Ok(Flow::Continue)
                    }
                }
            });
            if done?.0 == Flow::Stop {
                return Ok(Flow::Stop);
            }
            locked.retain(|index| !opened.contains(index));
        }
        for index in locked {
            let inner = list.names.get(index).map_or("", String::as_str);
            walk.unreadable_member(name, inner, &why);
            self.failed = true;
        }
        Ok(Flow::Continue)
    }

    /// Runs the library over the archive and hands the members in `wanted` to `deliver`. Also returns why it gave
    /// up, and at which member, if it did.
    fn pass(
        &self,
        walk: &mut Walk<'_>,
        password: Option<&Secret<String>>,
        wanted: &BTreeSet<usize>,
        deliver: &mut Deliver<'_>,
    ) -> Result<(Flow, Option<(usize, Unreadable)>), VisitError> {
        let (events, inbox) = sync_channel(QUEUE);
        let (archive, limits, solid) = (self.archive, walk.limits, self.list.solid);
        let (last, files) = (wanted.last().copied().unwrap_or(0), wanted);
        let decide = move |index: usize, member: &ArchiveMember| {
            let meta = &member.meta;
            if index > last || (meta.is_split_before || meta.is_split_after) && solid {
                Answer::Stop
            } else if files.contains(&index) {
                Answer::Extract
            } else if solid && !meta.is_directory && !meta.is_redirection {
                Answer::Discard
            } else {
                Answer::Skip
            }
        };
        thread::scope(|scope| {
            let library = move || extract(archive, password, limits, &events, &decide);
            let spawned = thread::Builder::new().name("rar".to_owned()).spawn_scoped(scope, library);
            let thread = match spawned {
                Ok(thread) => thread,
                Err(e) => return Ok((Flow::Continue, Some((0, Unreadable::Io(e.kind()))))),
            };
            // Drops our end of the channel, which ends the library's thread.
            let outcome = receive(walk, Feed::new(inbox), deliver);
            // A scope waits for what a thread does, not for the thread: many small archives would pile threads up
            // that are about to end. It does not panic: what the library panics with is in the outcome.
            let _ = thread.join();
            outcome
        })
    }
}

/// Hands the members that the library's thread sends to `deliver`; see [`Run::pass`].
fn receive(
    walk: &mut Walk<'_>,
    mut feed: Feed,
    deliver: &mut Deliver<'_>,
) -> Result<(Flow, Option<(usize, Unreadable)>), VisitError> {
    let mut current = 0;
    loop {
        match feed.next() {
            Event::Begin(index) => {
                current = index;
                if deliver(walk, index, &mut feed)? == Flow::Stop {
                    return Ok((Flow::Stop, None));
                }
                if walk.over() {
                    return Ok((Flow::Continue, None));
                }
            }
            // Left over by a reader that had enough.
            Event::Data(_) | Event::Failed(_) => {}
            Event::Done(Ok(())) => return Ok((Flow::Continue, None)),
            Event::Done(Err(why)) => return Ok((Flow::Continue, Some((current, why)))),
        }
    }
}

/// All of a member's content, when its checksum is right.
fn hold(walk: &mut Walk<'_>, content: &mut Content<'_>) -> Result<Arc<dyn ReadAt>, Unreadable> {
    let mut writer = SpoolWriter::new(&walk.directory, walk.memory, walk.limits.spool_bytes);
    let mut buf = vec![0; 64 * 1024];
    loop {
        match content.read(&mut buf) {
            Ok(0) => break,
            Ok(n) => writer.push(buf.get(..n).unwrap_or_default())?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Unreadable::from_io(&e)),
        }
    }
    Ok(Arc::new(writer.finish()?))
}

/// The library's thread.
fn extract(
    archive: &Archive,
    password: Option<&Secret<String>>,
    limits: &Limits,
    events: &SyncSender<Event>,
    decide: &dyn Fn(usize, &ArchiveMember) -> Answer,
) {
    let mut index = 0;
    let gone = |_| rars::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
    let decide = |member: &ArchiveMember| {
        let here = index;
        index += 1;
        Ok(match decide(here, member) {
            Answer::Stop => ExtractionDecision::Stop,
            Answer::Skip => ExtractionDecision::Skip,
            Answer::Discard => ExtractionDecision::Extract(Box::new(io::sink())),
            Answer::Extract => {
                events.send(Event::Begin(here)).map_err(gone)?;
                ExtractionDecision::Extract(Box::new(Sink(events.clone())))
            }
        })
    };
    let on_error = |_: &ArchiveMember, error: &rars::Error| {
        events.send(Event::Failed(failure(error, limits))).map_err(gone)?;
        Ok(ExtractionErrorAction::Continue)
    };
    let options = options(password, limits);
    let extracted =
        catch_unwind(AssertUnwindSafe(|| archive.extract_with_control_and_errors(options, decide, on_error)));
    let done = match extracted {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => Err(failure(&e, limits)),
        Err(_) => Err(Unreadable::Decoder(Format::Rar)),
    };
    // Nobody listens any more when the walk has ended.
    let _ = events.send(Event::Done(done));
}
