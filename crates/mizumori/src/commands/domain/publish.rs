//! What the holder of a domain publishes to prove that it is his. Nothing here looks for it.

use mizumori_core::DomainName;
use mizumori_proof::Token;
use serde_json::json;

use super::check::of;
use crate::outcome::Failure;
use crate::show::{Form, show};

/// Draws a token.
pub(super) fn draw() -> Result<String, Failure> {
    Ok(Token::random().map_err(Failure::new)?.to_string())
}

/// Shows each way: how, where, and what stands there.
pub(super) fn show_ways(form: Form, domain: &DomainName, token: &str) -> Result<(), Failure> {
    let challenge = of(domain, token)?;
    let ways = [
        ("dns", challenge.record_name(), challenge.line()),
        ("file", challenge.file_url(), challenge.line()),
        ("meta", challenge.page_url(), challenge.meta_element()),
    ];
    let rows = ways.into_iter().map(|(method, place, content)| {
        let object = json!({"method": method, "place": place, "content": content});
        ([of_people(method).to_owned(), place, content], object)
    });
    show(form, ["proof", "where", "what stands there"], rows)
}

/// A way as people know it.
fn of_people(method: &str) -> &str {
    match method {
        "dns" => "TXT record",
        "meta" => "head of the page",
        other => other,
    }
}
