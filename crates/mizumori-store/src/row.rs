//! Rows, column by column.

use mizumori_core::{Month, Timestamp};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::error::StoreError;

/// Reads columns by their names; a column of another type is a damaged store.
pub(crate) trait Columns {
    /// A whole number.
    fn number(&self, name: &'static str) -> Result<i64, StoreError>;
    /// A whole number, or nothing.
    fn maybe_number(&self, name: &'static str) -> Result<Option<i64>, StoreError>;
    /// A text.
    fn text(&self, name: &'static str) -> Result<String, StoreError>;
    /// A text, or nothing.
    fn maybe_text(&self, name: &'static str) -> Result<Option<String>, StoreError>;
    /// Bytes.
    fn bytes(&self, name: &'static str) -> Result<Vec<u8>, StoreError>;

    /// Whether a number is not 0.
    fn flag(&self, name: &'static str) -> Result<bool, StoreError> {
        Ok(self.number(name)? != 0)
    }

    /// Yes, no, or nobody knows.
    fn maybe_flag(&self, name: &'static str) -> Result<Option<bool>, StoreError> {
        Ok(self.maybe_number(name)?.map(|number| number != 0))
    }

    /// A moment.
    fn time(&self, name: &'static str) -> Result<Timestamp, StoreError> {
        Ok(Timestamp(self.number(name)?))
    }

    /// A moment, or nothing.
    fn maybe_time(&self, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_number(name)?.map(Timestamp))
    }

    /// A month, or nothing.
    fn maybe_month(&self, name: &'static str) -> Result<Option<Month>, StoreError> {
        let month = self.maybe_text(name)?.map(|text| text.parse());
        month.transpose().map_err(|_| StoreError::Damaged { what: name })
    }

    /// A word of a closed list.
    fn word<T>(&self, name: &'static str, of: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        of(&self.text(name)?).ok_or(StoreError::Damaged { what: name })
    }

    /// Texts, which stand as JSON.
    fn texts(&self, name: &'static str) -> Result<Vec<String>, StoreError> {
        serde_json::from_str(&self.text(name)?).map_err(|_| StoreError::Damaged { what: name })
    }
}

impl Columns for AnyRow {
    fn number(&self, name: &'static str) -> Result<i64, StoreError> {
        self.try_get(name).map_err(|_| StoreError::Damaged { what: name })
    }

    fn maybe_number(&self, name: &'static str) -> Result<Option<i64>, StoreError> {
        self.try_get(name).map_err(|_| StoreError::Damaged { what: name })
    }

    fn text(&self, name: &'static str) -> Result<String, StoreError> {
        self.try_get(name).map_err(|_| StoreError::Damaged { what: name })
    }

    fn maybe_text(&self, name: &'static str) -> Result<Option<String>, StoreError> {
        self.try_get(name).map_err(|_| StoreError::Damaged { what: name })
    }

    fn bytes(&self, name: &'static str) -> Result<Vec<u8>, StoreError> {
        self.try_get(name).map_err(|_| StoreError::Damaged { what: name })
    }
}

/// Texts as a column keeps them.
pub(crate) fn json_of(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}
