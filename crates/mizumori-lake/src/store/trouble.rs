//! What is wrong with a store, in words that say what to do.
//!
//! What a store answers is not shown: Amazon's answer to a wrong key names the key, and what was signed with it. Only the code
//! of the answer is read.

use std::error::Error;
use std::io;
use std::sync::Arc;

use object_store::client::{HttpError, HttpErrorKind};

/// Whose store it is: the names of settings differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Amazon,
    Google,
    Azure,
}

impl Provider {
    const fn credentials(self) -> &'static str {
        match self {
            Self::Amazon => "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            Self::Google => "GOOGLE_SERVICE_ACCOUNT (the path of a key file)",
            Self::Azure => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
        }
    }

    const fn endpoint(self) -> &'static str {
        match self {
            Self::Amazon => "AWS_REGION and AWS_ENDPOINT_URL",
            Self::Google => "GOOGLE_BASE_URL",
            Self::Azure => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ENDPOINT",
        }
    }
}

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// There is no such kind of store.
    Kind,
    /// The environment lacks a setting, or has a wrong one.
    Settings,
    /// There is no such bucket.
    Bucket,
    /// There is no such object any more.
    Object,
    /// The object is another one than before.
    Changed,
    /// Nobody gave credentials.
    NoCredentials,
    /// The credentials are wrong.
    Credentials,
    /// The credentials are right, and do not allow it.
    Denied,
    /// The clocks of this machine and of the store differ too much.
    Clock,
    /// The store lies in another region.
    Region,
    /// The store did not get round to it.
    Busy,
    /// The store cannot be reached.
    Unreachable,
    /// The store did not answer in time.
    Slow,
    /// The name of an object is none that can be asked for.
    Name,
    /// It fails in another way.
    Other,
}

/// A store could not do it. It names the place as the user did, and nothing that a store answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.words())]
pub struct StoreError {
    place: Arc<str>,
    trouble: Trouble,
    provider: Option<Provider>,
    /// The status or the code of an answer.
    code: Option<String>,
}

impl StoreError {
    /// What is wrong.
    pub const fn trouble(&self) -> Trouble {
        self.trouble
    }

    pub(crate) fn new(place: &str, trouble: Trouble) -> Self {
        Self { place: place.into(), trouble, provider: None, code: None }
    }

    pub(super) fn unknown_kind(place: &str) -> Self {
        Self::new(place, Trouble::Kind)
    }

    /// The settings do not make a store.
    pub(super) fn of_settings(place: &str, provider: Provider, error: &object_store::Error) -> Self {
        // What is missing is said by name; values are not in these texts.
        let text = error.to_string();
        let missing = ["bucket name", "AccessKeyId", "SecretAccessKey", "Account", "Container"];
        let code = missing.into_iter().find(|name| text.to_lowercase().contains(&name.to_lowercase()));
        let code = code.map(|name| format!("no {name}"));
        Self { place: place.into(), trouble: Trouble::Settings, provider: Some(provider), code }
    }

    /// What an error of a store says.
    pub(super) fn of(place: &Arc<str>, provider: Provider, error: &object_store::Error) -> Self {
        let text = error.to_string();
        let code = answered(&text);
        let of_code = code.as_deref().and_then(|code| {
            Some(match code {
                "NoSuchBucket" | "ContainerNotFound" => Trouble::Bucket,
                "InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "InvalidToken"
                | "ExpiredToken"
                | "AuthenticationFailed"
                | "NotSignedUp" => Trouble::Credentials,
                "RequestTimeTooSkewed" | "RequestExpired" => Trouble::Clock,
                "AccessDenied" | "AllAccessDisabled" | "AuthorizationFailure" => Trouble::Denied,
                "SlowDown" | "ServiceUnavailable" | "ServerBusy" | "TooManyRequests" | "RequestTimeout" => {
                    Trouble::Busy
                }
                "PermanentRedirect"
                | "AuthorizationHeaderMalformed"
                | "IllegalLocationConstraintException" => Trouble::Region,
                _ => return None,
            })
        });
        let trouble = of_code.unwrap_or_else(|| of_error(error, &text));
        Self { place: Arc::clone(place), trouble, provider: Some(provider), code }
    }

    /// The next thing to do.
    pub fn hint(&self) -> Option<String> {
        let provider = self.provider.unwrap_or(Provider::Amazon);
        Some(match self.trouble {
            Trouble::Kind => "write s3://bucket/…, gs://bucket/… or az://container/…".to_owned(),
            Trouble::Settings => format!("check {} and {}", provider.credentials(), provider.endpoint()),
            Trouble::Bucket => {
                format!("make the bucket, or correct its name; {} may lead elsewhere", provider.endpoint())
            }
            Trouble::Object | Trouble::Changed => "give it again when nobody writes there".to_owned(),
            Trouble::NoCredentials => format!("set {}", provider.credentials()),
            Trouble::Credentials => format!("check {}", provider.credentials()),
            Trouble::Denied => {
                "give these credentials the right to list and read it, for a lake also to write and \
                                delete"
                    .to_owned()
            }
            Trouble::Clock => "set the clock of this machine".to_owned(),
            Trouble::Region => format!("check {}", provider.endpoint()),
            Trouble::Busy => "try again later".to_owned(),
            Trouble::Unreachable | Trouble::Slow => {
                format!("check the network, and {}", provider.endpoint())
            }
            Trouble::Name => "rename the object: `.`, `..` and nothing are no parts of a name".to_owned(),
            Trouble::Other => return None,
        })
    }

    fn words(&self) -> String {
        let place = &self.place;
        let code = self.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        match self.trouble {
            Trouble::Kind => format!("`{place}` is of no known kind of store"),
            Trouble::Settings => format!("the settings for `{place}` are incomplete or wrong{code}"),
            Trouble::Bucket => format!("the bucket of `{place}` does not exist"),
            Trouble::Object => format!("an object in `{place}` is not there any more"),
            Trouble::Changed => format!("an object in `{place}` was changed while it was being read"),
            Trouble::NoCredentials => format!("there are no credentials for `{place}`"),
            Trouble::Credentials => format!("the store of `{place}` refuses the credentials{code}"),
            Trouble::Denied => format!("the credentials do not allow this in `{place}`{code}"),
            Trouble::Clock => format!(
                "the store of `{place}` refuses requests because its clock and this machine's differ too much"
            ),
            Trouble::Region => format!("the bucket of `{place}` lies in another region{code}"),
            Trouble::Busy => format!("the store of `{place}` is too busy, and stayed so{code}"),
            Trouble::Unreachable => format!("the store of `{place}` cannot be reached"),
            Trouble::Slow => format!("the store of `{place}` did not answer in time"),
            Trouble::Name => format!("an object in `{place}` has a name that cannot be asked for"),
            Trouble::Other => format!("the store of `{place}` failed{code}"),
        }
    }

    /// As an error of reading, of a kind that says in two words what is wrong.
    pub(crate) fn into_io(self) -> io::Error {
        let kind = match self.trouble {
            Trouble::Bucket | Trouble::Object => io::ErrorKind::NotFound,
            Trouble::Changed => io::ErrorKind::StaleNetworkFileHandle,
            Trouble::NoCredentials | Trouble::Credentials | Trouble::Denied | Trouble::Clock => {
                io::ErrorKind::PermissionDenied
            }
            Trouble::Busy => io::ErrorKind::ResourceBusy,
            Trouble::Unreachable => io::ErrorKind::HostUnreachable,
            Trouble::Slow => io::ErrorKind::TimedOut,
            Trouble::Kind | Trouble::Settings | Trouble::Region | Trouble::Name => {
                io::ErrorKind::InvalidInput
            }
            Trouble::Other => io::ErrorKind::Other,
        };
        io::Error::new(kind, self)
    }

    /// The store's trouble that an error is about, however deep it lies.
    pub fn find<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Self> {
        let mut at = Some(error);
        while let Some(error) = at {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(found);
            }
            // An `io::Error` does not show what it carries among its causes.
            let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            at = match carried {
                Some(carried) => Some(carried as &(dyn Error + 'static)),
                None => error.source(),
            };
        }
        None
    }
}

/// The code in a store's answer: letters alone.
fn answered(text: &str) -> Option<String> {
    let xml =
        text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    let status = || text.split_once("status code: ").and_then(|(_, rest)| rest.get(..3));
    let code = xml.or_else(status)?;
    let is_code = code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| code.to_owned())
}

/// Parts of URLs where the role of a machine is asked for when no variable names credentials.
const ROLES: [&str; 6] = [
    "169.254.169.254",
    "169.254.170.2",
    "latest/api/token",
    "latest/meta-data",
    "metadata.google.internal",
    "metadata/identity",
];

fn of_error(error: &object_store::Error, text: &str) -> Trouble {
    match error {
        _ if ROLES.iter().any(|part| text.contains(part)) => Trouble::NoCredentials,
        object_store::Error::NotFound { .. } => Trouble::Object,
        object_store::Error::Precondition { .. } | object_store::Error::NotModified { .. } => {
            Trouble::Changed
        }
        object_store::Error::PermissionDenied { .. } => Trouble::Denied,
        object_store::Error::Unauthenticated { .. } => Trouble::Credentials,
        object_store::Error::InvalidPath { .. } => Trouble::Name,
        _ if text.contains("redirect without LOCATION") => Trouble::Region,
        _ => of_connection(error).unwrap_or(Trouble::Other),
    }
}

/// What is wrong with the connection, where it is that.
fn of_connection(error: &object_store::Error) -> Option<Trouble> {
    let mut at: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = at {
        if let Some(http) = error.downcast_ref::<HttpError>() {
            return Some(match http.kind() {
                HttpErrorKind::Timeout => Trouble::Slow,
                HttpErrorKind::Connect | HttpErrorKind::Request | HttpErrorKind::Interrupted => {
                    Trouble::Unreachable
                }
                _ => Trouble::Other,
            });
        }
        at = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(source: &str) -> StoreError {
        let error = object_store::Error::Generic { store: "S3", source: source.into() };
        StoreError::of(&"s3://bucket/lake".into(), Provider::Amazon, &error)
    }

    #[test]
    fn answers_are_understood_and_not_shown() {
        let check = |code: &str, trouble: Trouble| {
            let answer = format!(
                "Server returned non-2xx status code: 403 Forbidden: <Error><Code>{code}</Code>\
                 <AWSAccessKeyId>AKIAEXAMPLE</AWSAccessKeyId><StringToSign>AWS4</StringToSign></Error>"
            );
            let error = told(&answer);
            assert_eq!(error.trouble(), trouble, "{code}");
            for text in [error.to_string(), format!("{error:?}"), error.hint().unwrap_or_default()] {
                assert!(!text.contains("AKIAEXAMPLE") && !text.contains("AWS4"), "{text}");
            }
            assert!(error.to_string().contains("s3://bucket/lake"));
        };
        check("NoSuchBucket", Trouble::Bucket);
        check("SignatureDoesNotMatch", Trouble::Credentials);
        check("RequestTimeTooSkewed", Trouble::Clock);
        check("SlowDown", Trouble::Busy);
        check("AccessDenied", Trouble::Denied);
        check("Strange", Trouble::Other);
        assert_eq!(told("PUT http://169.254.169.254/latest/api/token").trouble(), Trouble::NoCredentials);
    }

    #[test]
    fn it_is_found_wherever_it_lies() {
        let error = StoreError::new("s3://bucket", Trouble::Busy);
        let io = error.clone().into_io();
        assert_eq!(StoreError::find(&io), Some(&error));
        let deep = object_store::Error::Generic { store: "x", source: Box::new(error.clone().into_io()) };
        let deep = io::Error::other(deep);
        assert_eq!(StoreError::find(&deep), Some(&error));
        assert_eq!(StoreError::find(&io::Error::other("x")), None);
    }
}
