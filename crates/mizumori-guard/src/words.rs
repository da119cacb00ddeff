//! What a verdict says, in Japanese and English, and as JSON.

use mizumori_core::{Lang, grouped};

use crate::policy::{Advice, Reason, Verdict};

/// What knew whether a password has leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An index, which is exact.
    Index,
    /// A filter, and [how seldom](crate::Rate::one_in) it takes what never leaked for leaked.
    Filter(u64),
    /// Nothing: neither could be opened.
    Nothing,
}

impl Verdict {
    /// The verdict, its reasons and its advice in words, a line each.
    pub fn sentences(&self, by: By, lang: Lang) -> String {
        sentences(self, by, lang)
    }

    /// The same as an object.
    pub fn object(&self, by: By, lang: Lang) -> serde_json::Value {
        object(self, by, lang)
    }
}

fn sentences(verdict: &Verdict, by: By, lang: Lang) -> String {
    let first = match (verdict.is_acceptable(), lang) {
        (true, Lang::Ja) => "使用できます",
        (true, Lang::En) => "acceptable",
        (false, Lang::Ja) => "使用できません",
        (false, Lang::En) => "refused",
    };
    let mut lines = vec![first.to_owned()];
    lines.extend(verdict.reasons.iter().map(|why| reason(why, lang)));
    lines.extend(verdict.advice.iter().map(|what| advice(what, lang).to_owned()));
    match by {
        By::Index => {}
        By::Filter(one_in) => lines.push(filtered(one_in, lang)),
        By::Nothing => lines.push(unchecked(lang).to_owned()),
    }
    lines.join("\n") + "\n"
}

fn object(verdict: &Verdict, by: By, lang: Lang) -> serde_json::Value {
    let (by, one_in) = match by {
        By::Index => (Some("index"), None),
        By::Filter(one_in) => (Some("filter"), Some(one_in)),
        By::Nothing => (None, None),
    };
    let reasons: Vec<_> = verdict
        .reasons
        .iter()
        .map(|why| {
            let mut object = match why {
                Reason::Leaked { count } => serde_json::json!({"id": "leaked", "count": count}),
                Reason::OwnLeaked { exposures } => {
                    serde_json::json!({"id": "own-leaked", "exposures": exposures})
                }
                Reason::TooShort { length, least } => {
                    serde_json::json!({"id": "too-short", "length": length, "least": least})
                }
                Reason::ContextWord => serde_json::json!({"id": "context-word"}),
            };
            if let Some(object) = object.as_object_mut() {
                object.insert("text".to_owned(), reason(why, lang).into());
            }
            object
        })
        .collect();
    let advice: Vec<_> = verdict
        .advice
        .iter()
        .map(|what| {
            let Advice::NearLeaked = what;
            serde_json::json!({"id": "near-leaked", "text": advice(what, lang)})
        })
        .collect();
    serde_json::json!({
        "schema": 1, "acceptable": verdict.is_acceptable(), "reasons": reasons, "advice": advice,
        "by": by, "wrong_one_in": one_in,
    })
}

fn reason(why: &Reason, lang: Lang) -> String {
    match (why, lang) {
        (Reason::Leaked { count: Some(count) }, Lang::Ja) => {
            format!("このパスワードは漏えいしています（{} 回確認）", grouped(*count))
        }
        (Reason::Leaked { count: Some(1) }, Lang::En) => "it has leaked: it was seen once".to_owned(),
        (Reason::Leaked { count: Some(count) }, Lang::En) => {
            format!("it has leaked: it was seen {} times", grouped(*count))
        }
        (Reason::Leaked { count: None }, Lang::Ja) => "このパスワードは漏えいしています".to_owned(),
        (Reason::Leaked { count: None }, Lang::En) => "it has leaked".to_owned(),
        (Reason::OwnLeaked { exposures }, Lang::Ja) => {
            format!("このアカウントとともに漏えいしています（{} 件）", grouped(*exposures))
        }
        (Reason::OwnLeaked { exposures: 1 }, Lang::En) => {
            "it has leaked with this account: in one exposure".to_owned()
        }
        (Reason::OwnLeaked { exposures }, Lang::En) => {
            format!("it has leaked with this account: in {} exposures", grouped(*exposures))
        }
        (Reason::TooShort { length, least }, Lang::Ja) => {
            format!("短すぎます（{length} 文字。{least} 文字以上が必要です）")
        }
        (Reason::TooShort { length: 1, least }, Lang::En) => {
            format!("it is too short: 1 character, at least {least} are needed")
        }
        (Reason::TooShort { length, least }, Lang::En) => {
            format!("it is too short: {length} characters, at least {least} are needed")
        }
        (Reason::ContextWord, Lang::Ja) => "組織、利用者、製品などの名前です".to_owned(),
        (Reason::ContextWord, Lang::En) => {
            "it is a name that belongs here: of the organisation, the user, the product".to_owned()
        }
    }
}

const fn advice(what: &Advice, lang: Lang) -> &'static str {
    match (what, lang) {
        (Advice::NearLeaked, Lang::Ja) => {
            "助言: 漏えいしたパスワードによく似ています。別のものにするほうが安全です"
        }
        (Advice::NearLeaked, Lang::En) => {
            "advice: it is very much like a password that has leaked; another one is safer"
        }
    }
}

fn filtered(one_in: u64, lang: Lang) -> String {
    let one_in = grouped(one_in);
    match lang {
        Lang::Ja => {
            format!("フィルターによる判定です。漏えいしていないものを {one_in} 回に 1 回、漏えいと判定します")
        }
        Lang::En => {
            format!("a filter says so, which takes one in {one_in} that never leaked for leaked")
        }
    }
}

const fn unchecked(lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => "漏えいしたものかどうかは確認できませんでした",
        Lang::En => "whether it has leaked could not be checked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_everything() {
        let verdict = Verdict {
            reasons: vec![
                Reason::Leaked { count: Some(17_522) },
                Reason::Leaked { count: Some(1) },
                Reason::Leaked { count: None },
                Reason::OwnLeaked { exposures: 1 },
                Reason::OwnLeaked { exposures: 2 },
                Reason::TooShort { length: 1, least: 15 },
                Reason::ContextWord,
            ],
            advice: vec![Advice::NearLeaked],
        };
        let english = sentences(&verdict, By::Filter(256), Lang::En);
        assert!(english.starts_with(
            "refused\nit has leaked: it was seen 17,522 times\nit has leaked: it was seen once\n"
        ));
        assert_eq!(english.lines().count(), 10);
        let japanese = sentences(&verdict, By::Filter(256), Lang::Ja);
        assert!(japanese.starts_with("使用できません\nこのパスワードは漏えいしています（17,522 回確認）\n"));
        assert_eq!(japanese.lines().count(), 10);
        assert_eq!(sentences(&Verdict::default(), By::Index, Lang::Ja), "使用できます\n");
    }
}
