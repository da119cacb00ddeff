//! Files and pages as sites have them, and as they must not prove anything.

use encoding_rs::{EUC_JP, ISO_2022_JP, SHIFT_JIS};
use mizumori_core::DomainName;
use proptest::prelude::*;

use super::*;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const ELEMENT: &str =
    r#"<meta name="mizumori-domain-verification" content="0123456789abcdef0123456789abcdef">"#;

fn challenge() -> Challenge {
    Challenge::new(DomainName::parse("suigen.example").unwrap(), TOKEN.parse().unwrap()).unwrap()
}

fn judge(page: &str) -> Result<(), Absence> {
    challenge().judge_page(page.as_bytes(), Some("text/html; charset=utf-8"))
}

/// Judges pages in which `{}` stands for the element.
fn check(pages: &[&str], expected: Result<(), Absence>) {
    for page in pages {
        assert_eq!(judge(&page.replace("{}", ELEMENT)), expected, "{page}");
    }
}

#[test]
fn heads_that_have_it() {
    check(
        &[
            "<!DOCTYPE html><html><head><title>水源省</title>{}</head><body>x</body></html>",
            "{}",
            "<head>{}",
            "<html lang=ja>\n<HEAD>\n{}\n</HEAD>",
            // The tag of the head may be left out.
            "<!doctype html><meta charset=utf-8><title>x</title>{}<p>y",
            "<!-- a comment --><html><!-- another --><head><!-- a third -->{}",
            "<head><script>var a = \"<body>\";</script><style>p { color: red }</style><link rel=x>{}",
            "<head><title><body></title><noscript><p>x</p></noscript>{}",
            "<head><template><p>text</p><template></template></template>{}",
            "<head><base href=/>{}<meta name=mizumori-domain-verification content=other>",
            "<head><meta name=mizumori-domain-verification content=other>{}",
            // What a browser passes over.
            "<head></p></div><html class=x><head>{}",
            "<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"x\"><html><head>{}",
            "\u{feff}<head>{}",
            "<head>{}<body",
        ],
        Ok(()),
    );
}

#[test]
fn elements_as_people_write_them() {
    for element in [
        "<META NAME='Mizumori-Domain-Verification' CONTENT='{}'>",
        "<meta name=mizumori-domain-verification content={}>",
        "<meta content=\"{}\" name=\"mizumori-domain-verification\" />",
        "<meta\n name = \"mizumori-domain-verification\"\n content = \" {} \"\n data-x>",
        "<meta name=\"mizumori&#45;domain-verification\" content=\"{}\">",
        "<meta name=\"mizumori-domain-verification\" content=\"{}\" content=\"other\">",
    ] {
        let element = element.replace("{}", TOKEN);
        assert_eq!(judge(&format!("<head>{element}</head>")), Ok(()), "{element}");
    }
}

#[test]
fn elements_that_say_something_else() {
    for content in ["other", "", "0123456789ABCDEF0123456789ABCDEF", &format!("{TOKEN} {TOKEN}"), &TOKEN[1..]]
    {
        let page = format!("<head><meta name=mizumori-domain-verification content=\"{content}\">");
        assert_eq!(judge(&page), Err(Absence::OtherContent), "{page}");
    }
    check(
        &[
            "<head><meta name=mizumori-domain-verification>",
            "<head><meta name=mizumori-domain-verification content=other content=0123456789abcdef0123456789abcdef>",
        ],
        Err(Absence::OtherContent),
    );
}

#[test]
fn what_is_not_in_the_head_does_not_count() {
    check(
        &[
            "",
            "x",
            "<head></head>{}",
            "<head></head><body>{}",
            "<body>{}",
            "<html><body><head>{}</head></body>",
            "<p>{}",
            "some text {}",
            "<head>some text {}",
            "<head></body>{}",
            "<head><p>{}</head>",
            "<head><div><head>{}",
            "<frameset>{}",
            "<head><svg>{}</svg></head>",
            "<math>{}",
            // Comments and text.
            "<head><!-- {} --></head>",
            "<head><!-- > {} --></head>",
            "<head><!--x {}",
            "<![CDATA[{}]]>",
            "<? {}",
            "<head><title>{}</title></head>",
            "<head><title>{}",
            "<head><script>document.write('{}')</script></head>",
            "<head><script><!--<script></script>{}--></script></head>",
            "<head><style>{}</style></head>",
            "<head><noscript>{}</noscript></head>",
            "<head><textarea>{}</textarea></head>",
            "<head><iframe>{}</iframe></head>",
            "<head><noframes>{}</noframes></head>",
            "<head><xmp>{}</xmp></head>",
            "<head><plaintext>{}",
            "<head><template>{}</template></head>",
            "<head><template><template></template>{}</template></head>",
            "<head><template><svg><style></svg></template>{}",
            "<head><template>{}",
            // Another element, another attribute, text that looks like one.
            "<head><link name=mizumori-domain-verification content=0123456789abcdef0123456789abcdef>",
            "<head><metadata name=mizumori-domain-verification content=0123456789abcdef0123456789abcdef>",
            "<head><meta property=mizumori-domain-verification content=0123456789abcdef0123456789abcdef>",
            "<head><meta name=description content='{}'>",
            "<head><meta name=\"mizumori-domain-verification content=0123456789abcdef0123456789abcdef",
            "&lt;meta name=\"mizumori-domain-verification\" content=\"0123456789abcdef0123456789abcdef\">",
        ],
        Err(Absence::NoElement),
    );
}

#[test]
fn pages_in_other_encodings() {
    let page = |charset: &str| {
        format!("<!doctype html><html><head>{charset}<title>水源省の表現ソ能</title>{ELEMENT}</head><p>水")
    };
    let utf_16 = |page: &str, big: bool| -> Vec<u8> {
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        page.encode_utf16().flat_map(bytes).collect()
    };
    for (encoding, label) in [(SHIFT_JIS, "Shift_JIS"), (EUC_JP, "euc-jp"), (ISO_2022_JP, "iso-2022-jp")] {
        for charset in [
            format!("<meta charset=\"{label}\">"),
            format!("<meta http-equiv=Content-Type content='text/html; charset={label}'>"),
            String::new(),
        ] {
            let page = page(&charset);
            let bytes = encoding.encode(&page).0;
            let said = charset.is_empty().then(|| format!("Text/HTML;Charset=\"{label}\""));
            assert_eq!(challenge().judge_page(&bytes, said.as_deref()), Ok(()), "{label} {charset}");
        }
    }
    for big in [true, false] {
        let marked = utf_16(&format!("\u{feff}{}", page("")), big);
        assert_eq!(challenge().judge_page(&marked, Some("text/html; charset=utf-8")), Ok(()));
        let said = if big { "text/html; charset=utf-16be" } else { "text/html; charset=utf-16" };
        assert_eq!(challenge().judge_page(&utf_16(&page(""), big), Some(said)), Ok(()));
        assert_eq!(challenge().judge_page(&utf_16(&page(""), big), None), Err(Absence::NoElement));
    }
}

#[test]
fn encodings_that_are_said_wrongly() {
    let page = format!("<head><meta charset=euc-jp><title>水源省の表現</title>{ELEMENT}");
    for said in [
        None,
        Some(""),
        Some("text/html"),
        Some("text/html; charset="),
        Some("text/html; charset=nonsense"),
        Some("text/html; charset=shift_jis"),
        Some("text/html; charset=windows-1252; charset=utf-16"),
        Some("\u{0}; charset"),
    ] {
        assert_eq!(challenge().judge_page(page.as_bytes(), said), Ok(()), "{said:?}");
    }
    let page = format!("<head><meta charset=utf-16>{ELEMENT}");
    assert_eq!(challenge().judge_page(page.as_bytes(), None), Ok(()));
    // A browser shows no page at all.
    assert_eq!(
        challenge().judge_page(page.as_bytes(), Some("text/html; charset=utf-16")),
        Err(Absence::NoElement)
    );
    let broken = [b"<head><title>\xff\xfe\x80".as_slice(), b"</title>", ELEMENT.as_bytes()].concat();
    assert_eq!(challenge().judge_page(&broken, None), Ok(()));
}

#[test]
fn what_would_take_long_does_not() {
    let many = |what: &str| what.repeat((1 << 20) / what.len());
    for page in [
        many("<"),
        many("<!--"),
        many("<template>"),
        many("<meta>"),
        many("<meta charset=x>"),
        many("</x>"),
        many("&amp"),
        many("<script><!--"),
        format!("<meta {}", many("a=b ")),
        format!("<meta {}>", (0..100_000).map(|number| format!("a{number} ")).collect::<String>()),
        format!("<title>{}", many("水")),
        many("\0"),
    ] {
        assert_eq!(judge(&page), Err(Absence::NoElement));
    }
}

#[test]
fn files() {
    let line = challenge().line();
    let judge = |content: &str| challenge().judge_file(content.as_bytes());
    for content in [line.clone(), format!("{line}\n"), format!("\u{feff}{line}\r\n"), format!(" \n{line}\t")]
    {
        assert_eq!(judge(&content), Ok(()), "{content:?}");
    }
    let doubled = format!("{line}\n{line}");
    for content in ["", "\u{feff}", &line[1..], TOKEN, &line.to_uppercase(), &doubled, ELEMENT] {
        assert_eq!(judge(content), Err(Absence::OtherContent), "{content:?}");
    }
    let page = format!("<html>{line}</html>");
    assert_eq!(judge(&page), Err(Absence::OtherContent), "a page for everything is no file");
    assert_eq!(challenge().judge_file(b"\xff\xfe\0"), Err(Absence::OtherContent));
}

proptest! {
    #[test]
    fn nothing_panics(page: Vec<u8>, said: String) {
        let _ = challenge().judge_page(&page, Some(&said));
        let _ = challenge().judge_file(&page);
    }

    /// Whatever stands in the body, the head alone decides.
    #[test]
    fn no_body_proves_anything(head in "(<title>x</title>|<link>|<!-- x -->| ){0,4}", body in "[ -~]{0,40}") {
        let page = format!("<html><head>{head}</head><body>{body}{ELEMENT}{body}</body></html>");
        prop_assert_eq!(judge(&page), Err(Absence::NoElement));
        let page = format!("<html><head>{head}{ELEMENT}</head><body>{body}</body></html>");
        prop_assert_eq!(judge(&page), Ok(()));
    }

    /// Pieces in any order never prove it without the token.
    #[test]
    fn nothing_proves_it_without_the_token(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<meta ", "name=mizumori-domain-verification ", "content=", "'", "\"", ">", "<head>", "</head>", "<!--",
            "-->", "<script>", "</script>", "<template>", "</template>", "0123456789abcdef", "&#48;", "/", "=",
        ]), 0..40)
    ) {
        let page = pieces.concat();
        if !page.contains(TOKEN) && !page.contains("&#48;") {
            prop_assert!(judge(&page).is_err(), "{}", page);
        }
    }
}
