//! A value that cannot be printed by accident, and what kinds of secrets there are.
//!
//! This is no encryption and no zeroing: it keeps secrets out of `Debug`, `Display` and `Serialize`, so that
//! the places where one is read are the places where [`Secret::expose`] stands.

use std::fmt;

/// A value that must not reach a log, an error, a snapshot or a screen.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Reads the value. Every call is a place to look at in a review.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Takes the value out.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// What kind of secret stands beside an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// A password in clear.
    Clear,
    /// A hash of a password.
    Hash,
    /// A session or access token.
    Token,
    /// Nothing.
    None,
}

impl SecretKind {
    /// The word that stands in outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Hash => "hash",
            Self::Token => "token",
            Self::None => "none",
        }
    }

    /// The kind of a word that [`as_str`](Self::as_str) gives.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Clear, Self::Hash, Self::Token, Self::None].into_iter().find(|kind| kind.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some([secret])");
    }
}
