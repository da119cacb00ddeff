//! Running text in which addresses merely occur: in brackets, before a full stop, in a mail's header, beside Japanese
//! letters. There is no secret in it.

use super::{Format, Record};

/// One sentence a record.
#[derive(Debug, Clone, Default)]
pub struct Prose {
    sentences: usize,
}

impl Format for Prose {
    fn begin(&mut self, out: &mut String) {
        self.sentences = 0;
        out.push_str("会員からの問い合わせの控え\n\n");
    }

    fn record(&mut self, record: &Record<'_>, out: &mut String) {
        let Record { login, name, .. } = *record;
        let sentence = match self.sentences % 6 {
            0 => format!("担当は{name}（{login}）です。\n"),
            1 => format!("Please write to {login}.\n"),
            2 => format!("From: \"{name}\" <{login}>\n"),
            3 => format!("折り返しの連絡先は{login}、夕方まで。\n"),
            4 => format!("ありがとうございます、{name}様。受付番号は 2014-09 です。({login})\n"),
            _ => format!("mailto:{login} ; see also our page, {name}!\n\n"),
        };
        self.sentences += 1;
        out.push_str(&sentence);
    }

    fn end(&mut self, out: &mut String) {
        out.push_str("\n以上\n");
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SAMPLE, write_all};
    use super::*;

    #[test]
    fn every_sentence_holds_its_address_once() {
        let text = write_all(&mut Prose::default(), std::iter::repeat_n(SAMPLE[0], 12));
        assert_eq!(text.matches(SAMPLE[0].login).count(), 12);
        assert!(text.contains("write to tanaka@suigen.example.\n"));
    }
}
