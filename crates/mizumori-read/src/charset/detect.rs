//! Which encoding a member is in, from its first MiB.
//!
//! The order matters: byte order marks, then what can be told by structure (UTF-16, ISO-2022-JP, UTF-8), then
//! `chardetng`'s statistics among the legacy encodings. What is no text at all counts as UTF-8, because its bytes
//! are then looked at as they are.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS};

use super::{Charset, Detection, iso2022jp, utf16};

impl Charset {
    /// The encoding of a member that begins with `sample`; `whole` says that nothing follows.
    ///
    /// A sequence that the sample's end cuts off does not count as broken, nor do a few broken bytes make
    /// UTF-8 or ASCII something else. Pure ASCII, no bytes at all and binary data are [`Charset::Utf8`].
    pub fn detect(sample: &[u8], whole: bool) -> Detection {
        for (bom, charset) in [
            (&b"\xEF\xBB\xBF"[..], Self::Utf8),
            (b"\xFF\xFE", Self::Utf16Le),
            (b"\xFE\xFF", Self::Utf16Be),
            (b"\x84\x31\x95\x33", Self::Other(GB18030)),
        ] {
            if sample.starts_with(bom) {
                return Detection { charset, bom_len: bom.len() };
            }
        }
        Detection { charset: without_bom(sample, whole), bom_len: 0 }
    }
}

fn without_bom(sample: &[u8], whole: bool) -> Charset {
    if let Some(charset) = utf16::detect(sample) {
        return charset;
    }
    if memchr::memchr(0x1B, sample).is_some() && iso2022jp::detect(sample) {
        return Charset::Iso2022Jp;
    }
    if sample.is_ascii() || is_mostly_utf8(sample, whole) || is_binary(sample) {
        return Charset::Utf8;
    }
    let guess = guess(sample, whole);
    if guess == encoding_rs::UTF_8 { Charset::Utf8 } else { Charset::Other(guess) }
}

/// Valid UTF-8, or so few broken bytes that it was meant to be.
///
/// Next to real multi-byte sequences one broken byte in ten is few, and next to sequences of three bytes, which
/// no other encoding makes by chance, one in two; in text that is ASCII else, one byte in 4,096 of the sample:
/// that is a list with a stray line in it, and treating it as UTF-8 keeps the fast way.
fn is_mostly_utf8(sample: &[u8], whole: bool) -> bool {
    let (mut sound, mut long, mut broken) = (0_usize, 0_usize, 0_usize);
    for chunk in sample.utf8_chunks() {
        let valid = chunk.valid();
        if !valid.is_ascii() {
            sound += valid.chars().filter(|c| !c.is_ascii()).count();
            long += valid.chars().filter(|c| c.len_utf8() >= 3).count();
        }
        broken += chunk.invalid().len();
    }
    if !whole && broken > 0 {
        broken -= cut_off(sample);
    }
    broken == 0 || broken * 10 <= sound || broken * 2 <= long || sound == 0 && broken * 4096 <= sample.len()
}

/// Bytes at the end that begin a UTF-8 sequence which does not end any more.
fn cut_off(sample: &[u8]) -> usize {
    match sample.utf8_chunks().last() {
        Some(last) => match std::str::from_utf8(last.invalid()) {
            Err(e) if e.error_len().is_none() => last.invalid().len(),
            _ => 0,
        },
        None => 0,
    }
}

/// More than one byte in twenty is a control character that no text has.
fn is_binary(sample: &[u8]) -> bool {
    let control = |b: &&u8| matches!(**b, 0..=0x08 | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F);
    sample.iter().filter(control).count() * 20 > sample.len()
}

/// The statistics look at so many bytes: they take 60 ms for a MiB, and a list is alike all through.
const EXCERPT: usize = 64 * 1024;

/// Encodings in which a single broken byte makes `chardetng` look no further.
const MULTI_BYTE: [&Encoding; 5] = [SHIFT_JIS, EUC_JP, GBK, BIG5, EUC_KR];

fn guess(sample: &[u8], whole: bool) -> &'static Encoding {
    // Lines of ASCII say nothing.
    let telling =
        || sample.split_inclusive(|byte| matches!(*byte, b'\n' | b'\r')).filter(|line| !line.is_ascii());
    let first = guess_lines(telling(), whole);
    if MULTI_BYTE.contains(&first) {
        return first;
    }
    // A few broken lines are no reason to take the others for something else: without them, is it what they broke?
    let meant = MULTI_BYTE.into_iter().find(|encoding| {
        let is_sound =
            |line: &&[u8]| encoding.decode_without_bom_handling_and_without_replacement(line).is_some();
        let (sound, all) = within_excerpt(telling())
            .fold((0_usize, 0_usize), |(sound, all), line| (sound + usize::from(is_sound(&line)), all + 1));
        sound < all && sound * 4 >= all * 3 && guess_lines(telling().filter(is_sound), whole) == *encoding
    });
    meant.unwrap_or(first)
}

/// The lines of which the excerpt consists; the last one may be cut.
fn within_excerpt<'a>(lines: impl Iterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a [u8]> {
    lines.scan(EXCERPT, |left, line| {
        let now = line.get(..*left).unwrap_or(line);
        *left -= now.len();
        (!now.is_empty()).then_some(now)
    })
}

fn guess_lines<'a>(lines: impl Iterator<Item = &'a [u8]>, whole: bool) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut fed = 0;
    for line in within_excerpt(lines) {
        detector.feed(line, false);
        fed += line.len();
    }
    if whole && fed < EXCERPT {
        detector.feed(b"", true);
    }
    detector.guess(None, Utf8Detection::Deny)
}

/// The encoding of file names (several, apart by line feeds) that are no UTF-8.
pub(crate) fn guess_names(names: &[u8]) -> &'static Encoding {
    guess(names, true)
}

#[cfg(test)]
mod tests {
    use encoding_rs::{KOI8_R, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252};

    use super::*;

    fn name(sample: &[u8], whole: bool) -> (&'static str, usize) {
        let found = Charset::detect(sample, whole);
        (found.charset.name(), found.bom_len)
    }

    const JAPANESE: &str = "利用者名:パスワード\r\n山田太郎,yamada@suigen.example,ひみつの合言葉\r\n\
        佐藤花子,sato@mizu.example,さくら１２３\r\n所属は総務部です。半年ごとに変更してください。\r\n";
    const RUSSIAN: &str =
        "Логин: ivan@suigen.example\r\nПароль: секретный ключ\r\nИмя: Иван Петров, город Москва\r\n";
    const CHINESE: &str =
        "用户名:密码\r\n邮箱 zhang@suigen.example 密码 我的生日\r\n请及时修改您的登录密码，谢谢合作。\r\n";
    const FRENCH: &str = "Prénom;Société;Mot de passe\r\nHélène;Crédit Général;été à Genève où ça\r\n";
    const POLISH: &str = "Imię;Hasło\r\nŁukasz;zażółć gęślą jaźń\r\nWąchock;Świętokrzyskie żółte źdźbło\r\n";
    const KOREAN: &str =
        "이름: 홍길동\r\n비밀번호: 나의비밀번호입니다\r\n이메일 hong@suigen.example 서울특별시\r\n";
    const TAIWANESE: &str = "帳號：密碼\r\n請記得變更您的登入密碼，謝謝您的合作與支持。電子郵件信箱\r\n";

    #[test]
    fn tells_legacy_encodings() {
        for (encoding, text) in [
            (SHIFT_JIS, JAPANESE),
            (EUC_JP, JAPANESE),
            (WINDOWS_1251, RUSSIAN),
            (KOI8_R, RUSSIAN),
            (GBK, CHINESE),
            (WINDOWS_1252, FRENCH),
            (WINDOWS_1250, POLISH),
            (EUC_KR, KOREAN),
            (BIG5, TAIWANESE),
        ] {
            let (bytes, _, lossy) = encoding.encode(text);
            assert!(!lossy);
            let found = name(&bytes, true).0;
            let same = found == encoding.name() || (found == "KOI8-U" && encoding == KOI8_R);
            assert!(same, "{} taken for {found}", encoding.name());
        }
    }

    #[test]
    fn tells_unicode() {
        let check = |bytes: &[u8], whole, expected| assert_eq!(name(bytes, whole), expected);
        check(b"", true, ("UTF-8", 0));
        check(b"taro@suigen.example:himitsu\n", true, ("UTF-8", 0));
        check(JAPANESE.as_bytes(), true, ("UTF-8", 0));
        check(&[b"\xEF\xBB\xBF", JAPANESE.as_bytes()].concat(), true, ("UTF-8", 3));
        check(b"\xFF\xFEa\0", true, ("UTF-16LE", 2));
        check(b"\xFE\xFF\0a", true, ("UTF-16BE", 2));
        let le: Vec<u8> = JAPANESE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = JAPANESE.encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&le, true, ("UTF-16LE", 0));
        check(&be, true, ("UTF-16BE", 0));
        let (jis, _, _) = encoding_rs::ISO_2022_JP.encode(JAPANESE);
        check(&jis, true, ("ISO-2022-JP", 0));
    }

    #[test]
    fn a_few_broken_lines_do_not_change_the_guess() {
        for (encoding, text) in [(SHIFT_JIS, JAPANESE), (EUC_JP, JAPANESE), (EUC_KR, KOREAN)] {
            let mut bytes = encoding.encode(&text.repeat(3)).0.into_owned();
            bytes.splice(3..3, [0xFF]);
            assert_eq!(name(&bytes, true).0, encoding.name());
            // An old Mac's line ends.
            bytes.retain(|byte| *byte != b'\n');
            assert_eq!(name(&bytes, true).0, encoding.name());
        }
        for (encoding, text) in [(WINDOWS_1252, FRENCH), (WINDOWS_1250, POLISH), (WINDOWS_1251, RUSSIAN)] {
            let bytes = [&encoding.encode(text).0[..], b"\xFF \xFF\n"].concat();
            assert_eq!(name(&bytes, true).0, encoding.name());
        }
    }

    #[test]
    fn a_cut_sequence_is_not_broken() {
        let bytes = JAPANESE.as_bytes();
        for end in 0..bytes.len() {
            assert_eq!(name(&bytes[..end], false), ("UTF-8", 0), "at {end}");
        }
    }

    #[test]
    fn a_few_broken_bytes_stay_utf8() {
        let mut japanese = JAPANESE.as_bytes().to_vec();
        japanese.splice(30..30, *b"\xFF\x80");
        assert_eq!(name(&japanese, true), ("UTF-8", 0));
        let mut ascii = b"taro@suigen.example:himitsu\n".repeat(1000);
        ascii.splice(500..500, *b"\x83\x70");
        assert_eq!(name(&ascii, true), ("UTF-8", 0));
    }

    #[test]
    fn a_few_full_width_addresses_outweigh_fewer_broken_bytes() {
        let mut list = "taro@suigen.example:himitsu\n".repeat(2000).into_bytes();
        list.extend_from_slice("ｔａｒｏ＠ｓｕｉｇｅｎ．example:himitsu\n".as_bytes());
        list.extend_from_slice(b"\x83hanako\xFF@suigen.example:\xE9t\xE9\n");
        assert_eq!(name(&list, true), ("UTF-8", 0));
    }

    #[test]
    fn binary_data_is_left_as_it_is() {
        let noise: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(name(&noise, true), ("UTF-8", 0));
    }

    #[test]
    fn japanese_lists_with_little_japanese_in_them() {
        let mut list = "yamada@suigen.example:himitsu123\n".repeat(200).into_bytes();
        list.extend_from_slice(
            &SHIFT_JIS.encode("tanaka@mizu.example:東京タワー\nsuzuki@mizu.example:さくら\n").0,
        );
        assert_eq!(name(&list, true).0, "Shift_JIS");
    }
}
