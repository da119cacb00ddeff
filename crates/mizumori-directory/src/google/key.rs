//! The key of a service account, as Google gives it in a file of JSON.

use mizumori_core::Secret;
use serde::Deserialize;
use url::Url;

use crate::error::{DirectoryError, Result};
use crate::rest::{Assertion, SigningKey, base};

/// What stands before the name of a scope.
const SCOPES: &str = "https://www.googleapis.com/auth/";

pub(super) struct ServiceAccount {
    key: SigningKey,
    key_id: String,
    address: String,
    pub(super) token_url: Url,
    audience: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "type")]
    kind: String,
    client_email: String,
    private_key: String,
    private_key_id: String,
    token_uri: String,
}

impl ServiceAccount {
    /// Reads the file's text.
    pub(super) fn parse(text: &Secret<String>) -> Result<Self> {
        let bad = || DirectoryError::Settings("the key is not the JSON file of a service account".to_owned());
        let file: File = serde_json::from_str(text.expose()).map_err(|_| bad())?;
        if file.kind != "service_account" {
            return Err(bad());
        }
        Ok(Self {
            key: SigningKey::parse(&Secret::new(file.private_key))?,
            key_id: file.private_key_id,
            address: file.client_email,
            token_url: base(&file.token_uri)?,
            audience: file.token_uri,
        })
    }

    /// Says that it acts for somebody, for one purpose.
    pub(super) fn assertion(&self, administrator: &str, scope: &str) -> Assertion {
        Assertion {
            key: self.key.clone(),
            key_id: Some(self.key_id.clone()),
            issuer: self.address.clone(),
            subject: administrator.to_owned(),
            audience: self.audience.clone(),
            scope: Some(format!("{SCOPES}{scope}")),
        }
    }
}
