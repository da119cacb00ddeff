//! Writing an object from a thread that is not asynchronous.

use std::io::{self, Write};
use std::sync::Arc;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart};
use tokio::runtime::Handle;

/// Bytes of a part; what is shorter is written at once.
const PART: usize = 8 << 20;
/// Parts that are under way at the same time.
const UNDER_WAY: usize = 4;

/// An object while it is written. It appears when it is [finished](Self::finish), or never.
pub(crate) struct Upload {
    runtime: Handle,
    store: Arc<dyn ObjectStore>,
    path: Path,
    buffer: Vec<u8>,
    parts: Option<WriteMultipart>,
    written: u64,
}

impl Upload {
    /// Begins the object `path`.
    pub(crate) fn new(runtime: Handle, store: Arc<dyn ObjectStore>, path: Path) -> Self {
        Self { runtime, store, path, buffer: Vec::new(), parts: None, written: 0 }
    }

    /// Ends it; gives its bytes.
    pub(crate) fn finish(mut self) -> object_store::Result<u64> {
        match self.parts.take() {
            None => {
                let bytes = PutPayload::from(std::mem::take(&mut self.buffer));
                self.runtime.block_on(self.store.put(&self.path, bytes))?;
            }
            Some(mut parts) => {
                let _context = self.runtime.enter();
                parts.put(std::mem::take(&mut self.buffer).into());
                self.runtime.block_on(parts.finish())?;
            }
        }
        Ok(self.written)
    }

    fn flush_part(&mut self) -> object_store::Result<()> {
        let _context = self.runtime.enter();
        let mut parts = match self.parts.take() {
            Some(parts) => parts,
            None => {
                let upload = self.runtime.block_on(self.store.put_multipart(&self.path))?;
                WriteMultipart::new_with_chunk_size(upload, PART)
            }
        };
        self.runtime.block_on(parts.wait_for_capacity(UNDER_WAY))?;
        parts.put(std::mem::replace(&mut self.buffer, Vec::with_capacity(PART)).into());
        self.parts = Some(parts);
        Ok(())
    }
}

impl Drop for Upload {
    /// What was not finished is taken back.
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            // Nobody is left to be told; what stays is taken by the store's rule for abandoned uploads.
            let _ = self.runtime.block_on(parts.abort());
        }
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PART.saturating_sub(self.buffer.len()));
        self.buffer.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        self.written += taken as u64;
        if self.buffer.len() >= PART {
            self.flush_part().map_err(io::Error::other)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
