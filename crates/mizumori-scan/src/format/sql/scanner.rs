//! The walk through a dump from statement to statement.

use std::io::BufRead;
use std::rc::Rc;

use super::super::RecordLimits;
use super::super::bounded_fields::BoundedFields;
use super::super::window::Window;
use super::dialect::SqlDialect;
use super::lexer::{Lexer, Stop, is_blank};
use super::literal::Escapes;
use super::names::{Columns, Names, Tables, emit_by_columns};
use super::statement::{MAX_HEAD, Statement, may_begin, statement};
use crate::address::addresses;
use crate::record::Emit;

/// Longest comment between statements; what is longer does not end, and is none.
const MAX_COMMENT: usize = 1 << 20;

/// Bytes that may be read once more from the start on.
const CREDIT: usize = 16 << 20;

/// Most bytes that may ever be read once more.
const MAX_CREDIT: usize = 64 << 20;
/// How far to look for the end of something when nothing may be read once more: heads and comments are rarely
/// longer.
const SHORT: usize = 512;

/// Whether there is credit enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affordable {
    Yes,
    No,
}

/// What a walk came by. It tells whether a text is a dump, and how it is written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Census {
    /// Rows that were understood.
    pub(super) rows: u64,
    /// Those of them with an at-sign.
    pub(super) telling: u64,
    /// Rows that were not.
    pub(super) failures: u64,
    /// Tables that are created.
    pub(super) tables: u64,
    /// Pieces with an address outside all rows.
    pub(super) strays: u64,
}

/// What a walk is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To hand records on.
    Records,
    /// To count what there is, taking the dialect to the letter.
    Census,
}

pub(super) struct Scanner<'s> {
    pub(super) text: &'s mut dyn BufRead,
    pub(super) window: Window,
    pub(super) limits: RecordLimits,
    pub(super) dialect: SqlDialect,
    pub(super) purpose: Purpose,
    pub(super) census: Census,
    pub(super) fields: BoundedFields,
    pub(super) out: &'s mut dyn Emit,
    /// Bytes that may be read once more behind something broken: every byte that is understood adds one, so
    /// that the work stays in proportion to the text whatever stands in it.
    pub(super) credit: usize,
    names: Names,
    tables: Tables,
    /// The head of the last `INSERT`, and what its columns mean: most dumps repeat it.
    last_head: Vec<u8>,
    columns: Option<Rc<Columns>>,
}

impl<'s> Scanner<'s> {
    pub(super) fn new(
        dialect: SqlDialect,
        text: &'s mut dyn BufRead,
        limits: &RecordLimits,
        out: &'s mut dyn Emit,
    ) -> Self {
        Self {
            text,
            window: Window::new(1),
            limits: *limits,
            dialect,
            purpose: Purpose::Records,
            census: Census::default(),
            fields: BoundedFields::new(limits),
            out,
            credit: CREDIT,
            names: Names::default(),
            tables: Tables::new(),
            last_head: Vec::new(),
            columns: None,
        }
    }

    /// Counts what the text holds and hands nothing on.
    pub(super) fn take_census(mut self) -> Census {
        self.purpose = Purpose::Census;
        self.run_on();
        self.census
    }

    /// Reads the text to its end.
    pub(super) fn run(mut self) {
        self.run_on();
    }

    fn run_on(&mut self) {
        while self.pass_blanks() {
            match self.window.rest() {
                [b'-', b'-', ..] | [b'#', ..] => self.pass_through(b'\n', b'\n'),
                [b'/', b'*', ..] => self.comment(),
                _ => match self.head() {
                    Statement::Insert => self.tuples(),
                    Statement::Copy(rows) => self.rows(rows),
                    Statement::Create => self.census.tables += 1,
                    Statement::Other => self.pass_piece(),
                },
            }
        }
    }

    /// Reads on; `false` at the end.
    pub(super) fn more(&mut self) -> bool {
        self.window.more(self.text)
    }

    /// Sees to it that at least `wanted` bytes are held, if there are so many.
    pub(super) fn hold(&mut self, wanted: usize) {
        while self.window.rest().len() < wanted && self.more() {}
    }

    /// Passes blanks and ends of statements; `false` at the end.
    fn pass_blanks(&mut self) -> bool {
        loop {
            let rest = self.window.rest();
            let blanks = rest.iter().take_while(|byte| is_blank(**byte) || **byte == b';').count();
            let more_follows = blanks < rest.len();
            self.window.advance(blanks);
            if more_follows {
                // What tells a comment.
                self.hold(3);
                return true;
            }
            if !self.more() {
                return false;
            }
        }
    }

    /// Passes everything through the next of two bytes.
    fn pass_through(&mut self, one: u8, other: u8) {
        loop {
            let rest = self.window.rest();
            if let Some(end) = memchr::memchr2(one, other, rest) {
                self.window.advance(end + 1);
                return;
            }
            self.window.advance(rest.len());
            if !self.more() {
                return;
            }
        }
    }

    /// Passes a piece of text that begins no statement that matters.
    fn pass_piece(&mut self) {
        if self.purpose == Purpose::Census {
            let rest = self.window.rest();
            let end = memchr::memchr2(b'\n', b';', rest).unwrap_or(rest.len());
            self.census.strays += u64::from(addresses(rest.get(..end).unwrap_or_default()).next().is_some());
        }
        self.pass_through(b'\n', b';');
    }

    /// Passes a comment; of MySQL's conditional ones (`/*!40000 … */`) only the mark, for they hold statements.
    fn comment(&mut self) {
        let longest = self.affordable(MAX_COMMENT);
        loop {
            let rest = self.window.rest();
            let mark = match rest {
                [b'/', b'*', b'!', ..] => Some(3),
                [b'/', b'*', b'M', ..] if rest.get(3) == Some(&b'!') => Some(4),
                _ => None,
            };
            let near = rest.get(..longest).unwrap_or(rest);
            let used = match mark {
                Some(mark) if rest.len() >= MAX_MARK || self.window.has_ended() => {
                    let digits =
                        rest.iter().skip(mark).take(MAX_MARK).take_while(|byte| byte.is_ascii_digit());
                    Some(mark + digits.count())
                }
                Some(_) => None,
                None => memchr::memmem::find(near, b"*/").map(|end| end + 2),
            };
            match used {
                Some(used) => {
                    self.window.advance(used);
                    return;
                }
                None if near.len() < longest && self.more() => {}
                None => {
                    self.spend(longest);
                    self.pass_through(b'\n', b'\n');
                    return;
                }
            }
        }
    }

    /// Reads the head of the statement that may begin here. The cursor moves only if one that matters does.
    fn head(&mut self) -> Statement {
        self.hold(LONGEST_WORD);
        if !may_begin(self.window.rest()) {
            return Statement::Other;
        }
        self.hold(self.last_head.len() + 1);
        let behind = self.window.rest().strip_prefix(&*self.last_head);
        if !self.last_head.is_empty() && behind.is_some_and(|behind| behind.first() == Some(&b'(')) {
            self.window.advance(self.last_head.len());
            return Statement::Insert;
        }
        let longest = self.affordable(MAX_HEAD);
        loop {
            let rest = self.window.rest();
            let rest = rest.get(..longest).unwrap_or(rest);
            // Between names and keywords no string stands whose way of writing could matter, but in comments
            // of columns.
            let ended = self.window.has_ended() && rest.len() < longest;
            let mut lexer = Lexer::new(rest, ended, self.dialect.escapes);
            match statement(&mut lexer, &mut self.names) {
                Ok(Statement::Other) | Err(Stop::Bad(_)) => {
                    let looked_at = lexer.at;
                    self.spend(looked_at);
                    return Statement::Other;
                }
                Ok(found) => {
                    let head = rest.get(..lexer.at).unwrap_or_default();
                    match found {
                        Statement::Insert => {
                            self.last_head.clear();
                            self.last_head.extend_from_slice(head);
                        }
                        // What is created may change what a head means.
                        _ => self.last_head.clear(),
                    }
                    let used = lexer.at;
                    self.window.advance(used);
                    self.settle(found);
                    return found;
                }
                Err(Stop::More) if rest.len() >= longest => {
                    self.spend(longest);
                    return Statement::Other;
                }
                Err(Stop::More) => {
                    self.more();
                }
            }
        }
    }

    /// Tells what the columns mean that a head names.
    fn settle(&mut self, found: Statement) {
        match found {
            Statement::Create => self.tables.remember(&self.names),
            _ if self.names.is_empty() => self.columns = self.tables.of_table(&self.names),
            _ => self.columns = Some(self.tables.columns(&self.names)),
        }
    }

    /// Hands on the row that has been read.
    pub(super) fn emit(&mut self, line: u64) {
        match self.purpose {
            Purpose::Records => emit_by_columns(&mut self.fields, self.columns.as_deref(), line, self.out),
            Purpose::Census => {
                self.census.rows += 1;
                self.census.telling += u64::from(self.fields.has_at_sign());
            }
        }
    }

    /// Takes from the bytes that may be read once more; tells whether there were so many.
    pub(super) const fn spend(&mut self, bytes: usize) -> Affordable {
        match self.credit.checked_sub(bytes) {
            Some(left) => {
                self.credit = left;
                Affordable::Yes
            }
            None => {
                self.credit = 0;
                Affordable::No
            }
        }
    }

    /// Adds bytes that were understood to those that may be read once more.
    pub(super) fn earn(&mut self, bytes: usize) {
        self.credit = self.credit.saturating_add(bytes).min(MAX_CREDIT);
    }

    /// How far to look for an end that may not be there.
    const fn affordable(&self, most: usize) -> usize {
        if self.credit >= most { most } else { SHORT }
    }

    /// How strings are written, as far as it is known.
    pub(super) const fn escapes(&self) -> Escapes {
        self.dialect.escapes
    }
}

/// Bytes that tell a conditional comment's mark: `/*M!100100`.
const MAX_MARK: usize = 16;
/// Bytes that tell which statement begins.
const LONGEST_WORD: usize = 16;
