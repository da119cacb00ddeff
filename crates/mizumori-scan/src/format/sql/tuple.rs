//! The tuples of an `INSERT`, and the way back into the text behind one that is broken.

use super::super::bounded_fields::Form;
use super::super::column::Role;
use super::super::window::matters;
use super::dialect::Certainty;
use super::lexer::{Lexer, OpenLiteral, Stop, is_blank};
use super::literal::{Escapes, end_of_run};
use super::scanner::{Affordable, Purpose, Scanner};
use super::statement::{MAX_HEAD, may_begin};
use crate::record::Reject;

/// A tuple that could not be read.
struct Broken {
    why: Reject,
    /// Bytes behind the cursor that were looked at.
    reached: usize,
}

/// Where reading goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// At a tuple's parenthesis.
    Tuple,
    /// Where a statement may begin.
    Statement,
}

impl Scanner<'_> {
    /// Reads tuples, from the first one's parenthesis.
    pub(super) fn tuples(&mut self) {
        loop {
            let line = self.window.line();
            let next = match self.tuple_either_way() {
                Ok(()) => {
                    self.emit(line);
                    self.behind_tuple()
                }
                Err(broken) => {
                    let cut_off = broken.why == Reject::Unterminated && self.window.has_ended();
                    // A sample ends where it ends.
                    if !(self.purpose == Purpose::Census && cut_off) {
                        self.census.failures += 1;
                    }
                    self.resume(line, &broken)
                }
            };
            if next == Next::Statement {
                return;
            }
        }
    }

    /// Reads a tuple; one that breaks is read once more with backslashes meaning the other thing.
    fn tuple_either_way(&mut self) -> Result<(), Broken> {
        let broken = match self.tuple(self.escapes()) {
            Ok(()) => return Ok(()),
            Err(broken) => broken,
        };
        let tried = self.window.rest().get(..broken.reached).unwrap_or_default();
        let is_ambiguous = memchr::memchr(b'\\', tried).is_some();
        if self.purpose == Purpose::Census || !is_ambiguous || self.spend(broken.reached) == Affordable::No {
            return Err(broken);
        }
        let other = match self.escapes() {
            Escapes::Backslash => Escapes::Doubled,
            _ => Escapes::Backslash,
        };
        match self.tuple(other) {
            Ok(()) => {
                if self.dialect.certainty == Certainty::Guessed {
                    self.dialect.escapes = other;
                }
                Ok(())
            }
            Err(again) => Err(Broken { why: broken.why, reached: again.reached }),
        }
    }

    /// Reads a tuple. When it breaks the cursor stays before it, unless it is longer than what may be held.
    fn tuple(&mut self, escapes: Escapes) -> Result<(), Broken> {
        self.fields.clear();
        let mut at = 1;
        loop {
            self.fields.begin();
            let rest = self.window.rest();
            let mut lexer = Lexer::new(rest.get(at..).unwrap_or_default(), self.window.has_ended(), escapes);
            match lexer.value(&mut self.fields) {
                Ok(form) => {
                    at += lexer.at;
                    self.fields.finish(Role::Other, form);
                }
                Err(Stop::Bad(why)) => {
                    let reached = if why == Reject::Unterminated { rest.len() } else { at + lexer.at };
                    return Err(Broken { why, reached });
                }
                Err(Stop::More) if rest.len() - at <= self.limits.record_bytes => {
                    self.more();
                    continue;
                }
                Err(Stop::More) => {
                    let (open, reached) = (lexer.open, at + lexer.at);
                    self.overlong(open, at, reached, escapes)?;
                    at = 0;
                }
            }
            let closing = self.window.rest().get(at).copied();
            at += 1;
            if closing == Some(b')') {
                break;
            }
            if at > self.limits.record_bytes {
                self.window.advance(at);
                at = 0;
            }
        }
        self.window.advance(at);
        self.earn(at);
        Ok(())
    }

    /// Finishes a value that is longer than what may be held: its beginning is kept, the rest passed over. The
    /// cursor is left at the comma or parenthesis behind it.
    fn overlong(
        &mut self,
        open: Option<OpenLiteral>,
        at: usize,
        reached: usize,
        escapes: Escapes,
    ) -> Result<(), Broken> {
        let rest = self.window.rest();
        let broken = |why| Broken { why, reached };
        let Some(open) = open else { return Err(broken(Reject::TooLong)) };
        if holds_statement(rest.get(at..).unwrap_or_default()) {
            return Err(broken(Reject::Unterminated));
        }
        let lost = rest.get(at..).unwrap_or_default();
        self.fields.lose(lost);
        self.window.advance(reached);
        match open {
            OpenLiteral::Quoted(quote, escapes) => self.pass_string(quote, escapes)?,
            OpenLiteral::Hexadecimal => loop {
                let rest = self.window.rest();
                let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
                let ended = digits < rest.len();
                self.window.advance(digits);
                if ended {
                    // The quote of x'…'.
                    let quote = usize::from(self.window.rest().first() == Some(&b'\''));
                    self.window.advance(quote);
                    break;
                }
                if !self.more() {
                    return Err(Broken { why: Reject::Unterminated, reached: 0 });
                }
            },
        }
        let form = loop {
            let mut lexer = Lexer::new(self.window.rest(), self.window.has_ended(), escapes);
            match lexer.rest_of_value(Form::Text, &mut self.fields) {
                Ok(form) => {
                    let used = lexer.at;
                    self.window.advance(used);
                    break form;
                }
                Err(Stop::Bad(why)) => return Err(Broken { why, reached: 0 }),
                Err(Stop::More) if self.window.rest().len() > self.limits.record_bytes => {
                    return Err(Broken { why: Reject::TooLong, reached: 0 });
                }
                Err(Stop::More) => {
                    self.more();
                }
            }
        };
        self.fields.finish(Role::Other, form);
        Ok(())
    }

    /// Passes the rest of a string, through its quote. One in which a statement begins has lost its quote.
    fn pass_string(&mut self, quote: u8, escapes: Escapes) -> Result<(), Broken> {
        loop {
            let rest = self.window.rest();
            let end = end_of_run(rest, quote, escapes);
            let run = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if holds_statement(run) {
                return Err(Broken { why: Reject::Unterminated, reached: 0 });
            }
            self.fields.lose(run);
            let (run, next) = (run.len(), end.and_then(|end| rest.get(end + 1)).copied());
            self.window.advance(run);
            match (end, next) {
                (Some(_), Some(next)) if self.window.rest().first() == Some(&quote) => {
                    self.window.advance(1);
                    if next != quote {
                        return Ok(());
                    }
                    self.window.advance(1);
                }
                (Some(_), Some(_)) => self.window.advance(2),
                _ => {
                    if !self.more() {
                        let closes = self.window.rest().first() == Some(&quote);
                        self.window.advance(1);
                        let broken = Broken { why: Reject::Unterminated, reached: 0 };
                        return if closes { Ok(()) } else { Err(broken) };
                    }
                }
            }
        }
    }

    /// Passes the comma to the next tuple.
    fn behind_tuple(&mut self) -> Next {
        loop {
            let rest = self.window.rest();
            let mut lexer = Lexer::new(rest, self.window.has_ended(), self.escapes());
            let mut next = || {
                lexer.blanks()?;
                if !lexer.take(b',')? {
                    return Ok(Next::Statement);
                }
                lexer.blanks()?;
                let before = lexer.at;
                if !lexer.word()?.eq_ignore_ascii_case(b"row") {
                    lexer.at = before;
                } else {
                    lexer.blanks()?;
                }
                Ok(if lexer.peek()? == Some(b'(') { Next::Tuple } else { Next::Statement })
            };
            match next() {
                Ok(Next::Tuple) => {
                    let used = lexer.at;
                    self.window.advance(used);
                    return Next::Tuple;
                }
                Ok(Next::Statement) | Err(Stop::Bad(_)) => return self.behind_tuples(),
                Err(Stop::More) if rest.len() > MAX_HEAD => return self.behind_tuples(),
                Err(Stop::More) => {
                    self.more();
                }
            }
        }
    }

    /// Where reading goes on behind a tuple that no other follows. Something that ends no statement is passed
    /// over up to the next tuple.
    fn behind_tuples(&mut self) -> Next {
        self.hold(LOOK_AHEAD);
        let rest = self.window.rest();
        let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
        match rest.get(blanks) {
            None | Some(b';' | b'-' | b'#' | b'/' | b'*' | b'\\') => Next::Statement,
            Some(byte) if byte.is_ascii_alphabetic() => Next::Statement,
            Some(_) => {
                let line = self.window.line();
                self.resume(line, &Broken { why: Reject::Malformed, reached: 0 })
            }
        }
    }

    /// Goes on behind something broken: at the next tuple or statement.
    fn resume(&mut self, line: u64, broken: &Broken) -> Next {
        let from = match self.spend(broken.reached) {
            Affordable::Yes => 1,
            Affordable::No => broken.reached.max(1),
        };
        let mut lost_matter = matters(self.window.rest().get(..from).unwrap_or_default());
        self.window.advance(from);
        let next = loop {
            let rest = self.window.rest();
            let (passed, found) = resumption(rest, self.window.has_ended());
            lost_matter |= matters(rest.get(..passed).unwrap_or_default());
            self.window.advance(passed);
            if let Some(next) = found {
                break next;
            }
            if !self.more() && self.window.rest().is_empty() {
                break Next::Statement;
            }
        };
        if lost_matter && self.purpose == Purpose::Records {
            self.out.rejected(line, broken.why);
        }
        next
    }
}

/// Bytes to look ahead behind a mark for what follows it.
const LOOK_AHEAD: usize = 256;

/// The first place in `text` where reading may go on: how many bytes are before it, and what is there. Without
/// one, the bytes that need not be looked at again.
fn resumption(text: &[u8], ended: bool) -> (usize, Option<Next>) {
    for at in memchr::memchr3_iter(b')', b'\n', b';', text) {
        let behind = text.get(at + 1..).unwrap_or_default();
        if behind.len() < LOOK_AHEAD && !ended {
            return (at, None);
        }
        let blanks = |text: &[u8]| text.iter().take(LOOK_AHEAD).take_while(|byte| is_blank(**byte)).count();
        let of_line =
            || behind.iter().take(LOOK_AHEAD).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        // What follows a line feed behind another is looked at there.
        let first = if text.get(at) == Some(&b')') { blanks(behind) } else { of_line() };
        let next = behind.get(first..).unwrap_or_default();
        match text.get(at) {
            Some(b')') if next.first() == Some(&b',') => {
                let second = 1 + blanks(next.get(1..).unwrap_or_default());
                if next.get(second) == Some(&b'(') {
                    return (at + 1 + first + second, Some(Next::Tuple));
                }
            }
            Some(b'\n') if next.first() == Some(&b'(') => return (at + 1 + first, Some(Next::Tuple)),
            Some(b'\n' | b';') if may_begin(next) => return (at + 1 + first, Some(Next::Statement)),
            _ => {}
        }
    }
    (text.len(), None)
}

/// Whether a line of `text` begins an `INSERT`: strings hold such lines more rarely than they lose their quote.
fn holds_statement(text: &[u8]) -> bool {
    let begins = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    begins(b"\nINSERT INTO ") || begins(b"\ninsert into ") || begins(b"\nInsert into ")
}
