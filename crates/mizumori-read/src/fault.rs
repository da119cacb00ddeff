//! What goes wrong on the way up a chain of readers, and who reports it.
//!
//! Every level of a walk (a decompressor, a member of an archive) reads through a [`Guarded`]. The lowest level
//! that fails notes the reason in its [`Fault`]; the levels above only see that somebody below failed, and stay
//! silent. So each damage is reported once, under the name of what is damaged.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use crate::meter::Meter;
use crate::{Format, ReadAt, Unreadable};

/// The first failure of one level.
#[derive(Default)]
pub(crate) struct Fault {
    why: RefCell<Option<Unreadable>>,
    failed: Cell<bool>,
    below: Option<Rc<Fault>>,
}

impl Fault {
    /// The lowest level.
    pub(crate) fn root() -> Rc<Self> {
        Rc::default()
    }

    /// A level that reads from `below`.
    pub(crate) fn above(below: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self { below: Some(Rc::clone(below)), ..Self::default() })
    }

    /// Whether this level or one below it failed.
    pub(crate) fn failed(&self) -> bool {
        self.failed.get() || self.below.as_ref().is_some_and(|below| below.failed())
    }

    /// Notes `why`, unless something failed before.
    pub(crate) fn set(&self, why: Unreadable) {
        if !self.failed() {
            self.failed.set(true);
            self.why.replace(Some(why));
        }
    }

    /// What this level has to report, once.
    pub(crate) fn take(&self) -> Option<Unreadable> {
        self.why.take()
    }
}

/// A reader of somebody else's making, watched: a panic inside it, an error and a limit all become a [`Fault`]
/// and a read error that stays. What was read before is delivered.
pub(crate) struct Guarded<R> {
    inner: R,
    format: Format,
    level: u32,
    produced: u64,
    fault: Rc<Fault>,
    meter: Rc<Meter>,
    failed: Option<Unreadable>,
}

impl<R: Read> Guarded<R> {
    pub(crate) fn new(inner: R, format: Format, level: u32, fault: &Rc<Fault>, meter: &Rc<Meter>) -> Self {
        Self {
            inner,
            format,
            level,
            produced: 0,
            fault: Rc::clone(fault),
            meter: Rc::clone(meter),
            failed: None,
        }
    }

    fn fail(&mut self, why: Unreadable) -> Unreadable {
        self.fault.set(why.clone());
        self.failed = Some(why.clone());
        why
    }
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(why) = &self.failed {
            return Err(why.clone().into_io());
        }
        let inner = &mut self.inner;
        match catch_unwind(AssertUnwindSafe(|| inner.read(buf))) {
            Ok(Ok(n)) => {
                self.produced = self.produced.saturating_add(n as u64);
                let metered = self.meter.produce(self.level, n as u64);
                if let Err(why) = metered.and_then(|()| self.meter.member_size(self.produced)) {
                    self.fail(why);
                }
                Ok(n)
            }
            Ok(Err(e)) if e.kind() == io::ErrorKind::Interrupted => Err(e),
            Ok(Err(e)) => Err(self.fail(Unreadable::from_io(&e)).into_io()),
            Err(_) => Err(self.fail(Unreadable::Decoder(self.format)).into_io()),
        }
    }
}

/// A top-level stream: counted, and its error kept.
pub(crate) struct RootStream<R> {
    inner: R,
    fault: Rc<Fault>,
    meter: Rc<Meter>,
    failed: Option<Unreadable>,
}

impl<R: Read> RootStream<R> {
    pub(crate) fn new(inner: R, fault: &Rc<Fault>, meter: &Rc<Meter>) -> Self {
        Self { inner, fault: Rc::clone(fault), meter: Rc::clone(meter), failed: None }
    }
}

impl<R: Read> Read for RootStream<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if let Some(why) = &self.failed {
            return Err(why.clone().into_io());
        }
        match self.inner.read(buf) {
            Ok(n) => {
                self.meter.consume(n as u64);
                Ok(n)
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(e),
            Err(e) => {
                let why = Unreadable::from_io(&e);
                self.fault.set(why.clone());
                self.failed = Some(why.clone());
                Err(why.into_io())
            }
        }
    }
}

/// Random access whose first failure is kept, for bodies that the visitor reads on its own.
pub(crate) struct Watched {
    inner: Arc<dyn ReadAt>,
    failed: Mutex<Option<Unreadable>>,
}

impl Watched {
    pub(crate) fn new(inner: Arc<dyn ReadAt>) -> Arc<Self> {
        Arc::new(Self { inner, failed: Mutex::new(None) })
    }

    /// What has to be reported, once.
    pub(crate) fn take(&self) -> Option<Unreadable> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, why: Unreadable) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }
}

impl ReadAt for Watched {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match self.inner.read_at(offset, buf) {
            Ok(0) if offset < self.len() && !buf.is_empty() => {
                self.note(Unreadable::Shrunk);
                Ok(0)
            }
            Err(e) => {
                self.note(Unreadable::from_io(&e));
                Err(e)
            }
            ok => ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LimitKind, Limits};

    struct Failing(&'static [u8]);

    impl Read for Failing {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.0.read(buf)
        }
    }

    struct Panicking;

    impl Read for Panicking {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("decoder")
        }
    }

    fn meter(limits: Limits) -> Rc<Meter> {
        Meter::new(limits, 10)
    }

    #[test]
    fn the_lowest_level_reports_once() {
        let meter = meter(Limits::default());
        let low = Fault::root();
        let high = Fault::above(&low);
        let inner = Guarded::new(Failing(b"abc"), Format::Tar, 0, &low, &meter);
        let mut outer = Guarded::new(inner, Format::Gzip, 1, &high, &meter);
        let mut out = Vec::new();
        assert!(outer.read_to_end(&mut out).is_err());
        assert_eq!(out, b"abc");
        assert!(outer.read(&mut [0]).is_err(), "an error stays");
        assert!(high.failed());
        assert_eq!(high.take(), None);
        assert_eq!(low.take(), Some(Unreadable::Io(io::ErrorKind::TimedOut)));
        assert_eq!(low.take(), None);
    }

    #[test]
    fn a_panic_becomes_a_fault() {
        let fault = Fault::root();
        let mut guarded = Guarded::new(Panicking, Format::Rar, 0, &fault, &meter(Limits::default()));
        assert!(guarded.read(&mut [0]).is_err());
        assert_eq!(fault.take(), Some(Unreadable::Decoder(Format::Rar)));
    }

    #[test]
    fn limits_deliver_what_came_before() {
        let check = |limits: Limits, limit: LimitKind, value| {
            let fault = Fault::root();
            let meter = meter(limits);
            let mut guarded = Guarded::new(io::repeat(b'x'), Format::Gzip, 0, &fault, &meter);
            let mut buf = [0; 64];
            let mut n = 0;
            while let Ok(read) = guarded.read(&mut buf) {
                n += read;
            }
            assert_eq!(fault.take(), Some(Unreadable::Limit { limit, value }));
            assert_eq!(meter.exhausted(), limit != LimitKind::MemberBytes);
            n
        };
        let limits = Limits::default();
        assert_eq!(check(Limits { member_bytes: 100, ..limits }, LimitKind::MemberBytes, 100), 128);
        assert_eq!(check(Limits { total_bytes: 640, ..limits }, LimitKind::TotalBytes, 640), 704);
        assert_eq!(check(Limits { ratio: 20, ratio_floor: 64, ..limits }, LimitKind::Ratio, 20), 256);
    }
}
