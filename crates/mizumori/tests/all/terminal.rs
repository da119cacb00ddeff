//! A terminal for the program: a pseudo-terminal whose other end the test holds.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::Stdio;

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The test's end of a terminal.
pub(crate) struct Terminal {
    ours: File,
    theirs: File,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let flags = OFlags::NOCTTY.bits().cast_signed();
        let theirs = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(name.to_str().unwrap())
            .unwrap();
        Self { ours: ours.into(), theirs }
    }

    /// The program's end.
    pub(crate) fn end(&self) -> Stdio {
        Stdio::from(self.theirs.try_clone().unwrap())
    }

    /// Types.
    pub(crate) fn types(&mut self, text: &str) {
        self.ours.write_all(text.as_bytes()).unwrap();
    }

    /// Waits until this is shown, and returns all that was shown so far.
    #[cfg(feature = "guard")]
    pub(crate) fn shows(&mut self, words: &str) -> String {
        let mut shown = Vec::new();
        let mut byte = [0];
        while !String::from_utf8_lossy(&shown).contains(words) {
            assert_eq!(self.ours.read(&mut byte).unwrap(), 1);
            shown.extend(byte);
        }
        String::from_utf8(shown).unwrap()
    }

    /// Everything that was shown, once nobody has the terminal any more.
    pub(crate) fn shown(self) -> String {
        let Self { mut ours, theirs } = self;
        drop(theirs);
        let mut shown = Vec::new();
        let mut buffer = [0; 4096];
        // Where the last user is gone the read fails: that is how a pseudo-terminal ends.
        while let Ok(read @ 1..) = ours.read(&mut buffer) {
            shown.extend_from_slice(&buffer[..read]);
        }
        String::from_utf8(shown).unwrap().replace("\r\n", "\n")
    }
}
