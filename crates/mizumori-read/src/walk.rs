//! The walk through one top-level input: sniff, open, go deeper.
//!
//! Containers call back into [`Walk::member`] for what they hold; single-file compressors are passed through
//! under the same name.

use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use mizumori_core::Secret;

use crate::container::{rar, sevenz, tar, zip};
use crate::fault::{Fault, Guarded, Watched};
use crate::find::Search;
use crate::meter::Meter;
use crate::name::file_name;
use crate::read_at::fill_at;
use crate::sniff::{HEAD, sniff};
use crate::{
    Body, Flow, Format, LimitKind, Limits, MemberName, ReadAt, ReadAtCursor, SpoolWriter, Unreadable,
    VisitError, Visitor, codec,
};

/// Read from below at once: large enough that system calls do not count.
pub(crate) const BUFFER: usize = 128 * 1024;

/// Whether to go on, or the visitor's error.
pub(crate) type Walked = Result<Flow, VisitError>;

/// The bytes of one node of the walk.
pub(crate) enum Source<'a> {
    At(Arc<dyn ReadAt>),
    /// A stream, and the same bytes at random access if somebody below happens to have them: what needs random
    /// access takes that, everything else the stream, because it is checked on the way.
    Stream {
        read: &'a mut dyn Read,
        same: Option<Arc<dyn ReadAt>>,
    },
}

/// Who the members are for.
pub(crate) enum Purpose<'v> {
    Visit(&'v mut dyn Visitor),
    Find(Search<'v>),
}

/// A walk through one top-level input.
pub(crate) struct Walk<'v> {
    pub(crate) limits: &'v Limits,
    pub(crate) passwords: &'v [Secret<String>],
    pub(crate) directory: PathBuf,
    pub(crate) meter: Rc<Meter>,
    pub(crate) purpose: Purpose<'v>,
    /// What spools may still take in memory, all levels together.
    pub(crate) memory: u64,
}

impl Walk<'_> {
    /// Whether a limit of the whole input was hit, so that containers should end.
    pub(crate) fn over(&self) -> bool {
        self.meter.exhausted()
    }

    /// Reports what cannot be read.
    pub(crate) fn unreadable(&mut self, name: &MemberName, why: &Unreadable) {
        match &mut self.purpose {
            Purpose::Visit(visitor) => visitor.unreadable(name, why),
            // The walk that reads the input reports it.
            Purpose::Find(_) => {}
        }
    }

    /// Reports what cannot be read of the member `inner`, of which nothing was delivered.
    pub(crate) fn unreadable_member(&mut self, container: &MemberName, inner: &str, why: &Unreadable) {
        let name = container.member(inner);
        match &mut self.purpose {
            Purpose::Find(search) if search.wants(inner) => search.fail(&name, why.clone()),
            _ => self.unreadable(&name, why),
        }
    }

    /// Whether the bytes of the member `inner` are needed at all. `openable` says whether its content, cheaply
    /// looked at, is or may be a container.
    pub(crate) fn needs(&self, inner: &str, openable: impl FnOnce() -> bool) -> bool {
        match &self.purpose {
            Purpose::Visit(_) => true,
            Purpose::Find(search) => search.wants(inner) || openable(),
        }
    }

    /// The member `inner` of `container`, whose bytes come out of `level` and through `fault`.
    pub(crate) fn member(
        &mut self,
        container: &MemberName,
        inner: &str,
        source: Source<'_>,
        level: u32,
        fault: &Rc<Fault>,
    ) -> Walked {
        if let Err(why) = self.meter.member() {
            self.unreadable(container, &why);
            return Ok(Flow::Continue);
        }
        let name = container.member(inner);
        match &mut self.purpose {
            Purpose::Find(search) if search.wants(file_name(inner)) => {
                search.take(&name, source, self.limits);
                Ok(Flow::Continue)
            }
            _ => self.node(&name, source, level, fault),
        }
    }

    /// One node: a container to open or a member to deliver. `level` containers are around it.
    pub(crate) fn node(
        &mut self,
        name: &MemberName,
        source: Source<'_>,
        level: u32,
        fault: &Rc<Fault>,
    ) -> Walked {
        let mut head = [0; HEAD];
        match source {
            Source::At(at) => {
                // An error shows again when the bytes are wanted.
                let n = fill_at(&*at, 0, &mut head).unwrap_or(0);
                let head = head.get(..n).unwrap_or_default();
                match sniff(head, self.limits) {
                    None => self.leaf_at(name, at),
                    Some(format) => self.container(format, name, Opened::At(at), level, fault),
                }
            }
            Source::Stream { read, same } => {
                let n = fill_some(read, &mut head);
                let head = head.get(..n).unwrap_or_default();
                match sniff(head, self.limits) {
                    None => self.leaf_stream(name, &mut head.chain(read)),
                    Some(format) => {
                        self.container(format, name, Opened::Stream { head, read, same }, level, fault)
                    }
                }
            }
        }
    }

    fn container(
        &mut self,
        format: Format,
        name: &MemberName,
        source: Opened<'_>,
        level: u32,
        fault: &Rc<Fault>,
    ) -> Walked {
        if level >= self.limits.depth {
            self.unreadable(
                name,
                &Unreadable::Limit { limit: LimitKind::Depth, value: self.limits.depth.into() },
            );
            return Ok(Flow::Continue);
        }
        match format {
            Format::Gzip | Format::Bzip2 | Format::Xz | Format::Zstd | Format::Lz4 => {
                self.compressed(format, name, source, level, fault)
            }
            Format::Tar => {
                let same = source.random();
                match source {
                    Opened::At(at) => tar::walk(self, name, tar::Tape::at(at), same, level, fault),
                    Opened::Stream { head, read, .. } => {
                        let mut read = BufReader::with_capacity(BUFFER, head.chain(read));
                        tar::walk(self, name, tar::Tape::stream(&mut read), same, level, fault)
                    }
                }
            }
            Format::Zip | Format::SevenZip | Format::Rar => self.archive(format, name, source, level, fault),
        }
    }

    /// A single-file compressor: what comes out has the same name.
    fn compressed(
        &mut self,
        format: Format,
        name: &MemberName,
        source: Opened<'_>,
        level: u32,
        fault: &Rc<Fault>,
    ) -> Walked {
        let own = Fault::above(fault);
        let decoder = match source {
            Opened::At(at) => {
                codec::open(format, BufReader::with_capacity(BUFFER, ReadAtCursor::new(at)), self.limits)
            }
            Opened::Stream { head, read, .. } => {
                codec::open(format, BufReader::with_capacity(BUFFER, head.chain(read)), self.limits)
            }
        };
        let mut read = Guarded::new(decoder, format, level, &own, &self.meter);
        let flow = self.node(name, Source::Stream { read: &mut read, same: None }, level + 1, &own);
        self.report(name, &own);
        flow
    }

    /// An archive that needs random access.
    fn archive(
        &mut self,
        format: Format,
        name: &MemberName,
        source: Opened<'_>,
        level: u32,
        fault: &Rc<Fault>,
    ) -> Walked {
        let memory = self.memory;
        let at = match source {
            Opened::At(at) | Opened::Stream { same: Some(at), .. } => at,
            Opened::Stream { head, read, same: None } => match self.spool(name, head, read) {
                Some(at) => at,
                None => return Ok(Flow::Continue),
            },
        };
        let flow = match format {
            Format::SevenZip => sevenz::walk(self, name, &at, level, fault),
            Format::Rar => rar::walk(self, name, &at, level, fault),
            _ => zip::walk(self, name, &at, level, fault),
        };
        self.memory = memory;
        flow
    }

    /// All of a stream, for random access. What a limit or the disk cuts off is reported, and the front used.
    fn spool(&mut self, name: &MemberName, head: &[u8], read: &mut dyn Read) -> Option<Arc<dyn ReadAt>> {
        let mut writer = SpoolWriter::new(&self.directory, self.memory, self.limits.spool_bytes);
        let mut pushed = writer.push(head);
        let mut buf = vec![0; BUFFER];
        while pushed.is_ok() {
            // A read error is noted by whoever failed; what came before it may still be read.
            let n = fill_some(read, &mut buf);
            if n == 0 {
                break;
            }
            pushed = writer.push(buf.get(..n).unwrap_or_default());
        }
        self.memory = self.memory.saturating_sub(writer.in_memory());
        let finished = writer.finish();
        if let Some(why) = pushed.err().or_else(|| finished.as_ref().err().cloned()) {
            self.unreadable(name, &why);
        }
        Some(Arc::new(finished.ok()?))
    }

    fn leaf_at(&mut self, name: &MemberName, at: Arc<dyn ReadAt>) -> Walked {
        let Purpose::Visit(visitor) = &mut self.purpose else { return Ok(Flow::Continue) };
        let watched = Watched::new(at);
        let flow = visitor.member(name, Body::At(Arc::clone(&watched) as Arc<dyn ReadAt>))?;
        if let Some(why) = watched.take() {
            visitor.unreadable(name, &why);
        }
        Ok(flow)
    }

    fn leaf_stream(&mut self, name: &MemberName, read: &mut dyn Read) -> Walked {
        match &mut self.purpose {
            Purpose::Visit(visitor) => visitor.member(name, Body::Stream(read)),
            Purpose::Find(_) => Ok(Flow::Continue),
        }
    }

    /// Reports what `fault` noted under `name`.
    pub(crate) fn report(&mut self, name: &MemberName, fault: &Fault) {
        if let Some(why) = fault.take() {
            self.unreadable(name, &why);
        }
    }
}

/// A source whose head was read.
enum Opened<'a> {
    At(Arc<dyn ReadAt>),
    Stream { head: &'a [u8], read: &'a mut dyn Read, same: Option<Arc<dyn ReadAt>> },
}

impl Opened<'_> {
    fn random(&self) -> Option<Arc<dyn ReadAt>> {
        match self {
            Self::At(at) => Some(Arc::clone(at)),
            Self::Stream { same, .. } => same.clone(),
        }
    }
}

/// Fills `buf` as far as the reader gives; its errors stay and show again.
pub(crate) fn fill_some(reader: &mut dyn Read, buf: &mut [u8]) -> usize {
    let mut done = 0;
    while let Some(rest) = buf.get_mut(done..)
        && !rest.is_empty()
    {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    done
}
