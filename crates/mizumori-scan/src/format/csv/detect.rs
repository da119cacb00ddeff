//! Whether a member is a table, and how it is laid out: from its first rows.

use super::layout::CsvLayout;
use super::sample::{CELLS, Row, addresses_in_columns, are_hashes, first_rows, kind, quoting, usual_width};
use super::split::{Cells, Dialect, split};
use crate::format::column::{Role, is_address, roles_by_content};
use crate::format::column_name::role_of_name;
use crate::format::physical_line::lines;
use crate::url::{Bare, after_scheme};

/// How the rows of a table stand in its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CsvKind {
    /// A row a line, hardly any quotes: lines can be read apart from each other.
    Lines,
    /// Quoted cells, in which line ends may stand.
    Quoted,
}

/// Separators that are tried, the rarest in values first.
const SEPARATORS: [u8; 5] = [b'\t', b'|', b';', b',', b':'];

/// Longest name of a column in bytes.
const MAX_NAME: usize = 96;

/// Tells whether a member that begins with `sample` is a table, and how it is laid out; `whole` says that nothing
/// follows the sample.
pub(crate) fn detect(sample: &[u8], whole: bool) -> Option<(CsvLayout, CsvKind)> {
    let (preamble, told, text) = before_header(sample);
    let text = match memchr::memrchr(b'\n', text) {
        Some(end) if !whole => text.get(..=end).unwrap_or_default(),
        _ => text,
    };
    let first_line = lines(text).next().unwrap_or_default();
    if is_of_other_format(first_line) {
        return None;
    }
    let separators = || SEPARATORS.into_iter().filter(|separator| told.is_none_or(|told| told == *separator));
    let separators = || separators().filter(|separator| memchr::memchr(*separator, first_line).is_some());
    let with_header = separators().filter_map(|separator| by_header(text, whole, first_line, separator));
    let layout = with_header
        .max_by_key(|(known, layout)| (*known, layout.roles.len()))
        .map(|(_, layout)| layout)
        .or_else(|| separators().find_map(|separator| by_content(text, whole, separator)))?;
    let kind = kind(text, whole, &layout);
    Some((CsvLayout { preamble, ..layout }, kind))
}

/// The comments before the header, the separator that `sep=;` tells, and what follows.
fn before_header(sample: &[u8]) -> (Vec<Vec<u8>>, Option<u8>, &[u8]) {
    let (mut preamble, mut told) = (Vec::new(), None);
    let mut rest = sample;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let line = rest.get(..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line {
            [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] => told = Some(*separator),
            [b'#', ..] => {}
            line if line.trim_ascii().is_empty() => {
                rest = rest.get(end + 1..).unwrap_or_default();
                continue;
            }
            _ => break,
        }
        preamble.push(line.to_vec());
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    (preamble, told, rest)
}

/// Whether the first line begins something that merely has commas: SQL, JSON, XML.
fn is_of_other_format(first_line: &[u8]) -> bool {
    let line = first_line.trim_ascii_start();
    let words: [&[u8]; 8] = [b"insert ", b"create ", b"copy ", b"drop ", b"set ", b"--", b"/*", b"use "];
    matches!(line.first(), None | Some(b'{' | b'[' | b'(' | b'<'))
        || words
            .iter()
            .any(|word| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
}

/// The layout that the first row's names tell, with the number of columns that are known by name.
fn by_header(text: &[u8], whole: bool, first_line: &[u8], separator: u8) -> Option<(usize, CsvLayout)> {
    let dialect = Dialect { separator, quoting: quoting(text, separator) };
    let mut cells = Cells::new();
    split(first_line, dialect, true, 0, CELLS, &mut cells);
    let looks_like_name = |name: &[u8]| {
        name.len() <= MAX_NAME
            && !is_address(name)
            && !name.contains(&b'@')
            && after_scheme(name.trim_ascii()).is_none()
    };
    if cells.len() < 2 || !cells.iter().all(|cell| looks_like_name(&cell.value)) {
        return None;
    }
    let named: Vec<_> =
        cells.iter().map(|cell| std::str::from_utf8(&cell.value).ok().and_then(role_of_name)).collect();
    let known = named.iter().filter(|role| role.is_some_and(|role| role != Role::Other)).count();
    let has = |role: Role| named.contains(&Some(role));
    if known == 0 {
        return None;
    }
    let mut rows = first_rows(text, whole, dialect);
    if !rows.is_empty() {
        rows.remove(0);
    }
    if separator == b':' {
        // A colon separates too much else: keys from values, and the parts of URLs.
        let is_list = has(Role::Secret) && (has(Role::Email) || has(Role::Login)) && !has(Role::Url);
        if !is_list
            || known < 2
            || known != cells.len() && !rows.iter().all(|row| row.cells.len() >= cells.len())
        {
            return None;
        }
    }
    if !rows_agree(&rows, cells.len(), known, has(Role::Secret)) || are_keys(&rows) {
        return None;
    }
    let roles = roles(&named, &rows);
    let by_name = has(Role::Url);
    let layout = CsvLayout {
        separator,
        roles,
        header: Some(first_line.to_vec()),
        quoting: dialect.quoting,
        bare: if by_name { Bare::Accept } else { Bare::Refuse },
        preamble: Vec::new(),
    };
    Some((known, layout))
}

/// Whether rows have the header's columns. One name that is also an ordinary word needs more of them than two.
fn rows_agree(rows: &[Row], width: usize, known: usize, has_secret: bool) -> bool {
    if rows.is_empty() {
        return known >= 2;
    }
    let exact = rows.iter().filter(|row| row.cells.len() == width).count();
    let wider = rows.iter().filter(|row| row.cells.len() > width).count();
    let most = usual_width(rows).is_some_and(|usual| usual == width + 1 || usual == width);
    if known >= 2 {
        2 * (exact + if has_secret || most { wider } else { 0 }) >= rows.len()
    } else {
        10 * exact >= 9 * rows.len() || most && 10 * (exact + wider) >= 9 * rows.len()
    }
}

/// Whether the first cells of rows are names of columns: lines of keys and values.
fn are_keys(rows: &[Row]) -> bool {
    let is_key = |row: &&Row| {
        row.cells.first().is_some_and(|cell| std::str::from_utf8(cell).ok().and_then(role_of_name).is_some())
    };
    10 * rows.iter().filter(is_key).count() > 3 * rows.len()
}

/// The roles of columns: by name, and where no name tells whose a row is, by what stands in the columns.
fn roles(named: &[Option<Role>], rows: &[Row]) -> Vec<Role> {
    let mut roles: Vec<_> = named.iter().map(|role| role.unwrap_or(Role::Other)).collect();
    let slices: Vec<Vec<&[u8]>> =
        rows.iter().map(|row| row.cells.iter().map(Vec::as_slice).collect()).collect();
    let email = addresses_in_columns(rows);
    let usual = usual_width(rows).unwrap_or(0);
    if usual == roles.len() + 1 {
        // A column more than names: one of row numbers before the others, or an empty one behind them.
        let shifted = email.is_some_and(|email| {
            email.checked_sub(1).is_some_and(|named| roles.get(named) == Some(&Role::Email))
                && roles.get(email) != Some(&Role::Email)
        });
        let is_last_empty = rows
            .iter()
            .filter(|row| row.cells.len() == usual)
            .all(|row| row.cells.last().is_some_and(Vec::is_empty));
        if shifted {
            roles.insert(0, Role::Other);
        } else if is_last_empty {
            roles.push(Role::Other);
        }
    }
    if !roles.contains(&Role::Email)
        && let Some(email) = email
        && let Some(role @ (Role::Other | Role::Login)) = roles.get_mut(email)
        && *role == Role::Other
    {
        *role = Role::Email;
    }
    if !roles.contains(&Role::Secret) {
        // Only a hash tells itself: any word could be a password.
        let by_content = roles_by_content(&slices);
        let secret = by_content.iter().position(|role| *role == Role::Secret);
        if let Some(at) = secret
            && let Some(role @ Role::Other) = roles.get_mut(at)
            && are_hashes(rows, at)
        {
            *role = Role::Secret;
        }
    }
    roles
}

/// The layout of rows without header: three or more columns, or quoted ones, one of them of addresses.
fn by_content(text: &[u8], whole: bool, separator: u8) -> Option<CsvLayout> {
    if separator == b':' && memchr::memchr(b'"', text).is_none() {
        return None;
    }
    let dialect = Dialect { separator, quoting: quoting(text, separator) };
    let mut rows = first_rows(text, whole, dialect);
    let quoted = rows.iter().filter(|row| row.is_quoted).count();
    let are_quoted = 10 * quoted >= 9 * rows.len();
    let least = if are_quoted { 2 } else { 3 };
    let wide = rows.iter().filter(|row| row.cells.len() >= least).count();
    if 10 * wide < 9 * rows.len() || separator == b':' && !are_quoted {
        return None;
    }
    let email = addresses_in_columns(&rows)?;
    // A first row whose address column has none, though the others have, names the columns in words unknown here.
    let is_header =
        |row: &Row| row.cells.get(email).is_some_and(|cell| !is_address(cell) && !cell.is_empty());
    let header = rows.len() > 2
        && rows.first().is_some_and(is_header)
        && rows.iter().skip(1).filter(|row| is_header(row)).count() == 0;
    if header {
        rows.remove(0);
    }
    let width = usual_width(&rows)?;
    let slices: Vec<Vec<&[u8]>> = rows
        .iter()
        .filter(|row| row.cells.len() == width)
        .map(|row| row.cells.iter().map(Vec::as_slice).collect())
        .collect();
    let first_line = lines(text).next().unwrap_or_default();
    Some(CsvLayout {
        separator,
        roles: roles_by_content(&slices),
        header: header.then(|| first_line.to_vec()),
        quoting: dialect.quoting,
        bare: Bare::Refuse,
        preamble: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(char, &[Role], CsvKind)>) {
        let seen = detect(text.as_bytes(), true);
        let seen = seen
            .as_ref()
            .map(|(layout, kind)| (char::from(layout.separator), layout.roles.as_slice(), *kind));
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn tables_with_header() {
        use CsvKind::{Lines, Quoted};
        use Role::{Email, Login, Other, Secret, Url};
        check("id,E-mail,passwd\n1,a@x.example,p\n", Some((',', &[Other, Email, Secret], Lines)));
        check("メールアドレス;パスワード\na@x.example;p;q\n", Some((';', &[Email, Secret], Lines)));
        check("\"邮箱\"\t\"密码\"\n\"a@x.example\"\t\"p\"\n", Some(('\t', &[Email, Secret], Quoted)));
        check("почта|пароль\na@x.example|p\n", Some(('|', &[Email, Secret], Lines)));
        check("email:password\na@x.example:p:q\n", Some((':', &[Email, Secret], Lines)));
        check("url,username,password\nx.example,l,p\n", Some((',', &[Url, Login, Secret], Lines)));
        check("sep=;\nemail;password\na@x.example;p,q\n", Some((';', &[Email, Secret], Lines)));
        check("# dump\n\nemail,password\na@x.example,p\n", Some((',', &[Email, Secret], Lines)));
        check("email,password\n", Some((',', &[Email, Secret], Lines)));
        check("id,naam,password\n1,a@x.example,p\n", Some((',', &[Other, Email, Secret], Lines)));
        check(
            "email,password\n1,a@x.example,p\n2,b@x.example,q\n",
            Some((',', &[Other, Email, Secret], Lines)),
        );
        check(
            "email,password\na@x.example,p,\nb@x.example,q,\n",
            Some((',', &[Email, Secret, Other], Lines)),
        );
        check("email,note\na@x.example,\"two\nlines\"\n", Some((',', &[Email, Other], Quoted)));
        check(
            "email,password\na@x.example,\"d|e\nb@x.example,p\nc@x.example,q\"\n",
            Some((',', &[Email, Secret], Lines)),
        );
    }

    #[test]
    fn tables_without_header() {
        use CsvKind::{Lines, Quoted};
        use Role::{Email, Other, Secret};
        check(
            "1,taro@a.example,hunter2!\n2,b@x.example,s3cret!\n",
            Some((',', &[Other, Email, Secret], Lines)),
        );
        check("\"a@x.example\",\"hunter2!\"\n", Some((',', &[Email, Secret], Quoted)));
        check("\"a@x.example\":\"hunter2!\"\n", Some((':', &[Email, Secret], Quoted)));
        check(
            "1;a@x.example;hunter2!\r\n2;b@x.example;pw2!\r\n",
            Some((';', &[Other, Email, Secret], Lines)),
        );
    }

    #[test]
    fn what_is_no_table() {
        for text in [
            "",
            "a@x.example,p\nb@x.example,q\n",
            "a@x.example:p,q,r\nb@x.example:p\n",
            "a@x.example:pw\n",
            "https://x.example/a:l:p\nhttps://y.example/:l:p\n",
            "url:login:password\nhttps://x.example/a:l:p\n",
            "{\"email\":\"a@x.example\",\"password\":\"p\"}\n",
            "INSERT INTO users (id, email, password) VALUES\n(1, 'a@x.example', 'p'),\n",
            "URL: https://x.example/\nUsername: l\nPassword: p\n",
            "USER:a\nPASS:b\n\nUSER:c\nPASS:d\n",
            "Hello, user\nthis is prose, which has commas, and a@x.example\nand, more, of, them\n",
            "Dear all,\nwrite to a@x.example, or b@x.example.\n",
        ] {
            check(text, None);
        }
    }
}
