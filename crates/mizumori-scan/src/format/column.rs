//! What a column means: told by its name, in any language, or by what stands in it.

use mizumori_core::{Account, LocalPart};
use unicode_normalization::UnicodeNormalization;

use crate::secret::{SecretField, SecretKind};
use crate::url::{Bare, Url};

/// What a column means for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// A user name, or an address that serves as one.
    Login,
    /// An e-mail address.
    Email,
    /// A password, hash or token.
    Secret,
    /// The site that the login is for.
    Url,
    /// Something else, in which an address may occur.
    Other,
}

/// Names of columns with a login, folded as [`fold`] does it.
const LOGINS: [&str; 48] = [
    "login",
    "loginid",
    "loginname",
    "user",
    "username",
    "usernamevalue",
    "userid",
    "userlogin",
    "uid",
    "uname",
    "account",
    "accountname",
    "accountid",
    "nick",
    "nickname",
    "screenname",
    "handle",
    "member",
    "memberid",
    "membername",
    "samaccountname",
    "userprincipalname",
    "logonname",
    "benutzer",
    "benutzername",
    "utilisateur",
    "nomdutilisateur",
    "identifiant",
    "usuario",
    "usuário",
    "utente",
    "nomeutente",
    "gebruiker",
    "gebruikersnaam",
    "użytkownik",
    "kullanıcı",
    "kullanıcıadı",
    "логин",
    "пользователь",
    "имяпользователя",
    "ユーザー",
    "ユーザ",
    "ユーザー名",
    "ユーザ名",
    "ログインid",
    "用户名",
    "用戶名",
    "사용자",
];

/// The same for Japanese and Chinese names that the table above has no room for in its order.
const LOGINS_EAST: [&str; 12] = [
    "ユーザーid",
    "ユーザid",
    "アカウント",
    "会員id",
    "会員番号",
    "ログイン",
    "ログイン名",
    "账号",
    "帳號",
    "账户",
    "아이디",
    "사용자명",
];

const EMAILS: [&str; 40] = [
    "email",
    "mail",
    "emailaddress",
    "mailaddress",
    "emailaddr",
    "mailaddr",
    "useremail",
    "usermail",
    "emails",
    "contactemail",
    "primaryemail",
    "emailid",
    "memail",
    "custemail",
    "customeremail",
    "correo",
    "correoelectronico",
    "correoelectrónico",
    "courriel",
    "adressemail",
    "adresseemail",
    "posta",
    "eposta",
    "emailadresse",
    "endereçodeemail",
    "почта",
    "электроннаяпочта",
    "элпочта",
    "емейл",
    "имейл",
    "メール",
    "メールアドレス",
    "eメール",
    "eメールアドレス",
    "電子メール",
    "邮箱",
    "电子邮件",
    "電子郵件",
    "信箱",
    "이메일",
];

/// An address by which nobody logs in: it is an exposure without secret where another has one.
const OTHER_EMAILS: [&str; 14] = [
    "backupemail",
    "recoveryemail",
    "secondaryemail",
    "alternateemail",
    "altemail",
    "email2",
    "mail2",
    "emailalt",
    "otheremail",
    "予備メールアドレス",
    "サブメールアドレス",
    "連絡先メールアドレス",
    "備用郵箱",
    "备用邮箱",
];

const SECRETS: [&str; 63] = [
    "password",
    "passwordvalue",
    "passwd",
    "pass",
    "pwd",
    "pw",
    "psw",
    "passw",
    "passphrase",
    "passwort",
    "kennwort",
    "motdepasse",
    "mdp",
    "contraseña",
    "contrasena",
    "clave",
    "senha",
    "parola",
    "wachtwoord",
    "hasło",
    "haslo",
    "şifre",
    "sifre",
    "пароль",
    "парол",
    "hash",
    "passwordhash",
    "passwdhash",
    "passhash",
    "pwdhash",
    "hashedpassword",
    "passwordhashed",
    "encryptedpassword",
    "cryptedpassword",
    "passwordencrypted",
    "passworddigest",
    "userpass",
    "userpassword",
    "userpasswd",
    "userpwd",
    "userpw",
    "memberpassword",
    "loginpassword",
    "plainpassword",
    "plaintextpassword",
    "plaintext",
    "passwordplain",
    "passwordplaintext",
    "cleartext",
    "passwordmd5",
    "passwordsha1",
    "passwordsha256",
    "md5",
    "sha1",
    "sha256",
    "bcrypt",
    "ntlm",
    "nthash",
    "パスワード",
    "暗証番号",
    "密码",
    "密碼",
    "口令",
];

const SECRETS_EAST: [&str; 6] =
    ["パスフレーズ", "パスワードハッシュ", "비밀번호", "암호", "合言葉", "mật khẩu"];

const URLS: [&str; 28] = [
    "url",
    "uri",
    "host",
    "hostname",
    "site",
    "website",
    "web",
    "link",
    "origin",
    "originurl",
    "actionurl",
    "loginurl",
    "siteurl",
    "websiteurl",
    "formactionorigin",
    "hostnameurl",
    "domainurl",
    "sitio",
    "sitioweb",
    "webseite",
    "webadresse",
    "сайт",
    "ссылка",
    "хост",
    "サイト",
    "ウェブサイト",
    "网址",
    "網址",
];

/// The role that a column's name tells; `None` when it is not among the known names.
pub(crate) fn role_of_name(name: &str) -> Option<Role> {
    let name = fold(name);
    let among = |names: &[&str]| names.contains(&name.as_str());
    if among(&EMAILS) {
        Some(Role::Email)
    } else if among(&OTHER_EMAILS) {
        Some(Role::Other)
    } else if among(&SECRETS) || among(&SECRETS_EAST) {
        Some(Role::Secret)
    } else if among(&URLS) {
        Some(Role::Url)
    } else if among(&LOGINS) || among(&LOGINS_EAST) {
        Some(Role::Login)
    } else {
        None
    }
}

/// A column's name without what people vary in it: width, case, quotes, blanks, `_`, `-`, `.` and brackets.
fn fold(name: &str) -> String {
    name.chars()
        .take(64)
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter(|character| character.is_alphanumeric() || matches!(character, '\u{3099}' | '\u{309a}'))
        .collect::<String>()
        .nfc()
        .collect()
}

/// The roles of columns without names, from rows that a sample holds. Rows may differ in length; a column that
/// few rows have is [`Role::Other`].
pub(crate) fn roles_by_content(rows: &[Vec<&[u8]>]) -> Vec<Role> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let columns: Vec<_> = (0..width).map(|column| Profile::of(rows, column)).collect();
    let mut roles = vec![Role::Other; width];
    let most = |measure: fn(&Profile) -> usize| {
        let best = columns.iter().enumerate().rev().max_by_key(|(_, profile)| measure(profile));
        best.filter(|(_, profile)| 2 * measure(profile) > profile.filled.max(1)).map(|(column, _)| column)
    };
    let mut set = |column: Option<usize>, role: Role| {
        if let Some(slot) = column.and_then(|column| roles.get_mut(column)) {
            *slot = role;
        }
    };
    let url = most(|profile| profile.urls);
    let email = most(|profile| profile.emails);
    set(url, Role::Url);
    set(email, Role::Email);
    let login = match (email, url) {
        (None, Some(url)) => Some(url + 1).filter(|column| *column < width),
        _ => None,
    };
    set(login, Role::Login);
    let taken = [url, email, login];
    let after = email.or(login);
    let free = |column: &usize| !taken.contains(&Some(*column));
    let hash = (0..width).filter(free).find(|column| {
        columns.get(*column).is_some_and(|profile| profile.hashes > 0 && 2 * profile.hashes >= profile.filled)
    });
    // The likeliest password: what mixes kinds of characters most; of equals the next on the right of the login.
    let likeliest = || {
        let distance = |column: usize| match after {
            Some(login) if column > login => column - login,
            Some(login) => width + login - column,
            None => column,
        };
        (0..width)
            .filter(free)
            .filter_map(|column| Some((column, columns.get(column)?)))
            .filter(|(_, profile)| 2 * profile.plausible > profile.filled && profile.filled > 0)
            .max_by_key(|(column, profile)| {
                (10 * profile.mixed / profile.filled.max(1), std::cmp::Reverse(distance(*column)))
            })
            .map(|(column, _)| column)
    };
    if after.is_some() {
        set(hash.or_else(likeliest), Role::Secret);
    }
    roles
}

/// What the values of a column look like.
#[derive(Default)]
struct Profile {
    filled: usize,
    emails: usize,
    urls: usize,
    hashes: usize,
    plausible: usize,
    mixed: usize,
}

impl Profile {
    fn of(rows: &[Vec<&[u8]>], column: usize) -> Self {
        let mut profile = Self::default();
        for value in rows.iter().filter_map(|row| row.get(column)) {
            let value = value.trim_ascii();
            if value.is_empty() {
                continue;
            }
            profile.filled += 1;
            profile.emails += usize::from(is_address(value));
            profile.urls += usize::from(Url::parse(value, Bare::Refuse).is_some());
            profile.hashes += usize::from(SecretField::new(value).kind() == SecretKind::Hash);
            profile.plausible += usize::from(is_plausible_password(value));
            profile.mixed += usize::from(kinds_of_characters(value) >= 2 && is_plausible_password(value));
        }
        profile
    }
}

/// Whether a whole field is an address.
pub(crate) fn is_address(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| Account::parse(text, LocalPart::Column).is_some())
}

/// Whether a value could be a password: not a date, an IP address, a URL, an address or a running text.
pub(crate) fn is_plausible_password(value: &[u8]) -> bool {
    let separators = |byte: &u8| matches!(byte, b'-' | b'/' | b':' | b'.' | b' ' | b'T' | b'Z' | b'+');
    let dated = (8..=35).contains(&value.len())
        && value.iter().all(|byte| byte.is_ascii_digit() || separators(byte))
        && value.iter().any(separators);
    let spaces = value.iter().filter(|byte| **byte == b' ').count();
    !dated
        && spaces <= 2
        && value.len() <= 128
        && !is_address(value)
        && Url::parse(value, Bare::Refuse).is_none()
}

fn kinds_of_characters(value: &[u8]) -> usize {
    let kinds: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, u8::is_ascii_punctuation];
    kinds.iter().filter(|kind| value.iter().any(**kind)).count()
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
    fn columns_by_content() {
        let rows = |text: &'static str| -> Vec<Vec<&'static [u8]>> {
            text.lines().map(|line| line.split(',').map(str::as_bytes).collect()).collect()
        };
        use Role::{Email, Login, Other, Secret, Url};
        for (text, roles) in [
            ("1,Taro Suigen,taro@a.example,hunter2!,2019-01-01", vec![Other, Other, Email, Secret, Other]),
            (
                "1,taro,taro@a.example,5f4dcc3b5aa765d61d8327deb882cf99,192.0.2.1",
                vec![Other, Other, Email, Secret, Other],
            ),
            ("7,pass1,taro@a.example,2019-01-01", vec![Other, Secret, Email, Other]),
            ("https://a.example/,yamada,pw1", vec![Url, Login, Secret]),
            ("1,2,3", vec![Other, Other, Other]),
        ] {
            assert_eq!(roles_by_content(&rows(text)), roles, "{text}");
        }
    }
}
