//! Chats: an event as a message to an incoming webhook of Slack, Teams (its workflows) or Mattermost.
//!
//! A channel is read by many: the message names no account, only the reference. What it says is text: no mark-up, no mention
//! and no link can be made by what a leak is called.

use std::fmt;
use std::time::SystemTime;

use mizumori_core::{Lang, LeakTime, Secret};
use mizumori_outbound::{Answer, Client, Method, Request, Url};
use serde_json::{Value, json};

use crate::delivery::Delivery;
use crate::error::{RespondError, Result};
use crate::event::{Bulletin, Event};
use crate::letter::words;
use crate::webhook::{host_of, judged};

/// So many references stand in a message about many findings.
const REFERRED: usize = 10;

/// Whose webhook it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChatKind {
    /// Slack.
    Slack,
    /// Microsoft Teams, by a workflow that posts cards.
    Teams,
    /// Mattermost.
    Mattermost,
}

/// A channel's incoming webhook. Its `Debug` shows the host only: the address is the secret.
#[derive(Clone)]
pub struct Chat {
    kind: ChatKind,
    url: Secret<Url>,
    lang: Lang,
}

impl Chat {
    /// A channel that reads English.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(kind: ChatKind, url: &Secret<String>) -> Result<Self> {
        let url =
            Url::parse(url.expose()).map_err(|_| RespondError::Setting("the chat's address is none"))?;
        Ok(Self { kind, url: Secret::new(url), lang: Lang::En })
    }

    /// The same, in another language than English.
    #[must_use]
    pub const fn speaking(mut self, lang: Lang) -> Self {
        self.lang = lang;
        self
    }

    /// Posts an event once, by a client whose reach is the public Internet where a tenant gave the address.
    pub async fn send(&self, client: &Client, event: &Event, now: SystemTime) -> Delivery {
        self.post(client, &event.line(self.lang), &of_event(event, self.lang), now).await
    }

    /// Posts what is told of many findings, once and the same way.
    pub async fn announce(&self, client: &Client, bulletin: &Bulletin, now: SystemTime) -> Delivery {
        self.post(client, &bulletin.line(self.lang), &of_bulletin(bulletin, self.lang), now).await
    }

    async fn post(
        &self,
        client: &Client,
        title: &str,
        facts: &[(&str, String)],
        now: SystemTime,
    ) -> Delivery {
        let body = payload(self.kind, title, facts).to_string();
        let request = Request::new(Method::POST, self.url.expose().as_str())
            .and_then(|request| request.body("application/json", body));
        match request {
            Ok(request) => {
                let host = host_of(self.url.expose());
                match client.send(request).await {
                    Ok(answer) if answer.is_success() => taken(&answer, host),
                    answer => judged(answer, &host, now),
                }
            }
            Err(why) => Delivery::Never { why: why.into() },
        }
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chat({:?} {})", self.kind, host_of(self.url.expose()))
    }
}

/// Whether an answer that looks like success is one: a page for people comes from a gate on the way, where somebody is to sign
/// in, and Teams' older connectors say in the body of a success what became of the message behind them.
fn taken(answer: &Answer, server: String) -> Delivery {
    let body = String::from_utf8_lossy(answer.body());
    let is_page = body.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    let refused = body.split_once("returned HTTP error ").map(|(_, behind)| behind);
    match refused {
        _ if is_page => Delivery::later(RespondError::Broken { server }),
        Some(code) => {
            let code = code.get(..3).and_then(|code| code.parse().ok());
            Delivery::later(RespondError::Refused { server, stage: "the message", code, status: None })
        }
        None => Delivery::Accepted,
    }
}

/// What a fact is called: in Japanese, and in English.
type Name = (&'static str, &'static str);

const REFERENCE: Name = ("参照番号", "Reference");
const REFERENCES: Name = ("参照番号", "References");
const ORGANISATION: Name = ("組織", "Organisation");
const SOURCE: Name = ("漏えい元", "Source");
const LEAKED: Name = ("漏えい時期", "Leaked");
const SITE: Name = ("サイト", "Site");
const STATE: Name = ("状態", "State");
const SEVERITIES: Name = ("内訳", "Severities");
const SHARING: Name = ("共有範囲", "Sharing");

fn of_event(event: &Event, lang: Lang) -> Vec<(&'static str, String)> {
    let leaked = match event.time {
        LeakTime::Unknown => String::new(),
        time => words::when(time, lang),
    };
    let facts = [
        (REFERENCE, event.reference.as_str()),
        (ORGANISATION, &event.organisation),
        (SOURCE, &event.title),
        (LEAKED, &leaked),
        (SITE, event.site.as_deref().unwrap_or_default()),
        (STATE, &event.state),
        (SHARING, event.tlp.label()),
    ];
    said(facts, lang)
}

fn of_bulletin(bulletin: &Bulletin, lang: Lang) -> Vec<(&'static str, String)> {
    let counts = bulletin.counts.iter().rev();
    let counts: Vec<_> = counts.map(|(severity, count)| format!("{} {count}", severity.name(lang))).collect();
    let between = match lang {
        Lang::Ja => "、",
        Lang::En => ", ",
    };
    let references: Vec<_> = bulletin.references.iter().take(REFERRED).map(String::as_str).collect();
    let more = if bulletin.references.len() > REFERRED { " …" } else { "" };
    let facts = [
        (ORGANISATION, bulletin.organisation.as_str()),
        (SEVERITIES, &*counts.join(between)),
        (REFERENCES, &*format!("{}{more}", references.join(between))),
        (SHARING, bulletin.tlp.label()),
    ];
    said(facts, lang)
}

/// Facts as they may stand in a channel; what says nothing is left out.
fn said<const N: usize>(facts: [(Name, &str); N], lang: Lang) -> Vec<(&'static str, String)> {
    let name = |(ja, en)| match lang {
        Lang::Ja => ja,
        Lang::En => en,
    };
    let said = facts.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(of, value)| (name(of), harmless(value))).collect()
}

fn payload(kind: ChatKind, title: &str, facts: &[(&str, String)]) -> Value {
    let title = harmless(title);
    match kind {
        ChatKind::Slack => slack(&title, facts),
        ChatKind::Teams => teams(&title, facts),
        ChatKind::Mattermost => mattermost(&title, facts),
    }
}

/// Everything is plain text, which Slack reads no mark-up in; the line for notifications is escaped.
fn slack(title: &str, facts: &[(&str, String)]) -> Value {
    let plain = |text: String| json!({ "type": "plain_text", "text": text, "emoji": false });
    let fields: Vec<_> = facts.iter().map(|(name, value)| plain(format!("{name}\n{value}"))).collect();
    let line = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({
        "text": line,
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": [
            { "type": "section", "text": plain(title.to_owned()) },
            { "type": "section", "fields": fields },
        ],
    })
}

/// Runs of text, which cards read no mark-up in, unlike blocks of text and facts.
fn teams(title: &str, facts: &[(&str, String)]) -> Value {
    let run = |text: &str, weight: &str| json!({ "type": "TextRun", "text": text, "weight": weight });
    let mut body = vec![json!({ "type": "RichTextBlock", "inlines": [run(title, "bolder")] })];
    body.extend(facts.iter().map(|(name, value)| {
        let inlines = [run(&format!("{name}: "), "bolder"), run(value, "default")];
        json!({ "type": "RichTextBlock", "spacing": "small", "inlines": inlines })
    }));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
            },
        }],
    })
}

/// Markdown, in which every mark is escaped.
fn mattermost(title: &str, facts: &[(&str, String)]) -> Value {
    let mut text = format!("**{}**\n\n| | |\n|:--|:--|\n", escaped(title));
    for (name, value) in facts {
        text.push_str(&format!("| {name} | {} |\n", escaped(value)));
    }
    json!({ "text": text, "props": { "disable_group_highlight": true } })
}

/// Every mark of ASCII may be escaped in Markdown (CommonMark, section 2.4).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        if sign.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(sign);
    }
    escaped
}

/// On one line, with nothing in it that a program makes a mention or a link of: behind what they look for stands a space of no
/// width.
fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len());
    for sign in text.chars().take(200) {
        if sign.is_control() {
            harmless.push(' ');
            continue;
        }
        harmless.push(sign);
        if matches!(sign, '@' | '＠' | '#' | ':' | '.' | '<') {
            harmless.push('\u{200b}');
        }
    }
    harmless
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::tests::sample;
    use crate::event::{Occasion, bulletin};

    const KINDS: [ChatKind; 3] = [ChatKind::Slack, ChatKind::Teams, ChatKind::Mattermost];

    fn posted(kind: ChatKind, event: &Event, lang: Lang) -> Value {
        payload(kind, &event.line(lang), &of_event(event, lang))
    }

    #[test]
    fn many_findings_are_one_message() {
        let bulletin = bulletin::tests::sample(Occasion::Several);
        for (kind, lang) in KINDS.into_iter().flat_map(|kind| [(kind, Lang::Ja), (kind, Lang::En)]) {
            let facts = of_bulletin(&bulletin, lang);
            let said = payload(kind, &bulletin.line(lang), &facts).to_string().replace('\\', "");
            let counts = match lang {
                Lang::Ja => "マルウェア感染 2、ハッシュ化されたパスワード 10",
                Lang::En => "stealer 2, hashed password 10",
            };
            for part in ["SG-2026-0001", "AMBER", "水源省", counts] {
                assert!(said.contains(part), "{part}: {said}");
            }
            let test = Bulletin::test("t", "水源省", bulletin.at, bulletin.tlp);
            assert_eq!(of_bulletin(&test, lang).len(), 2);
        }
    }

    fn texts(value: &Value, all: &mut Vec<String>) {
        match value {
            Value::String(text) => all.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| texts(value, all)),
            Value::Object(values) => {
                values.iter().filter(|(key, _)| *key != "$schema").for_each(|(_, value)| texts(value, all));
            }
            _ => {}
        }
    }

    #[test]
    fn no_account_in_a_channel() {
        for (kind, lang) in KINDS.into_iter().flat_map(|kind| [(kind, Lang::Ja), (kind, Lang::En)]) {
            let payload = posted(kind, &sample(), lang).to_string();
            assert!(!payload.contains("taro"), "{payload}");
            assert!(payload.replace("\\", "").contains("SG-2026-0001"), "{payload}");
            assert!(payload.contains("AMBER") && payload.contains("水源省"));
        }
    }

    #[test]
    fn the_address_is_not_shown() {
        let url = Secret::new("https://hooks.example/services/T0/himitsu".to_owned());
        assert_eq!(format!("{:?}", Chat::new(ChatKind::Slack, &url).unwrap()), "Chat(Slack hooks.example)");
        assert!(Chat::new(ChatKind::Slack, &Secret::new("himitsu".to_owned())).is_err());
    }

    proptest! {
        #[test]
        fn nothing_is_mentioned_linked_or_marked(
            title in "([@#<>!*_~`|&:/\\\\\\[\\]()\n.]|channel|here|all|https://|<!channel>|@here|水){0,20}",
        ) {
            for kind in KINDS {
                let payload = posted(kind, &Event { title: title.clone(), organisation: title.clone(), ..sample() }, Lang::Ja);
                let mut all = Vec::new();
                texts(&payload, &mut all);
                for text in all {
                    for mention in ["@channel", "@here", "@all", "://", "www."] {
                        prop_assert!(!text.contains(mention), "{}", text);
                    }
                }
                if kind == ChatKind::Slack {
                    prop_assert!(!payload["text"].as_str().unwrap().contains(['<', '>']));
                }
                if kind == ChatKind::Mattermost {
                    let lines = payload["text"].as_str().unwrap().lines().count();
                    prop_assert!(lines <= 11);
                }
            }
        }
    }
}
