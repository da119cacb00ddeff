//! The names of tables and columns, and what they say of a row.
//!
//! Of a table that a dump creates only the roles of its columns are kept, for some thousands of tables.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::bounded_fields::{BoundedFields, Form, Span};
use super::super::column::{Role, is_plausible_password};
use super::super::column_name::role_of_name;
use super::super::key_cache::KeyCache;
use super::super::row::whole_address;
use super::lexer::Found;
use crate::record::Emit;
use crate::secret::SecretField;
use crate::url::{Bare, Url};
use mizumori_core::SecretKind;

/// Most columns a table; no database allows more.
const MAX_COLUMNS: usize = 4096;
/// Most tables that are remembered.
const MAX_TABLES: usize = 8192;
/// Most columns that are remembered of all tables.
const MAX_REMEMBERED: usize = 1 << 18;

/// The names in a statement's head. Its buffers are used again.
#[derive(Default)]
pub(super) struct Names {
    table: Vec<u8>,
    columns: Vec<u8>,
    /// Where each column's name ends.
    ends: Vec<usize>,
}

impl Names {
    pub(super) fn clear(&mut self) {
        self.table.clear();
        self.columns.clear();
        self.ends.clear();
    }

    /// Takes the table's name.
    pub(super) const fn table(&mut self) -> &mut Vec<u8> {
        &mut self.table
    }

    /// Takes the next column's name, up to [`end_column`](Self::end_column).
    pub(super) const fn column(&mut self) -> &mut Vec<u8> {
        &mut self.columns
    }

    /// Ends a column's name; `No` when there are too many.
    pub(super) fn end_column(&mut self) -> Found {
        self.ends.push(self.columns.len());
        if self.ends.len() > MAX_COLUMNS { Found::No } else { Found::Yes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn columns(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.columns.get(start..*end).unwrap_or_default())
    }
}

/// What the columns of a table mean.
#[derive(Debug)]
pub(super) struct Columns {
    roles: Vec<Role>,
    has_login: bool,
    has_secret: bool,
    bare: Bare,
}

/// What the columns of a dump's tables mean.
pub(super) struct Tables {
    known: HashMap<Vec<u8>, Rc<Columns>>,
    remembered: usize,
    roles: KeyCache<Role>,
}

impl Tables {
    pub(super) fn new() -> Self {
        Self { known: HashMap::new(), remembered: 0, roles: KeyCache::new() }
    }

    /// What the columns that `names` lists mean.
    pub(super) fn columns(&mut self, names: &Names) -> Rc<Columns> {
        let tell = |name: &[u8]| role_of_name(&String::from_utf8_lossy(name)).unwrap_or(Role::Other);
        let roles: Vec<_> = names.columns().map(|name| self.roles.get(last_part(name), tell)).collect();
        let has = |wanted: &[Role]| roles.iter().any(|role| wanted.contains(role));
        let bare = if has(&[Role::Url]) { Bare::Accept } else { Bare::Refuse };
        let (has_login, has_secret) = (has(&[Role::Login, Role::Email]), has(&[Role::Secret]));
        Rc::new(Columns { roles, has_login, has_secret, bare })
    }

    /// Remembers a table that is created.
    pub(super) fn remember(&mut self, names: &Names) {
        let columns = self.columns(names);
        if self.known.len() + 2 > MAX_TABLES || self.remembered + columns.roles.len() > MAX_REMEMBERED {
            return;
        }
        self.remembered += columns.roles.len();
        let table = names.table.to_ascii_lowercase();
        // A dump may name the schema in one place and leave it out in another.
        self.known.insert(last_part(&table).to_vec(), Rc::clone(&columns));
        self.known.insert(table, columns);
    }

    /// What the columns of a table that was created mean.
    pub(super) fn of_table(&self, names: &Names) -> Option<Rc<Columns>> {
        let table = names.table.to_ascii_lowercase();
        self.known.get(&table).or_else(|| self.known.get(last_part(&table))).cloned()
    }
}

/// What stands behind the last dot.
fn last_part(name: &[u8]) -> &[u8] {
    let start = memchr::memrchr(b'.', name).map_or(0, |dot| dot + 1);
    name.get(start..).filter(|part| !part.is_empty()).unwrap_or(name)
}

/// Tells what the fields of a row mean and hands it on. Where no name tells of a login, or the row has other
/// columns than its table, the fields themselves do.
pub(super) fn emit_by_columns(
    fields: &mut BoundedFields,
    columns: Option<&Columns>,
    line: u64,
    out: &mut dyn Emit,
) {
    let held = fields.spans().len();
    let fits = |columns: &&Columns| {
        columns.roles.len() == held || (fields.incomplete() && columns.roles.len() > held)
    };
    let columns = columns.filter(fits);
    match columns {
        Some(columns) if columns.has_login || (columns.has_secret && fields.has_at_sign()) => {
            by_name(fields, columns, line, out);
        }
        _ if fields.has_at_sign() => by_content(fields, line, out),
        // A table whose names tell of no login has none; one without names may.
        None if !fields.incomplete() && fields.has_scheme() => by_site(fields, line, out),
        _ if fields.incomplete() => fields.reject(line, out),
        _ => {}
    }
}

fn by_name(fields: &mut BoundedFields, columns: &Columns, line: u64, out: &mut dyn Emit) {
    let held = fields.spans().len();
    let decisive = |role: &Role| matches!(role, Role::Login | Role::Email | Role::Secret);
    if columns.roles.iter().skip(held).any(decisive) {
        fields.reject(line, out);
        return;
    }
    for (span, role) in fields.spans_mut().iter_mut().zip(&columns.roles) {
        // A number beside which no password can stand is a key into another table.
        let is_key = *role == Role::Login && span.form == Form::Bare && !columns.has_secret;
        span.role = if is_key { Role::Other } else { *role };
    }
    let says_nothing = |span: &Span| span.role == Role::Other || fields.value(*span).trim_ascii().is_empty();
    if fields.spans().iter().all(says_nothing) && !fields.has_at_sign() {
        return;
    }
    fields.emit(line, columns.bare, out);
}

/// A row with a site and no address: the login and its secret stand right behind the URL, or right before it. A
/// page with its title, or a request with its status, is none.
fn by_site(fields: &mut BoundedFields, line: u64, out: &mut dyn Emit) {
    let spans = fields.spans();
    let value = |at: usize| {
        let span = spans.get(at).filter(|span| span.form == Form::Text && !span.cut)?;
        Some(fields.value(*span)).filter(|value| !value.trim_ascii().is_empty())
    };
    let is_url = |at: usize| value(at).is_some_and(|value| Url::parse(value, Bare::Refuse).is_some());
    let is_number = |value: &[u8]| value.iter().all(u8::is_ascii_digit);
    let are_login = |login: usize| {
        let (Some(login), Some(secret)) = (value(login), value(login + 1)) else { return false };
        let is_name = !login.iter().any(u8::is_ascii_whitespace) && is_plausible_password(login);
        let is_secret = is_plausible_password(secret) && SecretField::new(secret).is_present();
        is_name && is_secret && !(is_number(login) && is_number(secret))
    };
    let found = (0..spans.len()).filter(|at| is_url(*at)).find_map(|url| {
        let before = url.checked_sub(2);
        std::iter::once(url + 1).chain(before).find(|login| are_login(*login)).map(|login| (url, login))
    });
    let Some((url, login)) = found else { return };
    for (at, span) in fields.spans_mut().iter_mut().enumerate() {
        span.role = match at {
            at if at == url => Role::Url,
            at if at == login => Role::Login,
            at if at == login + 1 => Role::Secret,
            _ => Role::Other,
        };
    }
    fields.emit(line, Bare::Refuse, out);
}

/// The account is the first value that is an address; its secret a hash, else the next on its right that could be
/// a password.
fn by_content(fields: &mut BoundedFields, line: u64, out: &mut dyn Emit) {
    let spans = fields.spans();
    let account = spans.iter().position(|span| !span.cut && whole_address(fields.value(*span)).is_some());
    let secret = account.and_then(|account| {
        let is_hash = |at: &usize| {
            spans.get(*at).is_some_and(|span| {
                span.form == Form::Text && SecretField::new(fields.value(*span)).kind() == SecretKind::Hash
            })
        };
        let could_be = |at: &usize| {
            spans.get(*at).is_some_and(|span| {
                let value = fields.value(*span);
                span.form == Form::Text && !value.is_empty() && is_plausible_password(value)
            })
        };
        let right = || account + 1..spans.len();
        right().find(is_hash).or_else(|| (0..account).find(is_hash)).or_else(|| right().find(could_be))
    });
    for (at, span) in fields.spans_mut().iter_mut().enumerate() {
        span.role = if Some(at) == account {
            Role::Email
        } else if Some(at) == secret {
            Role::Secret
        } else {
            Role::Other
        };
    }
    fields.emit(line, Bare::Refuse, out);
}
