//! Templates, those of the program and those of organisations, and the letters that they become.
//!
//! A template may name the variables of its kind, and use `if` and `for`, and nothing else of the language: organisations
//! write them, so nothing in them computes, calls or grows.

use std::{fmt, io};

use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use mizumori_core::Lang;
use serde::Serialize;

use crate::error::{RespondError, Result};
use crate::letter::facts::{Facts, Seen};
use crate::letter::kind::LetterKind;
use crate::letter::{html, markup, sample, text};
use crate::mail::one_line;
use crate::tlp::Tlp;

/// Bytes of a template: many times the longest of ours.
const LONGEST: usize = 32 << 10;
/// Many times what the longest of ours takes.
const FUEL: u64 = 50_000;
/// Bytes of a letter. Steps are counted and not what they write: loops could repeat a long text.
const LONGEST_LETTER: usize = 128 << 10;
/// Characters of a subject.
const LONGEST_SUBJECT: usize = 200;
/// What stands below each letter, whoever wrote it.
const CLOSING_JA: &str = include_str!("../../letters/ja/closing.txt");
const CLOSING_EN: &str = include_str!("../../letters/en/closing.txt");
/// The words that a statement may begin with.
const STATEMENTS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// What a mail says.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is about, on one line.
    pub subject: String,
    /// As text.
    pub text: String,
    /// The same as HTML, without a link.
    pub html: String,
    /// In which language.
    pub lang: Lang,
    /// How far it may be passed on; it says so itself.
    pub tlp: Tlp,
}

/// A letter's text with places for facts.
#[derive(Clone)]
pub struct Template {
    kind: LetterKind,
    lang: Lang,
    source: String,
    environment: Environment<'static>,
}

/// What the closing sees.
#[derive(Serialize)]
struct Closing<'s> {
    /// Who speaks: the service where the organisation is only about to be somebody's.
    sender: &'s str,
    portal: &'s str,
    portal_address: &'s str,
    contact: &'s str,
    reference: &'s str,
    is_list: bool,
    /// Whether whoever reads it has to do with the portal already.
    knows_portal: bool,
    tlp: &'static str,
    tlp_meaning: &'static str,
}

impl Template {
    /// The program's own.
    ///
    /// # Errors
    /// Never, as a test shows.
    pub fn built_in(kind: LetterKind, lang: Lang) -> Result<Self> {
        Self::new(kind, lang, kind.built_in(lang))
    }

    /// An organisation's own: the first line is the subject, what follows an empty line is the letter.
    ///
    /// # Errors
    /// When it uses more of the language than it may, or a variable that its kind does not have, when it has a link in it, or says
    /// nothing. The text says where.
    pub fn new(kind: LetterKind, lang: Lang, source: &str) -> Result<Self> {
        if source.len() > LONGEST {
            return Err(wrong(format!("it is longer than {LONGEST} bytes")));
        }
        if source.contains("://") || source.to_ascii_lowercase().contains("www.") {
            return Err(wrong("it has a link in it: name the portal instead".to_owned()));
        }
        check_tags(source)?;
        let closing = match lang {
            Lang::Ja => CLOSING_JA,
            Lang::En => CLOSING_EN,
        };
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        let added = environment
            .add_template_owned("letter", source.to_owned())
            .and_then(|()| environment.add_template("closing", closing));
        added.map_err(|error| explained(&error))?;
        let template = Self { kind, lang, source: source.to_owned(), environment };
        template.check_variables()?;
        for facts in sample::all() {
            let letter = template.render(&facts, Tlp::Amber)?;
            if letter.subject.is_empty() {
                return Err(wrong("its first line, the subject, is empty".to_owned()));
            }
        }
        Ok(template)
    }

    /// Which kind of letter it is.
    pub const fn kind(&self) -> LetterKind {
        self.kind
    }

    /// Which language it is in.
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The letter that invented facts make of it.
    ///
    /// # Errors
    /// Those of [`Template::render`].
    pub fn preview(&self, tlp: Tlp) -> Result<Letter> {
        self.render(&sample::full(), tlp)
    }

    /// The letter that facts make of it.
    ///
    /// # Errors
    /// When it is to name an account, a domain or a code and there is none, or it becomes too long.
    pub fn render(&self, facts: &Facts, tlp: Tlp) -> Result<Letter> {
        let seen = facts.seen(self.kind, self.lang);
        if let Some(missing) = seen.missing() {
            return Err(RespondError::Unwritable(missing));
        }
        let written = self.fill("letter", &seen)?;
        let (subject, body) = written.split_once('\n').unwrap_or((&written, ""));
        let subject = one_line(subject, LONGEST_SUBJECT);
        let mut blocks = markup::blocks(body, self.lang);
        if blocks.is_empty() {
            return Err(wrong("it says nothing below its subject".to_owned()));
        }
        blocks.extend(markup::blocks(&self.fill("closing", &self.closing(&seen, tlp))?, self.lang));
        Ok(Letter {
            text: text::text(&blocks, self.lang),
            html: html::html(&subject, &blocks, self.lang),
            subject,
            lang: self.lang,
            tlp,
        })
    }

    fn closing<'s>(&self, seen: &'s Seen, tlp: Tlp) -> Closing<'s> {
        Closing {
            sender: if self.kind.has_code() { &seen.portal } else { &seen.organisation },
            portal: &seen.portal,
            portal_address: &seen.portal_address,
            contact: &seen.contact,
            reference: seen.reference(),
            is_list: self.kind.lists(),
            knows_portal: !self.kind.has_code(),
            tlp: tlp.label(),
            tlp_meaning: tlp.meaning(self.lang),
        }
    }

    fn fill(&self, name: &str, context: &impl Serialize) -> Result<String> {
        let template = self.environment.get_template(name).map_err(|error| explained(&error))?;
        let mut written = Bounded(Vec::new());
        let rendered = template.render_captured_to(Serde(context), &mut written);
        rendered.map_err(|error| explained(&error))?;
        // It was text before it was bytes.
        String::from_utf8(written.0).map_err(|_| wrong("it is no text".to_owned()))
    }

    /// Refuses variables that the kind does not have, also where no sample comes along.
    fn check_variables(&self) -> Result<()> {
        let template = self.environment.get_template("letter").map_err(|error| explained(&error))?;
        let known = self.kind.variables();
        let mut unknown: Vec<_> = template.undeclared_variables(false).into_iter().collect();
        unknown.retain(|name| !known.contains(&&**name));
        unknown.sort_unstable();
        match unknown.first() {
            Some(name) => Err(wrong(format!(
                "there is no `{name}` in this kind of letter; there are {}",
                known.join(", ")
            ))),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({} {})", self.kind.as_str(), self.lang)
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letter({} {})", self.lang, self.tlp)
    }
}

/// Takes so many bytes and no more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST_LETTER {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lets nothing pass but names, `if` and `for`.
fn check_tags(source: &str) -> Result<()> {
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        let line = || source.lines().count() - rest.get(at..).unwrap_or_default().lines().count() + 1;
        let behind = rest.get(at + 1..).unwrap_or_default();
        let end = match behind.chars().next() {
            Some('{') => "}}",
            Some('%') => "%}",
            Some('#') => return Err(wrong(format!("line {}: there are no comments", line()))),
            _ => {
                rest = behind;
                continue;
            }
        };
        let inner = behind.get(1..).unwrap_or_default();
        let Some((inner, after)) = inner.split_once(end) else {
            return Err(wrong(format!("line {}: `{end}` is missing", line())));
        };
        let is_name = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.' | ' ' | '-');
        let first = inner.split(' ').map(|word| word.trim_matches('-')).find(|word| !word.is_empty());
        let is_known = end == "}}" || first.is_some_and(|word| STATEMENTS.contains(&word));
        if !inner.chars().all(is_name) || !is_known {
            return Err(wrong(format!("line {}: only names, `if` and `for` may be used", line())));
        }
        rest = after;
    }
    Ok(())
}

fn wrong(what: String) -> RespondError {
    RespondError::Template(what)
}

/// What the library says, without what it would show of the facts.
fn explained(error: &minijinja::Error) -> RespondError {
    let line = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    let what = match error.kind() {
        ErrorKind::SyntaxError => error.detail().unwrap_or("it is not well formed").to_owned(),
        ErrorKind::UndefinedError => "a name is not known".to_owned(),
        ErrorKind::OutOfFuel => "it takes too long".to_owned(),
        ErrorKind::WriteFailure => "it becomes too long".to_owned(),
        other => other.to_string(),
    };
    wrong(format!("{line}{what}"))
}

#[cfg(test)]
mod tests;
