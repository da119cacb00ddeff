//! What our own fakes listen with: a thread for each connection, all of which end with the value.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Serves a connection, to its end.
type Serve = dyn Fn(TcpStream, &Ending) + Send + Sync;

/// Listens until it is dropped.
pub(crate) struct Listener {
    address: SocketAddr,
    ending: Arc<Ending>,
    accepting: Option<JoinHandle<()>>,
}

/// Whether the server ends, for connections that wait on purpose.
#[derive(Default)]
pub(crate) struct Ending {
    /// With the connections that are open, which are closed when it ends.
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    is_over: bool,
    open: HashMap<u64, TcpStream>,
    accepted: u64,
}

impl Listener {
    /// Listens on a port of 127.0.0.1.
    pub(crate) fn start(
        port: u16,
        serve: impl Fn(TcpStream, &Ending) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let ending = Arc::<Ending>::default();
        let serve: Arc<Serve> = Arc::new(serve);
        let accepting = std::thread::spawn({
            let ending = Arc::clone(&ending);
            move || accept(&listener, &ending, &serve)
        });
        Ok(Self { address, ending, accepting: Some(accepting) })
    }

    /// How many connections came.
    pub(crate) fn accepted(&self) -> u64 {
        lock(&self.ending.state).accepted
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let open = {
            let mut state = lock(&self.ending.state);
            state.is_over = true;
            std::mem::take(&mut state.open)
        };
        self.ending.ended.notify_all();
        for stream in open.values() {
            // It may have been closed by its client.
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes whoever accepts.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
    }
}

impl Ending {
    /// Waits; gives whether there is somebody left to answer.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        let state = lock(&self.state);
        let waited = self.ended.wait_timeout_while(state, time, |state| !state.is_over);
        !waited.unwrap_or_else(PoisonError::into_inner).0.is_over
    }
}

fn accept(listener: &TcpListener, ending: &Arc<Ending>, serve: &Arc<Serve>) {
    loop {
        let accepted = listener.accept();
        let mut state = lock(&ending.state);
        if state.is_over {
            return;
        }
        // One that is closed before it is accepted is none.
        let Ok((stream, _)) = accepted else { continue };
        let Ok(known) = stream.try_clone() else { continue };
        state.accepted += 1;
        let id = state.accepted;
        state.open.insert(id, known);
        drop(state);
        let (ending, serve) = (Arc::clone(ending), Arc::clone(serve));
        std::thread::spawn(move || {
            serve(stream, &ending);
            if let Some(known) = lock(&ending.state).open.remove(&id) {
                let _ = known.shutdown(Shutdown::Both);
            }
        });
    }
}

/// A connection, with TLS or without.
pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Wire {
    /// Speaks TLS from here on, where there is a configuration for it.
    pub(crate) fn new(stream: TcpStream, config: Option<&Arc<ServerConfig>>) -> io::Result<Self> {
        let Some(config) = config else { return Ok(Self::Plain(stream)) };
        let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self::Tls(Box::new(stream)))
    }

    /// Says that nothing more comes, and reads on until the client has gone: what it still sends would have the system throw
    /// away what it has not read yet.
    pub(crate) fn close(mut self) {
        if let Self::Tls(stream) = &mut self {
            stream.conn.send_close_notify();
        }
        // The client may have gone first.
        let _ = self.flush();
        let stream = match &mut self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &mut stream.sock,
        };
        let _ = stream.shutdown(Shutdown::Write);
        let _ = io::copy(stream, &mut io::sink());
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
