//! What is said on standard error: errors with their hints, warnings, and how things went.

use std::io::{IsTerminal, Write};

/// Says one line on standard error. That it cannot be said is no reason to fail.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// An error.
pub(crate) fn error(what: &str) {
    say(&format!("{} {what}", painted("error:", "31;1")));
}

/// Something that the user should know, and that stops nothing.
pub(crate) fn warning(what: &str) {
    say(&format!("{} {what}", painted("warning:", "33;1")));
}

/// The next thing to do.
pub(crate) fn hint(what: &str) {
    say(&format!("{} {what}", painted("hint:", "36;1")));
}

/// `text` in a colour, where standard error is a terminal and nobody has asked for none
/// (<https://no-color.org>).
fn painted(text: &str, colour: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if plain || !std::io::stderr().is_terminal() {
        text.to_owned()
    } else {
        format!("\x1b[{colour}m{text}\x1b[0m")
    }
}
