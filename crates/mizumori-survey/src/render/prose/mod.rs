//! An author's Markdown in a report: as HTML, and as Markdown again.
//!
//! It is somebody's text, not somebody's page: raw HTML is shown, not obeyed; links go to the web or to mail;
//! images are dropped, what they are called stays; headings take their places below the chapter's.

mod to_html;
mod to_markdown;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser};

pub(super) use to_html::html;
pub(super) use to_markdown::markdown;

/// The deepest heading of HTML.
const DEEPEST: usize = 6;

fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

/// Where a link may lead.
fn is_allowed(destination: &str) -> bool {
    let scheme = destination.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| matches!(scheme.as_str(), "http" | "https" | "mailto"))
        && !destination.chars().any(|character| character.is_control() || character.is_whitespace())
}

/// The levels of an author's headings, below a chapter's and without gaps.
struct Headings {
    base: usize,
    open: Vec<HeadingLevel>,
}

impl Headings {
    /// Headings that stand below one of level `base`.
    const fn below(base: usize) -> Self {
        Self { base, open: Vec::new() }
    }

    fn level(&mut self, author: HeadingLevel) -> usize {
        while self.open.last().is_some_and(|open| *open >= author) {
            self.open.pop();
        }
        self.open.push(author);
        (self.base + self.open.len()).min(DEEPEST)
    }
}

/// Whether links are open that are shown as text only, and how many.
#[derive(Default)]
struct Links(Vec<bool>);

impl Links {
    fn open(&mut self, destination: &str) -> bool {
        let allowed = is_allowed(destination);
        self.0.push(allowed);
        allowed
    }

    fn close(&mut self) -> bool {
        self.0.pop().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOSTILE: &str = "# 考察\n\n*強調* **太字** `code <b>` <script>alert(1)</script>\n\n### 深い\n\n\
        [良](https://example.com/a?b=\"c\") [悪](javascript:alert(1)) <mailto:a@example.com> ![図](https://example.com/x.png)\n\n\
        <div onclick=\"x\">raw</div>\n\n- 一\n  - 二\n- 三\n\n3. x\n4. y\n\n> 引用\n\n```sh\nrm <x>\n```\n\n---\n\n\
        | a | b |\n|---|--:|\n| 1 | \\| |\n";

    #[test]
    fn html_is_an_authors_text_and_nothing_else() {
        let html = html(HOSTILE, 2);
        for expected in [
            "<h3>考察</h3>",
            "<em>強調</em> <strong>太字</strong> <code>code &lt;b&gt;</code> &lt;script&gt;alert(1)&lt;/script&gt;",
            "<h4>深い</h4>",
            "<a href=\"https://example.com/a?b=%22c%22\" rel=\"noreferrer\">良</a> 悪 <a href=\"mailto:a@example.com\" rel=\"noreferrer\">mailto:a@example.com</a> 図",
            "&lt;div onclick=&quot;x&quot;&gt;raw&lt;/div&gt;",
            "<ol start=\"3\">",
            "<pre><code>rm &lt;x&gt;\n</code></pre>",
            "<blockquote>",
        ] {
            assert!(html.contains(expected), "{expected}\n{html}");
        }
        for forbidden in ["<script", "<img", "<div", "javascript"] {
            assert!(!html.contains(forbidden), "{forbidden}\n{html}");
        }
    }

    #[test]
    fn an_authors_line_ends_are_spaces_between_words_only() {
        assert_eq!(html("終わる。\n始まる\nend\n終", 2), "<p>終わる。始まる\nend\n終</p>\n");
    }

    #[test]
    fn markdown_says_the_same_again() {
        let once = markdown(HOSTILE, 2);
        assert!(once.contains("### 考察") && once.contains("#### 深い"), "{once}");
        assert!(!once.contains("](javascript") && !once.contains("!["), "{once}");
        // Read again, it says the same.
        assert_eq!(markdown(&once, 2), once);
        assert_eq!(html(&once, 2), html(HOSTILE, 2));
    }

    proptest! {
        #[test]
        fn whatever_an_author_writes(text in "[ \\n\\[\\]()<>!#*_`a-c:|/\"'&;=-]{0,60}") {
            let html = html(&text, 2);
            for tag in html.split('<').skip(1) {
                let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
                prop_assert!(
                    ["p", "h3", "h4", "h5", "h6", "em", "strong", "del", "code", "pre", "ul", "ol", "li", "blockquote",
                     "hr", "br", "a", "table", "thead", "tbody", "tr", "th", "td"].contains(&name.as_str()),
                    "{}", html
                );
            }
            let _ = markdown(&text, 2);
        }
    }
}
