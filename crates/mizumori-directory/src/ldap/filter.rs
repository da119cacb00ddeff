//! Search filters (RFC 4515): values in them, and whether a text is one.

/// A value, so that it stands for itself.
pub(super) fn escape(value: &str) -> String {
    ldap3::ldap_escape(value).into_owned()
}

/// Bytes, each escaped.
pub(super) fn escape_bytes(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// Whether the text is a filter.
pub(super) fn is_filter(text: &str) -> bool {
    text.starts_with('(') && ldap3::parse_filter(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        for (text, is) in [
            ("(mail=*)", true),
            ("(&(objectClass=user)(!(cn=x)))", true),
            ("(memberOf:1.2.840.113556.1.4.1941:=cn=x,dc=y)", true),
            ("mail=*", false),
            ("(mail=*", false),
            ("(mail=a)(mail=b)", false),
            ("", false),
        ] {
            assert_eq!(is_filter(text), is, "{text}");
        }
    }

    #[test]
    fn a_value_stands_for_itself() {
        assert_eq!(escape("a*(b)\\c\0"), r"a\2a\28b\29\5cc\00");
        assert!(is_filter(&format!("(cn={})", escape("水)(*"))));
    }
}
