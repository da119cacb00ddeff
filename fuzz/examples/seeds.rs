//! Makes the seed corpora in `fuzz/seeds/`: a few small files a target, from the synthetic world's writers.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml --example seeds`. What it makes is the same every time but for the
//! encrypted archives, whose salts are drawn; a file that is there is left as it is. Seeds that were found by
//! fuzzing are added by hand and named by what they show.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mizumori_bundle::{EntryHead, EntryKind, EntryWriter};
use mizumori_core::Lang;
use mizumori_guard::private::{PrivateIndex, PrivateWriter};
use mizumori_guard::{Filter, HashKind, Index, IndexWriter, InputFile, Rate, What};
use mizumori_read::{MemberName, Reader};
use mizumori_respond::letter::{LetterKind, Template};
use mizumori_world::encode::{Charset, encode};
use mizumori_world::format::{
    Column, Csv, Escaping, FieldOrder, Format, Json, JsonShape, Ldif, List, Prose, Quoting, Record, SqlCopy,
    SqlInsert, Stealer, StealerFamily, Vcard, write_all,
};
use mizumori_world::pack::{Compressor, Member, ZipMethod, compress, seven_zip, tar, zip};
use rars::{ArchiveVersion, Builder};
use sevenz_rust2::encoder_options::AesEncoderOptions;
use sevenz_rust2::{ArchiveEntry, ArchiveWriter, EncoderConfiguration, EncoderMethod, Password};
use zip::unstable::write::FileOptionsExt;
use zip::write::SimpleFileOptions;
use zip::{AesMode, ZipWriter};

/// Templates of a digest.
const LETTERS: &[(&str, &str)] = &[
    (
        "loops",
        "a\n\n{% for b in counts %}{% for c in listed %}| {{ b.name }} | {{ c.what }}\n{% endfor %}{% endfor %}",
    ),
    ("marks", "a\n\nb\n## c\n- d\n  e\n1. f\n| g | h\n! i\n---\nj"),
    ("refused", "a\n\n{{ \"b\" * 1000000 }}{% set c = d %}{# e #}https://f.example"),
];

/// What every dump tells of.
const RECORDS: [Record<'_>; 4] = [
    record("taro@mof.go.jp", "a:b;c,\"d|e'f\\", "https://vpn.mof.go.jp/login", "太郎 \"T\""),
    record("hanako@x.a.example", "NULL", "https://shop.test/", "花子"),
    record("yamada01", "p@ss word", "https://vpn.test/", "山田, 一"),
    record("z@b.example", "d41d8cd98f00b204e9800998ecf8427f", "android://aGFz==@com.b.example/", "Zoë"),
];

const COLUMNS: &[(Column, &str)] = &[
    (Column::Number, "id"),
    (Column::Login, "メールアドレス"),
    (Column::Secret, "パスワード"),
    (Column::Postal, "address"),
    (Column::Url, "url"),
];

const fn record<'a>(login: &'a str, secret: &'a str, url: &'a str, name: &'a str) -> Record<'a> {
    Record { login, secret, url, name, other: "t@kite.example.com" }
}

fn main() -> Result<()> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let texts = texts();
    for (name, text) in &texts {
        keep(&seeds, "scan", name, text.as_bytes())?;
    }
    for (name, bytes) in encoded()? {
        keep(&seeds, "scan", &format!("list-{name}"), &bytes)?;
        keep(&seeds, "charset", &name, &[&[0], &*bytes].concat())?;
    }
    for (name, bytes) in containers()? {
        keep(&seeds, "container", &name, &bytes)?;
        if name.len() <= 4 {
            keep(&seeds, "scan", &format!("in-{name}"), &bytes)?;
        }
    }
    for skeleton in 0..mizumori_fuzz::skeletons::count() {
        // Every skeleton in two flavours, its fields filled with words one after the other.
        let fields = (0..40).flat_map(|at| [(skeleton * 7 + at * 3) & 0x7f, 0xc0]);
        for flavour in [0, (skeleton & 7) << 2] {
            let bytes: Vec<u8> = [skeleton, flavour].into_iter().chain(fields.clone()).collect();
            keep(&seeds, "formats", &format!("skeleton-{skeleton:02}-{flavour:02x}"), &bytes)?;
        }
    }
    for (at, text) in ADDRESSES.iter().enumerate() {
        keep(&seeds, "account", &format!("address-{at:02}"), text.as_bytes())?;
    }
    for (name, text) in LISTS {
        keep(&seeds, "watch_list", name, text.as_bytes())?;
    }
    letters(&seeds)?;
    for (name, text) in PAGES {
        keep(&seeds, "proof_page", name, text.as_bytes())?;
    }
    for (name, text) in HASHES {
        keep(&seeds, "guard_lines", name, text.as_bytes())?;
    }
    for (name, text) in SALTED {
        keep(&seeds, "guard_salted", name, text.as_bytes())?;
    }
    bundles(&seeds)?;
    guard(&seeds)?;
    private(&seeds)
}

/// The text of a header, and an opened payload with one entry.
fn bundles(seeds: &Path) -> Result<()> {
    let recipient = format!(
        r#"{{"key":"fedcba9876543210","sealed":"{}","wrapped":"{}"}}"#,
        "00".repeat(32),
        "11".repeat(48)
    );
    let header =
        format!(r#"{{"sender":"0123456789abcdef","sequence":7,"created":1000,"recipients":[{recipient}]}}"#);
    keep(seeds, "bundle", "header", header.as_bytes())?;
    let mut entries = EntryWriter::new(Vec::new());
    entries.begin(&EntryHead::new(EntryKind::Guard, "leaked", "index.json")?)?;
    entries.end()?;
    keep(seeds, "bundle", "entries", &entries.finish()?)
}

/// Our own templates, and small ones that use what there is, each with facts of all sorts behind it.
fn letters(seeds: &Path) -> Result<()> {
    let facts = "\0水源省\0https://a.example/\0a@b.example\0<a href='x'>|\n1. {{ y }}\0";
    for (at, kind) in LetterKind::ALL.into_iter().enumerate() {
        for (number, lang) in [Lang::Ja, Lang::En].into_iter().enumerate() {
            let template = Template::built_in(kind, lang)?;
            let bytes =
                [&[u8::try_from(at * 2 + number)?], template.source().as_bytes(), facts.as_bytes()].concat();
            keep(seeds, "letter", &format!("{}-{}", kind.as_str(), lang.tag()), &bytes)?;
        }
    }
    for (name, source) in LETTERS {
        keep(seeds, "letter", name, &[&[12], source.as_bytes(), facts.as_bytes()].concat())?;
    }
    Ok(())
}

/// A small private index, each file with the number by which the target knows it, and what goes between client and server.
fn private(seeds: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (index, keys) = (folder.path().join("index"), folder.path().join("keys"));
    drop(PrivateWriter::create(&index, &keys, mizumori_fuzz::FAST)?);
    let numbered = |number: u8, path: &Path| Ok::<_, std::io::Error>([&[number], &*fs::read(path)?].concat());
    for entry in fs::read_dir(&index)? {
        let path = entry?.path();
        match path.extension().and_then(|kind| kind.to_str()) {
            Some("buckets") => keep(seeds, "guard_private", "buckets", &numbered(0, &path)?)?,
            Some("json") => keep(seeds, "guard_private", "manifest", &numbered(1, &path)?)?,
            _ => {}
        }
    }
    keep(seeds, "guard_private", "keys", &numbered(2, &keys)?)?;
    let open = PrivateIndex::open(&index, &keys)?;
    let parameters = open.parameters();
    keep(seeds, "guard_private_messages", "parameters", &serde_json::to_vec(&parameters)?)?;
    if let Some(generation) = parameters.generations.first() {
        let question = mizumori_fuzz::query(generation, "taro@suigen.example", "himitsu").message();
        keep(seeds, "guard_private_messages", "question", &question)?;
        keep(seeds, "guard_private_messages", "answer", &open.answer(&question)?)?;
    }
    Ok(())
}

/// A small index: its manifest, its segments and a filter of it.
fn guard(seeds: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (list, index) = (folder.path().join("words"), folder.path().join("index"));
    fs::write(&list, "himitsu\n".repeat(20) + "kotoba\n")?;
    let reader = Reader::default();
    let import = mizumori_fuzz::quiet_import(&reader);
    let file = InputFile { name: MemberName::new("words"), path: Some(list) };
    import.run(&mut IndexWriter::open(&index)?, &What::Files(&[file]))?;
    let filter = folder.path().join("filter");
    Filter::write(&Index::open(&index)?, HashKind::Sha1, Rate::Byte, &filter, &mut |_| Ok(()))?;
    keep(seeds, "guard_segment", "filter", &fs::read(filter)?)?;
    for entry in fs::read_dir(&index)? {
        let path = entry?.path();
        match path.extension().and_then(|kind| kind.to_str()) {
            Some("json") => keep(seeds, "guard_manifest", "index", &fs::read(path)?)?,
            Some("segment") => {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                keep(seeds, "guard_segment", &name, &fs::read(path)?)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes a seed that is not there.
fn keep(seeds: &Path, target: &str, name: &str, bytes: &[u8]) -> Result<()> {
    let folder: PathBuf = seeds.join(target);
    fs::create_dir_all(&folder).with_context(|| format!("could not make seeds/{target}"))?;
    let file = folder.join(name);
    if !file.exists() {
        fs::write(&file, bytes).with_context(|| format!("could not write seeds/{target}/{name}"))?;
    }
    Ok(())
}

/// A dump in every format.
fn texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    let mut add = |name: &str, format: &mut dyn Format| {
        texts.push((name.to_owned(), write_all(format, RECORDS)));
    };
    for (name, order) in [
        ("account-secret", FieldOrder::AccountSecret),
        ("secret-account", FieldOrder::SecretAccount),
        ("url-first", FieldOrder::UrlLoginPassword),
        ("url-last", FieldOrder::LoginPasswordUrl),
    ] {
        for (separated, separator) in [("colon", ":"), ("semicolon", ";"), ("tab", "\t")] {
            add(&format!("{name}-{separated}"), &mut List { order, separator });
        }
    }
    add("csv-always", &mut Csv::new(',', Quoting::Always, COLUMNS));
    add("csv-where-needed", &mut Csv::new(';', Quoting::WhereNeeded, COLUMNS));
    add("csv-no-header", &mut Csv::new('\t', Quoting::WhereNeeded, COLUMNS).without_header());
    add("sql-backslash", &mut SqlInsert::new(Escaping::Backslash, true, 3));
    add("sql-doubled", &mut SqlInsert::new(Escaping::Doubled, false, 1));
    add("sql-copy", &mut SqlCopy::default());
    add("json-array", &mut Json::new(JsonShape::Array));
    add("json-lines", &mut Json::new(JsonShape::Lines));
    add("json-mongo", &mut Json::new(JsonShape::Mongo));
    for family in StealerFamily::ALL {
        add(&format!("stealer-{family:?}").to_lowercase(), &mut Stealer::new(family));
    }
    add("ldif", &mut Ldif::default());
    add("vcard", &mut Vcard);
    add("prose", &mut Prose::default());
    texts
}

/// A list in every encoding.
fn encoded() -> Result<Vec<(String, Vec<u8>)>> {
    let mut encoded = Vec::new();
    for charset in Charset::ALL {
        let text = match charset {
            Charset::Windows1251 => "taro@mof.go.jp:ключ от дома\nz@b.example:пароль и слово\n",
            Charset::Windows1252 => "taro@mof.go.jp:Straßenbahn\nz@b.example:café crème\n",
            _ => "taro@mof.go.jp:パスワード\nhanako@x.a.example:合言葉を忘れた\nz@b.example:水\n",
        };
        encoded.push((format!("{charset:?}").to_lowercase(), encode(text, charset)?));
    }
    Ok(encoded)
}

/// Something in every container, alone, nested, and under the password of the target.
fn containers() -> Result<Vec<(String, Vec<u8>)>> {
    let text = b"taro@mof.go.jp:pw1\nz@b.example:pw2\n".repeat(6);
    let members = [
        Member { name: "a.txt".to_owned(), bytes: text.clone() },
        Member { name: "dir/source.toml".to_owned(), bytes: b"id = \"x\"\n".to_vec() },
        Member { name: "empty".to_owned(), bytes: Vec::new() },
    ];
    let mut packed = vec![
        ("zip".to_owned(), zip(&members, ZipMethod::Deflated)?),
        ("zip-stored".to_owned(), zip(&members, ZipMethod::Stored)?),
        ("tar".to_owned(), tar(&members)?),
        ("7z".to_owned(), seven_zip(&members)?),
    ];
    for compressor in Compressor::ALL {
        let name = format!("{compressor:?}").to_lowercase();
        packed.push((name.clone(), compress(&text, compressor)?));
        packed.push((format!("tar-{name}"), compress(&tar(&members)?, compressor)?));
    }
    let inner =
        Member { name: "inner.tar.gz".to_owned(), bytes: compress(&tar(&members)?, Compressor::Gzip)? };
    packed.push(("zip-in-zip".to_owned(), zip(std::slice::from_ref(&inner), ZipMethod::Stored)?));
    packed.push(("tar-in-7z".to_owned(), seven_zip(&[inner])?));
    packed.push(("bomb-gzip".to_owned(), compress(&vec![b'a'; 600_000], Compressor::Gzip)?));

    let options = SimpleFileOptions::default();
    for (name, options) in [
        ("zip-aes", options.with_aes_encryption(AesMode::Aes128, "password")),
        ("zip-crypto", options.with_deprecated_encryption(b"password")?),
    ] {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("a.txt", options)?;
        writer.write_all(&text)?;
        packed.push((name.to_owned(), writer.finish()?.into_inner()));
    }

    for (name, method) in [
        ("copy", EncoderMethod::COPY),
        ("lzma", EncoderMethod::LZMA),
        ("bzip2", EncoderMethod::BZIP2),
        ("deflate", EncoderMethod::DEFLATE),
        ("zstd", EncoderMethod::ZSTD),
        ("delta", EncoderMethod::DELTA_FILTER),
        ("bcj", EncoderMethod::BCJ_X86_FILTER),
    ] {
        let methods = if matches!(name, "delta" | "bcj") {
            vec![method.into(), EncoderMethod::LZMA2.into()]
        } else {
            vec![method.into()]
        };
        packed.push((format!("7z-{name}"), sevenz(&text, methods)?));
    }
    // Few rounds: an execution should not be spent on deriving keys.
    let aes = AesEncoderOptions { num_cycles_power: 4, ..AesEncoderOptions::new(Password::new("password")) };
    packed.push(("7z-aes".to_owned(), sevenz(&text, vec![aes.into(), EncoderMethod::COPY.into()])?));

    for version in [
        ArchiveVersion::Rar13,
        ArchiveVersion::Rar15,
        ArchiveVersion::Rar20,
        ArchiveVersion::Rar29,
        ArchiveVersion::Rar50,
        ArchiveVersion::Rar70,
    ] {
        let name = format!("{version:?}").to_lowercase();
        packed.push((name.clone(), rar(&text, Builder::new(version))?));
        packed.push((format!("{name}-stored"), rar(&text, Builder::new(version).store(true))?));
        if matches!(version, ArchiveVersion::Rar15 | ArchiveVersion::Rar20) {
            let builder = Builder::new(version).password(Some(b"password".to_vec()));
            packed.push((format!("{name}-encrypted"), rar(&text, builder)?));
        }
    }
    Ok(packed)
}

fn sevenz(text: &[u8], methods: Vec<EncoderConfiguration>) -> Result<Vec<u8>> {
    let mut writer = ArchiveWriter::new(Cursor::new(Vec::new()))?;
    writer.set_content_methods(methods);
    for name in ["a.txt", "b.txt"] {
        writer.push_archive_entry(ArchiveEntry::new_file(name), Some(text))?;
    }
    Ok(writer.finish()?.into_inner())
}

fn rar(text: &[u8], mut builder: Builder) -> Result<Vec<u8>> {
    for name in ["A.TXT", "SOURCE.TOM"] {
        builder.add_bytes(name.as_bytes().to_vec(), text.to_vec(), None, None)?;
    }
    Ok(builder.to_bytes()?)
}

/// Hashes with a salt, of each kind that is computed.
const SALTED: [(&str, &str); 24] = [
    (
        "sha512-crypt",
        "$6$saltstring$xQSyKVju2y5FfFL1WoSMduNN61T/0FgeK.oyvJQWHp/WbTuV8JvWNSCF/D4Wmzw6D86hvVlAXu3i3JMGqV94e.",
    ),
    (
        "sha512-crypt-rounds",
        "$6$rounds=1000$saltstring$CfeTCjCVfRElzAopsT8cxGJf0EJ6QdT85lcuoMGNdggCmCGb.MYv5FkU.XU.OFOPYGBUyDGauTyJtCjThHhAY0",
    ),
    ("sha256-crypt", "$5$saltstring$JkGNDFLBPrHdCOWisq6usrQ3kg5LIUcXTbwxlRwvI92"),
    ("md5-crypt", "$1$saltstri$YNFUoTgjW9VGuFHH2tj0n0"),
    ("apr1", "$apr1$saltstri$Qlp6xs9iMDrfyKHv21bvA/"),
    ("django-pbkdf2-sha256", "pbkdf2_sha256$600$saltsalt$ExXutJJSiGDMfKHmD/y/qwoFfMUfKhscGYYflhVXhXo="),
    ("django-pbkdf2-sha1", "pbkdf2_sha1$600$saltsalt$l/craF8gR4vuaaQ61iteUxDEYPc="),
    (
        "werkzeug-pbkdf2",
        "pbkdf2:sha512:600$saltsalt$e71c35475fd8a83cb8e3bf91361e66203d7865663eeed29deef6b4550c4d32f94c375e82be5882a18a89027669d1bc097663b9b10919c797252b86bc97010691",
    ),
    ("passlib-pbkdf2", "$pbkdf2-sha256$600$./8gc2FsdHNhbHQ$/HrNxNR/BqTrwcYqdovKlXVuFQhbzZKudr1Y99vyxrE"),
    (
        "werkzeug-scrypt",
        "scrypt:1024:8:1$saltsalt$030735107a9273b178d51ffbfc7b4d2902865bb072dfec2aaf3942a3a8031877891e20b32b205e2196c1b74dc82dbdbdffc5042d381160beb0d38072929b18fb",
    ),
    ("passlib-scrypt", "$scrypt$ln=10,r=8,p=1$c2FsdHNhbHQ$Awc1EHqSc7F41R/7/HtNKQKGW7By3+wqrzlCo6gDGHc"),
    ("hashcat-scrypt", "SCRYPT:1024:8:1:c2FsdHNhbHQ=:Awc1EHqSc7F41R/7/HtNKQKGW7By3+wqrzlCo6gDGHc="),
    ("ldap-ssha", "{SSHA}Ss/lr19Jk/EbBg9z7HJvAZaxRGlzYWx0"),
    (
        "ldap-ssha512",
        "{ssha512}jbFS6JWP4+9Vi7KmZh83FohmtUup4AV5OISM+BzDGXWukiIJfM/XOR8NRGAqXywjJ6EcH1ZHJ7XrXqvg0QSJ4HNhbHRzYWx0",
    ),
    ("ldap-sha", "{SHA}xEreSFJAISQDtB66UD/LIi0ZDNA="),
    ("ldap-crypt", "{CRYPT}$1$saltstri$YNFUoTgjW9VGuFHH2tj0n0"),
    ("django-md5", "md5$saltsalt$67a90c4f1183ae0eefb4e74f58a22eb7"),
    ("salt-behind", "fff13bb400dee2c4f35dafe7757355e5:pepper"),
    ("forum", "90dbfe55d20e668461b61df05ecfbe30:abc"),
    ("phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"),
    ("phpbb", "$H$984478476IagS59wHZvyQMArzfx58u."),
    ("argon2id", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
    ("argon2i", "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY"),
    ("bcrypt", "$2b$04$abcdefghijklmnopqrstuuOy4FC04CmuebC7i3KkAdxOnfBqj4MSq"),
];

const HASHES: [(&str, &str); 5] = [
    ("sha1", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3\r\n5baa61e4c9b93f3f0682250b6cf8331b7ee68fd9:0\r\n"),
    ("ntlm", "8846F7EAEE8FB117AD06BDD830B7586C:18446744073709551615\n8846F7EAEE8FB117AD06BDD830B7586D\n"),
    ("mixed", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3\n8846F7EAEE8FB117AD06BDD830B7586C:1\n"),
    ("range", "1E4C9B93F3F0682250B6CF8331B7EE68FD8:3\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD9:0"),
    ("words", "himitsu\r\n$HEX[68696d69747375]\nパスワード\n"),
];

const ADDRESSES: [&str; 16] = [
    "Taro@MOF.go.jp",
    "  taro@mof.go.jp.\t",
    "ｔａｒｏ＠ｍｏｆ．ｇｏ．ｊｐ",
    "taro＠水源省.example",
    "o'brien/x=y@a.example",
    "a..b.@docomo.ne.jp",
    "a@b@c.example",
    "a@xn--1rw63ci5l.example",
    "a@xn--a.example",
    "a@bücher.example",
    "a@ẞ.example",
    "a@a。example",
    "a@mail.x.lg.jp",
    "a@\u{200d}b.example",
    "a@10.0.0.1",
    "a@a\u{308}.example",
];

/// What sites answer that are to prove a domain; a type in the first line.
const PAGES: [(&str, &str); 6] = [
    ("file", "text/plain\nmizumori-domain-verification=0123456789abcdef0123456789abcdef\r\n"),
    (
        "page",
        "text/html; charset=utf-8\n<!DOCTYPE html><html lang=\"ja\"><head><title>水源省</title>\
         <meta name=\"mizumori-domain-verification\" content=\"0123456789abcdef0123456789abcdef\"></head><body><p>x</p>",
    ),
    (
        "head-is-left-out",
        "\n<!-- x --><meta charset=Shift_JIS><link rel=x href='/'><META content=&#48;123456789abcdef0123456789abcdef \
         NAME='Mizumori-Domain-Verification'/>",
    ),
    (
        "hidden",
        "text/html\n<head><script><!--<script></script>--></script><style>a</style><noscript><p></noscript>\
         <template><template></template><meta name=mizumori-domain-verification content=x></template><svg><title>",
    ),
    (
        "iso-2022-jp",
        "text/html; charset=\"iso-2022-jp\"\n<title>\u{1b}$B?e8;\u{1b}(B</title>\
         <meta http-equiv=content-type content='text/html;charset=euc-jp'><meta name=mizumori-domain-verification content>",
    ),
    ("body", "text/html;charset=utf-16\n</p><html><body><meta name=mizumori-domain-verification></body>"),
];

const LISTS: [(&str, &str); 5] = [
    (
        "list",
        "[list]\ntitle = { ja = \"一覧\", en = \"List\" }\nas_of = \"2021-05-31\"\nnote = \"x\"\n\n[[category]]\n\
         id = \"ministry\"\nname = { ja = \"省\", en = \"Ministries\" }\nlevel = \"counts\"\n\n[[organisation]]\n\
         id = \"suigen\"\ncategory = \"ministry\"\nname = \"水源省\"\nincludes = [{ ja = \"a\", en = \"b\" }]\n\
         domains = [\"suigen.example\", { name = \"old.example\", from = \"2010-04\", to = 2015-03, verified = false },\n\
         { name = \"lg.jp\", suffix = true }]\nstaff_sites = [\"vpn.suigen.test\"]\nlevel = \"tags\"\n\n\
         [[organisation]]\nid = \"child\"\ncategory = \"ministry\"\nparent = \"suigen\"\nname = \"y\"\n\
         domains = [\"a.suigen.example\", \"水.example\"]\n",
    ),
    (
        "mistakes",
        "[[category]]\nid = 'c'\nnam = 'C'\n[[organisation]]\nid = 'o'\ncategory = 'd'\nname = 3\n\
         domains = ['@a.example', '*.b.example', 'https://c.example/', 'jp', 'a.example', 'a.example']\n",
    ),
    (
        "source",
        "id = \"collection-1\"\ntitle = \"C\"\nkind = \"combo-list\"\nplace = \"forum X\"\nleaked = \"2019-01\"\n\
         breached = 2012-06-07\nobtained = \"2021-05-31\"\npublic = true\nfabricated = false\nlevel = \"tags\"\n",
    ),
    ("source-mistakes", "id = \"\"\nkind = \"combolist\"\nleaked = \"May\"\npublic = 1\nx = []\n"),
    (
        "incidents",
        "[[incident]]\ndate = \"2021-04\"\norganisation = { ja = \"乙\", en = \"B\" }\nsummary = \"s\"\n\
         persons = 6745\nmail_addresses = 76_000\nkind = \"ransomware\"\nsource = \"a page\"\n\
         [[incident]]\ndate = 2011\norganisation = \"A\"\nsummary = \"x\"\npersons = -3\n",
    ),
];
