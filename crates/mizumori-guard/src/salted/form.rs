//! The kinds of hashes with a salt that can be computed here, by how they are written.
//!
//! The forms are those of crypt(5), the PHC string format (<https://github.com/P-H-C/phc-string-format>), passlib, Django, Werkzeug,
//! phpass, RFC 2307's schemes, and hashcat's hash and salt. Nothing that stands in one is believed: what it would cost is asked before it is
//! computed.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha_crypt::{PasswordVerifier, ShaCrypt};
use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha384, Sha512};

use super::crypt::{MD5_ROUNDS, md5_crypt, phpass};
use super::text::{base64, crypt_digit, hex};
use crate::hex as digits;

/// The longest password of which old hashes are made: their cost grows with it.
const LONGEST: usize = 1 << 10;
/// The longest result that is computed, in bytes, and the longest salt.
const LONGEST_RESULT: usize = 256;
const LONGEST_SALT: usize = 1 << 10;
/// The most lanes, and blocks: nobody has more, and the numbers stay small.
const MOST_LANES: u32 = 64;

/// Nanoseconds of a core, about and rather too many: a round of bcrypt; a KiB in a pass of Argon2; a block of scrypt; the two blocks of
/// a round of PBKDF2; one round over a short password of the crypt family; anything that is only hashed.
const BCRYPT: u64 = 61_000;
const ARGON2: u64 = 1_000;
const SCRYPT: u64 = 500;
const PBKDF2: u64 = 1_000;
const ROUND: u64 = 2_000;
const ONCE: u64 = 20_000;
/// A byte that is only hashed.
const BYTE: u64 = 10;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// Where a salt stands beside the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Salt {
    Before,
    Behind,
    /// Nobody says.
    Anywhere,
}

/// A hash with its salt and its cost.
#[derive(Debug)]
pub(super) enum Form<'h> {
    Bcrypt { hash: &'h str, rounds: u64 },
    Argon2 { algorithm: Algorithm, version: Version, params: Params, salt: Vec<u8>, result: Vec<u8> },
    Pbkdf2 { function: Function, rounds: u32, salt: Vec<u8>, result: Vec<u8> },
    Scrypt { log_n: u8, blocks: u32, lanes: u32, salt: Vec<u8>, result: Vec<u8> },
    ShaCrypt { hash: &'h str, rounds: u64 },
    Md5Crypt { magic: &'static str, salt: &'h str, result: &'h str },
    Phpass { rounds: u64, salt: &'h str, result: &'h str },
    Plain { function: Function, salt: Vec<u8>, result: Vec<u8>, place: Salt },
}

impl<'h> Form<'h> {
    /// The form of a hash; `None` where it is not known here.
    pub(super) fn of(hash: &'h str) -> Option<Self> {
        Self::written_as(hash).filter(|form| form.salt() <= LONGEST_SALT)
    }

    fn written_as(hash: &'h str) -> Option<Self> {
        if let Some(rest) = hash.strip_prefix('$') {
            let (name, rest) = rest.split_once('$')?;
            return match name {
                "2a" | "2b" | "2y" => bcrypt(hash),
                "argon2id" => argon2(Algorithm::Argon2id, rest),
                "argon2i" => argon2(Algorithm::Argon2i, rest),
                "argon2d" => argon2(Algorithm::Argon2d, rest),
                "pbkdf2" => pbkdf2(Function::Sha1, rest, base64),
                "pbkdf2-sha256" => pbkdf2(Function::Sha256, rest, base64),
                "pbkdf2-sha512" => pbkdf2(Function::Sha512, rest, base64),
                "scrypt" => scrypt_phc(rest),
                "5" => sha_crypt(hash, rest, 43),
                "6" => sha_crypt(hash, rest, 86),
                "1" => md5_crypt_of("$1$", rest),
                "apr1" => md5_crypt_of("$apr1$", rest),
                "P" | "H" => phpass_of(rest),
                _ => None,
            };
        }
        if let Some(rest) = hash.strip_prefix('{') {
            let (scheme, rest) = rest.split_once('}')?;
            return Self::of_scheme(&scheme.to_ascii_lowercase(), rest);
        }
        if let Some((name, rest)) = hash.split_once('$').filter(|(name, _)| !name.contains(':')) {
            return match name {
                "pbkdf2_sha256" => pbkdf2(Function::Sha256, rest, plain),
                "pbkdf2_sha1" => pbkdf2(Function::Sha1, rest, plain),
                // Django's: the hash of bcrypt, with its dollar sign, behind the name.
                "bcrypt" => bcrypt(rest),
                "md5" => before(Function::Md5, rest),
                "sha1" => before(Function::Sha1, rest),
                "sha256" => before(Function::Sha256, rest),
                "sha512" => before(Function::Sha512, rest),
                // Django's too.
                "argon2" => Self::of_argon2(rest),
                "scrypt" => django_scrypt(rest),
                _ => beside(hash, '$'),
            };
        }
        match hash.split_once(':')? {
            ("pbkdf2", rest) => {
                let (function, rest) = rest.split_once(':')?;
                let function = match function {
                    "sha1" => Function::Sha1,
                    "sha256" => Function::Sha256,
                    "sha512" => Function::Sha512,
                    _ => return None,
                };
                werkzeug_pbkdf2(function, rest)
            }
            ("scrypt", rest) => werkzeug_scrypt(rest),
            ("SCRYPT", rest) => hashcat_scrypt(rest),
            _ => beside(hash, ':'),
        }
    }

    fn of_scheme(scheme: &str, rest: &'h str) -> Option<Self> {
        let (function, is_salted) = match scheme {
            "ssha" => (Function::Sha1, true),
            "ssha256" => (Function::Sha256, true),
            "ssha384" => (Function::Sha384, true),
            "ssha512" => (Function::Sha512, true),
            "smd5" => (Function::Md5, true),
            "sha" => (Function::Sha1, false),
            "sha256" => (Function::Sha256, false),
            "sha512" => (Function::Sha512, false),
            "md5" => (Function::Md5, false),
            // Another form in braces: one that begins with a dollar sign, so that it goes no deeper.
            "crypt" | "argon2" | "bcrypt" => return rest.starts_with('$').then(|| Self::written_as(rest))?,
            _ => return None,
        };
        let mut result = base64(rest)?;
        let salt = if is_salted && result.len() > function.width() {
            result.split_off(function.width())
        } else {
            Vec::new()
        };
        (result.len() == function.width()).then_some(Self::Plain {
            function,
            salt,
            result,
            place: Salt::Behind,
        })
    }

    /// `argon2id$v=19$…`, the name of the kind before all that follows.
    fn of_argon2(rest: &'h str) -> Option<Self> {
        let (name, rest) = rest.split_once('$')?;
        let algorithm = [Algorithm::Argon2id, Algorithm::Argon2i, Algorithm::Argon2d];
        argon2(algorithm.into_iter().find(|algorithm| algorithm.as_str() == name)?, rest)
    }

    /// How long its salt is, in bytes.
    const fn salt(&self) -> usize {
        match self {
            Self::Bcrypt { .. } => 16,
            Self::Argon2 { salt, .. }
            | Self::Pbkdf2 { salt, .. }
            | Self::Scrypt { salt, .. }
            | Self::Plain { salt, .. } => salt.len(),
            Self::ShaCrypt { hash, .. } => hash.len(),
            Self::Md5Crypt { salt, .. } | Self::Phpass { salt, .. } => salt.len(),
        }
    }

    /// What computing it takes, in nanoseconds of one core, about; `None` where that is beyond all bounds.
    pub(super) fn work(&self, password: usize) -> Option<u64> {
        // Hashes of a block a round, and of one more each so many bytes of the password.
        let old = |rounds: u64| {
            let blocks = 1 + password as u64 / 32;
            (password <= LONGEST)
                .then(|| rounds.checked_mul(ROUND)?.checked_mul(blocks)?.checked_add(ONCE))?
        };
        let hashed =
            (password as u64).checked_add(self.salt() as u64)?.checked_mul(BYTE)?.checked_add(ONCE)?;
        match self {
            Self::Bcrypt { rounds, .. } => rounds.checked_mul(BCRYPT),
            Self::Argon2 { params, .. } => {
                u64::from(params.m_cost()).checked_mul(params.t_cost().into())?.checked_mul(ARGON2)
            }
            Self::Pbkdf2 { function, rounds, result, .. } => {
                let blocks = result.len().div_ceil(function.width()) as u64;
                u64::from(*rounds).max(1).checked_mul(blocks)?.checked_mul(PBKDF2)?.checked_add(hashed)
            }
            Self::Scrypt { log_n, blocks, lanes, result, .. } => {
                let blocks = u64::from(*blocks).checked_mul(u64::from(*lanes))?;
                // What is mixed is made by PBKDF2 and hashed by it again, for each 32 bytes of the result.
                let mixed =
                    blocks.checked_mul(128)?.checked_mul(2 + result.len() as u64 / 32)?.checked_mul(BYTE)?;
                let work = 1_u64.checked_shl(u32::from(*log_n))?.checked_mul(blocks)?.checked_mul(SCRYPT)?;
                work.checked_add(mixed)?.checked_add(hashed)
            }
            Self::ShaCrypt { rounds, .. } | Self::Phpass { rounds, .. } => old(*rounds),
            Self::Md5Crypt { .. } => old(MD5_ROUNDS),
            // In three or four orders.
            Self::Plain { .. } => hashed.checked_mul(4),
        }
    }

    /// The memory that it takes, in bytes; `None` where that is beyond all bounds.
    pub(super) fn memory(&self) -> Option<u64> {
        match self {
            Self::Argon2 { params, .. } => u64::from(params.m_cost()).checked_mul(1 << 10),
            Self::Scrypt { log_n, blocks, .. } => {
                1_u64.checked_shl(u32::from(*log_n))?.checked_mul(128)?.checked_mul(u64::from(*blocks))
            }
            _ => Some(0),
        }
    }

    /// Whether how it was made is a guess: then it may be that of the password although nothing says so.
    pub(super) fn is_guessed(&self) -> bool {
        matches!(self, Self::Plain { place: Salt::Anywhere, .. })
    }

    /// Computes it; `None` where that cannot be done after all.
    pub(super) fn is_of(&self, password: &[u8]) -> Option<bool> {
        let is_same = match self {
            Self::Bcrypt { hash, .. } => bcrypt::verify(password, hash).ok()?,
            Self::Argon2 { algorithm, version, params, salt, result } => {
                let argon = Argon2::new(*algorithm, *version, params.clone());
                let mut memory = vec![Block::new(); params.block_count()];
                let mut out = vec![0; result.len()];
                argon.hash_password_into_with_memory(password, salt, &mut out, &mut memory).ok()?;
                out == *result
            }
            Self::Pbkdf2 { function, rounds, salt, result } => {
                let mut out = vec![0; result.len()];
                match function {
                    Function::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, *rounds, &mut out),
                    Function::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, *rounds, &mut out),
                    Function::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, *rounds, &mut out),
                    Function::Md5 | Function::Sha384 => return None,
                }
                out == *result
            }
            Self::Scrypt { log_n, blocks, lanes, salt, result } => {
                let params = scrypt::Params::new(*log_n, *blocks, *lanes).ok()?;
                let mut out = vec![0; result.len()];
                scrypt::scrypt(password, salt, &params, &mut out).ok()?;
                out == *result
            }
            Self::ShaCrypt { hash, .. } => match ShaCrypt::SHA512.verify_password(password, *hash) {
                Ok(()) => true,
                Err(sha_crypt::password_hash::Error::PasswordInvalid) => false,
                // It reads no salt with characters that others take.
                Err(_) => return None,
            },
            Self::Md5Crypt { magic, salt, result } => md5_crypt(password, magic, salt) == *result,
            Self::Phpass { rounds, salt, result } => phpass(password, *rounds, salt) == *result,
            Self::Plain { function, salt, result, place } => {
                let behind = || function.of(&[password, salt]);
                let before = || function.of(&[salt, password]);
                match place {
                    Salt::Behind => behind() == *result,
                    // Django hashes both, Werkzeug takes the salt for a key.
                    Salt::Before => before() == *result || function.keyed(salt, password)? == *result,
                    Salt::Anywhere => {
                        // The third is what forums had for years.
                        let inner = digits::text(&function.of(&[password]));
                        behind() == *result
                            || before() == *result
                            || function.of(&[inner.as_bytes(), salt]) == *result
                    }
                }
            }
        };
        Some(is_same)
    }
}

impl Function {
    /// Bytes of its result.
    const fn width(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn of_width(width: usize) -> Option<Self> {
        [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|function| function.width() == width)
    }

    fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        fn hashed<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            parts.iter().fold(D::new(), D::chain_update).finalize().to_vec()
        }
        match self {
            Self::Md5 => hashed::<Md5>(parts),
            Self::Sha1 => hashed::<Sha1>(parts),
            Self::Sha256 => hashed::<Sha256>(parts),
            Self::Sha384 => hashed::<Sha384>(parts),
            Self::Sha512 => hashed::<Sha512>(parts),
        }
    }

    /// HMAC (RFC 2104).
    fn keyed(self, key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
        fn keyed<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
            let mac = M::new_from_slice(key).ok()?.chain_update(text);
            Some(mac.finalize().into_bytes().to_vec())
        }
        match self {
            Self::Md5 => keyed::<Hmac<Md5>>(key, text),
            Self::Sha1 => keyed::<Hmac<Sha1>>(key, text),
            Self::Sha256 => keyed::<Hmac<Sha256>>(key, text),
            Self::Sha384 => keyed::<Hmac<Sha384>>(key, text),
            Self::Sha512 => keyed::<Hmac<Sha512>>(key, text),
        }
    }
}

/// The bytes of a salt that stands as it is.
#[expect(clippy::unnecessary_wraps, reason = "it stands where salts are decoded that may be none")]
fn plain(text: &str) -> Option<Vec<u8>> {
    Some(text.as_bytes().to_vec())
}

/// A result that is worth computing.
fn result(bytes: Option<Vec<u8>>) -> Option<Vec<u8>> {
    bytes.filter(|bytes| (8..=LONGEST_RESULT).contains(&bytes.len()))
}

/// `$2b$12$…`: two to the power of 12 rounds.
fn bcrypt(hash: &str) -> Option<Form<'_>> {
    let (version, rest) = hash.strip_prefix("$2")?.split_once('$')?;
    let cost: u32 = rest.split_once('$')?.0.parse().ok()?;
    // `$2x$` marks what an old program made wrongly. What was cut off costs nothing.
    let is_whole = matches!(version, "a" | "b" | "y") && hash.parse::<bcrypt::HashParts>().is_ok();
    (is_whole && (4..=31).contains(&cost)).then(|| Form::Bcrypt { hash, rounds: 1 << cost })
}

/// `v=19$m=65536,t=3,p=4$salt$result`; without a version it is the first one.
fn argon2(algorithm: Algorithm, rest: &str) -> Option<Form<'_>> {
    let (version, rest) = match rest.strip_prefix("v=") {
        Some(rest) => rest.split_once('$')?,
        None => ("16", rest),
    };
    let version = match version {
        "19" => Version::V0x13,
        "16" => Version::V0x10,
        _ => return None,
    };
    let mut fields = rest.split('$');
    let costs = fields.next()?;
    let (salt, result) = (base64(fields.next()?)?, result(base64(fields.next()?))?);
    let lanes = cost(costs, "p").filter(|lanes| *lanes <= MOST_LANES)?;
    let params = Params::new(cost(costs, "m")?, cost(costs, "t")?, lanes, Some(result.len())).ok()?;
    fields.next().is_none().then_some(Form::Argon2 { algorithm, version, params, salt, result })
}

/// A number out of `m=65536,t=3,p=4`.
fn cost(costs: &str, name: &str) -> Option<u32> {
    costs.split(',').filter_map(|cost| cost.split_once('=')).find(|(key, _)| *key == name)?.1.parse().ok()
}

/// `rounds$salt$result`.
fn pbkdf2(function: Function, rest: &str, salt: impl FnOnce(&str) -> Option<Vec<u8>>) -> Option<Form<'_>> {
    let [rounds, of_salt, of_result] = fields(rest, '$')?;
    let (rounds, salt) = (rounds.parse().ok()?, salt(of_salt)?);
    Some(Form::Pbkdf2 { function, rounds, salt, result: result(base64(of_result))? })
}

/// `rounds$salt$digits`.
fn werkzeug_pbkdf2(function: Function, rest: &str) -> Option<Form<'_>> {
    let [rounds, salt, of_result] = fields(rest, '$')?;
    let (rounds, salt) = (rounds.parse().ok()?, salt.as_bytes().to_vec());
    Some(Form::Pbkdf2 { function, rounds, salt, result: result(hex(of_result))? })
}

/// `ln=16,r=8,p=1$salt$result`.
fn scrypt_phc(rest: &str) -> Option<Form<'_>> {
    let [costs, salt, of_result] = fields(rest, '$')?;
    let log_n = u8::try_from(cost(costs, "ln")?).ok()?;
    scrypt(log_n, cost(costs, "r")?, cost(costs, "p")?, base64(salt)?, base64(of_result))
}

/// `32768:8:1$salt$digits`.
fn werkzeug_scrypt(rest: &str) -> Option<Form<'_>> {
    let [costs, salt, of_result] = fields(rest, '$')?;
    let [n, blocks, lanes] = fields(costs, ':')?;
    let salt = salt.as_bytes().to_vec();
    scrypt(log2(n)?, blocks.parse().ok()?, lanes.parse().ok()?, salt, hex(of_result))
}

/// `16384$salt$8$1$result`, as Django has it.
fn django_scrypt(rest: &str) -> Option<Form<'_>> {
    let [n, salt, blocks, lanes, of_result] = fields(rest, '$')?;
    let salt = salt.as_bytes().to_vec();
    scrypt(log2(n)?, blocks.parse().ok()?, lanes.parse().ok()?, salt, base64(of_result))
}

/// `32768:8:1:salt:result`.
fn hashcat_scrypt(rest: &str) -> Option<Form<'_>> {
    let [n, blocks, lanes, salt, of_result] = fields(rest, ':')?;
    scrypt(log2(n)?, blocks.parse().ok()?, lanes.parse().ok()?, base64(salt)?, base64(of_result))
}

fn scrypt<'h>(
    log_n: u8,
    blocks: u32,
    lanes: u32,
    salt: Vec<u8>,
    of_result: Option<Vec<u8>>,
) -> Option<Form<'h>> {
    let is_some = log_n > 0 && [blocks, lanes].iter().all(|number| (1..=MOST_LANES).contains(number));
    let result = result(of_result)?;
    is_some.then_some(Form::Scrypt { log_n, blocks, lanes, salt, result })
}

/// Of a power of two.
fn log2(number: &str) -> Option<u8> {
    let number: u64 = number.parse().ok()?;
    number.is_power_of_two().then(|| u8::try_from(number.ilog2()).ok())?
}

/// `rounds=5000$salt$result`, or without rounds, which are 5,000 then.
fn sha_crypt<'h>(hash: &'h str, rest: &str, length: usize) -> Option<Form<'h>> {
    let (rounds, rest) = match rest.strip_prefix("rounds=") {
        Some(rest) => {
            let (rounds, rest) = rest.split_once('$')?;
            (rounds.parse().ok()?, rest)
        }
        None => (5_000, rest),
    };
    let [_, result] = fields(rest, '$')?;
    (result.len() == length).then_some(Form::ShaCrypt { hash, rounds })
}

/// `salt$result`.
fn md5_crypt_of<'h>(magic: &'static str, rest: &'h str) -> Option<Form<'h>> {
    let [salt, result] = fields(rest, '$')?;
    (salt.len() <= 8 && result.len() == 22).then_some(Form::Md5Crypt { magic, salt, result })
}

/// A digit for the rounds, eight characters of salt, the result.
fn phpass_of(rest: &str) -> Option<Form<'_>> {
    let (salt, result) = (rest.get(1..9)?, rest.get(9..)?);
    let log = crypt_digit(*rest.as_bytes().first()?)?;
    (result.len() == 22 && (7..=30).contains(&log)).then(|| Form::Phpass { rounds: 1 << log, salt, result })
}

/// `salt$digits`.
fn before(function: Function, rest: &str) -> Option<Form<'_>> {
    let [salt, of_result] = fields(rest, '$')?;
    let (salt, result) = (salt.as_bytes().to_vec(), hex(of_result)?);
    (result.len() == function.width()).then_some(Form::Plain { function, salt, result, place: Salt::Before })
}

/// Digits of a hash, and a salt behind them: which stood first nobody says.
fn beside(hash: &str, between: char) -> Option<Form<'_>> {
    let (result, salt) = hash.split_once(between)?;
    let (result, salt) = (hex(result)?, salt.as_bytes().to_vec());
    let function = Function::of_width(result.len())?;
    Some(Form::Plain { function, salt, result, place: Salt::Anywhere })
}

/// So many fields, and no more.
fn fields<const N: usize>(text: &str, between: char) -> Option<[&str; N]> {
    let mut fields = text.split(between);
    let mut all = [""; N];
    for field in &mut all {
        *field = fields.next()?;
    }
    fields.next().is_none().then_some(all)
}
