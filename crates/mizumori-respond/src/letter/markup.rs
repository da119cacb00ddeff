//! The marks that a letter's text is written with: few, at the beginning of a line, and none that names a colour, a picture or
//! a link.
//!
//! `## ` a heading, `- ` a point, `1. ` a step, `| what | value` a row of facts, `! ` a warning, `---` a line; everything
//! else is a paragraph, up to an empty line. Lines of a paragraph are one; a line that begins with two blanks belongs to
//! the point before it. Rows without a value are left out.

use mizumori_core::Lang;

/// A part of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    Heading(String),
    Paragraph(String),
    Points(Vec<String>),
    Steps(Vec<String>),
    Rows(Vec<(String, String)>),
    Warning(String),
    Rule,
}

/// What a line begins.
enum Line<'t> {
    Empty,
    Heading(&'t str),
    Point(&'t str),
    Step(&'t str),
    Row(&'t str, &'t str),
    Warning(&'t str),
    Rule,
    Further(&'t str),
    Text(&'t str),
}

/// Reads a text. Every text is one: what has no mark is a paragraph.
pub(crate) fn blocks(text: &str, lang: Lang) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        let was_going_on = std::mem::replace(&mut goes_on, true);
        match (line_of(line), blocks.last_mut()) {
            (Line::Empty, _) => goes_on = false,
            (Line::Heading(text), _) => {
                blocks.push(Block::Heading(text.to_owned()));
                goes_on = false;
            }
            (Line::Rule, _) => blocks.push(Block::Rule),
            // Empty lines between points, steps and rows are what a condition leaves behind.
            (Line::Point(text), Some(Block::Points(points))) => points.push(text.to_owned()),
            (Line::Point(text), _) => blocks.push(Block::Points(vec![text.to_owned()])),
            (Line::Step(text), Some(Block::Steps(steps))) => steps.push(text.to_owned()),
            (Line::Step(text), _) => blocks.push(Block::Steps(vec![text.to_owned()])),
            (Line::Row(_, ""), _) => {}
            (Line::Row(what, value), Some(Block::Rows(rows))) => {
                rows.push((what.to_owned(), value.to_owned()));
            }
            (Line::Row(what, value), _) => {
                blocks.push(Block::Rows(vec![(what.to_owned(), value.to_owned())]));
            }
            (Line::Warning(text), Some(Block::Warning(before))) if was_going_on => join(before, text, lang),
            (Line::Warning(text), _) => blocks.push(Block::Warning(text.to_owned())),
            (Line::Further(text), Some(Block::Points(all) | Block::Steps(all))) if was_going_on => {
                if let Some(last) = all.last_mut() {
                    join(last, text, lang);
                }
            }
            (Line::Text(text) | Line::Further(text), Some(Block::Paragraph(before))) if was_going_on => {
                join(before, text, lang);
            }
            (Line::Text(text) | Line::Further(text), _) => blocks.push(Block::Paragraph(text.to_owned())),
        }
    }
    blocks
}

fn line_of(line: &str) -> Line<'_> {
    let (is_further, text) = (line.starts_with("  "), line.trim());
    if text.is_empty() {
        return Line::Empty;
    }
    if text == "---" {
        return Line::Rule;
    }
    if let Some(row) = text.strip_prefix("| ") {
        let (what, value) = row.split_once('|').unwrap_or((row, ""));
        return Line::Row(what.trim(), value.trim());
    }
    let marked = |mark| text.strip_prefix(mark).map(str::trim_start);
    if let Some(text) = marked("## ") {
        return Line::Heading(text);
    }
    if let Some(text) = marked("- ") {
        return Line::Point(text);
    }
    if let Some(text) = marked("! ") {
        return Line::Warning(text);
    }
    if let Some((number, text)) = text.split_once(". ")
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Line::Step(text.trim_start());
    }
    if is_further { Line::Further(text) } else { Line::Text(text) }
}

/// Puts a line behind another: with a blank between words that are set apart by blanks.
fn join(before: &mut String, text: &str, lang: Lang) {
    let is_apart =
        before.ends_with(|sign: char| sign.is_ascii()) && text.starts_with(|sign: char| sign.is_ascii());
    if lang == Lang::En || is_apart {
        before.push(' ');
    }
    before.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark() {
        let text = "a\nb\n\nc\n## d\ne\n- f\n  g\n\n- h\n1. i\n\n\n22. j\n| k | l\n| m | \n\n| n | o | p\n! q\n! r\n---\ns";
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let row = |what: &str, value: &str| (what.to_owned(), value.to_owned());
        let expected = vec![
            Block::Paragraph("a b".to_owned()),
            Block::Paragraph("c".to_owned()),
            Block::Heading("d".to_owned()),
            Block::Paragraph("e".to_owned()),
            Block::Points(owned(&["f g", "h"])),
            Block::Steps(owned(&["i", "j"])),
            Block::Rows(vec![row("k", "l"), row("n", "o | p")]),
            Block::Warning("q r".to_owned()),
            Block::Rule,
            Block::Paragraph("s".to_owned()),
        ];
        assert_eq!(blocks(text, Lang::En), expected);
    }

    #[test]
    fn japanese_has_no_blanks_between_lines() {
        assert_eq!(blocks("水源\n省", Lang::Ja), [Block::Paragraph("水源省".to_owned())]);
        assert_eq!(blocks("TLP\nAMBER", Lang::Ja), [Block::Paragraph("TLP AMBER".to_owned())]);
    }

    #[test]
    fn nothing_but_marks() {
        for text in ["", "\n\n", "|", "| ", "| |", "## ", "1. ", "- ", "!", "  "] {
            assert!(blocks(text, Lang::Ja).len() <= 1, "{text:?}");
        }
    }
}
