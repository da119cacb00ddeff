//! The server: what stands between the wire and `s3s-fs`.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Result, s3_error};
use tokio::net::TcpListener;
use tokio::sync::RwLock;

use crate::{ACCESS_KEY, Fault, Kind, Request, SECRET_KEY, Shared, lock};

/// The one pair of keys that is let in.
struct OnePair;

#[async_trait::async_trait]
impl S3Auth for OnePair {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == ACCESS_KEY {
            return Ok(SECRET_KEY.into());
        }
        Err(s3_error!(
            InvalidAccessKeyId,
            "The AWS Access Key Id you provided does not exist in our records."
        ))
    }
}

pub(crate) struct Server {
    service: S3Service,
    root: PathBuf,
    shared: Arc<Shared>,
    /// Who writes is alone: `s3s-fs` looks whether an object is there, and writes it later.
    writes: RwLock<()>,
}

impl Server {
    pub(crate) fn new(root: &Path, shared: Arc<Shared>) -> io::Result<Self> {
        let store =
            s3s_fs::FileSystem::new(root).map_err(|error| io::Error::other(format!("s3s-fs: {error:?}")))?;
        let mut builder = S3ServiceBuilder::new(store);
        builder.set_auth(OnePair);
        Ok(Self { service: builder.build(), root: root.to_owned(), shared, writes: RwLock::default() })
    }

    /// Answers until the runtime ends.
    pub(crate) async fn run(self, listener: TcpListener) {
        let server = Arc::new(self);
        loop {
            let Ok((socket, _)) = listener.accept().await else { continue };
            let server = Arc::clone(&server);
            let answer = service_fn(move |request| {
                let server = Arc::clone(&server);
                async move { Ok::<_, Infallible>(server.answer(request).await) }
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new());
            // A client that goes away is none of the store's troubles.
            tokio::spawn(async move { drop(http.serve_connection(TokioIo::new(socket), answer).await) });
        }
    }

    async fn answer(&self, request: http::Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let asked = Request::of(&parts);
        lock(&self.shared.requests).push(asked.clone());
        let fault = lock(&self.shared.faults).pop_front();
        let fault = fault.or_else(|| lock(&self.shared.rule).as_ref().and_then(|rule| rule(&asked)));
        // Read before anybody is kept waiting, and before an answer: a client that still writes would not see it.
        let Ok(body) = body.collect().await else {
            return refusal(StatusCode::BAD_REQUEST, "IncompleteBody");
        };
        if let Some(fault) = fault.filter(|fault| *fault != Fault::AnswerLost) {
            return failure(fault);
        }
        let wanted = parts.headers.get(IF_MATCH).cloned().filter(|_| asked.kind == Kind::Get);
        let given = given_key(&parts);
        let request = http::Request::from_parts(parts, Body::from(body.to_bytes()));
        let response = if matches!(asked.kind, Kind::Get | Kind::Head | Kind::List) {
            let _reading = self.writes.read().await;
            self.service.call(request).await
        } else {
            let _writing = self.writes.write().await;
            self.service.call(request).await
        };
        let Ok(response) = response else {
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError");
        };
        if fault == Some(Fault::AnswerLost) {
            return failure(Fault::AnswerLost);
        }
        match response.status() {
            StatusCode::NOT_FOUND if !self.root.join(&asked.bucket).is_dir() => {
                refusal(StatusCode::NOT_FOUND, "NoSuchBucket")
            }
            // A folder on disk is no object.
            StatusCode::OK | StatusCode::INTERNAL_SERVER_ERROR
                if matches!(asked.kind, Kind::Get | Kind::Head)
                    && self.root.join(&asked.bucket).join(&asked.key).is_dir() =>
            {
                refusal(StatusCode::NOT_FOUND, "NoSuchKey")
            }
            StatusCode::FORBIDDEN => tell_key(response, &given).await,
            _ if wanted.is_some() && response.headers().get(ETAG) != wanted.as_ref() => {
                refusal(StatusCode::PRECONDITION_FAILED, "PreconditionFailed")
            }
            _ => response,
        }
    }
}

fn failure(fault: Fault) -> Response<Body> {
    match fault {
        Fault::SlowDown | Fault::AnswerLost => refusal(StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
        Fault::InternalError => refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        Fault::ClockSkew => refusal(StatusCode::FORBIDDEN, "RequestTimeTooSkewed"),
        Fault::AccessDenied => refusal(StatusCode::FORBIDDEN, "AccessDenied"),
        Fault::NoSuchKey => refusal(StatusCode::NOT_FOUND, "NoSuchKey"),
    }
}

fn refusal(status: StatusCode, code: &str) -> Response<Body> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>as the test wants it</Message>\
         <RequestId>1</RequestId></Error>"
    );
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

/// The access key that a signed request names.
fn given_key(parts: &http::request::Parts) -> String {
    let header = parts.headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let credential = header.and_then(|header| header.split_once("Credential=")?.1.split('/').next());
    credential.unwrap_or_default().to_owned()
}

/// Says in a refusal which key was refused, as Amazon does: a client must not print all that it is told.
async fn tell_key(response: Response<Body>, key: &str) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else { return refusal(StatusCode::FORBIDDEN, "AccessDenied") };
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    let text = text.replace("</Error>", &format!("<AWSAccessKeyId>{key}</AWSAccessKeyId></Error>"));
    parts.headers.remove(http::header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(text))
}
