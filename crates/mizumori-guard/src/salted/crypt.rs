//! Two old hashes of passwords that no crate in use here has: MD5-crypt, and phpass's portable one.

use md5::{Digest, Md5};

use super::text::crypt_digits;

/// Rounds of MD5-crypt, always.
pub(super) const MD5_ROUNDS: u64 = 1_000;
/// The order in which MD5-crypt writes the bytes of its result.
const MD5_ORDER: [usize; 16] = [12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11];

/// MD5-crypt, as FreeBSD's crypt(3) has it (`$1$`) and Apache with another magic (`$apr1$`), written as there.
pub(super) fn md5_crypt(password: &[u8], magic: &str, salt: &str) -> String {
    let inner = Md5::new().chain_update(password).chain_update(salt).chain_update(password).finalize();
    let mut first = Md5::new().chain_update(password).chain_update(magic).chain_update(salt);
    first.update(repeated(&inner, password.len()));
    let mut rest = password.len();
    while rest > 0 {
        // A mistake of the first program that everybody has kept: a zero, or the first byte.
        first.update(if rest & 1 == 1 { &[0][..] } else { password.get(..1).unwrap_or_default() });
        rest >>= 1;
    }
    let mut hash = first.finalize();
    for round in 0..MD5_ROUNDS {
        let is_odd = round % 2 == 1;
        let mut next = Md5::new();
        next.update(if is_odd { password } else { &hash });
        if round % 3 != 0 {
            next.update(salt);
        }
        if round % 7 != 0 {
            next.update(password);
        }
        next.update(if is_odd { &hash } else { password });
        hash = next.finalize();
    }
    let ordered: Vec<u8> = MD5_ORDER.iter().filter_map(|at| hash.get(*at).copied()).collect();
    crypt_digits(&ordered)
}

/// phpass's portable hash (`$P$`, and `$H$` in phpBB), written as there.
pub(super) fn phpass(password: &[u8], rounds: u64, salt: &str) -> String {
    let mut hash = Md5::new().chain_update(salt).chain_update(password).finalize();
    for _ in 0..rounds {
        hash = Md5::new().chain_update(hash).chain_update(password).finalize();
    }
    crypt_digits(&hash)
}

fn repeated(bytes: &[u8], length: usize) -> Vec<u8> {
    bytes.iter().copied().cycle().take(length).collect()
}
