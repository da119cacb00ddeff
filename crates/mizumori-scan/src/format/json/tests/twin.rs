//! The slow twin: documents as trees, printed in one way or another, and their records by plain recursion.

use std::cell::Cell;
use std::rc::Rc;

use proptest::prelude::*;

use crate::format::column::Role;
use crate::format::column_name::role_of_name;
use crate::format::json::value::is_site;
use crate::format::list::text_line;
use crate::format::row::{Field, emit_row, whole_address};
use crate::testing::Collected;
use crate::url::Bare;

/// A JSON value; the members of objects in their order.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(String),
    Number(i32),
    Truth(bool),
    Null,
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

pub(super) fn value() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a@x.example"),
        Just("b@y.example"),
        Just("yamada"),
        Just("p@ss"),
        Just("\""),
        Just("\\"),
        Just("\n"),
        Just("\t"),
        Just(" "),
        Just(":"),
        Just("秘密"),
        Just("😀"),
        Just("{}"),
        Just("NULL"),
        Just("https://z.example/"),
        Just("\u{1}"),
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("email"), 3 => Just("password"), 2 => Just("login"), 1 => Just("url"), 3 => Just("note"),
        1 => Just("users"), 1 => Just("$x"), 1 => Just("value"), 1 => Just("メール"), 1 => Just("k@x.example"), 1 => Just("a\"b"),
    ]
    .prop_map(str::to_owned)
}

/// A document: a list or an object.
pub(super) fn document() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        6 => value().prop_map(Node::Text),
        1 => any::<i32>().prop_map(Node::Number),
        1 => any::<bool>().prop_map(Node::Truth),
        1 => Just(Node::Null),
    ];
    let inner = leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Node::List),
            proptest::collection::vec((key(), inner), 0..5).prop_map(Node::Object),
        ]
    });
    prop_oneof![
        proptest::collection::vec(inner.clone(), 0..4).prop_map(Node::List),
        proptest::collection::vec((key(), inner), 0..5).prop_map(Node::Object),
    ]
}

/// Objects in each other that are full of sites and logins.
pub(super) fn sites() -> impl Strategy<Value = Node> {
    let select = |texts: &'static [&'static str]| proptest::sample::select(texts).prop_map(str::to_owned);
    let site =
        || select(&["https://y.example/", "https://z.example/?m=a@x.example", "z.example", "PC-1", ""]);
    let key = move || select(&["login", "password", "url", "url", "k@x.example", "note", "users"]);
    let leaf = prop_oneof![
        2 => site().prop_map(Node::Text),
        2 => select(&["yamada", "p", "a@x.example", ""]).prop_map(Node::Text),
        1 => Just(Node::Null),
    ];
    let own = (site(), select(&["l", "m", ""]), any::<bool>()).prop_map(|(site, login, names_site)| {
        let mut members =
            vec![("login".to_owned(), Node::Text(login)), ("password".to_owned(), Node::Number(7))];
        if names_site {
            members.push(("url".to_owned(), Node::Text(site)));
        }
        Node::Object(members)
    });
    let inner = prop_oneof![2 => leaf, 1 => own].prop_recursive(4, 30, 4, move |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..4).prop_map(Node::List),
            3 => proptest::collection::vec((key(), inner), 0..5).prop_map(Node::Object),
        ]
    });
    proptest::collection::vec(inner, 0..4).prop_map(Node::List)
}

/// How a document is printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printing {
    /// Every value on its own line.
    pretty: bool,
    /// Everything that is not ASCII as an escape.
    ascii: bool,
}

pub(super) fn printing() -> impl Strategy<Value = Printing> {
    (any::<bool>(), any::<bool>()).prop_map(|(pretty, ascii)| Printing { pretty, ascii })
}

/// A printed document.
pub(super) struct Printed {
    printing: Printing,
    pub(super) text: String,
}

/// The lines of a value and of what is in it: of its own first byte, and of its members' keys.
#[derive(Debug)]
pub(super) struct Lines {
    own: u64,
    keys: Vec<u64>,
    inside: Vec<Lines>,
}

impl Printed {
    pub(super) fn new(printing: Printing) -> Self {
        Self { printing, text: String::new() }
    }

    fn line(&self) -> u64 {
        1 + self.text.matches('\n').count() as u64
    }

    fn break_line(&mut self) {
        if self.printing.pretty {
            self.text.push_str("\n  ");
        }
    }

    fn string(&mut self, text: &str) {
        let quoted = serde_json::to_string(text).unwrap();
        for character in quoted.chars() {
            if self.printing.ascii && (!character.is_ascii() || character == '@') {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    self.text.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                self.text.push(character);
            }
        }
    }

    pub(super) fn print(&mut self, node: &Node) -> Lines {
        let mut lines = Lines { own: self.line(), keys: Vec::new(), inside: Vec::new() };
        match node {
            Node::Text(text) => self.string(text),
            Node::Number(number) => self.text += &number.to_string(),
            Node::Truth(truth) => self.text += &truth.to_string(),
            Node::Null => self.text += "null",
            Node::List(nodes) => {
                self.text.push('[');
                for (at, node) in nodes.iter().enumerate() {
                    self.text += if at > 0 { "," } else { "" };
                    self.break_line();
                    lines.inside.push(self.print(node));
                }
                self.break_line();
                self.text.push(']');
            }
            Node::Object(members) => {
                self.text.push('{');
                for (at, (key, node)) in members.iter().enumerate() {
                    self.text += if at > 0 { "," } else { "" };
                    self.break_line();
                    lines.keys.push(self.line());
                    self.string(key);
                    self.text.push(':');
                    lines.inside.push(self.print(node));
                }
                self.break_line();
                self.text.push('}');
            }
        }
        lines
    }
}

pub(super) fn row(line: u64, fields: &[(Role, &str)], out: &mut Collected) {
    let fields: Vec<_> =
        fields.iter().map(|(role, value)| Field { role: *role, value: value.as_bytes() }).collect();
    emit_row(line, &fields, Bare::Accept, out);
}

/// A site that an object has named, and whether a login inside of it has been given with it.
#[derive(Debug)]
struct Site {
    value: String,
    lent: Cell<bool>,
}

/// What an object has said: its place in the order of objects, its line, and a field.
#[derive(Clone, Debug)]
struct Said {
    object: usize,
    line: u64,
    role: Role,
    value: String,
    /// The same, where it is the first site of its object.
    site: Option<Rc<Site>>,
}

/// Where a value stands.
#[derive(Clone)]
struct Place {
    role: Role,
    /// The innermost object around it: place and line.
    object: Option<(usize, u64)>,
    in_list: bool,
    account: Option<(String, u64)>,
    /// The site that the innermost object with one has named so far.
    site: Option<Rc<Site>>,
}

/// Gives the records of a document.
pub(super) fn records(document: &Node, lines: &Lines, out: &mut Collected) {
    let place = Place { role: Role::Other, object: None, in_list: true, account: None, site: None };
    let mut objects = 0;
    visit(document, lines, &place, &mut objects, out);
}

/// What is left for the object around.
fn visit(node: &Node, lines: &Lines, place: &Place, objects: &mut usize, out: &mut Collected) -> Vec<Said> {
    match node {
        Node::List(nodes) => {
            let inside = Place { in_list: true, ..place.clone() };
            nodes
                .iter()
                .zip(&lines.inside)
                .flat_map(|(node, lines)| visit(node, lines, &inside, objects, out))
                .collect()
        }
        Node::Object(members) => object(members, lines, place, objects, out),
        Node::Text(text) => scalar(node, text, lines, place, out),
        Node::Number(number) => scalar(node, &number.to_string(), lines, place, out),
        Node::Truth(truth) => scalar(node, &truth.to_string(), lines, place, out),
        Node::Null => scalar(node, "", lines, place, out),
    }
}

fn scalar(node: &Node, text: &str, lines: &Lines, place: &Place, out: &mut Collected) -> Vec<Said> {
    if let Some((address, line)) = &place.account {
        let line = if place.in_list { lines.own } else { *line };
        let secret = if matches!(node, Node::Truth(_)) { "" } else { text };
        let mut fields = vec![(Role::Login, address.as_str()), (Role::Secret, secret)];
        if let Some(site) = &place.site {
            site.lent.set(true);
            fields.push((Role::Url, &site.value));
        }
        row(line, &fields, out);
        return Vec::new();
    }
    let is_text = matches!(node, Node::Text(_));
    let is_address = whole_address(text.as_bytes()).is_some();
    if is_text && place.in_list && place.role == Role::Other && (place.object.is_none() || !is_address) {
        if text.contains('@') {
            text_line(lines.own, text.as_bytes(), out);
        }
        return Vec::new();
    }
    let Some((object, line)) = place.object else { return Vec::new() };
    if matches!(node, Node::Null) && place.role != Role::Secret {
        return Vec::new();
    }
    vec![Said { object, line, role: place.role, value: text.to_owned(), site: None }]
}

fn object(
    members: &[(String, Node)],
    lines: &Lines,
    place: &Place,
    objects: &mut usize,
    out: &mut Collected,
) -> Vec<Said> {
    *objects += 1;
    let number = *objects;
    let line = match &place.account {
        Some((_, line)) if !place.in_list => *line,
        _ => lines.own,
    };
    let mut said = Vec::new();
    if let Some((address, _)) = &place.account {
        said.push(Said { object: number, line, role: Role::Email, value: address.clone(), site: None });
    }
    let mut own_site: Option<Rc<Site>> = None;
    for (((key, node), key_line), lines) in members.iter().zip(&lines.keys).zip(&lines.inside) {
        let (role, account) = if whole_address(key.as_bytes()).is_some() {
            // Not a field of the object but somebody by himself.
            (
                if matches!(node, Node::Object(_) | Node::List(_)) { Role::Other } else { Role::Secret },
                Some((key.clone(), *key_line)),
            )
        } else if key.starts_with('$') || key == "value" {
            (place.role, None)
        } else {
            (role_of_name(key).unwrap_or(Role::Other), None)
        };
        let site = own_site.clone().or_else(|| place.site.clone());
        let inside = Place { role, object: Some((number, line)), in_list: false, account, site };
        let mut new = visit(node, lines, &inside, objects, out);
        let is_own =
            own_site.is_none() && role == Role::Url && !matches!(node, Node::List(_) | Node::Object(_));
        if let Some(first) = new.first_mut().filter(|first| is_own && is_site(first.value.as_bytes())) {
            own_site = Some(Rc::new(Site { value: first.value.clone(), lent: Cell::new(false) }));
            first.site = own_site.clone();
        }
        said.extend(new);
    }
    let is_login = |said: &&Said| match said.role {
        Role::Login | Role::Email => !said.value.trim_ascii().is_empty(),
        Role::Other => whole_address(said.value.as_bytes()).is_some(),
        _ => false,
    };
    let has_secret = said.iter().any(|said| said.role == Role::Secret);
    let has_login = said.iter().any(|said| is_login(&said));
    let is_record = place.object.is_none() || place.account.is_some() || has_secret && has_login;
    if !is_record {
        return said;
    }
    // What says nothing that matters is not there.
    said.retain(|said| said.role != Role::Other || said.value.contains('@'));
    let mut logins: Vec<_> = said.iter().filter(is_login).map(|said| said.object).collect();
    logins.dedup();
    let names_site = said.iter().any(|said| said.role == Role::Url && !said.value.trim_ascii().is_empty());
    let around = place.site.as_ref().filter(|_| !said.is_empty() && !names_site);
    if let Some(site) = around {
        site.lent.set(true);
    }
    let fields = |said: &[Said], line, out: &mut Collected| {
        let is_somebody = said.iter().any(|said| said.role == Role::Secret || is_login(&said));
        let is_lent = |said: &Said| said.site.as_ref().is_some_and(|site| site.lent.get());
        let mut fields: Vec<_> = said
            .iter()
            .filter(|said| is_somebody || !is_lent(said))
            .map(|said| (said.role, said.value.as_str()))
            .collect();
        if let Some(site) = around.filter(|_| is_somebody) {
            fields.push((Role::Url, &site.value));
        }
        row(line, &fields, out);
    };
    if logins.len() > if has_secret { 8 } else { 1 } {
        said.sort_by_key(|said| said.object);
        said.chunk_by(|one, other| one.object == other.object)
            .for_each(|said| fields(said, said[0].line, out));
    } else if let Some(first) = said.first() {
        let is_one = said.iter().all(|said| said.object == first.object);
        let line = if is_one { first.line } else { line };
        fields(&said, line, out);
    }
    Vec::new()
}
