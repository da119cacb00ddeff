//! Numbers of things, in words.

use crate::progress::grouped;

/// So many of what is called `one`: `1 finding`, `1,234 findings`, `2 entries`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    if number == 1 {
        return format!("1 {one}");
    }
    let is_vowel = |letter: char| "aeiou".contains(letter);
    let many = match one.strip_suffix('y').filter(|stem| !stem.ends_with(is_vowel)) {
        Some(stem) => format!("{stem}ies"),
        None => format!("{one}s"),
    };
    format!("{} {many}", grouped(number))
}

/// The same with its verb: `1 finding is`, `2 findings are`.
#[cfg(feature = "loop")]
pub(crate) fn counted_are(number: u64, one: &str) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(number, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        for (number, one, expected) in [
            (0, "finding", "0 findings"),
            (1, "finding", "1 finding"),
            (1_234, "finding", "1,234 findings"),
            (1, "entry", "1 entry"),
            (2, "entry", "2 entries"),
            (2, "data key", "2 data keys"),
        ] {
            assert_eq!(counted(number, one), expected);
        }
    }
}
