//! Separated lists: one record a line, no header, no quoting, no escapes.

use super::{Format, Record};

/// Which field comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldOrder {
    /// `account:secret`.
    AccountSecret,
    /// `secret:account`.
    SecretAccount,
    /// `url:login:password`.
    UrlLoginPassword,
    /// `login:password:url`.
    LoginPasswordUrl,
}

/// A list whose fields are joined by one separator, which is not escaped inside a field.
#[derive(Debug, Clone, Copy)]
pub struct List {
    /// Order of the fields.
    pub order: FieldOrder,
    /// `:`, `;`, `|`, a tab, `,` or blanks.
    pub separator: &'static str,
}

impl Format for List {
    fn begin(&mut self, _: &mut String) {}

    fn record(&mut self, record: &Record<'_>, out: &mut String) {
        let Record { login, secret, url, .. } = *record;
        let fields = match self.order {
            FieldOrder::AccountSecret => [login, secret, ""],
            FieldOrder::SecretAccount => [secret, login, ""],
            FieldOrder::UrlLoginPassword => [url, login, secret],
            FieldOrder::LoginPasswordUrl => [login, secret, url],
        };
        let [first, second, third] = fields;
        out.push_str(first);
        out.push_str(self.separator);
        out.push_str(second);
        if matches!(self.order, FieldOrder::UrlLoginPassword | FieldOrder::LoginPasswordUrl) {
            out.push_str(self.separator);
            out.push_str(third);
        }
        out.push('\n');
    }

    fn end(&mut self, _: &mut String) {}
}

#[cfg(test)]
mod tests {
    use super::super::{SAMPLE, write_all};
    use super::*;

    #[test]
    fn joins_fields_in_each_order() {
        let second = SAMPLE[1];
        for (order, expected) in [
            (FieldOrder::AccountSecret, "noda@post.test:NULL\n"),
            (FieldOrder::SecretAccount, "NULL:noda@post.test\n"),
            (FieldOrder::UrlLoginPassword, "https://post.test/:noda@post.test:NULL\n"),
            (FieldOrder::LoginPasswordUrl, "noda@post.test:NULL:https://post.test/\n"),
        ] {
            assert_eq!(write_all(&mut List { order, separator: ":" }, [second]), expected);
        }
    }
}
