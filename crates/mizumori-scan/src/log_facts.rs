//! What a stealer log says of the computer that it was taken from: whom to tell which machine to clean, and when it happened.
//!
//! It stands in a file of its own beside the passwords, as `Key: value` lines: `UserInformation.txt` of RedLine and META,
//! `information.txt` of Vidar, `System Info.txt` of Raccoon, `System.txt` of Lumma, `system_info.txt` of StealC.

use std::fmt;
use std::io::Read;

use mizumori_core::Secret;
use mizumori_read::{Charset, Decoder, Input, MemberName, ReadAtCursor, Reader};

use crate::engine::{Dump, Progress};

/// So many bytes of a file are looked at: lists of programs and processes follow.
const SAMPLE: u64 = 64 << 10;
/// Longest value in bytes; what is longer is none.
const LONGEST: usize = 256;

/// A computer, its user, and when a log was taken there; each empty where the log does not say.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LogFacts {
    /// The computer's name.
    pub computer: Secret<String>,
    /// The name of the user's account on it.
    pub user: Secret<String>,
    /// When the log was taken, as it stands there: its clock and its way of writing a date are the computer's.
    pub taken: Secret<String>,
}

impl fmt::Debug for LogFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[log]")
    }
}

impl LogFacts {
    /// Whether a member may be the file that tells them, by its name.
    pub fn may_stand_in(member: &str) -> bool {
        let file = member.rsplit(['/', '!', '\\']).next().unwrap_or_default().to_lowercase();
        let Some(stem) = file.strip_suffix(".txt") else { return false };
        let letters: String = stem.chars().filter(|letter| letter.is_alphabetic()).collect();
        let names = ["userinformation", "userinfo", "information", "info", "system", "systeminfo"];
        let more = ["systeminformation", "sysinfo", "pcinfo", "machineinfo", "система"];
        names.iter().chain(&more).any(|name| *name == letters)
    }

    /// Reads them from a text; `None` where it names neither a computer nor a user.
    pub fn parse(text: &str) -> Option<Self> {
        let mut facts = Self::default();
        for line in text.lines() {
            let Some((key, value)) = line.split_once([':', '：']) else { continue };
            let value = value.trim();
            let Some(fact) = facts.fact(key).filter(|fact| fact.expose().is_empty()) else { continue };
            if !value.is_empty() && value.len() <= LONGEST {
                *fact = Secret::new(value.to_owned());
            }
        }
        let is_told = !(facts.computer.expose().is_empty() && facts.user.expose().is_empty());
        is_told.then_some(facts)
    }

    /// What the value of a key is.
    fn fact(&mut self, key: &str) -> Option<&mut Secret<String>> {
        // `- Computer:`, `[*] User Name:`.
        let letters = key.chars().filter(|letter| letter.is_alphabetic()).flat_map(char::to_lowercase);
        match letters.take(LONGEST).collect::<String>().as_str() {
            "computername"
            | "computer"
            | "machinename"
            | "machine"
            | "pcname"
            | "pc"
            | "hostname"
            | "desktopname"
            | "имякомпьютера"
            | "компьютер" => Some(&mut self.computer),
            "username" | "user" | "pcuser" | "windowsuser" | "имяпользователя" | "пользователь" => {
                Some(&mut self.user)
            }
            "logdate" | "date" | "localtime" | "localdate" | "launchedat" | "datetime" | "systemtime"
            | "дата" | "времялога" => Some(&mut self.taken),
            _ => None,
        }
    }

    /// Hands over those of each log in a dump, under the name of the member that tells them. What cannot be read tells nothing
    /// here: whoever scans the dump reports it. `progress` is asked whether to stop.
    pub fn of_dump(
        reader: &Reader,
        dump: &Dump,
        progress: &Progress,
        found: &mut dyn FnMut(&MemberName, Self),
    ) {
        let name = dump.name.as_str();
        let is_told = Self::may_stand_in(name);
        if !is_told && is_text(name) {
            return;
        }
        let Ok(input) = dump.open_until(&progress.stop) else { return };
        let mut tell = |member: &MemberName, bytes: &[u8]| {
            if let Some(facts) = Self::parse(&decoded(bytes)) {
                found(member, facts);
            }
        };
        if is_told {
            let mut bytes = Vec::new();
            // An error ends the data.
            let _ = match input {
                Input::At(at) => ReadAtCursor::new(at).take(SAMPLE).read_to_end(&mut bytes),
                Input::Stream(stream) => stream.take(SAMPLE).read_to_end(&mut bytes),
            };
            return tell(&dump.name, &bytes);
        }
        reader.find(&dump.name, input, &Self::may_stand_in, &mut |member, bytes| {
            tell(member, bytes.get(..SAMPLE as usize).unwrap_or(&bytes));
        });
    }
}

/// Whether a dump is no container, by its name: passwords, cookies and whatever else lies in a log's folder.
fn is_text(dump: &str) -> bool {
    dump.rsplit('.').next().is_some_and(|ending| ending.eq_ignore_ascii_case("txt"))
}

fn decoded(bytes: &[u8]) -> String {
    let detection = Charset::detect(bytes, true);
    let mut text = Vec::new();
    let bytes = bytes.get(detection.bom_len..).unwrap_or_default();
    Decoder::new(&detection.charset).decode(bytes, true, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use mizumori_read::{Bytes, Limits};
    use std::sync::Arc;

    use super::*;
    use crate::engine::DumpPlace;

    fn said(facts: &LogFacts) -> [&str; 3] {
        [facts.computer.expose(), facts.user.expose(), facts.taken.expose()]
    }

    #[track_caller]
    fn check(text: &str, expected: Option<[&str; 3]>) {
        assert_eq!(LogFacts::parse(text).as_ref().map(said), expected, "{text}");
    }

    #[test]
    fn the_families_write_them_in_their_ways() {
        check(
            "Build ID: x\nIP: 192.0.2.1\nUserName: taro\nMachineName: PC-1\nLog date: 7/1/2020 9:00:00 AM\n",
            Some(["PC-1", "taro", "7/1/2020 9:00:00 AM"]),
        );
        check(
            "- LID: x\n- Local Date: 2023-05-01 10:00\n- Computer: PC-1\n- User: taro\n- Domain: \n",
            Some(["PC-1", "taro", "2023-05-01 10:00"]),
        );
        check(
            "System Summary:\r\n\t- UserName: taro\r\n\t- Computer Name: PC-1\r\n\t- Local Time: 2023/1/1 9:00:00\r\n",
            Some(["PC-1", "taro", "2023/1/1 9:00:00"]),
        );
        check("Компьютер: PC-1\nПользователь: taro\nДата: 1\n", Some(["PC-1", "taro", "1"]));
        check("User Name: taro\nUser: other\n", Some(["", "taro", ""]));
        check("Date: 2020\n", None);
        check(&format!("Computer: {}\nUser: \n", "x".repeat(300)), None);
        check("", None);
    }

    #[test]
    fn they_stand_in_files_of_certain_names() {
        for (member, may) in [
            ("a/UserInformation.txt", true),
            ("logs.zip!JP[1]/System Info.txt", true),
            ("a\\system_info.txt", true),
            ("information.txt", true),
            ("a/Система.txt", true),
            ("a/Passwords.txt", false),
            ("a/System.log", false),
            ("a/Important Information of mine.txt", false),
            ("", false),
        ] {
            assert_eq!(LogFacts::may_stand_in(member), may, "{member}");
        }
    }

    #[test]
    fn dumps_are_looked_through_in_every_encoding() {
        let found = |name: &str, bytes: &[u8]| {
            let dump = Dump::new(MemberName::new(name), DumpPlace::Held(Arc::new(Bytes::new(bytes))));
            let mut found = Vec::new();
            LogFacts::of_dump(
                &Reader::new(Limits::default()),
                &dump,
                &Progress::default(),
                &mut |member, facts| found.push((member.to_string(), said(&facts).map(str::to_owned))),
            );
            found
        };
        let expected = ["水源-1", "太郎", ""].map(str::to_owned);
        let text = "Computer: 水源-1\r\nUser: 太郎\r\n";
        let wide: Vec<u8> =
            [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), &wide] {
            assert_eq!(found("log/System.txt", bytes), [("log/System.txt".to_owned(), expected.clone())]);
            assert_eq!(found("log/Passwords.txt", bytes), []);
        }
    }
}
