//! The records around the watched ones: unwatched accounts, names, URLs, and the traps that a careless count falls into.

use super::bodies::Body;
use super::plan::{Exposure, SEED, Slot};
use super::secrets::{absent_secret, secret};
use super::source::{Layout, MemberSpec, SecretStyle};
use crate::bench_domains::Unwatched;
use crate::encode::{BROKEN, Charset};
use crate::format::{FieldOrder, Record};
use crate::noise::{push_local_part, push_number, push_password};
use crate::random::Random;

const JAPANESE_NAMES: [&str; 12] = [
    "田中 宏",
    "佐藤 愛子",
    "院林 健",
    "鈴木 一郎",
    "高橋 桜",
    "機織 渚",
    "渡辺 直樹",
    "小林 美咲",
    "山本 翼",
    "中村 恵",
    "ソ連研究会 森",
    "表計算係 東",
];
const RUSSIAN_NAMES: [&str; 6] =
    ["Иван Петров", "Ольга Смирнова", "Виктор Кузнецов", "Анна Попова", "Сергей Волков", "Мария Лебедева"];
const WESTERN_NAMES: [&str; 6] =
    ["José Müller", "Renée Lefèvre", "Björn Sørensen", "François O'Hara", "Conceição Núñez", "Jürgen Weiß"];
const CHINESE_NAMES: [&str; 6] = ["王小明", "李秀英", "张伟东", "刘洋", "陈静怡", "赵国强"];
const MIXED_NAMES: [&str; 8] = [
    "田中 宏",
    "Ken O'Hara",
    "鈴木 一郎",
    "José Müller",
    "Анна Попова",
    "王小明",
    "Anna \"Ann\" Doi",
    "佐藤 愛子",
];

/// The people that nobody watches, shared by all sources of a world.
pub(crate) struct Crowd {
    unwatched: Unwatched,
    /// Domains that look like watched ones and are not, and texts that a password may hold.
    look_alikes: Vec<String>,
    watched: Vec<&'static str>,
}

impl Crowd {
    /// A crowd that avoids the domains of `bodies`.
    pub(crate) fn new(bodies: &[Body]) -> Self {
        let watched: Vec<&'static str> =
            bodies.iter().flat_map(|body| &body.domains).map(|domain| domain.name).collect();
        let names: Vec<String> = watched.iter().map(ToString::to_string).collect();
        let is_watched = |name: &String| watched.iter().any(|domain| name.ends_with(&format!(".{domain}")));
        let look_alikes = watched
            .iter()
            .flat_map(|name| {
                [
                    format!("evil{name}"),
                    format!("{name}.evil.test"),
                    format!("my-{name}"),
                    format!("{name}.invalid"),
                ]
            })
            // In front of a sub-domain these are other hosts of its parent, which is watched.
            .filter(|name| !is_watched(name))
            .collect();
        Self { unwatched: Unwatched::new(20_000, &names), look_alikes, watched }
    }
}

/// The buffers of one member's records, filled anew for each record.
pub(crate) struct Scribe<'a> {
    crowd: &'a Crowd,
    member: &'a MemberSpec,
    random: Random,
    login: Vec<u8>,
    secret: Vec<u8>,
    url: Vec<u8>,
    name: String,
    other: Vec<u8>,
    noise: usize,
}

impl<'a> Scribe<'a> {
    /// A scribe for the member that `path` names uniquely in the world.
    pub(crate) fn new(crowd: &'a Crowd, member: &'a MemberSpec, path: &str) -> Self {
        Self {
            crowd,
            member,
            random: Random::named(SEED, path),
            login: Vec::new(),
            secret: Vec::new(),
            url: Vec::new(),
            name: String::new(),
            other: Vec::new(),
            noise: 0,
        }
    }

    /// The scribe's random numbers, for the order of the records.
    pub(crate) fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// A record of somebody whom nobody watches.
    pub(crate) fn noise(&mut self) -> Record<'_> {
        self.noise += 1;
        self.fill_account();
        self.fill_noise_secret();
        self.fill_rest();
        self.set_trap();
        self.filled()
    }

    /// The record of a watched exposure.
    pub(crate) fn watched(&mut self, exposure: &Exposure, body: Option<&Body>) -> Record<'_> {
        self.fill_rest();
        self.secret.clear();
        self.secret.extend_from_slice(exposure.secret.as_bytes());
        if exposure.slot == Slot::Login {
            self.login.clear();
            self.login.extend_from_slice(exposure.written.as_bytes());
        } else {
            self.fill_account();
        }
        let site = body.and_then(|body| body.domains.first()).map_or("", |domain| domain.name);
        match exposure.slot {
            Slot::Login => {
                // Some people's login belongs to their own organisation's site.
                if self.member.layout.holds_urls() && self.random.one_in(10) {
                    self.set_url(&["https://portal.", site, "/login"]);
                }
            }
            Slot::SecondAddress => {
                self.other.clear();
                self.other.extend_from_slice(exposure.written.as_bytes());
            }
            Slot::UrlQuery => self.set_url(&["https://shop.test/reset?mail=", &exposure.written]),
            Slot::SiteOnly => {
                if self.random.one_in(2) {
                    // A staff number; an account of another house the other times.
                    self.login.clear();
                    self.login.extend_from_slice(b"yamada");
                    push_number(&mut self.login, 10 + self.random.below(90));
                }
                let url: [&str; 3] = self.random.pick(&[
                    ["https://vpn.suigen.example/", "", ""],
                    ["https://webmail.suigen.example/owa/", "auth", ""],
                    ["https://info@www.suigen.example/", "", ""],
                ]);
                self.set_url(&url);
            }
        }
        self.filled()
    }

    fn filled(&self) -> Record<'_> {
        let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
        Record {
            login: text(&self.login),
            secret: text(&self.secret),
            url: text(&self.url),
            name: &self.name,
            other: text(&self.other),
        }
    }

    fn fill_account(&mut self) {
        self.login.clear();
        push_local_part(&mut self.login, &mut self.random);
        self.login.push(b'@');
        self.login.extend_from_slice(self.crowd.unwatched.draw(&mut self.random));
    }

    fn fill_noise_secret(&mut self) {
        self.secret.clear();
        if self.random.one_in(40) {
            self.secret.extend_from_slice(absent_secret(&mut self.random, &self.member.layout).as_bytes());
        } else if self.member.secrets == SecretStyle::Clear
            && !matches!(self.member.layout, Layout::Stealer(_))
        {
            push_password(&mut self.secret, &mut self.random);
        } else {
            let drawn = secret(&mut self.random, self.member);
            self.secret.extend_from_slice(drawn.as_bytes());
        }
    }

    fn fill_rest(&mut self) {
        let layout = &self.member.layout;
        if layout.holds_urls() {
            let host = self.crowd.unwatched.draw(&mut self.random);
            self.url.clear();
            self.url.extend_from_slice(b"https://");
            self.url.extend_from_slice(host);
            self.url.extend_from_slice(
                self.random.pick(&["/", "/login", ":8443/signin", "/auth/login.php"]).as_bytes(),
            );
        }
        if !matches!(layout, Layout::List(_) | Layout::Stealer(_)) {
            self.name.clear();
            self.name.push_str(draw_name(&mut self.random, self.member.charset));
        }
        if layout.holds_second_address() {
            self.other.clear();
            if self.random.one_in(4) {
                push_local_part(&mut self.other, &mut self.random);
                self.other.extend_from_slice(b"@spare.test");
            }
        }
    }

    fn set_url(&mut self, parts: &[&str]) {
        self.url.clear();
        for part in parts {
            self.url.extend_from_slice(part.as_bytes());
        }
    }

    /// Now and then a record looks like a watched one and is none, or has broken bytes.
    fn set_trap(&mut self) {
        if self.noise % 997 == 5 {
            self.login.clear();
            push_local_part(&mut self.login, &mut self.random);
            self.login.push(b'@');
            let domain = self.crowd.look_alikes.get(self.random.below(self.crowd.look_alikes.len()));
            self.login.extend_from_slice(domain.map_or(b"", String::as_bytes));
        }
        if self.noise % 1_499 == 7 && self.password_may_hold_an_address() {
            self.secret.clear();
            self.secret.extend_from_slice(b"pass@");
            self.secret.extend_from_slice(self.random.pick(&self.crowd.watched).as_bytes());
        }
        // In Shift_JIS the second byte of this 機 is 0x40, which is `@` in ASCII.
        if self.noise % 499 == 11 && self.member.charset == Charset::ShiftJis {
            self.name.clear();
            self.name.push_str("発電機suigen.example");
        }
        if self.noise % 2_999 == 13 && self.member.charset == Charset::Utf8 && !self.secret.is_empty() {
            let mut broken = [0_u8; 4];
            self.secret.extend_from_slice(BROKEN.encode_utf8(&mut broken).as_bytes());
        }
    }

    fn password_may_hold_an_address(&self) -> bool {
        self.member.secrets == SecretStyle::Clear
            && match &self.member.layout {
                Layout::List(list) => {
                    matches!(list.order, FieldOrder::AccountSecret | FieldOrder::UrlLoginPassword)
                }
                _ => true,
            }
    }
}

fn draw_name(random: &mut Random, charset: Charset) -> &'static str {
    match charset {
        Charset::Windows1251 => random.pick(&RUSSIAN_NAMES),
        Charset::Windows1252 => random.pick(&WESTERN_NAMES),
        Charset::Gb18030 => random.pick(&CHINESE_NAMES),
        Charset::Utf8 | Charset::Utf8Bom => random.pick(&MIXED_NAMES),
        Charset::Utf16Le
        | Charset::Utf16LeBom
        | Charset::Utf16BeBom
        | Charset::ShiftJis
        | Charset::EucJp
        | Charset::Iso2022Jp => random.pick(&JAPANESE_NAMES),
    }
}
