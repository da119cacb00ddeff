//! Text from outside, made harmless in what it is put into.
//!
//! Names of watch lists, titles of sources and names of files may be anything.

/// Text without control characters, and without those that turn the direction of what follows.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' | '\r' | '\t' => ' ',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            character if character.is_control() => '\u{fffd}',
            character => character,
        })
        .collect()
}

/// Text as it stands in HTML, inside and outside of attributes' quotes.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in plain(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            character => out.push(character),
        }
    }
    out
}

/// Text as it stands in Markdown, so that nothing in it is a mark, a tag or a link (GitHub Flavored Markdown,
/// 2.4 and 6.9).
pub(super) fn markdown(text: &str) -> String {
    let text = plain(text);
    let text = text.trim();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let number = text.chars().take_while(char::is_ascii_digit).count();
    let mut position = 0;
    while let Some(character) = rest.next() {
        let next = rest.peek().copied();
        let escaped = match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '@' => true,
            '<' => next.is_some_and(|next| next.is_alphabetic() || matches!(next, '/' | '!' | '?')),
            '&' => next.is_some_and(|next| next.is_alphanumeric() || next == '#'),
            ':' => next == Some('/'),
            '.' => {
                out.len() >= 3 && out.get(out.len() - 3..).is_some_and(|end| end.eq_ignore_ascii_case("www"))
            }
            '#' | '>' | '+' | '-' | '=' => position == 0,
            _ => false,
        };
        let list_item = matches!(character, '.' | ')')
            && number > 0
            && position == number
            && next.is_none_or(char::is_whitespace);
        if escaped || list_item {
            out.push('\\');
        }
        out.push(character);
        position += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_escaped() {
        assert_eq!(
            html("<a href=\"x\" o='y'>&\n\u{202e}\u{7}"),
            "&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp; \u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn markdown_is_escaped() {
        for (text, expected) in [
            ("Collection #1", "Collection #1"),
            ("<5", "<5"),
            ("<b>x</b>", "\\<b>x\\</b>"),
            ("a|b", "a\\|b"),
            ("[x](javascript:1)", "\\[x\\](javascript:1)"),
            ("http://x.example", "http\\://x.example"),
            ("www.x.example", "www\\.x.example"),
            ("# a\nb", "\\# a b"),
            ("12. a", "12\\. a"),
            ("12.5%", "12.5%"),
            ("to know.", "to know."),
            ("- a", "\\- a"),
            ("a_b*c`d~", "a\\_b\\*c\\`d\\~"),
            ("&amp; & R&D", "\\&amp; & R\\&D"),
            ("![x](y)", "!\\[x\\](y)"),
        ] {
            assert_eq!(markdown(text), expected, "{text}");
        }
    }
}
