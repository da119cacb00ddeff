//! The data keys of a lake, as the loop has them destroyed. Copies of the file of the ring are their keeper's matter.

use mizumori_core::{DomainName, ErrorClass};
use mizumori_monitor::{DataKeys, KeysError};

use crate::lake::RingKeys;

impl DataKeys for RingKeys {
    fn forget(&self, domains: &[DomainName]) -> Result<u64, KeysError> {
        self.shred(domains)
            .map_err(|failure| KeysError { class: ErrorClass::Environment, cause: failure.into_error() })
    }
}
