//! Entity tags and dates, and whether the other side has an answer already (RFC 9110, sections 8.8 and 13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, header};

use super::coding::Coding;

/// The entity tag of a version of a body in a coding.
pub(crate) fn entity_tag(version: u64, coding: Coding) -> String {
    format!("\"{version:016x}{}\"", coding.suffix())
}

/// Whether the other side has what has this tag, or what was last changed then.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str, changed: Option<SystemTime>) -> bool {
    let mut tags = headers.get_all(header::IF_NONE_MATCH).into_iter().peekable();
    if tags.peek().is_some() {
        return tags.any(|value| value.to_str().is_ok_and(|value| names(value, tag)));
    }
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    let since = since.and_then(|value| httpdate::parse_http_date(value).ok());
    since.zip(changed).is_some_and(|(since, changed)| in_seconds(changed) <= since)
}

/// A date as HTTP writes it.
pub(crate) fn date(time: SystemTime) -> Option<HeaderValue> {
    HeaderValue::try_from(httpdate::fmt_http_date(in_seconds(time))).ok()
}

/// Dates of HTTP have no parts of a second.
fn in_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// Whether a list of tags has this one, or all of them; whether one is weak makes no difference here.
fn names(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: header::HeaderName, value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        is_known(&headers, "\"a\"", Some(UNIX_EPOCH + Duration::from_millis(784_111_777_500)))
    }

    #[test]
    fn what_somebody_has() {
        for (list, is) in [
            ("\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(known(header::IF_NONE_MATCH, list), is, "{list}");
        }
        for (date, is) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", true),
            ("Sun, 06 Nov 1994 08:49:36 GMT", false),
            ("yesterday", false),
        ] {
            assert_eq!(known(header::IF_MODIFIED_SINCE, date), is, "{date}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"a\"", None));
        assert_eq!(date(UNIX_EPOCH).unwrap(), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn codings_have_tags_of_their_own() {
        let plain = entity_tag(1, Coding::Identity);
        assert_ne!(plain, entity_tag(1, Coding::Gzip));
        assert_ne!(plain, entity_tag(2, Coding::Identity));
        assert!(plain.len() == 18 && plain.starts_with('"') && plain.ends_with('"'));
    }
}
