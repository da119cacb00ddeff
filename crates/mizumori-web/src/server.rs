//! Connections: taken, made safe, served, and let out in the end.
//!
//! Each thread that answers has its connections to itself, from the first byte to the last: where threads take each other's work,
//! half of what an answer costs is waking them.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Runtime};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use crate::error::WebError;
use crate::tls::{Certificate, CertificateFiles, Written};

/// How long the other side may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection may go without a whole request's head, be it slow or idle.
const HEAD: Duration = Duration::from_secs(75);
/// How long answers that were begun may take when the server ends.
const END: Duration = Duration::from_secs(10);
/// How often files are looked at that may have been replaced.
const LOOK: Duration = Duration::from_secs(1);
/// How long nobody is let in when the system gives no more connections.
const PAUSE: Duration = Duration::from_millis(100);
/// Requests at once on a connection of HTTP/2.
const STREAMS: u32 = 128;
/// Bytes that a head of a request may have.
const HEAD_BYTES: usize = 16 << 10;

/// What is served.
pub trait Service: Send + Sync + 'static {
    /// What answers.
    fn router(self: Arc<Self>) -> Router;

    /// Looks whether anything it serves from was replaced. Called each second, on a thread that may wait.
    fn renew(&self, observer: &dyn Observer);
}

/// Who is told what happens beside answers.
pub trait Observer: Send + Sync + 'static {
    /// Something was replaced, and is served from now on.
    fn renewed(&self, what: &str);
    /// Something could not be replaced, or served; what was served before is served on.
    fn failed(&self, error: WebError);
}

/// How a server is to be.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where it listens; port 0 is any that is free.
    pub listen: SocketAddr,
    /// With TLS; nothing else is spoken then.
    pub certificate: Option<CertificateFiles>,
    /// Threads that answer: as many as there are cores, or more where answers wait for a disk, and others with them.
    pub threads: NonZeroUsize,
    /// Connections at once; whoever comes then waits.
    pub connections: NonZeroUsize,
}

/// Ends a server, from any thread.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Nobody new is let in, and what is being answered is answered.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was said.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    async fn stopped(&self) {
        // The sender is here: it cannot be gone.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    address: SocketAddr,
    is_secure: bool,
}

impl Peer {
    /// From which address.
    pub(crate) fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    /// Whether nobody between reads along: TLS, or the same machine.
    pub(crate) fn is_private(&self) -> bool {
        self.is_secure || self.address.ip().to_canonical().is_loopback()
    }
}

/// A server that listens.
pub struct Server {
    options: ServerOptions,
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
    certificate: Option<Arc<Certificate>>,
}

impl Server {
    /// Reads the certificate and listens.
    ///
    /// # Errors
    /// A certificate that cannot be used, an address that is taken.
    pub fn bind(options: ServerOptions) -> Result<Self, WebError> {
        let certificate = options.certificate.clone().map(Certificate::read).transpose()?;
        let runtime = one_thread()?;
        let listen = |cause| WebError::Listen { address: options.listen, cause };
        let listener = runtime.block_on(TcpListener::bind(options.listen)).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Self { options, runtime, listener, address, certificate })
    }

    /// Where it is reached.
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Answers until somebody says `stop`.
    ///
    /// # Errors
    /// A certificate that cannot be used.
    pub fn run(
        self,
        service: Arc<dyn Service>,
        observer: &Arc<dyn Observer>,
        stop: &Stop,
    ) -> Result<(), WebError> {
        let Self { options, runtime, listener, certificate, .. } = self;
        let tls = certificate.as_ref().map(Certificate::config).transpose()?.map(TlsAcceptor::from);
        let room = Arc::new(Semaphore::new(options.connections.get()));
        let router = Arc::clone(&service).router();
        let threads = (0..options.threads.get()).map(|_| Answering::start(&router, tls.as_ref(), stop));
        let threads = threads.collect::<Result<Vec<_>, _>>()?;
        runtime.spawn(look(service, certificate, Arc::clone(observer)));
        runtime.block_on(async {
            while let Some(taken) = next(&listener, &room, stop).await {
                if let Some(idlest) = threads.iter().min_by_key(|thread| thread.connections()) {
                    idlest.give(taken);
                }
            }
            drop(listener);
            // All room is free when all have gone; whoever takes longer is cut off.
            let all = u32::try_from(options.connections.get()).unwrap_or(u32::MAX);
            let _ = timeout(END, room.acquire_many(all)).await;
        });
        for thread in threads {
            thread.end();
        }
        runtime.shutdown_background();
        Ok(())
    }
}

/// What runs on the thread that waits for it.
fn one_thread() -> Result<Runtime, WebError> {
    runtime::Builder::new_current_thread().enable_all().build().map_err(WebError::Start)
}

/// A connection that was taken, and the room that it takes.
struct Taken {
    stream: std::net::TcpStream,
    address: SocketAddr,
    _room: OwnedSemaphorePermit,
}

/// A thread that answers on its connections.
struct Answering {
    taken: UnboundedSender<(Taken, Arc<()>)>,
    thread: JoinHandle<()>,
    /// One more of it for each connection.
    connections: Arc<()>,
}

impl Answering {
    fn start(router: &Router, tls: Option<&TlsAcceptor>, stop: &Stop) -> Result<Self, WebError> {
        // As many as there is room for.
        let (taken, connections) = mpsc::unbounded_channel();
        let (router, tls, stop) = (router.clone(), tls.cloned(), stop.clone());
        let runtime = one_thread()?;
        let answer = move || runtime.block_on(answer(connections, &router, tls.as_ref(), &stop));
        let thread = thread::Builder::new().name("web".to_owned()).spawn(answer).map_err(WebError::Start)?;
        Ok(Self { taken, thread, connections: Arc::default() })
    }

    /// How many connections it has.
    fn connections(&self) -> usize {
        Arc::strong_count(&self.connections)
    }

    fn give(&self, taken: Taken) {
        // It ends when nothing can come any more, not before.
        let _ = self.taken.send((taken, Arc::clone(&self.connections)));
    }

    /// Ends it, whatever it is doing.
    fn end(self) {
        drop(self.taken);
        // What it panicked with was told where it did.
        let _ = self.thread.join();
    }
}

/// Answers on connections as they come, until no more can.
async fn answer(
    mut connections: UnboundedReceiver<(Taken, Arc<()>)>,
    router: &Router,
    tls: Option<&TlsAcceptor>,
    stop: &Stop,
) {
    while let Some((taken, counted)) = connections.recv().await {
        let peer = Peer { address: taken.address, is_secure: tls.is_some() };
        let connection = Connection { router: router.clone(), peer, stop: stop.clone() };
        let tls = tls.cloned();
        tokio::spawn(async move {
            let Taken { stream, _room, .. } = taken;
            if let Ok(stream) = TcpStream::from_std(stream) {
                connection.serve(stream, tls).await;
            }
            drop(counted);
        });
    }
}

/// The next connection, when there is room for it; nothing when the server ends.
async fn next(listener: &TcpListener, room: &Arc<Semaphore>, stop: &Stop) -> Option<Taken> {
    let come = async {
        let permit = Arc::clone(room).acquire_owned().await.ok()?;
        loop {
            let accepted = listener.accept().await;
            match accepted.and_then(|(stream, address)| Ok((stream.into_std()?, address))) {
                Ok((stream, address)) => return Some(Taken { stream, address, _room: permit }),
                // A peer that is gone already, or a system that has no more: the next one may come.
                Err(_) => sleep(PAUSE).await,
            }
        }
    };
    tokio::select! {
        come = come => come,
        () = stop.stopped() => None,
    }
}

/// Looks each second for what was replaced.
async fn look(service: Arc<dyn Service>, certificate: Option<Arc<Certificate>>, observer: Arc<dyn Observer>) {
    let mut written = certificate.as_ref().map(|certificate| certificate.written());
    loop {
        sleep(LOOK).await;
        let (service, certificate) = (Arc::clone(&service), certificate.clone());
        let observer = Arc::clone(&observer);
        let looked = tokio::task::spawn_blocking(move || {
            service.renew(&*observer);
            certificate.map(|certificate| renew_certificate(&certificate, written, &*observer))
        });
        // A look that fails is a defect, which was told where it was; the next one may do better.
        if let Ok(now) = looked.await {
            written = now;
        }
    }
}

fn renew_certificate(certificate: &Certificate, before: Option<Written>, observer: &dyn Observer) -> Written {
    let now = certificate.written();
    if Some(now) != before {
        match certificate.renew() {
            Ok(()) => observer.renewed("the certificate"),
            Err(error) => observer.failed(error),
        }
    }
    now
}

/// A connection, before anything was said on it.
struct Connection {
    router: Router,
    peer: Peer,
    stop: Stop,
}

impl Connection {
    async fn serve(self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Answers are whole when they are written: nothing is gained by waiting for more.
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else { return self.serve_http1(stream).await };
        let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await else { return };
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            self.serve_http2(stream).await;
        } else {
            self.serve_http1(stream).await;
        }
    }

    async fn serve_http1(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { router, peer, stop } = self;
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service_fn(answers(router, peer)));
        served(connection, http1::Connection::graceful_shutdown, &stop).await;
    }

    async fn serve_http2(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { router, peer, stop } = self;
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(HEAD)
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEAD_BYTES as u32)
            .serve_connection(TokioIo::new(stream), service_fn(answers(router, peer)));
        served(connection, http2::Connection::graceful_shutdown, &stop).await;
    }
}

/// Serves a connection to its end; `end` has it end with what it is answering, when the server does.
async fn served<C: Future>(connection: C, end: impl FnOnce(Pin<&mut C>), stop: &Stop) {
    let mut connection = pin!(connection);
    // How a connection ends concerns nobody but the one at its other end.
    tokio::select! {
        _ = &mut connection => {}
        () = stop.stopped() => {
            end(connection.as_mut());
            let _ = connection.await;
        }
    }
}

/// What answers the requests of a connection, and is told whose they are.
fn answers(
    router: Router,
    peer: Peer,
) -> impl Fn(hyper::Request<Incoming>) -> axum::routing::future::RouteFuture<std::convert::Infallible> {
    move |mut request| {
        request.extensions_mut().insert(peer);
        router.clone().call(request)
    }
}
