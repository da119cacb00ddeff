//! The language to speak where nobody names one.

use mizumori_core::Lang;

/// The language of the environment (`LC_ALL`, `LC_MESSAGES`, `LANG`): English where it asks for one that we do
/// not have, Japanese where it asks for none.
pub(crate) fn language() -> Lang {
    let asked = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    of_locale(asked.as_deref().unwrap_or_default())
}

fn of_locale(locale: &str) -> Lang {
    let word = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
    match word {
        "" | "C" | "POSIX" | "ja" => Lang::Ja,
        _ => Lang::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_of_locales() {
        for (locale, lang) in [
            ("", Lang::Ja),
            ("C.UTF-8", Lang::Ja),
            ("ja_JP.UTF-8", Lang::Ja),
            ("en_GB.UTF-8", Lang::En),
            ("de_DE", Lang::En),
        ] {
            assert_eq!(of_locale(locale), lang, "{locale}");
        }
    }
}
