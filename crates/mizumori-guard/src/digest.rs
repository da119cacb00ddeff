//! Hashes of passwords, and their spelling.
//!
//! Both are unsalted and fast to compute: whoever has the hash of a weak password has the password. That is why their `Debug`
//! shows nothing. They are what lists of leaked passwords are made of, not a way to store passwords.

use std::fmt;

use md4::Md4;
use sha1::{Digest, Sha1};

/// Which hash of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashKind {
    /// SHA-1 (FIPS 180-4) of the password's bytes; 20 bytes.
    Sha1,
    /// MD4 (RFC 1320) of the password in UTF-16, low byte first, as Windows keeps it; 16 bytes.
    Ntlm,
}

impl HashKind {
    /// Both, in the order in which they are listed.
    pub const ALL: [Self; 2] = [Self::Sha1, Self::Ntlm];

    /// Bytes of a hash.
    pub const fn width(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Ntlm => 16,
        }
    }

    /// Its name in the manifest and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Ntlm => "ntlm",
        }
    }

    /// The kind whose hashes have so many hexadecimal digits.
    pub fn of_digits(digits: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.width() * 2 == digits)
    }
}

impl fmt::Display for HashKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha1 => "SHA-1",
            Self::Ntlm => "NTLM",
        })
    }
}

/// The bytes of a hash as numbers, most significant first, so that their order is the hashes' order. What an NTLM hash has not
/// is zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Key {
    pub(crate) high: u64,
    pub(crate) middle: u64,
    pub(crate) low: u32,
}

impl Key {
    /// The first of all keys that begin with these 20 bits.
    pub(crate) fn first_of(prefix: u32) -> Self {
        Self { high: u64::from(prefix) << 44, ..Self::default() }
    }

    pub(crate) fn from_bytes(bytes: &[u8; 20]) -> Self {
        let (high, rest) = take::<8>(bytes);
        let (middle, rest) = take::<8>(rest);
        let (low, _) = take::<4>(rest);
        Self {
            high: u64::from_be_bytes(high),
            middle: u64::from_be_bytes(middle),
            low: u32::from_be_bytes(low),
        }
    }

    pub(crate) fn to_bytes(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        if let Some((first, rest)) = bytes.split_first_chunk_mut() {
            *first = (u128::from(self.high) << 64 | u128::from(self.middle)).to_be_bytes();
            if let Some(last) = rest.first_chunk_mut() {
                *last = self.low.to_be_bytes();
            }
        }
        bytes
    }

    /// It without its first `bits` bits, fewer than 32 of them; behind it are zeros.
    pub(crate) fn behind(self, bits: u32) -> Self {
        let low = u64::from(self.low) << 32;
        let over = |next: u64| next.checked_shr(64 - bits).unwrap_or_default();
        Self {
            high: self.high << bits | over(self.middle),
            middle: self.middle << bits | over(low),
            low: self.low << bits,
        }
    }
}

/// The first `N` bytes, zeros where there are not so many, and what is behind them.
fn take<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    bytes.split_first_chunk::<N>().map_or(([0; N], &[]), |(first, rest)| (*first, rest))
}

/// The hash of a password.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PasswordHash {
    kind: HashKind,
    key: Key,
}

impl PasswordHash {
    /// The SHA-1 of a password's bytes, whatever they are.
    pub fn sha1(password: &[u8]) -> Self {
        Self { kind: HashKind::Sha1, key: Key::from_bytes(&Sha1::digest(password).into()) }
    }

    /// The NTLM hash of a password.
    pub fn ntlm(password: &str) -> Self {
        let mut hash = Md4::new();
        let mut buffer = [0_u8; 128];
        let mut filled = 0;
        for unit in password.encode_utf16() {
            if filled == buffer.len() {
                hash.update(buffer);
                filled = 0;
            }
            if let Some(place) = buffer.get_mut(filled..filled + 2) {
                place.copy_from_slice(&unit.to_le_bytes());
            }
            filled += 2;
        }
        hash.update(buffer.get(..filled).unwrap_or_default());
        let digest: [u8; 16] = hash.finalize().into();
        let mut bytes = [0; 20];
        for (to, from) in bytes.iter_mut().zip(digest) {
            *to = from;
        }
        Self { kind: HashKind::Ntlm, key: Key::from_bytes(&bytes) }
    }

    pub(crate) const fn of_key(kind: HashKind, key: Key) -> Self {
        Self { kind, key }
    }

    /// Which hash it is.
    pub const fn kind(&self) -> HashKind {
        self.kind
    }

    /// Its first 20 bits: five hexadecimal digits.
    pub fn prefix(&self) -> Prefix {
        Prefix(u32::try_from(self.key.high >> 44).unwrap_or_default())
    }

    pub(crate) const fn key(&self) -> Key {
        self.key
    }

    /// Reads a hash in hexadecimal, in either case; `None` where that is none.
    pub fn parse(kind: HashKind, digits: &[u8]) -> Option<Self> {
        if digits.len() != kind.width() * 2 {
            return None;
        }
        let mut padded = [b'0'; 40];
        padded.get_mut(..digits.len())?.copy_from_slice(digits);
        Some(Self { kind, key: parse_key(&padded)? })
    }

    /// Appends it in upper-case hexadecimal.
    pub fn write_hex(&self, out: &mut Vec<u8>) {
        write_hex(self.key, self.kind, 0, out);
    }

    /// Appends what follows its prefix.
    pub fn write_suffix(&self, out: &mut Vec<u8>) {
        write_hex(self.key, self.kind, 5, out);
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [hash]", self.kind)
    }
}

/// The 20 bits by which ranges are asked: five hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix(u32);

impl Prefix {
    /// How many there are.
    pub const COUNT: u32 = 1 << 20;

    /// The one of this number, below [`Prefix::COUNT`].
    pub fn of_number(number: u32) -> Option<Self> {
        (number < Self::COUNT).then_some(Self(number))
    }

    /// Reads five hexadecimal digits, in either case.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != 5 {
            return None;
        }
        text.iter().try_fold(0, |bits, digit| Some(bits << 4 | u32::from(value(*digit)?))).map(Self)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05X}", self.0)
    }
}

/// What each byte is worth as a hexadecimal digit; 0xFF is none.
static VALUES: [u8; 256] = {
    let mut values = [0xFF; 256];
    let mut digit = 0;
    while digit < 16 {
        values[b"0123456789abcdef"[digit] as usize] = digit as u8;
        values[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

fn value(digit: u8) -> Option<u8> {
    VALUES.get(usize::from(digit)).copied().filter(|value| *value != 0xFF)
}

/// Whether a byte is a hexadecimal digit.
pub(crate) fn is_digit(byte: u8) -> bool {
    value(byte).is_some()
}

/// Forty hexadecimal digits as a key. Eight digits are one number, and one test at the end is for all of them: lists are read
/// at memory's speed.
pub(crate) fn parse_key(digits: &[u8; 40]) -> Option<Key> {
    let mut right = EACH << 7;
    let mut words = [0; 5];
    for (word, eight) in words.iter_mut().zip(digits.as_chunks::<8>().0) {
        let (value, are_digits) = eight_digits(*eight);
        *word = value;
        right &= are_digits;
    }
    let [one, two, three, four, five] = words;
    let high = u64::from(one) << 32 | u64::from(two);
    let middle = u64::from(three) << 32 | u64::from(four);
    (right == EACH << 7).then_some(Key { high, middle, low: five })
}

/// One in each byte of a number.
const EACH: u64 = 0x0101_0101_0101_0101;

/// What eight digits are worth, and the upper bit of each byte that is one.
fn eight_digits(digits: [u8; 8]) -> (u32, u64) {
    let given = u64::from_be_bytes(digits);
    // Without its upper bit no byte's sum reaches the next one.
    let below = given & (EACH * 0x7F);
    let reaches = |bytes: u64, least: u8| bytes + EACH * u64::from(0x80 - least);
    let is_figure = reaches(below, b'0') & !reaches(below, b'9' + 1);
    let lower = below | (EACH * 0x20);
    let is_letter = reaches(lower, b'a') & !reaches(lower, b'f' + 1);
    let values = (below & (EACH * 0x0F)) + (is_letter >> 7 & EACH) * 9;
    let values = (values | values >> 4) & 0x00FF_00FF_00FF_00FF;
    let values = (values | values >> 8) & 0x0000_FFFF_0000_FFFF;
    let values = (values | values >> 16) & 0xFFFF_FFFF;
    (u32::try_from(values).unwrap_or_default(), (is_figure | is_letter) & !given)
}

/// Appends the digits of a key from number `from` on, in upper case.
fn write_hex(key: Key, kind: HashKind, from: usize, out: &mut Vec<u8>) {
    let mut digits = [0; 40];
    // There is as much room as there are digits.
    let _ = const_hex::encode_to_slice_upper(key.to_bytes(), &mut digits);
    out.extend_from_slice(digits.get(from..kind.width() * 2).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(hash: PasswordHash) -> String {
        let mut out = Vec::new();
        hash.write_hex(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn known_hashes() {
        for (password, sha1, ntlm) in [
            ("", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "31D6CFE0D16AE931B73C59D7E0C089C0"),
            ("password", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8", "8846F7EAEE8FB117AD06BDD830B7586C"),
            ("P@ssw0rd", "21BD12DC183F740EE76F27B78EB39C8AD972A757", "E19CCF75EE54E06B06A5907AF13CEF42"),
        ] {
            assert_eq!(hex(PasswordHash::sha1(password.as_bytes())), sha1);
            assert_eq!(hex(PasswordHash::ntlm(password)), ntlm);
        }
    }

    #[test]
    fn debug_shows_no_hash() {
        assert_eq!(format!("{:?}", PasswordHash::sha1(b"password")), "SHA-1 [hash]");
    }

    #[test]
    fn what_is_no_hash() {
        for digits in [&b""[..], b"0", &[b'0'; 39], &[b'g'; 40], &[b'0'; 41], "ア".repeat(14).as_bytes()] {
            assert!(PasswordHash::parse(HashKind::Sha1, digits).is_none(), "{digits:?}");
        }
        assert!(PasswordHash::parse(HashKind::Ntlm, &[b'0'; 40]).is_none());
        for prefix in [&b""[..], b"0000", b"000000", b"0000g"] {
            assert!(Prefix::parse(prefix).is_none(), "{prefix:?}");
        }
    }

    proptest! {
        #[test]
        fn hexadecimal_there_and_back(bytes: [u8; 20], ntlm: bool, upper: bool) {
            let kind = if ntlm { HashKind::Ntlm } else { HashKind::Sha1 };
            let text: String = bytes[..kind.width()].iter().map(|byte| format!("{byte:02x}")).collect();
            let text = if upper { text.to_uppercase() } else { text };
            let hash = PasswordHash::parse(kind, text.as_bytes()).unwrap();
            prop_assert_eq!(hex(hash), text.to_uppercase());
            prop_assert_eq!(hash.prefix().to_string(), text[..5].to_uppercase());
            prop_assert_eq!(Prefix::parse(&text.as_bytes()[..5]), Some(hash.prefix()));
        }

        #[test]
        fn one_wrong_digit_is_seen(at in 0..40_usize, wrong: u8) {
            let mut digits = [b'7'; 40];
            digits[at] = wrong;
            prop_assert_eq!(parse_key(&digits).is_some(), wrong.is_ascii_hexdigit());
        }

        #[test]
        fn keys_are_ordered_like_their_bytes(one: [u8; 20], other: [u8; 20]) {
            prop_assert_eq!(Key::from_bytes(&one).cmp(&Key::from_bytes(&other)), one.cmp(&other));
            prop_assert_eq!(Key::from_bytes(&one).to_bytes(), one);
            for bits in [0, 8, 16] {
                let mut behind = one.split_at(bits / 8).1.to_vec();
                behind.resize(20, 0);
                prop_assert_eq!(Key::from_bytes(&one).behind(bits as u32).to_bytes().to_vec(), behind);
            }
        }

        #[test]
        fn ntlm_is_md4_of_utf16(password in "\\PC{0,200}") {
            let wide: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let naive: String = Md4::digest(wide).iter().map(|byte| format!("{byte:02X}")).collect();
            prop_assert_eq!(hex(PasswordHash::ntlm(&password)), naive);
        }
    }
}
