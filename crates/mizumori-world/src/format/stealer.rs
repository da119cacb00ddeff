//! Password files of information stealers: blocks of `key: value` lines.
//!
//! Values are written as they are: nothing is escaped, trailing blanks stay. The folder around the file, with the
//! system's description, is [`Stealer::system_information`].

use super::{Format, Record};

/// Whose block layout it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StealerFamily {
    /// `URL`, `Username`, `Password`, `Application`, a line of `=`.
    RedLine,
    /// As RedLine, with a profile line.
    Meta,
    /// `URL`, `USR`, `PASS`.
    Raccoon,
    /// `Soft`, `Host`, `Login`, `Password`.
    Vidar,
    /// `SOFT`, `URL`, `USER`, `PASS`.
    Lumma,
    /// `browser`, `profile`, `url`, `login`, `password`.
    StealC,
    /// `Browser`, `URL`, `Login`, `Password`, a line of `-`.
    Atomic,
    /// A RedLine relative whose keys are Russian.
    Russian,
}

impl StealerFamily {
    /// Every family.
    pub const ALL: [Self; 8] = [
        Self::RedLine,
        Self::Meta,
        Self::Raccoon,
        Self::Vidar,
        Self::Lumma,
        Self::StealC,
        Self::Atomic,
        Self::Russian,
    ];

    /// The name that the password file has in this family's folders.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::RedLine | Self::Meta | Self::Atomic => "Passwords.txt",
            Self::Raccoon | Self::StealC => "passwords.txt",
            Self::Vidar => "_AllPasswords_list.txt",
            Self::Lumma => "All Passwords.txt",
            Self::Russian => "Пароли.txt",
        }
    }

    /// The name of the file beside it that describes the computer.
    #[must_use]
    pub fn system_file_name(self) -> &'static str {
        match self {
            Self::RedLine | Self::Meta => "UserInformation.txt",
            Self::Raccoon => "System Info.txt",
            Self::Vidar | Self::Atomic => "information.txt",
            Self::Lumma => "System.txt",
            Self::StealC => "system_info.txt",
            Self::Russian => "Система.txt",
        }
    }
}

/// A password file of one infected computer.
#[derive(Debug, Clone)]
pub struct Stealer {
    family: StealerFamily,
}

impl Stealer {
    /// A file in the layout of `family`.
    #[must_use]
    pub fn new(family: StealerFamily) -> Self {
        Self { family }
    }

    /// The file that describes the computer, for the log with that number. It holds no address.
    #[must_use]
    pub fn system_information(family: StealerFamily, number: usize) -> String {
        match family {
            StealerFamily::Russian => {
                format!(
                    "Компьютер: PC-{number:04}\nПользователь: user{number}\nДата: 2020-07-01 09:00:00\nСтрана: JP\n"
                )
            }
            StealerFamily::RedLine | StealerFamily::Meta => format!(
                "Build ID: synthetic\nIP: 192.0.2.{}\nUserName: user{number}\nCountry: JP\nMachineName: PC-{number:04}\n\
                 Operation System: Windows 10 Pro x64\nLog date: 01.07.2020 09:00:00\n",
                number % 250 + 1
            ),
            _ => format!(
                "Computer Name: PC-{number:04}\nUser Name: user{number}\nIP: 192.0.2.{}\nLocal Time: 2020-07-01 09:00:00\n",
                number % 250 + 1
            ),
        }
    }
}

impl Format for Stealer {
    fn begin(&mut self, _: &mut String) {}

    fn record(&mut self, record: &Record<'_>, out: &mut String) {
        const CHROME: &str = "Google Chrome [Default]";
        let Record { url, login, secret, .. } = *record;
        let (lines, rule): (&[(&str, &str)], &str) = match self.family {
            StealerFamily::RedLine => (
                &[
                    ("URL", url),
                    ("Username", login),
                    ("Password", secret),
                    ("Application", "Google_[Chrome]_Default"),
                ],
                "===============",
            ),
            StealerFamily::Meta => (
                &[
                    ("URL", url),
                    ("Username", login),
                    ("Password", secret),
                    ("Application", CHROME),
                    ("Profile", "Default"),
                ],
                "===============",
            ),
            StealerFamily::Raccoon => (&[("URL", url), ("USR", login), ("PASS", secret)], ""),
            StealerFamily::Vidar => {
                (&[("Soft", CHROME), ("Host", url), ("Login", login), ("Password", secret)], "")
            }
            StealerFamily::Lumma => {
                (&[("SOFT", CHROME), ("URL", url), ("USER", login), ("PASS", secret)], "")
            }
            StealerFamily::StealC => (
                &[
                    ("browser", "Chrome"),
                    ("profile", "Default"),
                    ("url", url),
                    ("login", login),
                    ("password", secret),
                ],
                "",
            ),
            StealerFamily::Atomic => (
                &[("Browser", "Chrome"), ("URL", url), ("Login", login), ("Password", secret)],
                "--------------------",
            ),
            StealerFamily::Russian => {
                (&[("Ссылка", url), ("Логин", login), ("Пароль", secret)], "===============")
            }
        };
        for (key, value) in lines {
            out.push_str(key);
            out.push_str(": ");
            out.push_str(value);
            out.push('\n');
        }
        out.push_str(rule);
        out.push('\n');
    }

    fn end(&mut self, _: &mut String) {}
}

#[cfg(test)]
mod tests {
    use super::super::{SAMPLE, write_all};
    use super::*;

    #[test]
    fn every_family_writes_blocks_with_all_three_values() {
        for family in StealerFamily::ALL {
            let text = write_all(&mut Stealer::new(family), SAMPLE);
            for value in [SAMPLE[0].url, SAMPLE[0].login, SAMPLE[0].secret] {
                assert!(text.contains(&format!(": {value}\n")), "{family:?}: {text}");
            }
            assert!(!Stealer::system_information(family, 7).contains('@'));
        }
    }

    #[test]
    fn raccoon_has_three_lines_and_a_blank() {
        let text = write_all(&mut Stealer::new(StealerFamily::Raccoon), [SAMPLE[1]]);
        assert_eq!(text, "URL: https://post.test/\nUSR: noda@post.test\nPASS: NULL\n\n");
    }
}
