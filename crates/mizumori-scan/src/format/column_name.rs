//! What a column's name says, in any language: whole, or behind words that say whose it is (`member_mail`,
//! `usr_pwd`, `users.email`, `loginPass`).
//!
//! Only known words are dropped, and what is left has to be a known name. So `email_verified`, `last_login`,
//! `login_count` and `password_hint` stay what they are: about a login, and none.

use unicode_normalization::UnicodeNormalization;

use super::column::Role;

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

/// Words before a name that say whose it is, or of which table or form, and nothing else. Single letters are what
/// tables of one entity begin their columns with.
const PREFIXES: [&str; 52] = [
    "user",
    "users",
    "usr",
    "usrs",
    "member",
    "members",
    "memb",
    "mem",
    "mbr",
    "customer",
    "customers",
    "cust",
    "client",
    "clients",
    "account",
    "accounts",
    "acct",
    "acc",
    "login",
    "admin",
    "admins",
    "adm",
    "staff",
    "employee",
    "employees",
    "emp",
    "subscriber",
    "author",
    "buyer",
    "seller",
    "player",
    "student",
    "students",
    "teacher",
    "guest",
    "person",
    "profile",
    "contact",
    "auth",
    "credentials",
    "local",
    "cms",
    "wp",
    "tbl",
    "fld",
    "txt",
    "str",
    "u",
    "m",
    "c",
    "f",
    "vc",
];

/// The same in scripts that put no blank between words.
const PREFIXES_EAST: [&str; 12] = [
    "会員",
    "ユーザー",
    "ユーザ",
    "ログイン",
    "顧客",
    "お客様",
    "用户",
    "用戶",
    "登录",
    "登錄",
    "会员",
    "사용자",
];

/// Words behind the name of a secret that say how it is kept.
const SECRET_SUFFIXES: [&str; 18] = [
    "hash",
    "hashed",
    "md5",
    "sha1",
    "sha256",
    "sha512",
    "bcrypt",
    "crypt",
    "crypted",
    "encrypted",
    "enc",
    "digest",
    "plain",
    "plaintext",
    "clear",
    "value",
    "txt",
    "str",
];

/// Names of secrets that are none behind a prefix: `user_hash` and `login_hash` are tokens as often as passwords.
const ONLY_WHOLE: [&str; 9] =
    ["hash", "md5", "sha1", "sha256", "bcrypt", "plaintext", "cleartext", "ntlm", "nthash"];

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
