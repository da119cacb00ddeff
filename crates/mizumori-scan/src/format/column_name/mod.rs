//! What a column's name says, in any language: whole, or behind words that say whose it is (`member_mail`,
//! `usr_pwd`, `users.email`, `loginPass`).
//!
//! Only known words are dropped, and what is left has to be a known name. So `email_verified`, `last_login`,
//! `login_count` and `password_hint` stay what they are: about a login, and none.

mod words;

use unicode_normalization::UnicodeNormalization;

use super::column::Role;
use words::{
    EMAILS, LOGINS, ONLY_WHOLE, OTHER_EMAILS, PREFIXES, PREFIXES_EAST, SECRET_SUFFIXES, SECRETS, URLS,
};

/// Longest name of a column in characters that is taken apart.
const MAX_NAME: usize = 64;

/// The role that a column's name tells; `None` when it is neither among the known names, nor one of them with
/// known words around it.
pub(crate) fn role_of_name(name: &str) -> Option<Role> {
    known(&fold(name)).or_else(|| affixed(name))
}

/// The role of a folded name.
fn known(name: &str) -> Option<Role> {
    let among = |names: &[&str]| names.contains(&name);
    if among(&EMAILS) {
        Some(Role::Email)
    } else if among(&OTHER_EMAILS) {
        Some(Role::Other)
    } else if among(&SECRETS) {
        Some(Role::Secret)
    } else if among(&URLS) {
        Some(Role::Url)
    } else if among(&LOGINS) {
        Some(Role::Login)
    } else {
        None
    }
}

/// The role of what is left of a name without the words around it.
fn affixed(name: &str) -> Option<Role> {
    let words = words(name);
    let mut rest = words.as_slice();
    while let Some((first, behind)) = rest.split_first().filter(|(_, behind)| !behind.is_empty()) {
        if !PREFIXES.contains(&first.as_str()) {
            break;
        }
        rest = behind;
        if let Some(role) = behind_prefix(&rest.concat()) {
            return Some(role);
        }
    }
    kept_secret(rest).or_else(|| east(rest))
}

/// What a name means behind a prefix. A user's URL is a home page, not the site of a login.
fn behind_prefix(name: &str) -> Option<Role> {
    known(name).filter(|role| *role != Role::Url && !ONLY_WHOLE.contains(&name))
}

/// `pass_md5`: the name of a secret, and how it is kept.
fn kept_secret(words: &[String]) -> Option<Role> {
    let (last, before) = words.split_last()?;
    let is_kept = SECRET_SUFFIXES.contains(&last.as_str());
    let before = before.concat();
    let role = known(&before).filter(|role| *role == Role::Secret)?;
    (is_kept && !ONLY_WHOLE.contains(&before.as_str())).then_some(role)
}

/// A name of one word behind a prefix of a script without blanks.
fn east(words: &[String]) -> Option<Role> {
    let [word] = words else { return None };
    PREFIXES_EAST.iter().find_map(|prefix| behind_prefix(word.strip_prefix(prefix)?))
}

/// The words of a name, each folded: they end at whatever is no letter or digit, and where a hump begins
/// (`userPassword`, `USRPwd`).
fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().take(MAX_NAME + 1).collect();
    if characters.len() > MAX_NAME {
        return Vec::new();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before: Option<char> = None;
    for (at, character) in characters.iter().enumerate() {
        let next = characters.get(at + 1);
        let begins_hump = character.is_uppercase()
            && before
                .is_some_and(|before| !before.is_uppercase() || next.is_some_and(|next| next.is_lowercase()));
        let ends_word = matches!(character, '_' | '-' | '.' | '/' | '[') || character.is_whitespace();
        if begins_hump || ends_word {
            words.push(fold(&word));
            word.clear();
        }
        word.push(*character);
        before = Some(*character);
    }
    words.push(fold(&word));
    words.retain(|word| !word.is_empty());
    words
}

/// A column's name without what people vary in it: width, case, quotes, blanks, `_`, `-`, `.` and brackets.
fn fold(name: &str) -> String {
    name.chars()
        .take(MAX_NAME)
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter(|character| character.is_alphanumeric() || matches!(character, '\u{3099}' | '\u{309a}'))
        .collect::<String>()
        .nfc()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_language() {
        for (name, role) in [
            ("E-mail", Some(Role::Email)),
            ("\"Email Address\"", Some(Role::Email)),
            ("メールアドレス", Some(Role::Email)),
            ("ﾒｰﾙｱﾄﾞﾚｽ", Some(Role::Email)),
            ("邮箱", Some(Role::Email)),
            ("почта", Some(Role::Email)),
            ("Эл. почта", Some(Role::Email)),
            ("passwd", Some(Role::Secret)),
            ("パスワード", Some(Role::Secret)),
            ("ﾊﾟｽﾜｰﾄﾞ", Some(Role::Secret)),
            ("Mật khẩu", Some(Role::Secret)),
            ("password_hash", Some(Role::Secret)),
            ("User-Name", Some(Role::Login)),
            ("ユーザーID", Some(Role::Login)),
            ("URL", Some(Role::Url)),
            ("backup_email", Some(Role::Other)),
            ("created_at", None),
            ("", None),
        ] {
            assert_eq!(role_of_name(name), role, "{name}");
        }
    }

    #[test]
    fn names_with_words_around_them() {
        use Role::{Email, Login, Other, Secret};
        for (name, role) in [
            ("usr_pwd", Secret),
            ("user_email", Email),
            ("userPassword", Secret),
            ("u_email", Email),
            ("member_mail", Email),
            ("login_pass", Secret),
            ("pwd_hash", Secret),
            ("users.email", Email),
            ("users.credentials.password", Secret),
            ("emailAddress", Email),
            ("MemberEMail", Email),
            ("USRPwd", Secret),
            ("CUST_EMAIL", Email),
            ("Customer E-Mail Address", Email),
            ("user[email]", Email),
            ("memberLoginID", Login),
            ("acct-username", Login),
            ("member_pass_md5", Secret),
            ("passMd5", Secret),
            ("user_backup_email", Other),
            ("会員メールアドレス", Email),
            ("ﾛｸﾞｲﾝﾊﾟｽﾜｰﾄﾞ", Secret),
            ("用户密码", Secret),
            ("ログインユーザー名", Login),
        ] {
            assert_eq!(role_of_name(name), Some(role), "{name}");
        }
    }

    #[test]
    fn what_is_about_a_login_is_none() {
        for name in [
            "email_verified",
            "emailVerified",
            "user_email_verified_at",
            "password_reset_at",
            "user_password_reset_token",
            "last_login",
            "lastLogin",
            "user_last_login",
            "login_count",
            "user_login_count",
            "mail_opt_in",
            "member_mail_opt_in",
            "password_hint",
            "user_password_hint",
            "password_salt",
            "login_hash",
            "user_md5",
            "hash_md5",
            "email_md5",
            "user_url",
            "user_status",
            "login_ip",
            "login_at",
            "member_since",
            "_",
            "u",
            "users.name",
            "会員登録日",
        ] {
            assert_eq!(role_of_name(name), None, "{name}");
        }
    }
}
