//! Threads on which requests run, and which may be let go of anywhere.

use std::io;
use std::ops::Deref;

use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime with threads of its own. Whoever drops the last of it waits for nothing: it may be a thread that serves others, on which
/// tokio's own must not be dropped.
#[derive(Debug)]
pub struct Background {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Background {
    /// Starts so many threads, which are called `name`.
    ///
    /// # Errors
    /// When the operating system has no threads to give.
    pub fn start(threads: usize, name: &str) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name(name)
            .enable_all()
            .build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }
}

impl Deref for Background {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_let_go_of_anywhere() {
        let (one, other) = (Background::start(1, "one").unwrap(), Background::start(1, "other").unwrap());
        one.block_on(async move {
            assert_eq!(other.spawn(async { 1 }).await.unwrap(), 1);
            drop(other);
        });
    }
}
