//! Records: what a format understands of one line, row or block of a dump.
//!
//! A record with several addresses is given once for each of them: one exposure an address. Nothing here is
//! kept after the call that hands it over, and nothing prints itself.

use std::borrow::Cow;
use std::fmt;

use mizumori_core::Account;

use crate::secret::SecretField;
use crate::url::Url;

/// Who a record is about.
#[derive(Clone, PartialEq, Eq)]
pub enum Login<'a> {
    /// A canonical e-mail address.
    Account(Account<'a>),
    /// A user name that is none.
    Name(Cow<'a, str>),
    /// Nobody: the field is empty.
    None,
}

impl<'a> Login<'a> {
    /// The account, where the login is one.
    pub const fn account(&self) -> Option<&Account<'a>> {
        match self {
            Self::Account(account) => Some(account),
            Self::Name(_) | Self::None => None,
        }
    }
}

impl fmt::Debug for Login<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account(_) => "[account]",
            Self::Name(_) => "[login]",
            Self::None => "[no login]",
        })
    }
}

/// Where a record's login stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// In a place for logins: a field of a list, a column, a value.
    Field,
    /// In a text in which it merely occurs: nobody logged in with it there.
    Text,
}

/// One line, row or block of a dump, as far as it concerns one login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The physical line in which it begins, counted from 1 at the start of the piece that is scanned.
    pub line: u64,
    /// Whose it is.
    pub login: Login<'a>,
    /// Where the login stands.
    pub origin: Origin,
    /// What stands beside the login.
    pub secret: SecretField<'a>,
    /// The web site that the login is for.
    pub url: Option<Url<'a>>,
}

/// Why a record could not be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reject {
    /// A quoted field, string or block does not end.
    Unterminated,
    /// The text breaks its format's grammar.
    Malformed,
    /// It is longer than the limit.
    TooLong,
}

impl Reject {
    /// The reason, for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unterminated => "a quoted field does not end",
            Self::Malformed => "the text breaks its format's grammar",
            Self::TooLong => "the record is longer than the limit",
        }
    }
}

/// Receives what a format understands, in the order of the text.
pub(crate) trait Emit {
    /// One record.
    fn record(&mut self, record: Record<'_>);

    /// Something that holds an address or a site and could not be understood; `line` as in [`Record::line`].
    fn rejected(&mut self, line: u64, why: Reject);
}
