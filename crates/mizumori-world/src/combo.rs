//! Combination lists of any length, for benches: one line an account, streamed, the same bytes for the same
//! shape on every machine.
//!
//! The list says how many watched lines it holds, so that what a program finds can be checked. It is no model of
//! the survey's duplicate rule; the demo world is.

use std::collections::HashSet;
use std::io::{self, Write};
use std::num::NonZeroU64;

use crate::bench_domains::{Unwatched, watched_domains};
use crate::noise::{push_letters, push_local_part, push_number, push_password, push_plain_password};
use crate::random::Random;

const BLOCK: usize = 1 << 20;

/// What a line of the list looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComboForm {
    /// `account:password`.
    AccountPassword,
    /// `url:login:password`, the URL with a scheme, perhaps a port and a path; a login is an account in three lines
    /// of four. One line in 32 is an app's (`android://…@app/`).
    UrlLoginPassword,
}

/// The shape of a list.
#[derive(Debug, Clone)]
pub struct ComboShape {
    /// Number of lines.
    pub lines: u64,
    /// What a line looks like.
    pub form: ComboForm,
    /// One line in each block of so many lines is watched, at a random place of the block; `None` for a list
    /// without any hit.
    pub watched_every: Option<NonZeroU64>,
    /// Number of watched domains: those of [`bench_watch_list`] with the same number.
    pub domains: usize,
    /// Number of domains in the tail of the noise.
    pub tail_domains: usize,
    /// Another seed, another list.
    pub seed: u64,
}

impl ComboShape {
    /// The list of the published measurements: 20 million lines `account:password`, 1 in 1,000 watched, 1,500 watched
    /// domains, a tail of 200,000 others.
    #[must_use]
    pub fn bench() -> Self {
        Self {
            lines: 20_000_000,
            form: ComboForm::AccountPassword,
            watched_every: NonZeroU64::new(1_000),
            domains: 1_500,
            tail_domains: 200_000,
            seed: 1,
        }
    }

    /// The same list with another number of lines.
    #[must_use]
    pub fn with_lines(self, lines: u64) -> Self {
        Self { lines, ..self }
    }

    /// The same list in another form.
    #[must_use]
    pub fn with_form(self, form: ComboForm) -> Self {
        Self { form, ..self }
    }

    /// The same list without any watched line.
    #[must_use]
    pub fn without_hits(self) -> Self {
        Self { watched_every: None, ..self }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ComboTotals {
    /// Lines, each ended by 0x0A.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
    /// Lines whose login is an account of a watched domain.
    pub watched_by_account: u64,
    /// Lines whose URL is on a watched site. Lines that are both are in both numbers.
    pub watched_by_site: u64,
    /// Lines that are both.
    pub watched_by_both: u64,
    /// Distinct watched accounts.
    pub watched_accounts: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hit {
    None,
    Account,
    Site,
    Both,
}

/// Writes the list that `shape` describes, in blocks of about 1 MiB.
///
/// # Errors
/// Whatever `out` returns.
pub fn write_combo_list(out: &mut dyn Write, shape: &ComboShape) -> io::Result<ComboTotals> {
    let watched = watched_domains(shape.domains);
    let unwatched = Unwatched::new(shape.tail_domains.max(1), &watched);
    let mut random = Random::named(shape.seed, "combo list");
    let mut totals = ComboTotals::default();
    let mut accounts: HashSet<Vec<u8>> = HashSet::new();
    let mut block: Vec<u8> = Vec::with_capacity(BLOCK + 1_024);
    let mut hit_at = None;
    for line in 0..shape.lines {
        if let Some(every) = shape.watched_every
            && line.is_multiple_of(every.get())
        {
            let offset = random.bits() % every.get();
            hit_at = Some(line + offset);
        }
        let hit = if hit_at == Some(line) && !watched.is_empty() {
            draw_hit(shape.form, &mut random)
        } else {
            Hit::None
        };
        if shape.form == ComboForm::UrlLoginPassword {
            let site = matches!(hit, Hit::Site | Hit::Both).then_some(watched.as_slice());
            push_url(&mut block, &mut random, &unwatched, site);
        }
        match hit {
            Hit::Account | Hit::Both => {
                let start = block.len();
                push_local_part(&mut block, &mut random);
                block.push(b'@');
                let domain = watched.get(random.below(watched.len())).map_or(&b""[..], String::as_bytes);
                block.extend_from_slice(domain);
                accounts.insert(block.get(start..).unwrap_or_default().to_vec());
            }
            Hit::None | Hit::Site => {
                push_local_part(&mut block, &mut random);
                if shape.form == ComboForm::AccountPassword || !random.one_in(4) {
                    block.push(b'@');
                    block.extend_from_slice(unwatched.draw(&mut random));
                }
            }
        }
        block.push(b':');
        // A separator inside a password would make `url:login:password` ambiguous in ways a count cannot have.
        match shape.form {
            ComboForm::AccountPassword => push_password(&mut block, &mut random),
            ComboForm::UrlLoginPassword => push_plain_password(&mut block, &mut random),
        }
        block.push(b'\n');
        totals.lines += 1;
        totals.watched_by_account += u64::from(matches!(hit, Hit::Account | Hit::Both));
        totals.watched_by_site += u64::from(matches!(hit, Hit::Site | Hit::Both));
        totals.watched_by_both += u64::from(hit == Hit::Both);
        if block.len() >= BLOCK {
            out.write_all(&block)?;
            totals.bytes += block.len() as u64;
            block.clear();
        }
    }
    out.write_all(&block)?;
    totals.bytes += block.len() as u64;
    totals.watched_accounts = accounts.len() as u64;
    Ok(totals)
}

/// The watch list that goes with a list of `domains` watched domains, as TOML: two categories, three domains an
/// organisation, marked synthetic.
#[must_use]
pub fn bench_watch_list(domains: usize) -> String {
    let mut toml = String::from(
        "# SYNTHETIC: invented bodies under reserved names, for benches.\n\n[list]\n\
         title = { ja = \"ベンチ用の合成リスト\", en = \"Bench list (SYNTHETIC)\" }\nas_of = \"2021-05-31\"\n\n\
         [[category]]\nid = \"ministry\"\nname = { ja = \"中央省庁\", en = \"Central ministries\" }\n\n\
         [[category]]\nid = \"affiliated\"\nname = { ja = \"外郭団体\", en = \"Affiliated bodies\" }\n",
    );
    for (index, group) in watched_domains(domains).chunks(3).enumerate() {
        let category = if index % 7 == 0 { "ministry" } else { "affiliated" };
        let names: Vec<String> = group.iter().map(|domain| format!("\"{domain}\"")).collect();
        toml.push_str(&format!(
            "\n[[organisation]]\nid = \"body-{index:04}\"\ncategory = \"{category}\"\n\
             name = {{ ja = \"合成団体{index:04}\", en = \"Synthetic body {index:04}\" }}\ndomains = [{}]\n",
            names.join(", ")
        ));
    }
    toml
}

fn draw_hit(form: ComboForm, random: &mut Random) -> Hit {
    match (form, random.below(10)) {
        (ComboForm::AccountPassword, _) | (ComboForm::UrlLoginPassword, 0..=4) => Hit::Account,
        (ComboForm::UrlLoginPassword, 5..=8) => Hit::Site,
        (ComboForm::UrlLoginPassword, _) => Hit::Both,
    }
}

/// Appends a URL and the colon behind it; its host is one of `watched`, or below one, when they are given.
fn push_url(out: &mut Vec<u8>, random: &mut Random, unwatched: &Unwatched, watched: Option<&[String]>) {
    const HOSTS: [&str; 8] = ["", "", "www.", "login.", "vpn.", "mail.", "m.", "accounts."];
    const PATHS: [&str; 8] = [
        "/",
        "",
        "/login",
        "/signin",
        "/auth/realms/main/login",
        "/index.php",
        "/account/register",
        "/wp-login.php",
    ];
    if watched.is_none() && random.one_in(32) {
        out.extend_from_slice(b"android://");
        for _ in 0..4 {
            push_letters(out, random, 12);
        }
        out.extend_from_slice(b"@com.example.app");
        push_number(out, random.below(1_000));
        out.extend_from_slice(b"/:");
        return;
    }
    out.extend_from_slice(if random.one_in(5) { b"http://" } else { b"https://" });
    out.extend_from_slice(random.pick(&HOSTS).as_bytes());
    match watched {
        Some(domains) => {
            out.extend_from_slice(domains.get(random.below(domains.len())).map_or(b"", String::as_bytes));
        }
        None => out.extend_from_slice(unwatched.draw(random)),
    }
    if random.one_in(20) {
        out.extend_from_slice(random.pick(&[":8080", ":8443", ":10443"]).as_bytes());
    }
    out.extend_from_slice(random.pick(&PATHS).as_bytes());
    out.push(b':');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(shape: &ComboShape) -> (String, ComboTotals) {
        let mut out = Vec::new();
        let totals = write_combo_list(&mut out, shape).unwrap();
        (String::from_utf8(out).unwrap(), totals)
    }

    fn small(form: ComboForm) -> ComboShape {
        ComboShape { tail_domains: 2_000, domains: 150, ..ComboShape::bench() }
            .with_lines(50_000)
            .with_form(form)
    }

    fn is_watched(host: &str, watched: &HashSet<String>) -> bool {
        let suffixes = host.match_indices('.').map(|(dot, _)| &host[dot + 1..]);
        std::iter::once(host).chain(suffixes).any(|suffix| watched.contains(suffix))
    }

    #[test]
    fn the_totals_are_true() {
        let shape = small(ComboForm::AccountPassword);
        let (text, totals) = written(&shape);
        let watched: HashSet<String> = watched_domains(shape.domains).into_iter().collect();
        let mut lines = 0;
        let mut hits = Vec::new();
        for line in text.lines() {
            lines += 1;
            let (account, password) = line.split_once(':').unwrap();
            let (_, domain) = account.split_once('@').unwrap();
            assert!(!password.is_empty());
            if is_watched(domain, &watched) {
                hits.push(account);
            }
        }
        assert_eq!((totals.lines, totals.bytes), (lines, text.len() as u64));
        assert_eq!(totals.watched_by_account, 50);
        assert_eq!(totals.watched_by_account, hits.len() as u64);
        assert_eq!(totals.watched_accounts, hits.iter().collect::<HashSet<_>>().len() as u64);
        let average = totals.bytes as f64 / totals.lines as f64;
        assert!((36.0..39.0).contains(&average), "{average}");
    }

    #[test]
    fn urls_have_watched_sites_among_them() {
        let shape = ComboShape { watched_every: NonZeroU64::new(100), ..small(ComboForm::UrlLoginPassword) };
        let (text, totals) = written(&shape);
        let watched: HashSet<String> = watched_domains(shape.domains).into_iter().collect();
        let (mut by_account, mut by_site, mut by_both) = (0, 0, 0);
        for line in text.lines() {
            let mut fields = line.rsplitn(3, ':');
            let (_, login, url) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
            let authority = url.split_once("://").unwrap().1.split('/').next().unwrap();
            let host = authority.rsplit('@').next().unwrap().split(':').next().unwrap();
            let site = is_watched(host, &watched);
            let account = login.split_once('@').is_some_and(|(_, domain)| is_watched(domain, &watched));
            by_account += u64::from(account);
            by_site += u64::from(site);
            by_both += u64::from(account && site);
        }
        assert_eq!(
            (by_account, by_site, by_both),
            (totals.watched_by_account, totals.watched_by_site, totals.watched_by_both)
        );
        assert_eq!(by_account + by_site - by_both, 500);
        assert!(by_both > 0 && by_site > by_both);
    }

    #[test]
    fn a_list_without_hits_has_none() {
        for form in [ComboForm::AccountPassword, ComboForm::UrlLoginPassword] {
            let shape = small(form).without_hits();
            let (text, totals) = written(&shape);
            assert_eq!((totals.watched_by_account, totals.watched_by_site, totals.lines), (0, 0, 50_000));
            let watched: HashSet<String> = watched_domains(shape.domains).into_iter().collect();
            for host in text.split(['@', ':', '/', '\n']) {
                assert!(!is_watched(host, &watched), "{host}");
            }
        }
    }

    #[test]
    fn a_shape_decides_every_byte() {
        let shape = small(ComboForm::AccountPassword);
        assert_eq!(written(&shape), written(&shape));
        assert_ne!(written(&shape).0, written(&ComboShape { seed: 2, ..shape }).0);
    }

    #[test]
    fn the_watch_list_names_every_domain_once() {
        let toml = bench_watch_list(1_500);
        for domain in watched_domains(1_500) {
            assert_eq!(toml.matches(&format!("\"{domain}\"")).count(), 1, "{domain}");
        }
        assert!(toml.contains("SYNTHETIC"));
    }
}
