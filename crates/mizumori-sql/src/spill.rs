//! Where a query puts what does not fit into memory: temporary files without names that hold ciphertext only.

use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use datafusion::common::Result;
use datafusion::execution::{SpillFile, SpillWriter, TempFileFactory};
use futures::Stream;
use mizumori_read::EncryptedFile;

/// Read at once.
const BLOCK: usize = 128 * 1024;

/// Makes spill files in a folder, up to a number of bytes in all.
pub(crate) struct Spills {
    folder: PathBuf,
    used: Arc<AtomicU64>,
    most: u64,
}

impl Spills {
    /// Spill files in `folder` that hold at most `most` bytes together.
    pub(crate) fn new(folder: PathBuf, most: u64) -> Self {
        Self { folder, used: Arc::default(), most }
    }
}

impl TempFileFactory for Spills {
    fn create_temp_file(&self, _: &str) -> Result<Arc<dyn SpillFile>> {
        let file = EncryptedFile::create(&self.folder)?;
        let written = Written { file, len: AtomicU64::new(0), used: Arc::clone(&self.used), most: self.most };
        Ok(Arc::new(Spill(Arc::new(written))))
    }
}

struct Spill(Arc<Written>);

/// A file that grows while others read what it has.
struct Written {
    file: EncryptedFile,
    len: AtomicU64,
    used: Arc<AtomicU64>,
    most: u64,
}

impl Drop for Written {
    fn drop(&mut self) {
        self.used.fetch_sub(*self.len.get_mut(), Ordering::Relaxed);
    }
}

impl SpillFile for Spill {
    fn size(&self) -> Option<u64> {
        Some(self.0.len.load(Ordering::Acquire))
    }

    fn read_stream(&self) -> Result<Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>> {
        let written = Arc::clone(&self.0);
        Ok(Box::pin(futures::stream::try_unfold(0, move |at| {
            let written = Arc::clone(&written);
            async move {
                let read = tokio::task::spawn_blocking(move || written.read(at));
                let bytes = read.await.map_err(io::Error::other)??;
                let next = at + bytes.len() as u64;
                Ok((!bytes.is_empty()).then_some((bytes, next)))
            }
        })))
    }

    fn open_writer(&self) -> Result<Box<dyn SpillWriter>> {
        Ok(Box::new(Writer(Arc::clone(&self.0))))
    }
}

impl Written {
    fn read(&self, at: u64) -> io::Result<Bytes> {
        let left = self.len.load(Ordering::Acquire).saturating_sub(at);
        let mut bytes = vec![0; BLOCK.min(usize::try_from(left).unwrap_or(BLOCK))];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(at + filled as u64, rest)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
        }
        Ok(bytes.into())
    }
}

struct Writer(Arc<Written>);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Written { file, len, used, most } = &*self.0;
        let more = bytes.len() as u64;
        if used.fetch_add(more, Ordering::Relaxed) + more > *most {
            used.fetch_sub(more, Ordering::Relaxed);
            return Err(io::Error::new(
                io::ErrorKind::QuotaExceeded,
                "the query needs more room on disk than it may use",
            ));
        }
        if let Err(error) = file.write_at(len.load(Ordering::Acquire), &mut bytes.to_vec()) {
            used.fetch_sub(more, Ordering::Relaxed);
            return Err(error);
        }
        len.fetch_add(more, Ordering::Release);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SpillWriter for Writer {
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    #[test]
    fn what_is_written_comes_back_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let spills = Spills::new(folder.path().to_owned(), 1 << 20);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = |file: &Arc<dyn SpillFile>| {
            runtime.block_on(file.read_stream().unwrap().try_collect::<Vec<_>>()).unwrap().concat()
        };
        let file = spills.create_temp_file("a sort").unwrap();
        let mut writer = file.open_writer().unwrap();
        assert_eq!(read(&file), b"");
        let text: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
        writer.write_all(&text[..1000]).unwrap();
        assert_eq!(read(&file), &text[..1000]);
        writer.write_all(&text[1000..]).unwrap();
        writer.finish().unwrap();
        assert_eq!((read(&file), file.size()), (text, Some(300_000)));
        let error = writer.write_all(&vec![0; 1 << 20]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::QuotaExceeded);
        // Its room is free again when it is gone.
        drop((writer, file));
        let file = spills.create_temp_file("another").unwrap();
        file.open_writer().unwrap().write_all(&vec![0; 1 << 20]).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
