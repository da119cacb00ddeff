//! Accounts of which something is asked, many in one statement.

use mizumori_core::keys::AccountTag;

/// So many accounts, or other numbers, are asked for in one statement: a text of some kilobytes.
pub(crate) const ASKED_AT_ONCE: usize = 500;

/// What a statement begins with that asks for accounts: a table `asked` of `hi` and `lo`. Tags are numbers of ours, none of anybody's.
/// It is to be joined by CROSS JOIN: SQLite then begins with it, whatever it believes of the other table, and looks by that one's index.
pub(crate) fn asked(accounts: &[AccountTag]) -> String {
    let values: Vec<_> = accounts.iter().map(|tag| format!("({}, {})", tag.hi, tag.lo)).collect();
    format!("WITH asked (hi, lo) AS (VALUES {})", values.join(", "))
}
