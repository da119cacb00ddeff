//! Files as memory: the one place of the program where `unsafe` stands.
//!
//! Whoever maps a file promises the compiler that its bytes do not change. Files of an index are written once, under a name
//! that nothing has yet, and then never opened for writing again: they are replaced by other files and deleted, never cut
//! short. What somebody else does to them with other programs is outside of that promise, as it is for every program that maps
//! its files.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

use crate::error::{GuardError, Result};

/// The bytes of a file, shared with all processes that have mapped it.
pub(crate) struct Mapped(Mmap);

impl Mapped {
    /// Maps a file that is written and closed.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(GuardError::io("open", path))?;
        #[expect(
            unsafe_code,
            reason = "an index is far larger than what a process should read to answer one question"
        )]
        // SAFETY: the file is one that this crate wrote and renamed into place; nothing of ours writes to it or cuts it
        // short after that. Its content is believed in nothing: every offset in it is checked before it is used.
        let map = unsafe { Mmap::map(&file) };
        Ok(Self(map.map_err(GuardError::io("map", path))?))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
