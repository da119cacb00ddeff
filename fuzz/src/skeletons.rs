//! Skeletons of the formats: dumps that a format's parser takes for its own, with fields to be filled.
//!
//! [`filled`] turns any bytes into such a dump, deterministically. It shares no code with the writers of the
//! synthetic world: those write what programs write, this writes what nobody should.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS};

/// What is written around the fields of a dump, `\u{1}` standing for a field.
struct Skeleton {
    head: &'static str,
    record: &'static str,
    /// Between two records.
    between: &'static str,
    tail: &'static str,
}

const SKELETONS: [Skeleton; 18] = [
    Skeleton {
        head: "INSERT INTO `users` (`id`,`email`,`password`,`site`) VALUES ",
        record: "(\u{1},'\u{1}','\u{1}','\u{1}')",
        between: ",",
        tail: ";\n",
    },
    Skeleton {
        head: "CREATE TABLE \"u\" (\n  \"id\" integer,\n  \"login\" text,\n  \"passwd\" text,\n  KEY k (id)\n);\n",
        record: "INSERT INTO \"u\" VALUES (\u{1}, \u{1}, '\u{1}');",
        between: "\n",
        tail: "\n",
    },
    Skeleton {
        head: "COPY public.users (id, email, password, note) FROM stdin;\n",
        record: "1\t\u{1}\t\u{1}\t\u{1}",
        between: "\n",
        tail: "\n\\.\n",
    },
    Skeleton {
        head: "id,email,password,url\n1,a@b.example,p,https://c.example/\n",
        record: "\u{1},\"\u{1}\",\"\u{1}\",\u{1}",
        between: "\n",
        tail: "\n",
    },
    Skeleton {
        head: "\"メールアドレス\";\"パスワード\";\"memo\"\n\"a@b.example\";\"p\";\"x\"\n",
        record: "\"\u{1}\";\"\u{1}\";\"\u{1}\"",
        between: "\n",
        tail: "\n",
    },
    Skeleton {
        head: "name\tE-mail\tpasswd\nx\ta@b.example\tp\n",
        record: "\u{1}\t\u{1}\t\u{1}",
        between: "\n",
        tail: "\n",
    },
    Skeleton {
        head: "[",
        record: "{\"email\":\"\u{1}\",\"password\":\"\u{1}\",\"more\":{\"url\":\"\u{1}\",\"\u{1}\":[\"\u{1}\"]}}",
        between: ",",
        tail: "]",
    },
    Skeleton {
        head: "",
        record: "{\"email\":\"\u{1}\",\"password\":\"\u{1}\",\"url\":\"\u{1}\"}",
        between: "\n",
        tail: "\n",
    },
    Skeleton {
        head: "",
        record: "{\"_id\":{\"$oid\":\"507f191e810c19729de860ea\"},\"\u{1}\":\u{1},\"mail\":[\"\u{1}\"],\"pass\":\"\u{1}\"}",
        between: "\n",
        tail: "\n",
    },
    Skeleton {
        head: "",
        record: "URL: \u{1}\nUsername: \u{1}\nPassword: \u{1}\nApplication: \u{1}",
        between: "\n===============\n",
        tail: "\n===============\n",
    },
    Skeleton {
        head: "",
        record: "SOFT: \u{1}\nHOST: \u{1}\nUSER: \u{1}\nPASS: \u{1}",
        between: "\n\n",
        tail: "\n",
    },
    Skeleton {
        head: "version: 1\n\n",
        record: "dn: uid=\u{1},dc=example\nmail: \u{1}\nmail:: \u{1}\nuserPassword: \u{1}\nuserPassword:: \u{1}",
        between: "\n\n",
        tail: "\n",
    },
    Skeleton {
        head: "",
        record: "BEGIN:VCARD\nVERSION:3.0\nFN:\u{1}\nEMAIL;TYPE=INTERNET:\u{1}\nitem1.EMAIL;ENCODING=\u{1}:\u{1}\nURL:\u{1}\nEND:VCARD",
        between: "\n",
        tail: "\n",
    },
    Skeleton { head: "https://c.example/:l:p\n", record: "\u{1}:\u{1}:\u{1}", between: "\n", tail: "\n" },
    Skeleton {
        head: "a@b.example:p:https://c.example/\n",
        record: "\u{1}:\u{1}:\u{1}",
        between: "\n",
        tail: "",
    },
    Skeleton { head: "a@b.example:p\n", record: "\u{1}:\u{1}", between: "\n", tail: "" },
    Skeleton { head: "p;a@b.example\n", record: "\u{1};\u{1}", between: "\n", tail: "\n" },
    Skeleton {
        head: "会員の控え\n", record: "担当は\u{1}（\u{1}）です。", between: "\n", tail: "\n"
    },
];

/// Words that mean something to a format, or may be confused with something that does.
const WORDS: [&str; 64] = [
    "taro@mof.go.jp",
    "Hanako@X.A.example",
    "x@evilmof.go.jp",
    "y@mof.go.jp.evil.test",
    "z@b.example",
    "..d@docomo.ne.jp",
    "..q@a.example",
    "..q@b.example",
    "ｔａｒｏ＠ｍｏｆ．ｇｏ．ｊｐ",
    "t＠水源省.example",
    "u@a.exampleまで",
    "p@ss",
    "@",
    "yamada01",
    "pw",
    "https://vpn.mof.go.jp/login",
    "https://vpn.test",
    "http://u:p@a.example:8443",
    "vpn.test",
    "www.mof.go.jp/x",
    "android://aGFz==@com.a.example/",
    "://",
    "https://b.example/?m=taro@mof.go.jp",
    "\"",
    "'",
    "\u{fffd}",
    "水",
    "8443",
    "NULL",
    "\\N",
    "\\",
    "\\'",
    "''",
    "\"\"",
    "\n",
    "\r",
    "\t",
    ",",
    ";",
    ":",
    "|",
    " ",
    "(",
    ")",
    "),(",
    "]",
    "}",
    "{",
    "[",
    "\\u0040",
    "\\\"",
    "/*",
    "*/",
    "--",
    "$$",
    "E'",
    "0x61406d6f662e676f2e6a70",
    "dGFyb0Btb2YuZ28uanA=",
    "=40",
    "\n ",
    "QUOTED-PRINTABLE",
    "BASE64",
    "d41d8cd98f00b204e9800998ecf8427e",
    "\\.\n",
];

/// How many skeletons there are.
pub const fn count() -> u8 {
    SKELETONS.len() as u8
}

/// A dump out of any bytes: the first chooses the skeleton, the second line ends and encoding, the rest fills.
pub fn filled(bytes: &[u8]) -> Vec<u8> {
    let (first, second, mut rest) = match bytes {
        [first, second, rest @ ..] => (*first, *second, rest),
        _ => return bytes.to_vec(),
    };
    let skeleton = &SKELETONS[usize::from(first) % SKELETONS.len()];
    let mut dump = skeleton.head.as_bytes().to_vec();
    let mut records = 0;
    while !rest.is_empty() && records < 64 {
        if records > 0 {
            dump.extend_from_slice(skeleton.between.as_bytes());
        }
        for (at, part) in skeleton.record.split('\u{1}').enumerate() {
            if at > 0 {
                field(&mut rest, &mut dump);
            }
            dump.extend_from_slice(part.as_bytes());
        }
        records += 1;
    }
    // A dump that is cut off has no end.
    if second & 0x80 == 0 {
        dump.extend_from_slice(skeleton.tail.as_bytes());
    }
    encoded(with_line_ends(dump, second & 3), (second >> 2) & 7)
}

/// A field: words and raw bytes until the input says that it ends.
fn field(input: &mut &[u8], out: &mut Vec<u8>) {
    while let Some((control, rest)) = input.split_first() {
        *input = rest;
        match control {
            0..=0x7f => out.extend_from_slice(WORDS[usize::from(*control) % WORDS.len()].as_bytes()),
            0x80..=0xbf => {
                let (raw, rest) = rest.split_at(rest.len().min(usize::from(control & 0x1f) + 1));
                out.extend_from_slice(raw);
                *input = rest;
            }
            0xc0..=0xff => return,
        }
    }
}

fn with_line_ends(dump: Vec<u8>, choice: u8) -> Vec<u8> {
    match choice {
        1 => dump
            .iter()
            .flat_map(|byte| if *byte == b'\n' { &b"\r\n"[..] } else { std::slice::from_ref(byte) })
            .copied()
            .collect(),
        2 => dump.iter().map(|byte| if *byte == b'\n' { b'\r' } else { *byte }).collect(),
        _ => dump,
    }
}

fn encoded(dump: Vec<u8>, choice: u8) -> Vec<u8> {
    let text = || String::from_utf8_lossy(&dump).into_owned();
    let legacy = |encoding: &'static Encoding| encoding.encode(&text()).0.into_owned();
    match choice {
        1 => [b"\xef\xbb\xbf", &*dump].concat(),
        2 => text().encode_utf16().flat_map(u16::to_le_bytes).collect(),
        3 => std::iter::once(0xfeff).chain(text().encode_utf16()).flat_map(u16::to_be_bytes).collect(),
        4 => legacy(SHIFT_JIS),
        5 => legacy(EUC_JP),
        6 => legacy(ISO_2022_JP),
        _ => dump,
    }
}
