//! The one question before anything secret is printed in clear.

use std::io::{self, IsTerminal, Write};

use crate::outcome::Failure;

/// Asks whether secrets may be printed; `yes` answers it. Without a terminal, or where standard input is not free to be asked
/// on, only that does.
pub(crate) fn allow(yes: bool, may_ask: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let no = || Failure::say("secrets are printed in clear only when somebody says yes");
    if !may_ask || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(no().hint("give --yes with --reveal"));
    }
    let mut asked = io::stderr().lock();
    write!(asked, "This prints passwords in clear. Type yes to go on: ")?;
    asked.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { Err(no()) }
}
