//! What a file is: a list of hashes, a range file, or a list of words.

use super::line::Lines;
use crate::digest::{HashKind, Prefix, is_digit};

/// What somebody says that files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines `HASH:COUNT`, or hashes alone.
    Hashes,
    /// Files named after a prefix, with lines `SUFFIX:COUNT`.
    Ranges,
    /// Passwords, one a line.
    Words,
}

/// Lines that are looked at.
const LINES: usize = 200;

/// What the file with this name and this first text is. `words` says how words are hashed.
///
/// # Errors
/// Why it cannot be told, and what to do.
pub(crate) fn detect(name: &str, text: &[u8], format: Option<Format>, words: Lines) -> Result<Lines, String> {
    let lines = || {
        text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).take(LINES)
    };
    match format {
        Some(Format::Words) => Ok(words),
        Some(Format::Hashes) => Ok(Lines::Hashes(first_kind(lines()))),
        Some(Format::Ranges) => {
            let prefix = prefix_of(name).ok_or("its name is no prefix of five hexadecimal digits")?;
            let digits = lines().next().map_or(35, |line| hash_of(line).len());
            Ok(Lines::Range(if digits == 27 { HashKind::Ntlm } else { HashKind::Sha1 }, prefix))
        }
        None => guess(name, lines, words),
    }
}

fn guess<'t, L: Iterator<Item = &'t [u8]>>(
    name: &str,
    lines: impl Fn() -> L,
    words: Lines,
) -> Result<Lines, String> {
    let all = lines().count();
    let most = |test: fn(&[u8]) -> bool| all > 0 && 2 * lines().filter(|line| test(line)).count() >= all;
    if let Some(prefix) = prefix_of(name)
        && most(|line| matches!(hash_of(line).len(), 35 | 27) && is_row(line))
    {
        let digits = lines().next().map_or(35, |line| hash_of(line).len());
        return Ok(Lines::Range(if digits == 27 { HashKind::Ntlm } else { HashKind::Sha1 }, prefix));
    }
    // Hashes of whatever length: that they are of the wrong one is then told, with the line.
    if most(|line| hash_of(line).len() >= 16 && is_row(line) && line.contains(&b':')) {
        return Ok(Lines::Hashes(first_kind(lines())));
    }
    if most(|line| matches!(line.len(), 32 | 40) && line.iter().all(|byte| is_digit(*byte))) {
        return Err(
            "these may be hashes, or words that look like hashes: say --format hashes or --format words"
                .to_owned(),
        );
    }
    if most(|line| {
        line.iter().position(|byte| *byte == b'@').is_some_and(|at| {
            at > 0
                && line
                    .get(at..)
                    .is_some_and(|rest| rest.iter().any(|byte| matches!(byte, b':' | b';' | b'\t' | b',')))
        })
    }) {
        return Err("it looks like a list of accounts with passwords, and whole lines are no passwords: give passwords \
                    alone, or say --format words"
            .to_owned());
    }
    Ok(words)
}

/// The hexadecimal digits that a line begins with.
fn hash_of(line: &[u8]) -> &[u8] {
    let digits = line.iter().take_while(|byte| is_digit(**byte)).count();
    line.get(..digits).unwrap_or_default()
}

/// Digits of a hash, then nothing, or a colon and a number.
fn is_row(line: &[u8]) -> bool {
    match line.get(hash_of(line).len()..).unwrap_or_default().split_first() {
        None => true,
        Some((b':', count)) => !count.is_empty() && count.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    }
}

/// The kind of the first line that is a hash; SHA-1 where none is.
fn first_kind<'t>(mut lines: impl Iterator<Item = &'t [u8]>) -> HashKind {
    lines.find_map(|line| HashKind::of_digits(hash_of(line).len())).unwrap_or(HashKind::Sha1)
}

/// The prefix after which a range file is named: `21BD1`, `21bd1.txt`, `21BD1.txt.gz`.
fn prefix_of(name: &str) -> Option<Prefix> {
    Prefix::parse(name.split('.').next()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Lines = Lines::Words { sha1: true, ntlm: true, decoded: false };

    #[test]
    fn what_files_are() {
        let sha1 = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
        let ntlm = "8846F7EAEE8FB117AD06BDD830B7586C";
        let prefix = Prefix::parse(b"21bd1").unwrap();
        for (name, text, expected) in [
            ("a.txt", format!("{sha1}:3\n{sha1}:4\n"), Some(Lines::Hashes(HashKind::Sha1))),
            ("a.txt", format!("{ntlm}:3\r\n"), Some(Lines::Hashes(HashKind::Ntlm))),
            ("a.txt", format!("zz\n{sha1}:3\n{sha1}:4\n"), Some(Lines::Hashes(HashKind::Sha1))),
            ("a.txt", format!("{sha1}aabbccdd:3\n"), Some(Lines::Hashes(HashKind::Sha1))),
            ("a.txt", format!("{sha1}\n{sha1}\n"), None),
            ("21BD1.txt.gz", format!("{}:3\n", &sha1[5..]), Some(Lines::Range(HashKind::Sha1, prefix))),
            ("21bd1", format!("{}:3\n", &ntlm[5..]), Some(Lines::Range(HashKind::Ntlm, prefix))),
            ("21bd1", "password\n".to_owned(), Some(WORDS)),
            ("a.txt", "password\n123456\n".to_owned(), Some(WORDS)),
            ("a.txt", "taro@suigen.example:himitsu\n".to_owned(), None),
            ("a.txt", "p@ssword\n@home\n".to_owned(), Some(WORDS)),
            ("a.txt", String::new(), Some(WORDS)),
        ] {
            assert_eq!(detect(name, text.as_bytes(), None, WORDS).ok(), expected, "{name} {text}");
        }
        assert!(detect("a.txt", b"", Some(Format::Ranges), WORDS).is_err());
    }
}
