//! What stands between a format and a sink: decides which records are passed on.

use std::borrow::Cow;

use mizumori_core::LeakTime;

use super::Matcher;
use crate::record::{Emit, Login, Origin, Record, Reject};
use crate::sink::Sink;

/// Passes on the records that are wanted, each with how it concerns the watch list.
pub(crate) struct Judge<'j, S> {
    pub(crate) matcher: Option<&'j Matcher<'j>>,
    pub(crate) wanted: Wanted,
    pub(crate) time: LeakTime,
    pub(crate) sink: S,
    pub(crate) rejected: u64,
}

/// Which records are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those that concern the watch list.
    Watched,
    /// Every one.
    All,
}

impl<S: Sink> Emit for Judge<'_, S> {
    fn record(&mut self, mut record: Record<'_>) {
        let matched = self.matcher.and_then(|matcher| matcher.find(&record, self.time));
        // Dots where RFC 5321 has none: an account of carriers and watched domains, elsewhere a login at most.
        if let Login::Account(account) = &record.login
            && !account.is_regular()
            && matched.is_none_or(|matched| matched.account.is_none())
        {
            // In a text it is no login either; in a field it is one, be the password empty.
            if record.origin == Origin::Text {
                return;
            }
            let mut name = String::new();
            account.expose_into(&mut name);
            record.login = Login::Name(Cow::Owned(name));
        }
        if matched.is_some() || self.wanted == Wanted::All {
            self.sink.record(&record, matched.as_ref());
        }
    }

    fn rejected(&mut self, line: u64, why: Reject) {
        self.rejected += 1;
        self.sink.rejected(line, why);
    }
}

#[cfg(test)]
mod tests {
    use mizumori_core::WatchList;

    use super::*;
    use crate::format::{Format, RecordLimits, detect};
    use crate::matching::{Look, Match};

    const LIST: &str = "[[category]]\nid = 'c'\nname = 'C'\n[[organisation]]\nid = 'o'\ncategory = 'c'\nname = 'O'\n\
        domains = ['a.example']\n";

    #[derive(Default)]
    struct Logins(Vec<String>);

    impl Sink for Logins {
        fn record(&mut self, record: &Record<'_>, _matched: Option<&Match>) {
            let mut login = String::new();
            match &record.login {
                Login::Account(account) => account.expose_into(&mut login),
                Login::Name(name) => login = format!("~{name}"),
                Login::None => login.push('~'),
            }
            self.0.push(login);
        }
    }

    #[track_caller]
    fn check(text: &str, all: &[&str], watched: &[&str]) {
        let watch = WatchList::parse("w", LIST).unwrap();
        let matcher = Matcher::new(&watch, Look::AccountsAndSites);
        let Format::Lines(format) = detect(text.as_bytes(), true) else { panic!("no line format") };
        for (wanted, expected) in [(Wanted::All, all), (Wanted::Watched, watched)] {
            let (time, sink) = (LeakTime::Unknown, Logins::default());
            let mut judge = Judge { matcher: Some(&matcher), wanted, time, sink, rejected: 0 };
            for (number, line) in (1..).zip(text.lines()) {
                format.line(number, line.as_bytes(), &RecordLimits::default(), &mut judge);
            }
            assert_eq!(judge.sink.0, expected, "{text}, {wanted:?}");
        }
    }

    #[test]
    fn irregular_dots_are_a_login_in_a_field_and_nothing_in_a_text() {
        check(".j@post.example:\nk@post.example:pw", &["~.j@post.example", "k@post.example"], &[]);
        check(
            ".j@a.example:\nk@a.example:pw",
            &[".j@a.example", "k@a.example"],
            &[".j@a.example", "k@a.example"],
        );
        check("Dear all, ask .j@post.example or k@post.example", &["k@post.example"], &[]);
        check(
            "Dear all, ask .j@a.example or k@post.example",
            &[".j@a.example", "k@post.example"],
            &[".j@a.example"],
        );
        check("id,email,phone\n1,.j@post.example,\n", &["~.j@post.example"], &[]);
    }
}
