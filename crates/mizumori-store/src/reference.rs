//! What people call a finding by: in a mail, at the desk, on the telephone.

use std::fmt;
use std::str::FromStr;

use crate::error::StoreError;

/// Without I, L, O and U, which are taken for others (D. Crockford, "Base 32").
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;

/// Eight drawn digits in two groups, `7F3K-92QM`: nobody can count findings by it, or guess another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

impl Reference {
    pub(crate) fn draw() -> Result<Self, StoreError> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
        let digits = bytes.map(|byte| DIGITS.get(usize::from(byte % 32)).copied().unwrap_or(b'0'));
        Ok(Self::grouped(digits.iter().map(|digit| char::from(*digit))))
    }

    fn grouped(digits: impl Iterator<Item = char>) -> Self {
        let mut text = String::with_capacity(LENGTH + 1);
        for (at, digit) in digits.enumerate() {
            if at == LENGTH / 2 {
                text.push('-');
            }
            text.push(digit);
        }
        Self(text)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As people write it: small letters, without the dash, `O` for `0`, `I` and `L` for `1`.
impl FromStr for Reference {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let digit = |letter: char| match letter.to_ascii_uppercase() {
            'O' => Some('0'),
            'I' | 'L' => Some('1'),
            other => u8::try_from(other).ok().filter(|byte| DIGITS.contains(byte)).map(char::from),
        };
        let written = text.trim().chars().filter(|letter| *letter != '-' && *letter != ' ');
        let digits: Option<Vec<char>> = written.map(digit).collect();
        match digits {
            Some(digits) if digits.len() == LENGTH => Ok(Self::grouped(digits.into_iter())),
            _ => Err(StoreError::Missing("finding of that reference number".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_read() {
        let mut drawn: Vec<_> = (0..100).map(|_| Reference::draw().unwrap()).collect();
        for reference in &drawn {
            assert_eq!(reference.as_str().len(), 9);
            assert_eq!(
                &reference.as_str().to_lowercase().replace('-', "").parse::<Reference>().unwrap(),
                reference
            );
        }
        drawn.sort();
        drawn.dedup();
        assert_eq!(drawn.len(), 100);
    }

    #[test]
    fn what_people_write() {
        let read = |text: &str| text.parse::<Reference>().map(|reference| reference.to_string()).ok();
        assert_eq!(read(" ol7f-3k9i "), Some("017F-3K91".to_owned()));
        for wrong in ["", "7F3K-92Q", "7F3K-92QMM", "7F3K-92QU", "７F3K-92QM"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
