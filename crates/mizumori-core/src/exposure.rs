//! What a leak holds of one account.

use crate::keys::{AccountTag, LogTag, SecretTag};
use crate::month::Month;
use crate::secret::SecretKind;

/// An exposure as a lake keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The source's id.
    pub source: String,
    /// The source's place.
    pub place: String,
    /// The month in which it leaked.
    pub month: Option<Month>,
    /// The registrable domain of the account.
    pub domain: String,
    /// Its host.
    pub host: String,
    /// Its tag.
    pub account: AccountTag,
    /// The tag of the secret beside it.
    pub secret: Option<SecretTag>,
    /// What kind of secret that is.
    pub kind: SecretKind,
    /// The registrable domain of the site of the login.
    pub site: Option<String>,
    /// The stealer log in which it stood.
    pub log: Option<LogTag>,
    /// What the owner of the domain's data key can read.
    pub sealed: Option<Vec<u8>>,
}
