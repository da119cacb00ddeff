//! Lines of lists of hashes, and lines that are passwords.

use memchr::memchr_iter;

use crate::digest::{HashKind, Key, PasswordHash, Prefix, is_digit, parse_key};
use crate::error::LineFault;
use crate::row::{Row, added_up};

/// What the lines of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// `HASH:COUNT`, all of this kind. Without a count it is one.
    Hashes(HashKind),
    /// `SUFFIX:COUNT`, what follows a prefix.
    Range(HashKind, Prefix),
    /// Passwords.
    Words {
        /// To be hashed as SHA-1, as NTLM, or both.
        sha1: bool,
        ntlm: bool,
        /// Whether the bytes were decoded: what could not be decoded then holds U+FFFD, and is nobody's password.
        decoded: bool,
    },
}

/// What a block of lines holds.
#[derive(Default)]
pub(crate) struct Parsed {
    /// Rows of SHA-1 and of NTLM, in the order of their keys, each once.
    pub(crate) rows: [Vec<Row>; 2],
    /// Whether they came in that order.
    pub(crate) in_order: bool,
    /// Line feeds.
    pub(crate) lines: u64,
    /// Passwords of which a hash could not be made.
    pub(crate) undecodable: u64,
}

/// A line that is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Lines before it in the block.
    pub(crate) line: u64,
    pub(crate) why: LineFault,
}

/// Whether rows that are out of order are a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// They are put in order.
    Any,
    /// They are.
    Claimed,
}

impl Lines {
    /// Whether they give hashes of a kind.
    fn give(self, kind: HashKind) -> bool {
        match self {
            Self::Hashes(given) | Self::Range(given, _) => given == kind,
            Self::Words { sha1, ntlm, .. } => {
                if kind == HashKind::Sha1 {
                    sha1
                } else {
                    ntlm
                }
            }
        }
    }
}

/// Reads a block of whole lines; the last one may lack its line feed. `room` gives what rows are put into.
pub(crate) fn parse(
    block: &[u8],
    what: Lines,
    order: Order,
    mut room: impl FnMut() -> Vec<Row>,
) -> Result<Parsed, Fault> {
    let rows = HashKind::ALL.map(|kind| if what.give(kind) { room() } else { Vec::new() });
    let mut parsed = Parsed { rows, in_order: true, ..Parsed::default() };
    let mut start = 0;
    let ends = memchr_iter(b'\n', block).chain((block.last() != Some(&b'\n')).then_some(block.len()));
    for end in ends {
        let line = block.get(start..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let fault = |why| Fault { line: parsed.lines, why };
        match what {
            Lines::Hashes(kind) => {
                if let Some(row) = hash_row(line, kind).map_err(fault)? {
                    parsed.push(kind, row, order)?;
                }
            }
            Lines::Range(kind, prefix) => {
                if let Some(row) = range_row(line, kind, prefix).map_err(fault)? {
                    parsed.push(kind, row, order)?;
                }
            }
            Lines::Words { sha1, ntlm, decoded } => parsed.word(line, sha1, ntlm, decoded),
        }
        parsed.lines += 1;
        start = end + 1;
    }
    if matches!(what, Lines::Words { .. }) {
        parsed.in_order = parsed.rows.iter().all(|rows| rows.is_sorted_by_key(|row| row.key));
    }
    if !parsed.in_order {
        for rows in &mut parsed.rows {
            rows.sort_unstable_by_key(|row| row.key);
        }
    }
    for rows in &mut parsed.rows {
        added_up(rows);
    }
    Ok(parsed)
}

impl Parsed {
    fn push(&mut self, kind: HashKind, row: Row, order: Order) -> Result<(), Fault> {
        let [sha1, ntlm] = &mut self.rows;
        let rows = if kind == HashKind::Sha1 { sha1 } else { ntlm };
        if rows.last().is_some_and(|last| last.key > row.key) {
            if order == Order::Claimed {
                return Err(Fault { line: self.lines, why: LineFault::Unsorted });
            }
            self.in_order = false;
        }
        rows.push(row);
        Ok(())
    }

    fn word(&mut self, line: &[u8], sha1: bool, ntlm: bool, decoded: bool) {
        let unpacked = unpacked(line);
        let word = unpacked.as_deref().unwrap_or(line);
        if word.is_empty() {
            return;
        }
        let text = std::str::from_utf8(word).ok();
        if decoded && text.is_some_and(|text| text.contains('\u{fffd}')) {
            self.undecodable += 1;
            return;
        }
        let [of_sha1, of_ntlm] = &mut self.rows;
        if sha1 {
            of_sha1.push(Row { key: PasswordHash::sha1(word).key(), count: 1 });
        }
        match text {
            Some(text) if ntlm => of_ntlm.push(Row { key: PasswordHash::ntlm(text).key(), count: 1 }),
            None if ntlm => self.undecodable += 1,
            _ => {}
        }
    }
}

/// What `$HEX[…]` stands for: so word lists write what is no line of text (hashcat, <https://hashcat.net/wiki/>).
fn unpacked(line: &[u8]) -> Option<Vec<u8>> {
    let digits = line.strip_prefix(b"$HEX[")?.strip_suffix(b"]")?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let bytes = pairs.iter().map(|[one, other]| Some(digit(*one)? << 4 | digit(*other)?));
    rest.is_empty().then(|| bytes.collect()).flatten()
}

/// A line `HASH:COUNT`; `None` for an empty one, and for a count of 0, which is padding.
fn hash_row(line: &[u8], kind: HashKind) -> Result<Option<Row>, LineFault> {
    let digits = kind.width() * 2;
    let key = match kind {
        HashKind::Sha1 => line.first_chunk::<40>().and_then(parse_key),
        HashKind::Ntlm => line.first_chunk::<32>().and_then(|digits| parse_key(&padded(digits, &[]))),
    };
    match (key, line.get(digits..)) {
        (Some(key), Some(rest)) if rest.first().is_none_or(|byte| !is_digit(*byte)) => row(key, rest),
        _ => wrong_hash(line, kind),
    }
}

/// Says what is wrong with a line that does not begin with a hash of this kind.
fn wrong_hash(line: &[u8], kind: HashKind) -> Result<Option<Row>, LineFault> {
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let hash = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii_end();
    if !hash.iter().all(|byte| is_digit(*byte)) {
        return Err(LineFault::NotHexadecimal);
    }
    Err(match HashKind::of_digits(hash.len()) {
        Some(found) if found != kind => LineFault::MixedKinds { found, before: kind },
        _ => LineFault::Length { digits: hash.len() },
    })
}

/// A row `SUFFIX:COUNT` of a prefix.
fn range_row(line: &[u8], kind: HashKind, prefix: Prefix) -> Result<Option<Row>, LineFault> {
    let end = line.iter().position(|byte| *byte == b':').unwrap_or(line.trim_ascii_end().len());
    let (suffix, rest) = line.split_at_checked(end).unwrap_or_default();
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    if suffix.len() + 5 != kind.width() * 2 {
        return Err(if suffix.iter().all(|byte| is_digit(*byte)) {
            LineFault::SuffixLength { digits: suffix.len() }
        } else {
            LineFault::NotHexadecimal
        });
    }
    let first = prefix.to_string();
    let key = parse_key(&padded(first.as_bytes(), suffix)).ok_or(LineFault::NotHexadecimal)?;
    row(key, rest)
}

/// Digits one after the other, filled up with zeros.
fn padded(one: &[u8], other: &[u8]) -> [u8; 40] {
    let mut digits = [b'0'; 40];
    for (to, from) in digits.iter_mut().zip(one.iter().chain(other)) {
        *to = *from;
    }
    digits
}

/// The row of a key and what stands behind it: nothing, or a colon and a count.
fn row(key: Key, rest: &[u8]) -> Result<Option<Row>, LineFault> {
    let Some((b':', digits)) = rest.split_first() else {
        let nothing = rest.trim_ascii().is_empty();
        return if nothing { Ok(Some(Row { key, count: 1 })) } else { Err(LineFault::NotACount) };
    };
    let digits = digits.trim_ascii();
    if digits.is_empty() {
        return Err(LineFault::NotACount);
    }
    let mut count = 0_u64;
    for digit in digits {
        let value = digit.wrapping_sub(b'0');
        if value > 9 {
            return Err(LineFault::NotACount);
        }
        let next = count.checked_mul(10).and_then(|count| count.checked_add(value.into()));
        count = next.ok_or(LineFault::CountTooLarge)?;
    }
    Ok((count > 0).then_some(Row { key, count }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn parse(block: &[u8], what: Lines, order: Order) -> Result<Parsed, Fault> {
        super::parse(block, what, order, Vec::new)
    }

    fn of(block: &str, what: Lines) -> Result<Vec<u64>, Fault> {
        let parsed = parse(block.as_bytes(), what, Order::Any)?;
        Ok(parsed.rows.concat().iter().map(|row| row.count).collect())
    }

    const A: &str = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
    const B: &str = "8846F7EAEE8FB117AD06BDD830B7586C";

    #[test]
    fn rows_as_they_are_written() {
        let sha1 = Lines::Hashes(HashKind::Sha1);
        let lower = A.to_lowercase();
        for (text, counts) in [
            (format!("{A}:7"), vec![7]),
            (format!("{lower}:7\r\n{A}:1\r\n"), vec![8]),
            (format!("{A}\n\n"), vec![1]),
            (format!("{A}:0\n"), vec![]),
            (format!("{A}:12  \n"), vec![12]),
            (format!("{A}:18446744073709551615\n{A}:1"), vec![u64::MAX]),
            (String::new(), vec![]),
        ] {
            assert_eq!(of(&text, sha1), Ok(counts), "{text:?}");
        }
        assert_eq!(of(&format!("{B}:3\n"), Lines::Hashes(HashKind::Ntlm)), Ok(vec![3]));
        let prefix = Prefix::parse(b"5baa6").unwrap();
        let range = Lines::Range(HashKind::Sha1, prefix);
        assert_eq!(of(&format!("{}:3\r\n{}:0", &A[5..], &lower[5..]), range), Ok(vec![3]));
        let parsed = parse(format!("{}:3", &A[5..]).as_bytes(), range, Order::Any).unwrap();
        assert!(parsed.rows[0][0].key == PasswordHash::sha1(b"password").key());
    }

    #[test]
    fn faults_name_their_line() {
        let sha1 = Lines::Hashes(HashKind::Sha1);
        let range = Lines::Range(HashKind::Sha1, Prefix::parse(b"00000").unwrap());
        for (text, what, line, why) in [
            (format!("{A}:1\n{}G:1", &A[..39]), sha1, 1, LineFault::NotHexadecimal),
            (format!("{}:1", &A[..39]), sha1, 0, LineFault::Length { digits: 39 }),
            (format!("{A}0:1"), sha1, 0, LineFault::Length { digits: 41 }),
            (
                format!("{A}\n\n{B}:1"),
                sha1,
                2,
                LineFault::MixedKinds { found: HashKind::Ntlm, before: HashKind::Sha1 },
            ),
            (format!("{A}:1\n{A}:x"), sha1, 1, LineFault::NotACount),
            (format!("{A}:"), sha1, 0, LineFault::NotACount),
            (format!("{A}:-1"), sha1, 0, LineFault::NotACount),
            (format!("{A};1"), sha1, 0, LineFault::NotACount),
            (format!("{A}:18446744073709551616"), sha1, 0, LineFault::CountTooLarge),
            ("パスワード:1".to_owned(), sha1, 0, LineFault::NotHexadecimal),
            (format!("{A}:1"), range, 0, LineFault::SuffixLength { digits: 40 }),
            (format!("{}x:1", &A[6..]), range, 0, LineFault::NotHexadecimal),
        ] {
            assert_eq!(of(&text, what), Err(Fault { line, why }), "{text}");
        }
        let unsorted = format!("{A}:1\n{}:2\n", A.replace('5', "4"));
        let fault = parse(unsorted.as_bytes(), sha1, Order::Claimed).err();
        assert_eq!(fault, Some(Fault { line: 1, why: LineFault::Unsorted }));
        assert!(!parse(unsorted.as_bytes(), sha1, Order::Any).unwrap().in_order);
    }

    #[test]
    fn words() {
        let words = |sha1, ntlm, decoded| Lines::Words { sha1, ntlm, decoded };
        let parsed =
            parse(b"password\r\n\n$HEX[70617373776f7264]\nb\xff\n", words(true, true, false), Order::Any)
                .unwrap();
        assert_eq!((parsed.rows[0].len(), parsed.rows[1].len(), parsed.undecodable), (2, 1, 1));
        let has =
            |password: &[u8]| parsed.rows[0].iter().find(|row| row.key == PasswordHash::sha1(password).key());
        assert_eq!(has(b"password").unwrap().count, 2);
        assert!(has(b"b\xff").is_some());
        let parsed = parse("a\u{fffd}\n".as_bytes(), words(true, true, true), Order::Any).unwrap();
        assert_eq!((parsed.rows[0].len(), parsed.undecodable), (0, 1));
    }

    /// Everything the slow way, a line at a time.
    fn naive(text: &str) -> Option<BTreeMap<String, u64>> {
        let mut rows = BTreeMap::new();
        for line in text.split('\n').map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty()) {
            let (hash, count) = line.split_once(':')?;
            if hash.len() != 40 || !hash.chars().all(|c| c.is_ascii_hexdigit()) {
                return None;
            }
            let count: u64 = count.parse().ok()?;
            if count > 0 {
                *rows.entry(hash.to_uppercase()).or_insert(0) += count;
            }
        }
        Some(rows)
    }

    proptest! {
        #[test]
        fn like_the_naive_way(lines in proptest::collection::vec("([0-9A-Fa-f]{1}(0000000|aaaaaaa){1}[0]{32}|[0-9a-f]{39,41}|[0-9G]{40}):[0-9]{1,3}\r?", 0..6)) {
            let text = lines.join("\n");
            let ours = parse(text.as_bytes(), Lines::Hashes(HashKind::Sha1), Order::Any).ok().map(|parsed| {
                parsed.rows[0].iter().map(|row| {
                    let mut hex = Vec::new();
                    PasswordHash::of_key(HashKind::Sha1, row.key).write_hex(&mut hex);
                    (String::from_utf8(hex).unwrap(), row.count)
                }).collect::<BTreeMap<_, _>>()
            });
            prop_assert_eq!(ours, naive(&text));
        }

        #[test]
        fn nothing_panics(bytes: Vec<u8>, at in 0..4_usize) {
            let prefix = Prefix::parse(b"00000").unwrap();
            let what = [Lines::Hashes(HashKind::Sha1), Lines::Hashes(HashKind::Ntlm), Lines::Range(HashKind::Sha1, prefix),
                        Lines::Words { sha1: true, ntlm: true, decoded: true }][at];
            let _ = parse(&bytes, what, Order::Any);
        }
    }
}
