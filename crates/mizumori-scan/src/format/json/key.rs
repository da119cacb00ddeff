//! What the keys of objects mean.

use super::string::unescape;
use crate::address::next_at;
use crate::format::column::Role;
use crate::format::column_name::role_of_name;
use crate::format::key_cache::KeyCache;
use crate::format::row::whole_address;

/// A longer key is no name of a column.
const MAX_KEY: usize = 256;

/// What a key says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It has that role.
    Role(Role),
    /// What the key of the object around it says: `{"password": {"$numberLong": "1"}}`.
    OfParent,
    /// The key is an address: the value is its secret, or says more about it.
    Address,
}

/// The meaning of a key as it stands between its quotes. An address is left in `address`, unescaped.
pub(super) fn meaning(
    raw: &[u8],
    is_escaped: bool,
    cache: &mut KeyCache<Meaning>,
    address: &mut Vec<u8>,
) -> Meaning {
    // Addresses are never remembered: there would be no end of them.
    if let Some(known) = cache.find(raw) {
        return known;
    }
    if is_escaped || next_at(raw, 0).is_some() {
        address.clear();
        unescape(raw, address);
        if whole_address(address).is_some() {
            return Meaning::Address;
        }
    }
    let mut name = Vec::new();
    unescape(raw.get(..MAX_KEY).unwrap_or(raw), &mut name);
    let meaning = match name.as_slice() {
        [b'$', ..] | b"value" | b"#text" | b"_text" => Meaning::OfParent,
        name => {
            let role = std::str::from_utf8(name).ok().and_then(role_of_name);
            Meaning::Role(role.unwrap_or(Role::Other))
        }
    };
    cache.keep(raw, meaning);
    meaning
}
