//! A report in a language and at a detail: how each of its figures is shown.

use mizumori_core::Lang;

use crate::disclosure::{Column, Disclosure, Figure, Row, Shown};
use crate::model::{CategoryCount, Report};
use crate::render::Detail;
use crate::words::{Texts, Voice, number, texts, voice};

/// What every rendering shows its figures through.
pub(crate) struct Scene<'a> {
    pub(crate) report: &'a Report,
    pub(crate) lang: Lang,
    pub(crate) detail: Detail,
    pub(crate) disclosure: Disclosure,
}

impl<'a> Scene<'a> {
    /// A rendering that shows every figure as it is.
    pub(crate) fn open(report: &'a Report, lang: Lang, detail: Detail) -> Self {
        Self { report, lang, detail, disclosure: Disclosure::open() }
    }

    /// A rendering that may be handed on: what is finer than categories hides small figures.
    pub(crate) fn guarded(report: &'a Report, lang: Lang, detail: Detail) -> Self {
        Self { report, lang, detail, disclosure: Disclosure::of(report, detail) }
    }

    pub(crate) const fn texts(&self) -> &'static Texts {
        texts(self.lang)
    }

    pub(crate) fn voice(&self) -> &'static dyn Voice {
        voice(self.lang)
    }

    pub(crate) fn shown(&self, row: Row, column: Column, value: u64) -> Shown {
        self.disclosure.show(Figure(row, column), value)
    }

    /// A figure without its unit: `17,522`, `<5`, `x`.
    pub(crate) fn figure(&self, row: Row, column: Column, value: u64) -> String {
        match self.shown(row, column, value) {
            Shown::Exact(value) => number::grouped(value),
            Shown::Small => "<5".to_owned(),
            Shown::Withheld => "x".to_owned(),
        }
    }

    /// A figure with its unit, as it stands in a sentence.
    pub(crate) fn count(&self, row: Row, column: Column, value: u64) -> String {
        number::with_unit(self.lang, &self.figure(row, column, value))
    }

    pub(crate) fn name<'c>(&self, category: &'c CategoryCount) -> &'c str {
        category.name.of(self.lang)
    }

    /// What part of a figure another is, where both may be known.
    pub(crate) fn share(&self, part: Shown, whole: Shown) -> Option<String> {
        number::share(self.lang, part.exact()?, whole.exact()?)
    }

    /// A note in brackets, as it follows a word.
    pub(crate) fn bracketed(&self, note: &str) -> String {
        let [open, close] = self.texts().brackets;
        format!("{open}{note}{close}")
    }

    /// What must be said above everything else.
    pub(crate) fn banners(&self) -> Vec<&'static str> {
        let texts = self.texts();
        let mut banners = Vec::new();
        if self.report.synthetic {
            banners.push(texts.synthetic);
        }
        if !self.report.complete {
            banners.push(texts.incomplete);
        }
        banners
    }
}
