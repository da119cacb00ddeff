//! A letter as HTML: elements and inline styles of our own, everything else escaped.
//!
//! There is no link, no picture, no script and nothing from elsewhere in it. It names no background, so that it is as dark as the
//! reader's program; its few colours are read on both.

use mizumori_core::Lang;

use crate::letter::markup::Block;

const BODY: &str = "margin:0;padding:16px;font-family:sans-serif;font-size:16px;line-height:1.7";
const PAGE: &str = "max-width:640px;margin:0 auto";
const HEADING: &str = "font-size:18px;margin:24px 0 8px;padding-left:10px;border-left:4px solid #2f7fb5";
const TABLE: &str = "border-collapse:collapse;width:100%;margin:8px 0;font-size:15px";
const WHAT: &str = "text-align:left;vertical-align:top;font-weight:normal;padding:6px 12px 6px 0;border-bottom:1px solid #8c8c8c;width:34%";
const VALUE: &str = "vertical-align:top;padding:6px 0;border-bottom:1px solid #8c8c8c;font-weight:bold";
const WARNING: &str =
    "margin:16px 0;padding:10px 14px;border:2px solid #d04a3a;border-radius:4px;font-weight:bold";
const LIST: &str = "margin:8px 0;padding-left:28px";
const ITEM: &str = "margin:6px 0";
const RULE: &str = "border:0;border-top:1px solid #8c8c8c;margin:24px 0 16px";

/// Writes a letter as a page.
pub(crate) fn html(subject: &str, blocks: &[Block], lang: Lang) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
         <meta name=\"format-detection\" content=\"telephone=no, date=no, address=no, email=no, url=no\">\n<title>",
        lang.tag()
    );
    escape_into(&mut out, subject);
    out.push_str("</title>\n</head>\n");
    out.push_str(&format!("<body style=\"{BODY}\">\n<div style=\"{PAGE}\">\n"));
    for block in blocks {
        part_into(&mut out, block);
    }
    out.push_str("</div>\n</body>\n</html>\n");
    out
}

fn part_into(out: &mut String, block: &Block) {
    match block {
        Block::Heading(text) => element(out, "h2", HEADING, text),
        Block::Paragraph(text) => element(out, "p", "margin:8px 0", text),
        Block::Warning(text) => element(out, "p", WARNING, text),
        Block::Points(points) => list(out, "ul", points),
        Block::Steps(steps) => list(out, "ol", steps),
        Block::Rows(rows) => {
            out.push_str(&format!("<table role=\"presentation\" style=\"{TABLE}\">\n"));
            for (what, value) in rows {
                out.push_str("<tr>");
                element(out, "th", WHAT, what);
                element(out, "td", VALUE, value);
                out.push_str("</tr>\n");
            }
            out.push_str("</table>\n");
        }
        Block::Rule => out.push_str(&format!("<hr style=\"{RULE}\">\n")),
    }
}

fn list(out: &mut String, name: &str, items: &[String]) {
    out.push_str(&format!("<{name} style=\"{LIST}\">\n"));
    for item in items {
        element(out, "li", ITEM, item);
    }
    out.push_str(&format!("</{name}>\n"));
}

fn element(out: &mut String, name: &str, style: &str, text: &str) {
    out.push_str(&format!("<{name} style=\"{style}\">"));
    escape_into(out, text);
    out.push_str(&format!("</{name}>\n"));
}

/// Escapes a text, and keeps programs from making links of the names in it: a word joiner, which nobody sees and which names in
/// an address line lose again (UTS 46), stands behind what they look for.
fn escape_into(out: &mut String, text: &str) {
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(sign),
        }
        let is_within = signs.peek().is_some_and(|next| next.is_alphanumeric() || *next == '/');
        if matches!(sign, '.' | ':' | '/' | '@') && is_within {
            out.push_str("&#8288;");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_said_is_text() {
        let mut out = String::new();
        escape_into(&mut out, "<a href=\"https://a.example\">'&'</a>");
        let expected = "&lt;a href=&quot;https:&#8288;/&#8288;/&#8288;a.&#8288;example&quot;&gt;&#39;&amp;&#39;&lt;/&#8288;a&gt;";
        assert_eq!(out, expected);
    }

    #[test]
    fn every_part_is_closed() {
        let text = "a\n\n## b\n- c\n1. d\n| e | f\n! g\n---\n";
        let page = html("<s>", &crate::letter::markup::blocks(text, Lang::En), Lang::En);
        for name in ["h2", "p", "ul", "ol", "li", "table", "tr", "th", "td", "div", "body", "html", "title"] {
            let opened =
                page.matches(&format!("<{name} ")).count() + page.matches(&format!("<{name}>")).count();
            assert_eq!(opened, page.matches(&format!("</{name}>")).count(), "{name}");
            assert!(opened > 0, "{name}");
        }
        assert!(page.contains("<title>&lt;s&gt;</title>"));
    }
}
