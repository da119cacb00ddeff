//! `mizumori domain mail` and `mizumori domain confirm`: codes that go through a real mail server.

use std::time::Instant;

use mizumori_test_servers::{FaultySmtp, Mail, Smtp, SmtpFault, Stage, free_port};

use super::{Kept, id, on_both};

/// Mails go out by a server on that port.
fn post(kept: &Kept, port: u16) {
    let config = format!(
        "store = {:?}\n[mail]\nserver = '127.0.0.1:{port}'\nsecurity = 'plain-to-loopback'\nfrom = 'mizumori@service.example'\n",
        kept.url
    );
    kept.folder.write("mizumori.toml", config);
}

/// The code in a mail.
fn code(mail: &Mail) -> String {
    let text = mail.text();
    let is_code = |word: &&str| word.len() == 29 && word.matches('-').count() == 5;
    text.split(|letter: char| letter.is_whitespace() || letter == '：')
        .find(is_code)
        .unwrap_or_else(|| panic!("{text}"))
        .to_owned()
}

#[test]
fn prove_a_domain() {
    if Smtp::is_left_out() {
        return;
    }
    on_both(|kept| {
        let server = Smtp::start_open().unwrap();
        post(kept, server.port());
        kept.organisation("suigen", "full");
        kept.run("domain add suigen suigen.example").ends(0);
        let sent = kept.run("domain mail suigen suigen.example --to hostmaster");
        sent.ends(0).saying(&[
            "a code went to `hostmaster@suigen.example`; it is taken until 20",
            "hint: `mizumori domain confirm suigen suigen.example CODE`",
        ]);
        let mails = server.wait_for(1, Instant::now() + std::time::Duration::from_secs(120)).unwrap();
        let [mail] = &mails[..] else { panic!("{} mails", mails.len()) };
        assert_eq!(mail.recipient, "hostmaster@suigen.example");
        assert!(mail.header("From").unwrap().contains("mizumori@service.example"));
        let code = code(mail);
        // It is in the mail alone.
        assert!(!sent.shown().contains(&code));
        kept.run("store backup backup.jsonl").ends(0);
        let backup = kept.folder.read("backup.jsonl");
        assert!(backup.contains("domain_code"));
        assert!(!backup.contains(&code) && !backup.contains(&code.replace('-', "")));
        assert!(kept.list("notice list suigen").is_empty());

        kept.run("domain confirm suigen suigen.example 0000-0000-0000-0000-0000-0000")
            .ends(2)
            .saying(&["this is not the code that was sent for this domain"]);
        assert_eq!(kept.list("domain list suigen")[0]["state"], "pending");
        kept.run(&format!("domain confirm suigen suigen.example {}", code.to_lowercase()))
            .ends(0)
            .saying(&["`suigen.example` is proved by hostmaster@suigen.example, and served for `suigen`"]);
        let proved = &kept.list("domain list suigen")[0];
        assert_eq!((&proved["state"], &proved["method"]), (&"proved".into(), &"mail".into()));
        assert_eq!(proved["subdomains"], true);
        // It is taken once.
        kept.run(&format!("domain confirm suigen suigen.example {code}"))
            .ends(2)
            .saying(&["no code was sent for `suigen.example`", "mizumori domain mail suigen suigen.example"]);
        let audited = kept.audited(2);
        let details: Vec<_> = audited.iter().map(|[action, _, detail]| (&**action, &**detail)).collect();
        assert_eq!(
            details,
            [
                ("domain mail", "hostmaster"),
                ("store backup", ""),
                ("domain confirm", "wrong code, 1 of 5"),
                ("domain confirm", "hostmaster"),
            ]
        );
    });
}

#[test]
fn are_spent_replaced_and_their_domains_own() {
    let (kept, server) = (Kept::sqlite(), FaultySmtp::start_plain().unwrap());
    post(&kept, server.port());
    kept.organisation("suigen", "full").organisation("mori", "full");
    for (organisation, domain) in
        [("suigen", "suigen.example"), ("suigen", "lab.example"), ("mori", "suigen.example")]
    {
        kept.run(&format!("domain add {organisation} {domain}")).ends(0);
    }
    let send = |organisation: &str, domain: &str| {
        kept.run(&format!("domain mail {organisation} {domain}")).ends(0);
        let mails = server.mails();
        let last = mails.last().unwrap();
        assert_eq!(last.recipient, format!("postmaster@{domain}"));
        code(last)
    };
    let confirm = |organisation: &str, domain: &str, code: &str| {
        kept.run(&format!("domain confirm {organisation} {domain} {code}"))
    };
    let first = send("suigen", "suigen.example");
    let second = send("suigen", "suigen.example");
    let wrong = "this is not the code";
    confirm("suigen", "suigen.example", &first).ends(2).saying(&[wrong]);
    // Neither for another domain nor for another organisation.
    confirm("suigen", "lab.example", &second).ends(2).saying(&["no code was sent for `lab.example`"]);
    confirm("mori", "suigen.example", &second).ends(2).saying(&["no code was sent for `suigen.example`"]);
    send("mori", "suigen.example");
    confirm("mori", "suigen.example", &second).ends(2).saying(&[wrong]);
    confirm("nobody", "suigen.example", &second).ends(2).saying(&["there is no organisation `nobody`"]);
    confirm("mori", "lab.example", &second).ends(2).saying(&["`mori` has no domain `lab.example`"]);
    // After five wrong ones the right one is none either, until there is another.
    for _ in 0..4 {
        confirm("suigen", "suigen.example", "水源").ends(2).saying(&[wrong]);
    }
    confirm("suigen", "suigen.example", &second)
        .ends(2)
        .saying(&["5 wrong codes were typed", "domain mail suigen"]);
    let third = send("suigen", "suigen.example");
    confirm("suigen", "suigen.example", &third).ends(0);
    kept.run("audit verify").ends(0);
}

#[test]
fn do_not_go_where_they_cannot() {
    let (kept, server) = (Kept::sqlite(), FaultySmtp::start_plain().unwrap());
    kept.organisation("suigen", "evaluation");
    kept.run("domain add suigen suigen.example").ends(0);
    kept.run("domain mail suigen suigen.example").ends(2).saying(&["there is no [mail] in mizumori.toml"]);
    post(&kept, free_port().unwrap());
    kept.run("domain mail suigen suigen.example")
        .ends(2)
        .saying(&["could not reach", "the code did not reach `postmaster@suigen.example`"]);
    post(&kept, server.port());
    server.fail(Stage::Recipient, SmtpFault::Permanent);
    kept.run("domain mail suigen suigen.example").ends(2).saying(&["550"]);
    server.heal();
    for (command, says) in [
        (
            "suigen suigen.example --to info",
            "possible values: admin, administrator, webmaster, hostmaster, postmaster",
        ),
        ("suigen other.example", "`suigen` has no domain `other.example`"),
        ("nobody suigen.example", "there is no organisation `nobody`"),
    ] {
        kept.run(&format!("domain mail {command}")).ends(2).saying(&[says]);
    }
    kept.work(async |session| {
        let mut organisation = session.organisation(&id("suigen")).await.unwrap().unwrap();
        organisation.ends = Some("2020-01-01".parse().unwrap());
        session.change_organisation(&organisation).await.unwrap();
    });
    kept.run("domain mail suigen suigen.example").ends(2).saying(&["the evaluation is over"]);
    kept.run("domain confirm suigen suigen.example 0").ends(2).saying(&["the evaluation is over"]);
    assert!(server.mails().is_empty());
}

/// A code that was sent too long ago.
#[test]
fn grow_old() {
    let (kept, server) = (Kept::sqlite(), FaultySmtp::start_plain().unwrap());
    post(&kept, server.port());
    kept.organisation("suigen", "full");
    kept.run("domain add suigen suigen.example").ends(0);
    kept.run("domain mail suigen suigen.example").ends(0);
    let code = code(&server.mails()[0]);
    kept.work(async |session| {
        let organisation = id("suigen");
        let mut tenant = session.tenant(&organisation);
        let name = mizumori_core::DomainName::parse("suigen.example").unwrap();
        let mut kept = tenant.domain_code(&name).await.unwrap().unwrap();
        kept.sent.0 -= 31 * 86_400_000;
        tenant.keep_domain_code(&name, &kept).await.unwrap();
    });
    kept.run(&format!("domain confirm suigen suigen.example {code}"))
        .ends(2)
        .saying(&["the code is more than 30 days old", "domain mail suigen suigen.example"]);
}
