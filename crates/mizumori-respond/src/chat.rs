//! Chats: an event as a message to an incoming webhook of Slack, Teams (its workflows) or Mattermost.
//!
//! A channel is read by many: the message names no account, only the reference. What it says is text: no mark-up, no mention
//! and no link can be made by what a leak is called.

use std::fmt;
use std::time::SystemTime;

use mizumori_core::Secret;
use mizumori_outbound::{Answer, Client, Method, Request, Url};
use serde_json::{Value, json};

use crate::delivery::Delivery;
use crate::error::{RespondError, Result};
use crate::event::Event;
use crate::webhook::{host_of, judged};

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
}

impl Chat {
    /// A channel.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(kind: ChatKind, url: &Secret<String>) -> Result<Self> {
        let url =
            Url::parse(url.expose()).map_err(|_| RespondError::Setting("the chat's address is none"))?;
        Ok(Self { kind, url: Secret::new(url) })
    }

    /// Posts an event once, by a client whose reach is the public Internet where a tenant gave the address.
    pub async fn send(&self, client: &Client, event: &Event, now: SystemTime) -> Delivery {
        let body = payload(self.kind, event).to_string();
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

fn payload(kind: ChatKind, event: &Event) -> Value {
    let leaked = event.time.to_string();
    let facts: Vec<(&str, String)> = [
        ("Reference", event.reference.as_str()),
        ("Organisation", &event.organisation),
        ("Source", &event.title),
        ("Leaked", &leaked),
        ("Site", event.site.as_deref().unwrap_or_default()),
        ("State", &event.state),
        ("Sharing", event.tlp.label()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| (name, harmless(value)))
    .collect();
    let title = harmless(&event.line());
    match kind {
        ChatKind::Slack => slack(&title, &facts),
        ChatKind::Teams => teams(&title, &facts),
        ChatKind::Mattermost => mattermost(&title, &facts),
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

    const KINDS: [ChatKind; 3] = [ChatKind::Slack, ChatKind::Teams, ChatKind::Mattermost];

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
        for kind in KINDS {
            let payload = payload(kind, &sample()).to_string();
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
                let payload = payload(kind, &Event { title: title.clone(), organisation: title.clone(), ..sample() });
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
