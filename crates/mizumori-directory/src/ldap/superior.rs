//! The addresses of superiors and keepers, whom a directory names by their distinguished names.

use std::collections::HashMap;

use ldap3::Scope;
use mizumori_core::Account;

use super::connection::Connection;
use super::found::normal;
use super::person::Person;
use super::settings::LdapSettings;
use crate::address::{Addresses, Proxy, parse, proxy};
use crate::directory::OddityKind;
use crate::error::Result;

/// Names that are remembered. A superior has many subordinates; who has more superiors than this looks some up twice.
const REMEMBERED: usize = 10_000;

/// What was looked up already.
#[derive(Default)]
pub(super) struct Superiors(HashMap<String, Option<Account<'static>>>);

impl Superiors {
    /// Fills in the superior and the keepers.
    pub(super) async fn fill(
        &mut self,
        settings: &LdapSettings,
        connection: &mut Connection,
        person: &mut Person,
        odd: &mut Vec<OddityKind>,
    ) -> Result<()> {
        if let Some(superior) = person.superior.take() {
            person.entry.superior = self.address(settings, connection, &superior).await?;
            if person.entry.superior.is_none() {
                odd.push(OddityKind::NoSuchPerson("superior"));
            }
        }
        for keeper in std::mem::take(&mut person.keepers) {
            match self.address(settings, connection, &keeper).await? {
                Some(address) => person.entry.keepers.push(address),
                None => odd.push(OddityKind::NoSuchPerson("keepers")),
            }
        }
        Ok(())
    }

    async fn address(
        &mut self,
        settings: &LdapSettings,
        connection: &mut Connection,
        value: &str,
    ) -> Result<Option<Account<'static>>> {
        if let Some(address) = parse(value) {
            return Ok(Some(address));
        }
        let name = normal(value);
        if let Some(known) = self.0.get(&name) {
            return Ok(known.clone());
        }
        let attributes = &settings.attributes.addresses;
        let found = connection.find(value, Scope::Base, "(objectClass=*)", attributes).await?;
        let address = found.first().and_then(|found| {
            let mut addresses = Addresses::default();
            let values = || attributes.iter().flat_map(|attribute| found.texts(attribute)).map(proxy);
            let primary = values().filter(|value| matches!(value, Proxy::Primary(_)));
            for value in primary.chain(values()) {
                if let Proxy::Primary(text) | Proxy::Other(text) = value {
                    // What is no address here is reported where that entry is read.
                    let _ = addresses.add(text);
                }
            }
            addresses.into_vec().into_iter().next()
        });
        if self.0.len() == REMEMBERED {
            self.0.clear();
        }
        self.0.insert(name, address.clone());
        Ok(address)
    }
}
