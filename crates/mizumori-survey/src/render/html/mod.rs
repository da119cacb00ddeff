//! A document as one HTML page: nothing is fetched, nothing runs, and it prints on A4.

mod blocks;

use super::plain;
use crate::document::{Document, Section};

/// The page's look, on screen and on paper.
const STYLE: &str = include_str!("style.css");
/// Nothing but the page's own style, and no script at all.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

pub(super) fn render(document: &Document) -> String {
    let mut page = Page { out: String::new(), charts: 0, tables: 0 };
    let title = plain::html(&document.title);
    let marking = document.marking.as_deref().map(plain::html);
    page.push(&format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"generator\" content=\"{}\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{}</style>\n</head>\n<body>\n",
        document.lang,
        plain::html(&document.produced_by),
        running_heads(document),
    ));
    if let Some(marking) = &marking {
        page.push(&format!("<p class=\"marking\">{marking}</p>\n"));
    }
    page.push("<header>\n");
    page.push(&format!("<h1>{title}</h1>\n"));
    for line in &document.subtitle {
        page.push(&format!("<p class=\"subtitle\">{}</p>\n", plain::html(line)));
    }
    page.push("</header>\n");
    for banner in &document.banners {
        page.push(&format!("<p class=\"banner\" role=\"note\">{}</p>\n", plain::html(banner)));
    }
    page.contents(document);
    page.push("<main>\n");
    for section in &document.sections {
        page.section(section, 2);
    }
    page.push("</main>\n<footer>\n");
    for banner in &document.banners {
        page.push(&format!("<p>{}</p>\n", plain::html(banner)));
    }
    if let Some(marking) = &marking {
        page.push(&format!("<p>{marking}</p>\n"));
    }
    page.push(&format!("<p>{}</p>\n</footer>\n</body>\n</html>\n", plain::html(&document.produced_by)));
    page.out
}

/// What is printed at the head and foot of every sheet.
fn running_heads(document: &Document) -> String {
    // The texts are the program's own; quotes and line ends have no place in them.
    let quoted = |text: &str| plain::plain(text).replace(['"', '\\', '<'], "");
    let marking = match document.marking {
        Some(_) => "@page { @top-right { content: \"TLP:AMBER\"; } }\n",
        None => "",
    };
    let banner = document.banners.first().map_or_else(String::new, |banner| {
        format!("@page {{ @bottom-left {{ content: \"{}\"; }} }}\n", quoted(banner))
    });
    format!("@page {{ @top-left {{ content: \"{}\"; }} }}\n{marking}{banner}", quoted(&document.title))
}

struct Page {
    out: String,
    charts: usize,
    tables: usize,
}

impl Page {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn contents(&mut self, document: &Document) {
        let title = document.contents;
        self.push(&format!("<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">{title}</h2>\n<ol>\n"));
        for section in &document.sections {
            self.push(&entry(section));
            if !section.parts.is_empty() {
                self.push("\n<ol>\n");
                for part in &section.parts {
                    self.push(&format!("{}</li>\n", entry(part)));
                }
                self.push("</ol>\n");
            }
            self.push("</li>\n");
        }
        self.push("</ol>\n</nav>\n");
    }

    fn section(&mut self, section: &Section, level: usize) {
        let (id, number) = (&section.id, &section.number);
        self.push(&format!(
            "<section aria-labelledby=\"{id}\">\n<h{level} id=\"{id}\"><span class=\"number\">{number}</span>{}</h{level}>\n",
            plain::html(&section.title)
        ));
        for block in &section.blocks {
            self.block(block, level);
        }
        for part in &section.parts {
            self.section(part, level + 1);
        }
        self.push("</section>\n");
    }
}

fn entry(section: &Section) -> String {
    format!(
        "<li><a href=\"#{}\"><span class=\"number\">{}</span>{}</a>",
        section.id,
        section.number,
        plain::html(&section.title)
    )
}
