//! Secrets lie in files, which settings name.

use std::path::Path;

use mizumori_core::Secret;

use crate::error::MonitorError;

/// The secret in a file: its first line.
pub(crate) fn secret_in(file: &Path) -> Result<Secret<String>, MonitorError> {
    let text = key_in(file)?;
    Ok(Secret::new(text.expose().lines().next().unwrap_or_default().to_owned()))
}

/// The key in a file: all of it.
pub(crate) fn key_in(file: &Path) -> Result<Secret<String>, MonitorError> {
    std::fs::read_to_string(file)
        .map(Secret::new)
        .map_err(|cause| MonitorError::SecretFile { file: file.to_owned(), cause })
}
