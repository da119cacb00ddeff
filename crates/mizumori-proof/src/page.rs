//! Judges what a web site answered: whether a file is the proof, whether the head of a page holds it.
//!
//! A page is read as a browser reads it (HTML Standard, 13.2.6.4.1 to 13.2.6.4.6), but only up to where its head ends, and without
//! the corrections that a browser makes: what it would have to mend is no proof. So nothing counts that visitors of a site could
//! have written into its body, nor what stands in comments, scripts, styles, titles, templates or behind `<noscript>`.

use std::borrow::Cow;
use std::ops::ControlFlow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

use crate::challenge::Challenge;
use crate::error::Absence;

/// Bytes of a page in which it may say its encoding (HTML Standard, 13.2.3.2).
const PRESCAN: usize = 1024;

impl Challenge {
    /// Judges the content of the file: the line and nothing else. Blanks and line ends around it do not count, nor does a byte order
    /// mark before it.
    ///
    /// # Errors
    /// What is there instead.
    pub fn judge_file(&self, content: &[u8]) -> Result<(), Absence> {
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        if content.trim_ascii() == self.line().as_bytes() { Ok(()) } else { Err(Absence::OtherContent) }
    }

    /// Judges a page, of which `content_type` was said: whether one of the elements of this name in its head has this token.
    ///
    /// # Errors
    /// What is there instead.
    pub fn judge_page(&self, page: &[u8], content_type: Option<&str>) -> Result<(), Absence> {
        let token = self.token().to_string();
        let mut found = Err(Absence::NoElement);
        each_meta(decoded(page, content_type).as_bytes(), |element| {
            if !attribute(element, b"name").trim_ascii().eq_ignore_ascii_case(Self::element_name().as_bytes())
            {
                return ControlFlow::Continue(());
            }
            if attribute(element, b"content").trim_ascii() == token.as_bytes() {
                found = Ok(());
                return ControlFlow::Break(());
            }
            found = Err(Absence::OtherContent);
            ControlFlow::Continue(())
        });
        found
    }
}

/// The value of an attribute, the first where there are several; empty where there is none.
fn attribute<'t>(element: &'t StartTag<()>, name: &[u8]) -> &'t [u8] {
    element.attributes.get(name).map(|value| value.value.as_slice()).unwrap_or_default()
}

/// Calls `visit` for each `<meta>` in the head of a page.
fn each_meta(page: &[u8], mut visit: impl FnMut(&StartTag<()>) -> ControlFlow<()>) {
    let mut emitter = DefaultEmitter::default();
    // Into the text of scripts, titles and the like, where nothing is an element.
    emitter.naively_switch_states(true);
    // Templates that are open; what stands in them is no part of the page.
    let mut templates = 0usize;
    // Whether an element is open that holds text alone.
    let mut is_text = false;
    for token in Tokenizer::new_with_emitter(page, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => match (tag.name.as_slice(), templates) {
                (b"title" | b"style" | b"script" | b"noscript", _) => is_text = true,
                (b"template", _) => templates += 1,
                // What stands in these is tokenised by other rules.
                (b"svg" | b"math" | b"plaintext", _) => return,
                (_, 1..) => {}
                (b"meta", 0) => {
                    if visit(&tag).is_break() {
                        return;
                    }
                }
                (b"html" | b"head" | b"base" | b"basefont" | b"bgsound" | b"link", 0) => {}
                // The body has begun.
                (_, 0) => return,
            },
            Token::EndTag(tag) => match (tag.name.as_slice(), templates) {
                _ if is_text => is_text = false,
                (b"template", _) => templates = templates.saturating_sub(1),
                (b"head" | b"body" | b"html" | b"br", 0) => return,
                _ => {}
            },
            Token::String(text) => {
                if !is_text && templates == 0 && !text.value.trim_ascii().is_empty() {
                    return;
                }
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
}

/// A page as text: by its byte order mark, by what was said of it, by what it says of itself, else as UTF-8. What cannot be decoded
/// is replaced; the element is ASCII, so that most mistakes in encodings do not matter.
fn decoded<'p>(page: &'p [u8], content_type: Option<&str>) -> Cow<'p, str> {
    let by_header = || content_type.and_then(charset_of).and_then(Encoding::for_label);
    // Looks for the byte order mark itself, before all others.
    let (text, _, _) = by_header().or_else(|| by_element(page)).unwrap_or(UTF_8).decode(page);
    text
}

/// The encoding that a page says it has.
fn by_element(page: &[u8]) -> Option<&'static Encoding> {
    let mut found = None;
    each_meta(page.get(..PRESCAN).unwrap_or(page), |element| {
        let label = match attribute(element, b"charset") {
            b"" if attribute(element, b"http-equiv").eq_ignore_ascii_case(b"content-type") => {
                std::str::from_utf8(attribute(element, b"content")).ok().and_then(charset_of)
            }
            label => Some(label),
        };
        found = label.and_then(Encoding::for_label);
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    // Who could read that has no UTF-16 before him.
    found.map(|found| if found == UTF_16LE || found == UTF_16BE { UTF_8 } else { found })
}

/// The label in a type such as `text/html; charset="utf-8"`.
fn charset_of(content_type: &str) -> Option<&[u8]> {
    let mut parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, label) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(label.trim().trim_matches(['"', '\'']).as_bytes())
}

#[cfg(test)]
mod tests;
