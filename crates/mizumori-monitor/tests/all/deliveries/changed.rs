//! Channels that are not what they were when something was to be told.

use mizumori_monitor::{ChannelSettings, Destination, Naming};
use mizumori_store::State;

use super::{Set, sent};
use crate::world::now;

#[test]
fn a_channel_that_has_become_another_kind_gets_nothing_of_the_old_one() {
    let set = Set::told(Set::hook, 1);
    set.world.channel("siem", &set.chat());
    assert_eq!(set.send(&set.sender("one"), now()), sent(0, 0, 1));
    assert_eq!(set.notices()[0].problem.as_deref(), Some("the channel `siem` is gone"));
    assert!(set.web.take_requests().is_empty());
}

#[test]
fn addresses_go_out_only_as_long_as_they_may() {
    let named = |set: &Set| {
        let settings = set.hook();
        let Destination::Webhook { url, secret_file, authorities, .. } = settings.to else { panic!() };
        let to = Destination::Webhook { url, secret_file, accounts: Naming::Address, authorities };
        ChannelSettings { to, ..settings }
    };
    let set = Set::new();
    set.world.channel("siem", &named(&set));
    set.world.directory(&["list0@suigen.example"], |_| ());
    set.find("list", 1);
    let sender = set.sender("one");
    // It waits, and somebody switches them off.
    assert!(set.notices()[0].body.contains("list0@suigen.example"));
    set.world.channel("siem", &set.hook());
    assert_eq!(set.send(&sender, now()), sent(1, 0, 0));
    let [got] = &set.web.take_requests()[..] else { panic!() };
    let event: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    assert!(!got.text().contains('@') && event["data"]["account_tag"].is_string(), "{}", got.text());
    set.world.channel("siem", &named(&set));
    set.world.mark(&set.world.findings()[0], State::Closed);
    assert_eq!(set.send(&sender, now()), sent(1, 0, 0));
    assert!(set.web.take_requests()[0].text().contains("list0@suigen.example"));
}
