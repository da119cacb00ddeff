//! What is published to prove a domain.

use std::fmt;
use std::str::FromStr;

use crate::error::{ProofError, Result};

/// Bytes of a token.
const TOKEN: usize = 16;

/// 128 random bits: more than the 112 that the Baseline Requirements want of a random value (1.6.1).
///
/// It belongs to one organisation and one domain: the same token for two organisations would let one prove what the other
/// published. It is no secret, for it is published where everybody can read it, so that errors and `Debug` may show it; what only
/// one mailbox may know is a [`MailCode`](crate::MailCode), which nobody can work out from the token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token([u8; TOKEN]);

impl Token {
    /// A new one, drawn from the operating system's generator.
    ///
    /// # Errors
    /// When the operating system has no random bytes to give.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; TOKEN];
        getrandom::fill(&mut bytes).map_err(ProofError::NoRandomness)?;
        Ok(Self(bytes))
    }

    /// One that is worked out and not drawn: nobody else may be able to.
    pub const fn from_bytes(bytes: [u8; TOKEN]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; TOKEN] {
        &self.0
    }
}

impl fmt::Display for Token {
    /// 32 hexadecimal digits, in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}

impl FromStr for Token {
    type Err = ProofError;

    /// Reads what [`Display`](fmt::Display) writes, in upper case too.
    fn from_str(text: &str) -> Result<Self> {
        let digits: Option<Vec<u8>> =
            text.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
        let digits = digits.ok_or(ProofError::Token)?;
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        match <[u8; TOKEN]>::try_from(bytes) {
            Ok(bytes) if rest.is_empty() => Ok(Self(bytes)),
            _ => Err(ProofError::Token),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read() {
        let token = Token::random().unwrap();
        let text = token.to_string();
        assert_eq!(text.len(), 32);
        assert_eq!(text.parse::<Token>().unwrap(), token);
        assert_eq!(text.to_uppercase().parse::<Token>().unwrap(), token);
        assert_eq!(format!("{token:?}"), format!("Token({text})"));
        assert_ne!(token, Token::random().unwrap());
    }

    #[test]
    fn what_is_none() {
        let digits = "0123456789abcdef0123456789abcdef";
        for text in
            ["", "0", &digits[1..], &format!("{digits}0"), &format!("{digits}00"), &format!(" {digits}")]
        {
            assert!(matches!(text.parse::<Token>(), Err(ProofError::Token)), "{text}");
        }
        assert!("g123456789abcdef0123456789abcdef".parse::<Token>().is_err());
        assert!("０123456789abcdef0123456789abcdef".parse::<Token>().is_err());
    }
}
