//! Objects of a store, read at any place by threads that are not asynchronous.

use std::io;
use std::sync::Arc;

use mizumori_read::ReadAt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::runtime::Handle;

use crate::store::StoreError;

/// An object whose length is known.
pub(crate) struct Stored {
    runtime: Handle,
    store: Arc<dyn ObjectStore>,
    path: Path,
    len: u64,
}

impl Stored {
    pub(crate) fn new(runtime: Handle, store: Arc<dyn ObjectStore>, path: &str, len: u64) -> Self {
        Self { runtime, store, path: Path::from(path), len }
    }
}

impl ReadAt for Stored {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let end = offset.saturating_add(buffer.len() as u64).min(self.len);
        if offset >= end {
            return Ok(0);
        }
        let bytes = self.runtime.block_on(self.store.get_range(&self.path, offset..end)).map_err(as_io)?;
        let read = bytes.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..read), bytes.get(..read)) {
            to.copy_from_slice(from);
        }
        Ok(read)
    }
}

/// Where the store's trouble is known, as that.
fn as_io(error: object_store::Error) -> io::Error {
    StoreError::find(&error).cloned().map_or_else(|| error.into(), StoreError::into_io)
}
