//! Who mails are from and to, and how a mail is named.

use std::fmt;
use std::str::FromStr;

use lettre::Address;
use lettre::message::Mailbox;

use crate::error::{RespondError, Result};

/// The longest that a path of SMTP may be (RFC 5321, section 4.5.3.1.3), without its brackets.
const LONGEST_ADDRESS: usize = 254;
/// What still leaves its header on one line (RFC 5322, section 2.1.1).
const LONGEST_ID: usize = 200;
/// Longer than any name; what is behind it is cut off.
const LONGEST_NAME: usize = 120;

/// An address with the name of who reads it. Its `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct MailAddress {
    address: Address,
    name: Option<String>,
}

impl MailAddress {
    /// An address without a name.
    ///
    /// # Errors
    /// When nothing can be sent to it: it is not `local@domain`, or has blanks, quotes or control characters in it.
    pub fn new(address: &str) -> Result<Self> {
        let wrong = || RespondError::Address("what was given");
        let is_odd = |sign: char| sign.is_control() || sign.is_whitespace() || "<>\"()[],;:\\".contains(sign);
        if address.len() > LONGEST_ADDRESS || address.chars().any(is_odd) {
            return Err(wrong());
        }
        Ok(Self { address: address.parse().map_err(|_| wrong())?, name: None })
    }

    /// The same with a name; control characters in it become blanks.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        let name = one_line(name, LONGEST_NAME);
        self.name = (!name.is_empty()).then_some(name);
        self
    }

    /// The address as it is sent to.
    pub fn expose(&self) -> &str {
        self.address.as_ref()
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.address.domain()
    }

    pub(crate) fn inner(&self) -> &Address {
        &self.address
    }

    pub(crate) fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.name.clone(), self.address.clone())
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[address]")
    }
}

/// The name of a mail: the same at each attempt, so that who gets it twice can tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// With its angle brackets.
    pub(crate) fn bracketed(&self) -> String {
        format!("<{}>", self.0)
    }
}

impl FromStr for MessageId {
    type Err = RespondError;

    /// Reads `left@right`, both of what may stand in an atom and of dots (RFC 5322, section 3.6.4), without brackets.
    fn from_str(text: &str) -> Result<Self> {
        let is_atom = |part: &str| {
            let is_text = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
            part.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_text))
        };
        let fits = text.len() <= LONGEST_ID
            && text.split_once('@').is_some_and(|(left, right)| is_atom(left) && is_atom(right));
        fits.then(|| Self(text.to_owned())).ok_or(RespondError::Unwritable("its name is not left@right"))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text on one line: what would break it, or turn its reading round, becomes a blank.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    let is_break = |sign: char| {
        sign.is_control()
            || matches!(sign, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text: String = text.chars().map(|sign| if is_break(sign) { ' ' } else { sign }).collect();
    text.trim().chars().take(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_can_be_sent_to() {
        for address in ["taro@suigen.example", "t.suigen+a@mail.suigen.example", "太郎@水源.example"] {
            assert_eq!(MailAddress::new(address).unwrap().expose(), address);
        }
        for wrong in [
            "",
            "taro",
            "@suigen.example",
            "taro@",
            "taro@suigen.example\r\nRCPT TO:<b@suigen.example>",
            "a b@suigen.example",
            "\"a b\"@suigen.example",
            "<taro@suigen.example>",
            "taro@[127.0.0.1]",
            "a@b.example,c@d.example",
        ] {
            assert!(MailAddress::new(wrong).is_err(), "{wrong}");
        }
        assert!(MailAddress::new(&format!("{}@suigen.example", "a".repeat(300))).is_err());
    }

    #[test]
    fn people_are_not_shown() {
        let address = MailAddress::new("taro@suigen.example").unwrap().named("Suigen Taro");
        assert_eq!(format!("{address:?}"), "[address]");
    }

    #[test]
    fn names_of_mails() {
        for id in ["f1.0@suigen.example", "a@b", "0-9_=+@x.y"] {
            assert_eq!(id.parse::<MessageId>().unwrap().to_string(), id);
        }
        for wrong in ["", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nBcc: c", "<a@b>", "a..b@c", "水@b"] {
            assert!(wrong.parse::<MessageId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn lines_stay_one() {
        assert_eq!(one_line(" a\r\nBcc: b\u{2028}c\u{202e}d ", 20), "a  Bcc: b c d");
        assert_eq!(one_line("水源省", 2), "水源");
    }
}
