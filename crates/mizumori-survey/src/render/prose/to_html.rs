//! An author's Markdown as HTML.

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};
use unicode_width::UnicodeWidthChar;

use super::super::plain;
use super::{Headings, Links, events};

/// The text as HTML, its headings below one of level `base`.
pub(in crate::render) fn html(text: &str, base: usize) -> String {
    let mut writer = Writer {
        out: String::new(),
        headings: Headings::below(base),
        links: Links::default(),
        levels: Vec::new(),
        alignments: Vec::new(),
        column: 0,
        in_head: false,
        in_code: false,
        line_ended: false,
    };
    for event in events(text) {
        writer.event(event);
    }
    writer.out
}

struct Writer {
    out: String,
    headings: Headings,
    links: Links,
    levels: Vec<usize>,
    alignments: Vec<Alignment>,
    column: usize,
    in_head: bool,
    in_code: bool,
    /// Whether a line of the author's ended here.
    line_ended: bool,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        if std::mem::take(&mut self.line_ended) {
            // In Japanese, the end of an author's line is no space between words.
            let after = if let Event::Text(text) = &event { text.chars().next() } else { None };
            if !(is_wide(self.out.chars().next_back()) && is_wide(after)) {
                self.out.push('\n');
            }
        }
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => {
                // Line ends matter here, and only here.
                let lines: Vec<_> = text.split('\n').map(plain::html).collect();
                self.out.push_str(&lines.join("\n"));
            }
            Event::Html(text) => self.out.push_str(&plain::html(text.trim_end())),
            Event::Text(text)
            | Event::InlineHtml(text)
            | Event::FootnoteReference(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => self.out.push_str(&plain::html(&text)),
            Event::Code(text) => {
                self.out.push_str("<code>");
                self.out.push_str(&plain::html(&text));
                self.out.push_str("</code>");
            }
            Event::SoftBreak => self.line_ended = true,
            Event::HardBreak => self.out.push_str("<br>\n"),
            Event::Rule => self.out.push_str("<hr>\n"),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let opened = match tag {
            Tag::Paragraph | Tag::HtmlBlock => "<p>",
            Tag::Heading { level, .. } => {
                let level = self.headings.level(*level);
                self.levels.push(level);
                self.out.push_str(&format!("<h{level}>"));
                return;
            }
            Tag::BlockQuote(_) => "<blockquote>\n",
            Tag::CodeBlock(_) => {
                self.in_code = true;
                "<pre><code>"
            }
            Tag::List(None) => "<ul>\n",
            Tag::List(Some(1)) => "<ol>\n",
            Tag::List(Some(start)) => {
                self.out.push_str(&format!("<ol start=\"{start}\">\n"));
                return;
            }
            Tag::Item => "<li>",
            Tag::Emphasis => "<em>",
            Tag::Strong => "<strong>",
            Tag::Strikethrough => "<del>",
            Tag::Link { dest_url, .. } => {
                let destination = if dest_url.contains(':') || !dest_url.contains('@') {
                    dest_url.to_string()
                } else {
                    format!("mailto:{dest_url}")
                };
                if self.links.open(&destination) {
                    let destination = destination.replace('"', "%22");
                    let destination = plain::html(&destination);
                    self.out.push_str(&format!("<a href=\"{destination}\" rel=\"noreferrer\">"));
                }
                return;
            }
            Tag::Table(alignments) => {
                self.alignments.clone_from(alignments);
                "<table>\n"
            }
            Tag::TableHead => {
                self.in_head = true;
                self.column = 0;
                "<thead><tr>"
            }
            Tag::TableRow => {
                self.column = 0;
                "<tr>"
            }
            Tag::TableCell => {
                let name = if self.in_head { "th" } else { "td" };
                let numbers = self.alignments.get(self.column) == Some(&Alignment::Right);
                self.column += 1;
                self.out.push_str(&format!("<{name}{}>", if numbers { " class=\"n\"" } else { "" }));
                return;
            }
            _ => return,
        };
        self.out.push_str(opened);
    }

    fn end(&mut self, tag: TagEnd) {
        let closed = match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => "</p>\n",
            TagEnd::Heading(_) => {
                let level = self.levels.pop().unwrap_or(super::DEEPEST);
                self.out.push_str(&format!("</h{level}>\n"));
                return;
            }
            TagEnd::BlockQuote(_) => "</blockquote>\n",
            TagEnd::CodeBlock => {
                self.in_code = false;
                "</code></pre>\n"
            }
            TagEnd::List(false) => "</ul>\n",
            TagEnd::List(true) => "</ol>\n",
            TagEnd::Item => "</li>\n",
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</strong>",
            TagEnd::Strikethrough => "</del>",
            TagEnd::Link if self.links.close() => "</a>",
            TagEnd::Table => "</tbody></table>\n",
            TagEnd::TableHead => {
                self.in_head = false;
                "</tr></thead><tbody>\n"
            }
            TagEnd::TableRow => "</tr>\n",
            TagEnd::TableCell => {
                if self.in_head {
                    "</th>"
                } else {
                    "</td>"
                }
            }
            _ => "",
        };
        self.out.push_str(closed);
    }
}

/// Whether a character is an East Asian one, written without spaces.
fn is_wide(character: Option<char>) -> bool {
    character.and_then(UnicodeWidthChar::width) == Some(2)
}
