//! Exposures as objects and as a table.

use mizumori_core::keys::{KeyRing, Sealed, key_number};
use mizumori_core::{Account, Exposure};
use serde_json::json;

use crate::outcome::Failure;
use crate::output::Output;

/// An exposure, and whose it is where that is known.
pub(super) struct Found<'f> {
    pub(super) exposure: Exposure,
    pub(super) account: Option<&'f Account<'static>>,
}

impl Found<'_> {
    /// The exposure as an object, with its account.
    pub(super) fn as_json(&self, reveal: Option<&KeyRing>) -> serde_json::Value {
        let mut object = as_json(&self.exposure, reveal);
        if let (Some(account), Some(object)) = (self.account, object.as_object_mut()) {
            object.insert("account".to_owned(), exposed(account).into());
        }
        object
    }
}

/// An address that whoever asks has given.
fn exposed(account: &Account<'_>) -> String {
    let mut text = String::new();
    account.expose_into(&mut text);
    text
}

/// An exposure as an object. `reveal` opens what was sealed.
pub(in crate::commands) fn as_json(exposure: &Exposure, reveal: Option<&KeyRing>) -> serde_json::Value {
    let mut object = json!({
        "tag": format!("{:016x}{:016x}", exposure.account.hi, exposure.account.lo),
        "login": exposure.account.is_login(),
        "domain": exposure.domain,
        "host": exposure.host,
        "source": exposure.source,
        "place": exposure.place,
        "leaked": exposure.month.map(|month| month.to_string()),
        "secret": {
            "kind": exposure.kind.as_str(),
            "tag": exposure.secret.map(|tag| format!("{:016x}", tag.0)),
        },
        "site": exposure.site,
        "log": exposure.log.map(|tag| format!("{:016x}", tag.0)),
        "sealed": exposure.sealed.is_some(),
    });
    if let (Some(ring), Some(object)) = (reveal, object.as_object_mut()) {
        let opened = opened(exposure, ring);
        let value = match opened {
            Some(Ok(opened)) => revealed(&opened),
            Some(Err(why)) => json!({"error": why}),
            None => serde_json::Value::Null,
        };
        object.insert("revealed".to_owned(), value);
    }
    object
}

/// What was opened, as an object; of a stealer log with what it says of its computer.
fn revealed(opened: &Sealed) -> serde_json::Value {
    let Sealed { local, secret, computer, user, taken } = opened;
    let mut object = json!({"local": local.expose(), "secret": secret.expose()});
    let told = [("computer", computer), ("user", user), ("taken", taken)];
    if let Some(object) = object.as_object_mut() {
        let told = told.into_iter().filter(|(_, value)| !value.expose().is_empty());
        object.extend(told.map(|(name, value)| (name.to_owned(), json!(value.expose()))));
    }
    object
}

/// What was sealed in an exposure.
pub(in crate::commands) fn opened(exposure: &Exposure, ring: &KeyRing) -> Option<Result<Sealed, String>> {
    let sealed = exposure.sealed.as_ref()?;
    let open = || {
        let number = key_number(sealed).map_err(|error| error.to_string())?;
        let key = ring.data_key_of(number).ok_or("its key was shredded")?;
        key.open(&exposure.source, exposure.account, sealed).map_err(|error| error.to_string())
    };
    Some(open())
}

/// Writes exposures as a table, those of a domain together.
pub(super) fn write_table(
    out: &mut Output,
    found: &[Found<'_>],
    reveal: Option<&KeyRing>,
) -> Result<(), Failure> {
    if found.is_empty() {
        return Ok(());
    }
    let mut found: Vec<_> = found.iter().collect();
    found.sort_by_key(|Found { exposure, .. }| {
        (&exposure.host, exposure.account, exposure.month, exposure.secret)
    });
    let titles = ["leaked", "secret", "host", "site", "source", "account", "computer"];
    let mut rows = vec![titles.map(str::to_owned)];
    for Found { exposure, account } in found {
        let revealed = reveal.and_then(|ring| opened(exposure, ring)?.ok());
        let account = match (&revealed, account) {
            (Some(opened), _) if exposure.account.is_login() => opened.local.expose().clone(),
            (Some(opened), _) => format!("{}@{}", opened.local.expose(), exposure.host),
            (None, Some(account)) => exposed(account),
            (None, None) if exposure.account.is_login() => format!("login {:016x}", exposure.account.hi),
            (None, None) => format!("{:016x}", exposure.account.hi),
        };
        let secret = match &revealed {
            Some(opened) => opened.secret.expose().clone(),
            // Enough of the tag to tell one secret from another.
            None => match exposure.secret {
                Some(tag) => format!("{} {:04x}", exposure.kind.as_str(), tag.0.cast_unsigned() >> 48),
                None => exposure.kind.as_str().to_owned(),
            },
        };
        let parts = revealed.iter().flat_map(|opened| [&opened.computer, &opened.user, &opened.taken]);
        let parts: Vec<_> =
            parts.map(|part| part.expose().as_str()).filter(|part| !part.is_empty()).collect();
        rows.push([
            exposure.month.map_or("unknown".to_owned(), |month| month.to_string()),
            secret,
            exposure.host.clone(),
            exposure.site.clone().unwrap_or_else(|| "-".to_owned()),
            exposure.source.clone(),
            account,
            parts.join(", "),
        ]);
    }
    // Only a stealer log knows of computers.
    if let Some(([.., title], rows)) = rows.split_first_mut()
        && rows.iter().all(|[.., computer]| computer.is_empty())
    {
        title.clear();
    }
    crate::columns::write(out, &rows)?;
    Ok(())
}
