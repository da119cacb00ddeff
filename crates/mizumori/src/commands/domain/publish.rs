//! What the holder of a domain publishes to prove that it is his. Nothing here looks for it.

use mizumori_core::DomainName;
use serde_json::json;

use crate::outcome::Failure;
use crate::show::{Form, show};

/// What stands before the token, and the name of the file and of the element.
const KEY: &str = "mizumori-domain-verification";

/// Draws a token: 128 random bits as hexadecimal digits.
pub(super) fn draw() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Failure::new)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Shows each way: how, where, and what stands there.
pub(super) fn show_ways(form: Form, domain: &DomainName, token: &str) -> Result<(), Failure> {
    let ways = [
        ("dns", format!("_mizumori-challenge.{domain}"), format!("{KEY}={token}")),
        ("file", format!("https://{domain}/.well-known/{KEY}.txt"), format!("{KEY}={token}")),
        ("meta", format!("https://{domain}/"), format!("<meta name=\"{KEY}\" content=\"{token}\">")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_drawn() {
        let mut drawn: Vec<_> = (0..100).map(|_| draw().unwrap()).collect();
        assert!(
            drawn.iter().all(|token| token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()))
        );
        drawn.sort();
        drawn.dedup();
        assert_eq!(drawn.len(), 100);
    }
}
