//! The head of a bundle: what it says without a key.

use mizumori_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{BundleError, Result};
use crate::keys::{KEY, KeyId, WRAPPED};
use crate::{RECIPIENTS, VERSION, hex};

/// The longest header.
pub(crate) const LONGEST: usize = 64 << 10;

/// What stands before the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Who signed it, by its own account.
    pub sender: KeyId,
    /// Its number: each bundle of a sender has a greater one.
    pub sequence: u64,
    /// When it was written, by its sender's clock.
    pub created: Timestamp,
    /// For whom it is.
    pub recipients: Vec<Recipient>,
}

/// Somebody who can open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// His key.
    pub key: KeyId,
    pub(crate) sealed: Vec<u8>,
    pub(crate) wrapped: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    sender: String,
    sequence: u64,
    created: i64,
    recipients: Vec<WrittenRecipient>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRecipient {
    key: String,
    sealed: String,
    wrapped: String,
}

impl Header {
    /// The version and all of it, as bytes.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        let recipient = |recipient: &Recipient| WrittenRecipient {
            key: recipient.key.to_string(),
            sealed: hex::encode(&recipient.sealed),
            wrapped: hex::encode(&recipient.wrapped),
        };
        let written = Written {
            sender: self.sender.to_string(),
            sequence: self.sequence,
            created: self.created.0,
            recipients: self.recipients.iter().map(recipient).collect(),
        };
        let text = serde_json::to_vec(&written).map_err(|_| BundleError::Malformed("header"))?;
        let length = u32::try_from(text.len()).map_err(|_| BundleError::Malformed("header"))?;
        Ok([VERSION.to_le_bytes().as_slice(), &length.to_le_bytes(), &text].concat())
    }

    /// Reads the text of a header.
    pub(crate) fn parse(text: &[u8]) -> Result<Self> {
        let malformed = || BundleError::Malformed("header");
        let written: Written = serde_json::from_slice(text).map_err(|_| malformed())?;
        if written.recipients.is_empty() || written.recipients.len() > RECIPIENTS {
            return Err(malformed());
        }
        let recipient = |written: &WrittenRecipient| {
            let bytes = |text: &str, length| hex::decode(text).filter(|bytes| bytes.len() == length);
            Some(Recipient {
                key: KeyId::of_header(&written.key)?,
                sealed: bytes(&written.sealed, KEY)?,
                wrapped: bytes(&written.wrapped, WRAPPED)?,
            })
        };
        let recipients: Option<Vec<_>> = written.recipients.iter().map(recipient).collect();
        Ok(Self {
            sender: KeyId::of_header(&written.sender).ok_or_else(malformed)?,
            sequence: written.sequence,
            created: Timestamp(written.created),
            recipients: recipients.ok_or_else(malformed)?,
        })
    }
}
