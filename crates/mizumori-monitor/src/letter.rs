//! The letter that a notice becomes when it is sent.

use std::collections::BTreeMap;

use mizumori_core::{Lang, LeakTime, Names, Secret, Severity};
use mizumori_respond::letter::{Facts, Letter, LetterKind, Listed, Template};
use mizumori_respond::{RespondError, Tlp};
use mizumori_store::{Contact, Organisation, OrganisationId};

use crate::body::{Body, Item};

/// What the place where passwords are changed is called where nobody says.
const PORTAL_JA: &str = "パスワード変更ページ";
const PORTAL_EN: &str = "the page where you change your password";

/// What the service is called where its users do not know it yet.
const SERVICE: &str = "Mizumori";

/// The texts of letters: organisations' own, else the operator's own, else the program's.
#[derive(Clone, Debug, Default)]
pub struct Templates(BTreeMap<(Option<OrganisationId>, LetterKind, LangKey), Template>);

/// A language as a key.
type LangKey = &'static str;

impl Templates {
    /// Puts a text of one's own in the place of the program's, for an organisation or for all of them.
    pub fn set(&mut self, organisation: Option<OrganisationId>, template: Template) {
        self.0.insert((organisation, template.kind(), template.lang().tag()), template);
    }

    /// The text of a letter.
    ///
    /// # Errors
    /// Those of [`Template::built_in`].
    pub fn of(
        &self,
        organisation: &OrganisationId,
        kind: LetterKind,
        lang: Lang,
    ) -> Result<Template, RespondError> {
        let own = self.0.get(&(Some(organisation.clone()), kind, lang.tag()));
        match own.or_else(|| self.0.get(&(None, kind, lang.tag()))) {
            Some(template) => Ok(template.clone()),
            None => Template::built_in(kind, lang),
        }
    }
}

/// Writes the letter of a notice.
///
/// # Errors
/// When a text cannot be filled.
pub fn write(
    templates: &Templates,
    organisation: &Organisation,
    contacts: &[Contact],
    body: &Body,
    tlp: Tlp,
) -> Result<Letter, RespondError> {
    let template = templates.of(&organisation.id, body.letter, body.lang)?;
    template.render(&facts(organisation, contacts, body), tlp)
}

/// Writes the letter with the code that proves a domain. Its reader is no user of the organisation's yet, perhaps never: it is the
/// service that speaks to him.
///
/// # Errors
/// When the text cannot be filled.
pub(crate) fn write_code(
    templates: &Templates,
    organisation: &Organisation,
    contacts: &[Contact],
    body: &Body,
    code: &Secret<String>,
    tlp: Tlp,
) -> Result<Letter, RespondError> {
    let template = templates.of(&organisation.id, body.letter, body.lang)?;
    let portal = Names { ja: SERVICE.to_owned(), en: SERVICE.to_owned() };
    let facts = Facts { portal, code: Some(code.clone()), ..facts(organisation, contacts, body) };
    template.render(&facts, tlp)
}

fn facts(organisation: &Organisation, contacts: &[Contact], body: &Body) -> Facts {
    let both = |text: &str| Names { ja: text.to_owned(), en: text.to_owned() };
    let portal = match organisation.portal.as_deref() {
        Some(portal) => both(portal),
        None => Names { ja: PORTAL_JA.to_owned(), en: PORTAL_EN.to_owned() },
    };
    let worst = body.items.first();
    Facts {
        organisation: organisation.names.clone(),
        portal,
        portal_address: None,
        contact: contacts.iter().find(|contact| !contact.name.is_empty()).map(|contact| both(&contact.name)),
        reference: worst.map(|item| item.reference.clone()).unwrap_or_default(),
        account: body.account.clone(),
        time: worst.and_then(|item| item.month).map_or(LeakTime::Unknown, LeakTime::Month),
        source: worst.map(|item| both(&item.title)),
        place: worst.map(|item| item.place.as_str()).filter(|place| !place.is_empty()).map(both),
        site: worst.and_then(|item| item.site.clone()),
        kind: worst.map_or(mizumori_core::SecretKind::None, |item| item.kind),
        severity: worst.map_or(Severity::Address, |item| item.severity),
        label: worst.and_then(|item| item.label.clone()),
        count: body.counts.values().sum(),
        counts: body.counts.iter().map(|(severity, count)| (*severity, *count)).collect(),
        // The one that a letter is about does not stand in its list as well.
        listed: body.items.iter().skip(usize::from(body.letter.is_of_one())).map(listed).collect(),
        deadline: body.until.map(|until| until.day),
        days: body.until.map(|until| until.days),
        domain: body.domain.clone(),
        code: None,
    }
}

/// A finding in a letter's list.
fn listed(item: &Item) -> Listed {
    Listed {
        reference: item.reference.clone(),
        severity: item.severity,
        time: item.month.map_or(LeakTime::Unknown, LeakTime::Month),
        site: item.site.clone(),
        label: item.label.clone(),
    }
}

#[cfg(test)]
mod tests {
    use mizumori_core::Timestamp;
    use mizumori_store::OrganisationState;

    use super::*;
    use crate::body::tests::body;

    fn organisation() -> Organisation {
        Organisation {
            id: "suigen".parse().unwrap(),
            names: Names { ja: "水源大学".to_owned(), en: "Suigen University".to_owned() },
            category: "university".to_owned(),
            language: Lang::Ja,
            edition: "full".to_owned(),
            state: OrganisationState::Served,
            portal: Some("Suigen ID".to_owned()),
            created: Timestamp(0),
            ends: None,
        }
    }

    fn contact() -> Contact {
        Contact { address: "csirt@suigen.example".to_owned(), name: "CSIRT".to_owned(), language: Lang::Ja }
    }

    #[test]
    fn every_letter_can_be_written_in_both_languages() {
        // A code is in no outbox: it goes out where it is made.
        for letter in LetterKind::ALL.into_iter().filter(|letter| !letter.has_code()) {
            for lang in [Lang::Ja, Lang::En] {
                let body = Body { lang, ..body(letter) };
                let written =
                    write(&Templates::default(), &organisation(), &[contact()], &body, Tlp::AmberStrict);
                let letter = written.unwrap();
                assert!(letter.text.contains(organisation().names.of(lang)), "{}", letter.text);
                let names = |of: LetterKind| of.is_of_one() || of.lists();
                assert_eq!(letter.text.contains("7F3K-92QM"), names(body.letter), "{}", letter.text);
                assert_eq!(letter.text.contains("hanako@"), body.letter.names_account(), "{}", letter.text);
            }
        }
    }

    #[test]
    fn several_findings_of_one_account_are_one_letter() {
        let mut body = body(LetterKind::UserFinding);
        let mut second = body.items[0].clone();
        second.reference = "AAAA-BBBB".to_owned();
        body.items.push(second);
        let facts = facts(&organisation(), &[], &body);
        assert_eq!((facts.reference.as_str(), facts.listed.len()), ("7F3K-92QM", 1));
        let letter = write(&Templates::default(), &organisation(), &[], &body, Tlp::Amber).unwrap();
        assert!(letter.text.contains("AAAA-BBBB") && letter.subject.contains("7F3K-92QM"), "{}", letter.text);
    }

    #[test]
    fn an_organisation_may_have_its_own_words() {
        let mut templates = Templates::default();
        let own = |subject: &str| {
            Template::new(LetterKind::UserFinding, Lang::En, &format!("{subject}\n\nDear user.\n")).unwrap()
        };
        let subject = |templates: &Templates| {
            let letter = write(templates, &organisation(), &[], &body(LetterKind::UserFinding), Tlp::Amber);
            letter.unwrap().subject
        };
        templates.set(None, own("everybody's"));
        assert_eq!(subject(&templates), "everybody's");
        templates.set(Some("suigen".parse().unwrap()), own("ours"));
        assert_eq!(subject(&templates), "ours");
        templates.set(Some("other".parse().unwrap()), own("theirs"));
        assert_eq!(subject(&templates), "ours");
    }
}
