//! Pipes, terminals and devices: read from the front, and given up at once when the run is asked to stop.
//!
//! A plain `read` of a pipe sleeps until somebody writes. Here it is waited for in small steps instead, and only what
//! is there is read; nothing is read ahead.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mizumori_read::{FileAt, Input};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

/// How long a request to stop may go unnoticed.
const STEP: Duration = Duration::from_millis(50);

/// A regular file is read at any place; a pipe or a device from the front.
pub(super) fn open(path: &Path, stop: &Arc<AtomicBool>) -> io::Result<Input> {
    // Without the flag, opening a named pipe sleeps until somebody opens its other end. Regular files do not mind.
    let file =
        OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        return Ok(Input::At(Arc::new(FileAt::of_len(file, metadata.len()))));
    }
    Ok(Input::Stream(Box::new(Stream { file, stop: Arc::clone(stop) })))
}

/// Standard input, past the standard library's buffer.
pub(super) fn standard_input(stop: &Arc<AtomicBool>) -> io::Result<Input> {
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    Ok(Input::Stream(Box::new(Stream { file, stop: Arc::clone(stop) })))
}

struct Stream {
    file: File,
    stop: Arc<AtomicBool>,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.stop.load(Ordering::Relaxed) {
            if self.is_ready()? {
                match self.file.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    outcome => return outcome,
                }
            }
        }
        Ok(0)
    }
}

impl Stream {
    /// Waits a step for bytes, an end or an error.
    fn is_ready(&self) -> io::Result<bool> {
        let step = Timespec::try_from(STEP).map_err(io::Error::other)?;
        let mut polled = [PollFd::new(&self.file, PollFlags::IN)];
        match poll(&mut polled, Some(&step)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn stream(file: impl Into<std::os::fd::OwnedFd>) -> (Stream, Arc<AtomicBool>) {
        let stop = Arc::<AtomicBool>::default();
        (Stream { file: File::from(file.into()), stop: Arc::clone(&stop) }, stop)
    }

    #[test]
    fn a_pipe_is_read_to_its_end() {
        let (from, mut to) = io::pipe().unwrap();
        let (mut stream, _stop) = stream(from);
        let mut text = String::new();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for word in ["one ", "two ", "three"] {
                    to.write_all(word.as_bytes()).unwrap();
                }
            });
            stream.read_to_string(&mut text).unwrap();
        });
        assert_eq!(text, "one two three");
    }

    #[test]
    fn a_pipe_to_which_nobody_writes_can_be_given_up() {
        let (from, to) = io::pipe().unwrap();
        let (mut stream, stop) = stream(from);
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || stream.read(&mut [0; 8]));
            stop.store(true, Ordering::Relaxed);
            assert_eq!(reader.join().unwrap().unwrap(), 0);
        });
        drop(to);
    }

    #[test]
    fn regular_files_are_read_at_any_place() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "text").unwrap();
        let Input::At(at) = open(file.path(), &Arc::default()).unwrap() else { panic!("a stream") };
        assert_eq!(at.len(), 4);
        assert!(matches!(open(Path::new("/dev/null"), &Arc::default()).unwrap(), Input::Stream(_)));
    }
}
