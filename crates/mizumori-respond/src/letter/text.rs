//! A letter as plain text.

use mizumori_core::Lang;

use crate::letter::markup::Block;

/// How wide the line across is.
const RULE: usize = 40;

/// Writes a letter's parts, with an empty line between them.
pub(crate) fn text(blocks: &[Block], lang: Lang) -> String {
    let parts: Vec<String> = blocks.iter().map(|block| part(block, lang)).collect();
    let mut text = parts.join("\n\n");
    text.push('\n');
    text
}

fn part(block: &Block, lang: Lang) -> String {
    let lines = |lines: Vec<String>| lines.join("\n");
    match (block, lang) {
        (Block::Heading(text), Lang::Ja) => format!("■ {text}"),
        (Block::Heading(text), Lang::En) => format!("{text}\n{}", "-".repeat(text.chars().count())),
        (Block::Paragraph(text), _) => text.clone(),
        (Block::Points(points), Lang::Ja) => lines(points.iter().map(|point| format!("・{point}")).collect()),
        (Block::Points(points), Lang::En) => lines(points.iter().map(|point| format!("* {point}")).collect()),
        (Block::Steps(steps), _) => {
            lines(steps.iter().zip(1..).map(|(step, number)| format!("{number}. {step}")).collect())
        }
        (Block::Rows(rows), Lang::Ja) => {
            lines(rows.iter().map(|(what, value)| format!("{what}：{value}")).collect())
        }
        (Block::Rows(rows), Lang::En) => {
            lines(rows.iter().map(|(what, value)| format!("{what}: {value}")).collect())
        }
        (Block::Warning(text), Lang::Ja) => format!("【ご注意】{text}"),
        (Block::Warning(text), Lang::En) => format!("IMPORTANT: {text}"),
        (Block::Rule, _) => "-".repeat(RULE),
    }
}
