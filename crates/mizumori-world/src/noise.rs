//! People who do not exist: local parts and passwords as lists of leaked accounts hold them.
//!
//! Words are ordinary given names, family names and things; no local part or password is taken from a leak.
//! The functions append bytes, all of them ASCII, because lists of tens of millions of lines are made of them.

use crate::random::Random;

/// Given names, all lower case; no entry is also a family name of [`FAMILY`].
pub(crate) const GIVEN: [&str; 64] = [
    "aiko", "akira", "anna", "asuka", "ben", "carla", "chie", "clara", "daichi", "david", "elena", "emi",
    "eva", "fumiko", "goro", "haruka", "hiroshi", "ichiro", "ivan", "jan", "jiro", "jun", "kaede", "kaito",
    "kazuo", "keiko", "kenji", "lena", "luca", "maki", "maria", "mei", "michi", "mika", "misaki", "nadia",
    "nana", "naoki", "noa", "olga", "osamu", "paula", "rei", "ren", "rika", "ryo", "sakura", "satoshi",
    "shin", "shota", "sora", "taro", "tomoko", "tsubasa", "umeko", "viktor", "yoko", "yui", "yuki", "yumi",
    "yuto", "zoe", "midori", "nozomi",
];

/// Family names, all lower case.
pub(crate) const FAMILY: [&str; 80] = [
    "abe",
    "aoki",
    "arai",
    "baba",
    "chiba",
    "doi",
    "endo",
    "fujii",
    "fujita",
    "fukuda",
    "goto",
    "hara",
    "harada",
    "hasegawa",
    "hayashi",
    "hirano",
    "honda",
    "ida",
    "igarashi",
    "iida",
    "ikeda",
    "imai",
    "inoue",
    "ishida",
    "ishii",
    "ito",
    "iwata",
    "kato",
    "kimura",
    "kobayashi",
    "koga",
    "kondo",
    "kudo",
    "maeda",
    "maruyama",
    "matsui",
    "mori",
    "murata",
    "nakagawa",
    "nakajima",
    "nakano",
    "nishida",
    "noguchi",
    "noda",
    "nomura",
    "oda",
    "ogawa",
    "okada",
    "ono",
    "ota",
    "otsuka",
    "saito",
    "sakai",
    "sasaki",
    "sato",
    "shibata",
    "shimizu",
    "sugiyama",
    "suzuki",
    "takada",
    "takagi",
    "takahashi",
    "takeda",
    "tamura",
    "tanaka",
    "taniguchi",
    "uchida",
    "ueda",
    "ueno",
    "wada",
    "watanabe",
    "yamada",
    "yamaguchi",
    "yamamoto",
    "yano",
    "yasuda",
    "yokoyama",
    "yoshida",
    "yoshino",
    "yuasa",
];

const WORDS: [&str; 48] = [
    "love", "dragon", "tiger", "summer", "winter", "soccer", "monkey", "flower", "pepper", "orange",
    "master", "shadow", "silver", "golden", "purple", "guitar", "coffee", "cookie", "banana", "sakura",
    "baseball", "sunshine", "princess", "football", "river", "ocean", "forest", "rainbow", "samurai",
    "ninja", "fuji", "hello", "happy", "lucky", "secret", "music", "angel", "candy", "panda", "mizu", "neko",
    "inu", "hana", "yuki", "umi", "sora", "hoshi", "kuma",
];

const SEPARATED: [&str; 12] = [
    "a:b;c,\"d|e",
    "p@ss:word",
    "semi;colon9",
    "pipe|line77",
    "comma,comma",
    "it's me",
    "quo\"te\"d",
    "tab-less\\n",
    "x:y:z",
    "100%;--",
    "me@home1",
    "back\\slash",
];

const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Appends the decimal digits of `value`.
pub(crate) fn push_number(out: &mut Vec<u8>, value: usize) {
    let mut digits = [0_u8; 20];
    let mut rest = value;
    let mut length = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        length += 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - length..).unwrap_or_default());
}

/// Appends a local part: 3 to about 20 characters of `[a-z0-9._-]`, 10 on average.
pub(crate) fn push_local_part(out: &mut Vec<u8>, random: &mut Random) {
    let shape = random.below(16);
    match shape {
        0..=4 => {
            out.extend_from_slice(random.pick(&GIVEN).as_bytes());
            push_number(out, random.below(10_000));
        }
        5..=6 => {
            out.extend_from_slice(random.pick(&GIVEN).as_bytes());
            out.push(b'.');
            out.extend_from_slice(random.pick(&FAMILY).as_bytes());
        }
        7..=9 => {
            out.push(b'a' + random.below(26) as u8);
            out.extend_from_slice(random.pick(&FAMILY).as_bytes());
            push_number(out, random.below(1_000));
        }
        10..=11 => {
            out.extend_from_slice(random.pick(&WORDS).as_bytes());
            out.push(random.pick(b"_-."));
            out.extend_from_slice(random.pick(&GIVEN).as_bytes());
        }
        12..=13 => {
            out.extend_from_slice(random.pick(&FAMILY).as_bytes());
            out.extend_from_slice(random.pick(&WORDS).as_bytes());
        }
        _ => {
            let length = 5 + random.below(8);
            push_letters(out, random, length);
        }
    }
}

/// Appends a password: 4 to about 16 characters, 9 on average; one in 64 holds separators, `@` or quotes.
pub(crate) fn push_password(out: &mut Vec<u8>, random: &mut Random) {
    if random.one_in(64) {
        out.extend_from_slice(random.pick(&SEPARATED).as_bytes());
        return;
    }
    push_plain_password(out, random);
}

/// Appends a password of letters, digits and `!`, without anything that separates fields.
pub(crate) fn push_plain_password(out: &mut Vec<u8>, random: &mut Random) {
    let shape = random.below(8);
    match shape {
        0..=2 => {
            out.extend_from_slice(random.pick(&WORDS).as_bytes());
            push_number(out, random.below(10_000));
        }
        3 => push_number(out, 100_000 + random.below(900_000_000)),
        4 => {
            let start = out.len();
            out.extend_from_slice(random.pick(&WORDS).as_bytes());
            if let Some(first) = out.get_mut(start) {
                first.make_ascii_uppercase();
            }
            out.push(random.pick(b"!._-#$*"));
            push_number(out, random.below(1_000));
        }
        5 => {
            out.extend_from_slice(random.pick(&GIVEN).as_bytes());
            push_number(out, 1_950 + random.below(70));
        }
        _ => {
            let length = 8 + random.below(4);
            push_letters(out, random, length);
        }
    }
}

/// Appends `length` (at most 12) letters and digits out of one draw.
pub(crate) fn push_letters(out: &mut Vec<u8>, random: &mut Random, length: usize) {
    let mut bits = random.bits();
    for _ in 0..length.min(12) {
        out.extend(LETTERS.get((bits & 31) as usize));
        bits >>= 5;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal() {
        for (value, expected) in
            [(0, "0"), (7, "7"), (10, "10"), (12_345, "12345"), (usize::MAX, "18446744073709551615")]
        {
            let mut out = Vec::new();
            push_number(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn local_parts_are_dot_atoms_of_a_usual_length() {
        let mut random = Random::new(1);
        let mut sum = 0;
        for _ in 0..10_000 {
            let mut out = Vec::new();
            push_local_part(&mut out, &mut random);
            let text = String::from_utf8(out).unwrap();
            assert!(
                text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c)),
                "{text}"
            );
            assert!((3..=24).contains(&text.len()), "{text}");
            sum += text.len();
        }
        assert!((9..=11).contains(&(sum / 10_000)), "{}", sum / 10_000);
    }

    #[test]
    fn passwords_are_never_empty_and_hold_no_line_end() {
        let mut random = Random::new(2);
        let (mut sum, mut with_separator) = (0, 0);
        for _ in 0..10_000 {
            let mut out = Vec::new();
            push_password(&mut out, &mut random);
            let text = String::from_utf8(out).unwrap();
            assert!(!text.trim().is_empty() && !text.contains('\n'));
            sum += text.len();
            with_separator += usize::from(text.contains([':', ';', '@', '|', ',', '"']));
        }
        assert!((8..=10).contains(&(sum / 10_000)), "{}", sum / 10_000);
        assert!(with_separator > 50);
    }

    #[test]
    fn given_and_family_names_share_no_word() {
        for name in GIVEN {
            assert!(!FAMILY.contains(&name), "{name}");
        }
    }
}
