//! What the tests of the formats share: a receiver that writes down what it is given, in one line a record.

use crate::record::{Emit, Login, Record, Reject};

/// Records as text: line, login (`~name`, or the address), secret and host, `-` where there is none.
#[derive(Default)]
pub(crate) struct Collected {
    lines: Vec<String>,
    pub(crate) rejected: Vec<(u64, Reject)>,
}

impl Collected {
    pub(crate) fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl Emit for Collected {
    fn record(&mut self, record: Record<'_>) {
        let mut login = String::new();
        match &record.login {
            Login::Account(account) => account.expose_into(&mut login),
            Login::Name(name) => login = format!("~{name}"),
            Login::None => login.push('~'),
        }
        let secret = if record.secret.is_present() { record.secret.expose() } else { "-" };
        let host = record.url.as_ref().map_or("-", |url| url.host().unwrap_or("?"));
        self.lines.push(format!("{} {login} {secret} {host}", record.line));
    }

    fn rejected(&mut self, line: u64, why: Reject) {
        self.rejected.push((line, why));
    }
}
