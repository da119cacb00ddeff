//! Values of SQL as they stand between the commas of a tuple: a literal, a word, or an expression that an export
//! writes in its place.
//!
//! Expressions are not computed. A function's value is its first string (`MD5('pw')` tells more than a hash
//! would), strings that are joined are one, and what else stands there has no value.

use super::super::bounded_fields::{BoundedFields, Form};
use super::lexer::{Blanks, Lexer, MALFORMED, Step, is_word_byte};
use super::literal::{Atom, begins_atom};

/// Whether a string was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    Found,
    Missing,
}

impl From<Text> for Form {
    fn from(text: Text) -> Self {
        match text {
            Text::Found => Self::Text,
            Text::Missing => Self::Bare,
        }
    }
}

impl Lexer<'_> {
    /// Reads a value up to the comma or the parenthesis behind it, into the value that `fields` has open.
    pub(super) fn value(&mut self, fields: &mut BoundedFields) -> Step<Form> {
        self.blanks()?;
        let form = self.operand(fields)?;
        self.rest_of_value(form, fields)
    }

    /// Reads what may stand behind the first operand.
    pub(super) fn rest_of_value(&mut self, form: Form, fields: &mut BoundedFields) -> Step<Form> {
        loop {
            let blanks = self.blanks()?;
            match self.peek()? {
                None => return Err(self.cut_off()),
                Some(b',' | b')') => return Ok(form),
                Some(quote @ (b'\'' | b'"')) if blanks == Blanks::Some && form == Form::Text => {
                    self.quoted(quote, self.escapes, Some(fields))?;
                }
                Some(b':') if self.ahead(1)? == Some(b':') => {
                    self.at += 2;
                    self.type_name()?;
                }
                Some(b'|') if self.ahead(1)? == Some(b'|') => {
                    self.at += 2;
                    self.joined(form, fields)?;
                }
                Some(b'+') => {
                    self.at += 1;
                    self.joined(form, fields)?;
                }
                Some(b'-' | b'*' | b'/' | b'%') if form == Form::Bare => {
                    self.at += 1;
                    self.joined(form, fields)?;
                }
                Some(byte) if blanks == Blanks::Some && byte.is_ascii_alphabetic() => {
                    let word = self.word()?;
                    if !word.eq_ignore_ascii_case(b"collate") {
                        return Err(MALFORMED);
                    }
                    self.blanks()?;
                    self.name(&mut Vec::new())?;
                }
                _ => return Err(MALFORMED),
            }
        }
    }

    fn operand(&mut self, fields: &mut BoundedFields) -> Step<Form> {
        match self.peek()? {
            None => Err(self.cut_off()),
            Some(b',' | b')') => Ok(Form::Bare),
            Some(b'(') => {
                self.at += 1;
                Ok(self.nested(Some(fields))?.into())
            }
            Some(sign @ (b'-' | b'+')) => {
                self.at += 1;
                self.blanks()?;
                if sign == b'-' {
                    fields.push(b"-");
                }
                match self.atom(None)? {
                    Atom::Number(number) => fields.push(number),
                    _ => fields.begin(),
                }
                Ok(Form::Bare)
            }
            // Places of a prepared statement.
            Some(b'?' | b':') => {
                self.at += 1;
                self.word()?;
                Ok(Form::Bare)
            }
            Some(b'.' | b'0'..=b'9') => match self.atom(Some(fields))? {
                Atom::Number(number) => {
                    fields.push(number);
                    Ok(Form::Bare)
                }
                _ => Ok(Form::Text),
            },
            Some(byte) if begins_atom(byte) => match self.atom(Some(fields))? {
                Atom::Text => Ok(Form::Text),
                Atom::Word(word) => self.behind_word(word, fields),
                Atom::Number(_) | Atom::Name => Ok(Form::Bare),
            },
            Some(_) => Err(MALFORMED),
        }
    }

    /// A function, where parentheses follow; else a word such as `NULL`.
    fn behind_word(&mut self, word: &[u8], fields: &mut BoundedFields) -> Step<Form> {
        let behind = self.at;
        self.blanks()?;
        if !matches!(self.peek()?, Some(b'(' | b'[')) {
            self.at = behind;
            return Ok(Form::Bare);
        }
        self.at += 1;
        let text = self.nested(Some(fields))?;
        if word.eq_ignore_ascii_case(b"replace") {
            // SQLite writes line breaks so: replace('a\nb','\n',char(10)).
            fields.replace_escaped_line_breaks();
        } else if word.eq_ignore_ascii_case(b"unhex") && text == Text::Found {
            fields.decode_digits();
        }
        Ok(text.into())
    }

    /// What is joined to the value: a string is appended, anything else passed.
    fn joined(&mut self, form: Form, fields: &mut BoundedFields) -> Step<()> {
        self.blanks()?;
        match self.peek()? {
            None => return Err(self.cut_off()),
            Some(b'(') => {
                self.at += 1;
                self.nested(None)?;
            }
            Some(byte) if begins_atom(byte) || byte == b'.' => {
                let keep = if form == Form::Text { Some(fields) } else { None };
                if let Atom::Word(_) = self.atom(keep)? {
                    let behind = self.at;
                    self.blanks()?;
                    if self.take(b'(')? {
                        self.nested(None)?;
                    } else {
                        self.at = behind;
                    }
                }
            }
            Some(_) => return Err(MALFORMED),
        }
        Ok(())
    }

    /// The name of a type behind `::`, with its length and the brackets of an array.
    fn type_name(&mut self) -> Step<()> {
        loop {
            self.blanks()?;
            match self.peek()? {
                Some(b'(' | b'[') => {
                    self.at += 1;
                    self.nested(None)?;
                }
                Some(byte) if is_word_byte(byte) || byte == b'"' || byte == b'.' => {
                    self.at += usize::from(byte == b'.');
                    self.name(&mut Vec::new())?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Passes the rest of a column's definition, up to the comma or the parenthesis behind it.
    pub(super) fn rest_of_definition(&mut self) -> Step<()> {
        loop {
            self.blanks()?;
            match self.peek()? {
                Some(b',' | b')') => return Ok(()),
                Some(b'(' | b'[') => {
                    self.at += 1;
                    self.nested(None)?;
                }
                _ => {
                    self.nested_item(&mut 1, None)?;
                }
            }
        }
    }

    /// Passes everything up to the parenthesis that closes the one before the next byte, and that too. The
    /// first string on the way is what `keep` gets.
    fn nested(&mut self, mut keep: Option<&mut BoundedFields>) -> Step<Text> {
        let mut depth = 1_usize;
        let mut text = Text::Missing;
        loop {
            let step = self.nested_item(&mut depth, keep.as_deref_mut().filter(|_| text == Text::Missing));
            // A literal inside an expression is no value that could be cut.
            self.open = None;
            if step? == Text::Found {
                text = Text::Found;
            }
            if depth == 0 {
                return Ok(text);
            }
        }
    }

    fn nested_item(&mut self, depth: &mut usize, keep: Option<&mut BoundedFields>) -> Step<Text> {
        self.blanks()?;
        match self.peek()? {
            None => return Err(self.cut_off()),
            Some(b'(' | b'[' | b'{') => {
                self.at += 1;
                *depth += 1;
            }
            Some(b')' | b']' | b'}') => {
                self.at += 1;
                *depth -= 1;
            }
            Some(byte) if begins_atom(byte) => {
                if self.atom(keep)? == Atom::Text {
                    return Ok(Text::Found);
                }
            }
            Some(_) => self.at += 1,
        }
        Ok(Text::Missing)
    }
}
