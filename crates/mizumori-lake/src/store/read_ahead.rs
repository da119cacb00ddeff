//! Objects read at any place by threads that are not asynchronous, a block at a time and ahead of who reads on.
//!
//! A store answers a read after tens of milliseconds, whatever its length. So blocks are large, the blocks behind one that is
//! read are asked for before anybody wants them, and so are the first blocks of the objects that come next. All objects of a
//! run share one bounded memory of blocks.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use mizumori_read::ReadAt;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore};

use super::trouble::{StoreError, Trouble};
use crate::background::Background;

/// Bytes of a block.
const BLOCK: u64 = 2 << 20;
/// Blocks that are asked for ahead of one that is read.
const BLOCKS_AHEAD: u64 = 8;
/// Objects whose first block is asked for ahead of one that is read to its end.
const OBJECTS_AHEAD: usize = 8;

/// A block that was asked for.
type Block = Shared<BoxFuture<'static, Result<Bytes, StoreError>>>;

/// Blocks of all objects of a run.
pub(super) struct Blocks {
    capacity: u64,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// By object and number in it.
    blocks: HashMap<(u64, u64), (Block, u64, u64)>,
    bytes: u64,
    /// Rises with every use.
    now: u64,
    objects: u64,
}

impl Blocks {
    /// Memory for so many threads that read on at the same time.
    pub(super) fn new(threads: usize) -> Self {
        let capacity = (threads as u64 + 1) * (BLOCKS_AHEAD + 2) * BLOCK;
        Self { capacity, held: Mutex::default() }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn used(&mut self, key: (u64, u64)) -> Option<Block> {
        self.now += 1;
        let (block, used, _) = self.blocks.get_mut(&key)?;
        *used = self.now;
        Some(block.clone())
    }

    /// Keeps a block; what was not used for the longest time makes room.
    fn keep(&mut self, key: (u64, u64), block: Block, bytes: u64, capacity: u64) {
        while self.bytes + bytes > capacity
            && let Some(oldest) = self.blocks.iter().min_by_key(|(_, (_, used, _))| *used)
            && let key = *oldest.0
            && let Some((_, _, bytes)) = self.blocks.remove(&key)
        {
            self.bytes -= bytes;
        }
        self.now += 1;
        self.bytes += bytes;
        self.blocks.insert(key, (block, self.now, bytes));
    }
}

/// An object of a store.
pub(super) struct ObjectAt {
    runtime: Arc<Background>,
    store: Arc<dyn ObjectStore>,
    path: Path,
    place: Arc<str>,
    len: u64,
    /// Its number among the objects that share blocks.
    number: u64,
    blocks: Arc<Blocks>,
    /// What tells its versions apart: two blocks of two versions would be neither.
    version: Arc<OnceLock<String>>,
    /// The objects that are likely to be read next.
    next: OnceLock<Vec<Weak<Self>>>,
}

impl ObjectAt {
    pub(super) fn new(
        runtime: &Arc<Background>,
        store: &Arc<dyn ObjectStore>,
        place: &Arc<str>,
        path: Path,
        len: u64,
        blocks: &Arc<Blocks>,
    ) -> Self {
        let number = {
            let mut held = blocks.held();
            held.objects += 1;
            held.objects
        };
        Self {
            runtime: Arc::clone(runtime),
            store: Arc::clone(store),
            path,
            place: Arc::clone(place),
            len,
            number,
            blocks: Arc::clone(blocks),
            version: Arc::default(),
            next: OnceLock::new(),
        }
    }

    /// Says in which order objects are read.
    pub(super) fn in_a_row(objects: &[Arc<Self>]) {
        for (at, object) in objects.iter().enumerate() {
            let next = objects.iter().skip(at + 1).take(OBJECTS_AHEAD).map(Arc::downgrade).collect();
            // A row is said once.
            drop(object.next.set(next));
        }
    }

    fn last_block(&self) -> u64 {
        self.len.saturating_sub(1) / BLOCK
    }

    /// A block, which is asked for when it is not there.
    fn block(&self, held: &mut Held, number: u64) -> Block {
        let key = (self.number, number);
        if let Some(block) = held.used(key) {
            return block;
        }
        let start = number * BLOCK;
        let end = (start + BLOCK).min(self.len);
        let (store, path, version) = (Arc::clone(&self.store), self.path.clone(), Arc::clone(&self.version));
        let (place, gone) = (Arc::clone(&self.place), Arc::clone(&self.place));
        let asked = self.runtime.spawn(async move {
            let options = GetOptions::new()
                .with_range(Some(GetRange::Bounded(start..end)))
                .with_if_match(version.get().cloned());
            let got = async {
                let got = store.get_opts(&path, options).await?;
                if let Some(tag) = got.meta.e_tag.clone()
                    && version.get_or_init(|| tag.clone()) != &tag
                {
                    return Ok(None);
                }
                got.bytes().await.map(Some)
            };
            match got.await {
                Ok(Some(bytes)) if bytes.len() as u64 == end - start => Ok(bytes),
                Ok(_) => Err(StoreError::new(&place, Trouble::Changed)),
                Err(error) => Err(StoreError::find(&error)
                    .cloned()
                    .unwrap_or_else(|| StoreError::new(&place, Trouble::Other))),
            }
        });
        let block =
            async move { asked.await.unwrap_or_else(|_| Err(StoreError::new(&gone, Trouble::Other))) };
        let block = block.boxed().shared();
        held.keep(key, block.clone(), end - start, self.blocks.capacity);
        block
    }

    /// The block that is wanted; and what is wanted next is asked for.
    fn wanted(&self, number: u64) -> Block {
        let mut held = self.blocks.held();
        let block = self.block(&mut held, number);
        let reads_on = number > 0 && held.blocks.contains_key(&(self.number, number - 1));
        if reads_on {
            for ahead in number + 1..=(number + BLOCKS_AHEAD).min(self.last_block()) {
                drop(self.block(&mut held, ahead));
            }
        }
        if number == self.last_block() && (reads_on || number == 0) {
            for next in self.next.get().into_iter().flatten().filter_map(Weak::upgrade) {
                if next.len > 0 {
                    drop(next.block(&mut held, 0));
                }
            }
        }
        block
    }
}

impl ReadAt for ObjectAt {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset >= self.len || buffer.is_empty() {
            return Ok(0);
        }
        let bytes = self.runtime.block_on(self.wanted(offset / BLOCK)).map_err(StoreError::into_io)?;
        let from = usize::try_from(offset % BLOCK).map_err(io::Error::other)?;
        let rest = bytes.get(from..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..read), rest.get(..read)) {
            to.copy_from_slice(from);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;
    use object_store::{ObjectStoreExt, PutPayload};

    use super::*;

    fn objects(lens: &[usize], threads: usize) -> (Arc<Blocks>, Vec<Arc<ObjectAt>>, Arc<dyn ObjectStore>) {
        let runtime = Arc::new(Background::start(2, "test").unwrap());
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let blocks = Arc::new(Blocks::new(threads));
        let objects: Vec<_> = lens
            .iter()
            .enumerate()
            .map(|(at, len)| {
                let path = Path::from(format!("o{at}"));
                let bytes: Vec<u8> = (0..*len).map(|byte| (byte / 7 + at) as u8).collect();
                runtime.block_on(store.put(&path, PutPayload::from(bytes))).unwrap();
                Arc::new(ObjectAt::new(&runtime, &store, &"memory:".into(), path, *len as u64, &blocks))
            })
            .collect();
        ObjectAt::in_a_row(&objects);
        (blocks, objects, store)
    }

    #[test]
    fn every_byte_comes_as_it_is_and_memory_is_bounded() {
        let block = usize::try_from(BLOCK).unwrap();
        let lens = [0, 1, block, block + 1, 30 * block + 5];
        let (blocks, objects, _) = objects(&lens, 1);
        for (at, (object, len)) in objects.iter().zip(lens).enumerate() {
            let (mut position, mut buffer) = (0, vec![0; 300_000]);
            loop {
                let read = object.read_at(position as u64, &mut buffer).unwrap();
                if read == 0 {
                    break;
                }
                let right = (position..position + read).map(|byte| (byte / 7 + at) as u8);
                assert!(right.eq(buffer[..read].iter().copied()), "object {at} at {position}");
                position += read;
                assert!(blocks.held().bytes <= blocks.capacity);
            }
            assert_eq!(position, len);
        }
        let held = blocks.held();
        assert_eq!(held.bytes, held.blocks.values().map(|(_, _, bytes)| bytes).sum::<u64>());
    }

    #[test]
    fn who_reads_on_is_read_ahead_of() {
        let block = usize::try_from(BLOCK).unwrap();
        let (blocks, objects, _) = objects(&[20 * block, 10, 20], 1);
        let held = || blocks.held().blocks.len();
        objects[0].read_at(5 * BLOCK, &mut [0; 10]).unwrap();
        assert_eq!(held(), 1, "one read says nothing of the next");
        objects[0].read_at(6 * BLOCK, &mut [0; 10]).unwrap();
        assert_eq!(held(), 2 + 8);
        objects[1].read_at(0, &mut [0; 10]).unwrap();
        assert_eq!(held(), 2 + 8 + 2, "the next object, too");
    }

    #[test]
    fn an_object_that_changes_is_not_mixed() {
        let block = usize::try_from(BLOCK).unwrap();
        let (_, objects, store) = objects(&[3 * block], 1);
        let object = &objects[0];
        object.read_at(0, &mut [0; 10]).unwrap();
        let again = PutPayload::from(vec![0; 3 * block]);
        object.runtime.block_on(store.put(&object.path, again)).unwrap();
        let error = object.read_at(2 * BLOCK, &mut [0; 10]).unwrap_err();
        assert!(StoreError::find(&error).is_some(), "{error}");
    }
}
