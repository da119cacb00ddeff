//! An author's Markdown as Markdown again, with nothing in it but marks.

use pulldown_cmark::{Alignment, CowStr, Event, Tag, TagEnd};

use super::super::plain;
use super::{Headings, Links, events};

/// The text as Markdown, its headings below one of level `base`.
pub(in crate::render) fn markdown(text: &str, base: usize) -> String {
    let mut writer = Writer {
        out: String::new(),
        headings: Headings::below(base),
        links: Links::default(),
        destinations: Vec::new(),
        prefixes: Vec::new(),
        lists: Vec::new(),
        in_code: false,
        in_text: false,
        follows_list: false,
        gap: 0,
        row: None,
    };
    for event in events(text) {
        writer.event(event);
    }
    writer.out.truncate(writer.out.trim_end().len());
    writer.out.push('\n');
    writer.out
}

struct Writer {
    out: String,
    headings: Headings,
    links: Links,
    destinations: Vec<String>,
    /// What begins each line: of quotations, and of what stands in lists.
    prefixes: Vec<&'static str>,
    /// The numbers of the open lists' next items.
    lists: Vec<Option<u64>>,
    in_code: bool,
    /// Whether the last thing written is text of the item that is open.
    in_text: bool,
    /// Whether the last thing written is a list.
    follows_list: bool,
    /// How many line ends must come before the next block.
    gap: usize,
    row: Option<Vec<Alignment>>,
}

impl Writer {
    /// Begins a block on a line of its own.
    fn block(&mut self) {
        for _ in 0..std::mem::take(&mut self.gap) {
            self.line();
        }
    }

    fn line(&mut self) {
        let kept = self.out.trim_end_matches(' ').len();
        self.out.truncate(kept);
        self.out.push('\n');
        for prefix in &self.prefixes {
            self.out.push_str(prefix);
        }
    }

    fn text(&mut self, text: &CowStr<'_>) {
        // What stands at the margins of a text separates words.
        let before = text.len() - text.trim_start().len();
        let after = text.trim_start().len() - text.trim().len();
        if before > 0 {
            self.out.push(' ');
        }
        self.out.push_str(&plain::markdown(text));
        if after > 0 && !text.trim().is_empty() {
            self.out.push(' ');
        }
    }

    fn event(&mut self, event: Event<'_>) {
        let starts_block = matches!(
            event,
            Event::Start(
                Tag::Item | Tag::Paragraph | Tag::BlockQuote(_) | Tag::CodeBlock(_) | Tag::Heading { .. }
            )
        );
        let is_text = matches!(event, Event::Text(_) | Event::Code(_) | Event::InlineHtml(_));
        self.write(event);
        if starts_block {
            self.in_text = false;
        }
        if is_text {
            self.in_text = !self.lists.is_empty();
            self.follows_list = false;
        }
    }

    fn write(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => {
                for (index, line) in text.trim_end_matches('\n').split('\n').enumerate() {
                    if index > 0 {
                        self.line();
                    }
                    self.out.push_str("    ");
                    self.out.push_str(&plain::plain(line));
                }
            }
            Event::Html(text) => self.out.push_str(&plain::markdown(&text)),
            Event::Text(text)
            | Event::InlineHtml(text)
            | Event::FootnoteReference(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => self.text(&text),
            Event::Code(text) => {
                let text = plain::plain(&text);
                let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
                let fence = "`".repeat(longest + 1);
                let gap = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
                let text = if self.row.is_some() { text.replace('|', "\\|") } else { text };
                self.out.push_str(&format!("{fence}{gap}{text}{gap}{fence}"));
            }
            Event::SoftBreak => self.line(),
            Event::HardBreak => {
                self.out.push('\\');
                self.line();
            }
            Event::Rule => {
                self.block();
                self.out.push_str("---");
                self.gap = 2;
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => {
                // A paragraph behind a list of its own item is no part of that list.
                self.gap *= if self.gap == 1 && self.follows_list { 2 } else { 1 };
                self.block();
            }
            Tag::Heading { level, .. } => {
                self.block();
                let level = self.headings.level(level);
                self.out.push_str(&"#".repeat(level));
                self.out.push(' ');
            }
            Tag::BlockQuote(_) => {
                self.block();
                self.out.push_str("> ");
                self.prefixes.push("> ");
            }
            Tag::CodeBlock(_) => {
                self.block();
                self.in_code = true;
            }
            Tag::List(start) => {
                // Behind the text of a tight item, a list begins on the next line.
                if self.in_text {
                    self.gap = self.gap.max(1);
                }
                self.block();
                self.lists.push(start);
            }
            Tag::Item => {
                self.block();
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{number:>2}. ");
                        *number = number.saturating_add(1);
                        mark
                    }
                    _ => "-   ".to_owned(),
                };
                self.out.push_str(&mark);
                self.prefixes.push("    ");
            }
            Tag::Emphasis => self.out.push('*'),
            Tag::Strong => self.out.push_str("**"),
            Tag::Strikethrough => self.out.push_str("~~"),
            Tag::Link { dest_url, .. } => {
                let destination = if dest_url.contains(':') || !dest_url.contains('@') {
                    dest_url.to_string()
                } else {
                    format!("mailto:{dest_url}")
                };
                if self.links.open(&destination) {
                    self.out.push('[');
                    let safe = destination.replace('"', "%22").replace('<', "%3C").replace('>', "%3E");
                    self.destinations.push(safe.replace('\\', "%5C"));
                }
            }
            Tag::Table(alignments) => {
                self.block();
                self.row = Some(alignments);
            }
            Tag::TableHead | Tag::TableRow => self.out.push('|'),
            Tag::TableCell => self.out.push(' '),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock | TagEnd::Heading(_) => self.gap = 2,
            TagEnd::BlockQuote(_) => {
                self.prefixes.pop();
                self.gap = 2;
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.gap = 2;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.follows_list = true;
                self.gap = self.gap.max(if self.lists.is_empty() { 2 } else { 1 });
            }
            TagEnd::Item => {
                self.prefixes.pop();
                self.gap = self.gap.max(1);
            }
            TagEnd::Emphasis => self.out.push('*'),
            TagEnd::Strong => self.out.push_str("**"),
            TagEnd::Strikethrough => self.out.push_str("~~"),
            TagEnd::Link => {
                if self.links.close()
                    && let Some(destination) = self.destinations.pop()
                {
                    self.out.push_str(&format!("](<{destination}>)"));
                }
            }
            TagEnd::TableCell => self.out.push_str(" |"),
            TagEnd::TableHead => {
                self.line();
                self.out.push('|');
                for alignment in self.row.clone().unwrap_or_default() {
                    self.out.push_str(if alignment == Alignment::Right { " --: |" } else { " --- |" });
                }
                self.line();
            }
            TagEnd::TableRow => self.line(),
            TagEnd::Table => {
                self.row = None;
                let kept = self.out.trim_end().len();
                self.out.truncate(kept);
                self.gap = 2;
            }
            _ => {}
        }
    }
}
