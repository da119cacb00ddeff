//! Whom rule `neutralise` says something is done to, and why not to others. It asks nobody, and does nothing.

use std::collections::BTreeMap;
use std::fmt;

use mizumori_core::{Groups, Severity, Timestamp};
use mizumori_directory::{Action, Entry, Privilege, Standing};
use mizumori_store::{Directory, DirectoryId, Finding, Holder, NewHolder, State};

use super::Refusal;
use crate::directories::DirectorySettings;
use crate::rules::{Answer, Neutralising};

/// Why nothing is done for a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spared {
    /// It was dealt with.
    Settled(State),
    /// It was there before its organisation was, and nobody has released it.
    Backlog,
    /// It is not bad enough.
    Mild(Severity),
    /// No directory knows the account.
    Unknown,
    /// More than one entry has it.
    Several,
    /// The account is disabled.
    Disabled,
    /// It may do more than others.
    Privileged,
    /// It is among those that are never touched.
    Never,
    /// It is in none of the groups that are meant.
    OtherGroup,
    /// The rule names groups, and whether it is in them is not known.
    GroupsUnknown,
    /// Its password was changed since people were told.
    Changed(Timestamp),
    /// A change of its password is asked for already.
    Asked,
    /// A task for the account is there, or one for another of its findings; or it was done when all of the finding was known.
    Once,
    /// Its directory cannot do it, and why.
    Cannot(String),
}

impl fmt::Display for Spared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settled(state) => write!(f, "the finding is `{}`", state.as_str()),
            Self::Backlog => f.write_str("the finding is of the backlog, which nobody has released"),
            Self::Mild(severity) => write!(f, "the finding's severity is `{}` only", severity.as_str()),
            Self::Unknown => f.write_str("no directory knows the account"),
            Self::Several => f.write_str("several entries have the account"),
            Self::Disabled => f.write_str("the account is disabled"),
            Self::Privileged => f.write_str("the account is privileged"),
            Self::Never => f.write_str("the account, or a group of it, is in `never`"),
            Self::OtherGroup => f.write_str("the account is in none of the `groups`"),
            Self::GroupsUnknown => f.write_str("its groups are not known"),
            Self::Changed(at) => write!(f, "the password was changed on {}", at.day()),
            Self::Asked => f.write_str("a change of the password is asked for already"),
            Self::Once => f.write_str("the account is acted upon once"),
            Self::Cannot(why) => f.write_str(why),
        }
    }
}

/// What a directory says of an account, as far as it matters here.
pub(crate) struct Facts {
    /// Its addresses and its user name.
    names: Vec<String>,
    groups: Groups,
    is_enabled: bool,
    is_privileged: bool,
    changed: Option<Timestamp>,
    must_change: bool,
}

impl From<&NewHolder> for Facts {
    fn from(holder: &NewHolder) -> Self {
        let addresses = holder.addresses.iter().map(|address| address.address.clone());
        Self {
            names: addresses.chain(holder.login.clone()).chain([holder.entry.clone()]).collect(),
            groups: holder.groups.clone(),
            is_enabled: holder.enabled,
            is_privileged: holder.privileged,
            changed: holder.password_changed,
            must_change: holder.must_change,
        }
    }
}

impl From<&Entry> for Facts {
    fn from(entry: &Entry) -> Self {
        let addresses =
            entry.addresses.iter().map(|address| format!("{}@{}", address.local(), address.host()));
        Self {
            names: addresses
                .chain(entry.login.clone())
                .chain(entry.other_names.iter().cloned())
                .chain([entry.id.as_str().to_owned()])
                .collect(),
            groups: entry.groups.clone(),
            is_enabled: entry.standing != Standing::Disabled,
            is_privileged: entry.privilege == Privilege::Privileged,
            changed: entry.password_changed_at.map(Timestamp::from),
            must_change: entry.must_change,
        }
    }
}

/// Directories of a kind that cannot do what a rule says, and why. Of one whose settings make no sense that is seen when it is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unable(BTreeMap<DirectoryId, String>);

impl Unable {
    /// Which of these they are.
    pub(crate) fn of(directories: &[Directory], action: Action) -> Self {
        let unable = directories.iter().filter_map(|directory| {
            let can = DirectorySettings::parse(&directory.document).ok()?.actions();
            (!can.contains(&action)).then(|| (directory.id, Refusal::CannotAct(can).to_string()))
        });
        Self(unable.collect())
    }
}

/// The entry that something is done to for a finding, whether the rule is on or not. `holders` are those that have its account.
pub(crate) fn choose<'h>(
    rule: &Neutralising,
    unable: &Unable,
    finding: &Finding,
    holders: &'h [Holder],
) -> Result<&'h Holder, Spared> {
    if finding.is.state.is_settled() {
        return Err(Spared::Settled(finding.is.state));
    }
    if finding.is.backlog {
        return Err(Spared::Backlog);
    }
    if finding.is.severity < rule.from {
        return Err(Spared::Mild(finding.is.severity));
    }
    let holder = match holders {
        [] => return Err(Spared::Unknown),
        [holder] => holder,
        _ => return Err(Spared::Several),
    };
    if let Some(why) = unable.0.get(&holder.directory) {
        return Err(Spared::Cannot(why.clone()));
    }
    let facts = Facts::from(&holder.is);
    spare(rule, rule.action, finding, &facts)?;
    match rule.action == Action::ForceChange && facts.must_change {
        true => Err(Spared::Asked),
        false => Ok(holder),
    }
}

/// Whether somebody may act on an account by hand, as a directory has it. Of the rule only that holds for him which opens the door when
/// all others are shut: whom it never touches, and the privileged.
pub(crate) fn permit(rule: &Neutralising, facts: &Facts) -> Result<(), Refusal> {
    match facts.spared_by(rule) {
        Answer::Yes => Err(Refusal::Never),
        _ if facts.is_privileged && !rule.privileged => Err(Refusal::Privileged),
        Answer::Unknown => Err(Refusal::GroupsUnknown),
        Answer::No => Ok(()),
    }
}

/// Whether what a directory says of an account spares it.
pub(crate) fn spare(
    rule: &Neutralising,
    action: Action,
    finding: &Finding,
    facts: &Facts,
) -> Result<(), Spared> {
    let spares = facts.spared_by(rule);
    if spares == Answer::Yes {
        return Err(Spared::Never);
    }
    if facts.is_privileged && !rule.privileged {
        return Err(Spared::Privileged);
    }
    if !facts.is_enabled {
        return Err(Spared::Disabled);
    }
    match (spares, rule.means(&facts.groups)) {
        (_, Answer::No) => return Err(Spared::OtherGroup),
        (Answer::Unknown, _) | (_, Answer::Unknown) => return Err(Spared::GroupsUnknown),
        (Answer::Yes | Answer::No, Answer::Yes) => {}
    }
    // A new password ends no session that is open.
    match facts.changed_since(finding).filter(|_| action != Action::EndSessions) {
        Some(changed) => Err(Spared::Changed(changed)),
        None => Ok(()),
    }
}

impl Facts {
    /// Whether a rule never touches the account.
    fn spared_by(&self, rule: &Neutralising) -> Answer {
        let names: Vec<_> = self.names.iter().map(String::as_str).collect();
        rule.spares(&names, &self.groups)
    }

    /// Whether a change of the password is asked for.
    pub(crate) const fn must_change(&self) -> bool {
        self.must_change
    }

    /// Whether one can sign on with it.
    pub(crate) const fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// Whether the password was changed from that moment on.
    pub(crate) fn changed_from(&self, moment: Timestamp) -> bool {
        // Directories keep whole seconds.
        self.changed.is_some_and(|changed| !self.must_change && changed.0 / 1_000 >= moment.0 / 1_000)
    }

    /// When the password was changed since people were told of a finding, or it was found.
    fn changed_since(&self, finding: &Finding) -> Option<Timestamp> {
        // Directories keep whole seconds.
        let since = finding.told.unwrap_or(finding.created).0 / 1_000;
        self.changed.filter(|changed| !self.must_change && changed.0 / 1_000 >= since)
    }
}

#[cfg(test)]
mod tests {
    use mizumori_store::HolderAddress;

    use super::*;
    use crate::verdict::tests::{ACCOUNT, finding, holder};

    fn rule() -> Neutralising {
        Neutralising { enabled: true, dry_run: false, ..Neutralising::default() }
    }

    fn spared(rule: &Neutralising, change: impl Fn(&mut NewHolder)) -> Option<Spared> {
        let finding = finding("2026-10", Severity::StealerLog, None);
        choose(rule, &Unable::default(), &finding, &[holder(change)]).err()
    }

    #[test]
    fn whom_it_hits() {
        assert_eq!(spared(&rule(), |_| ()), None);
        assert_eq!(spared(&rule(), |is| is.enabled = false), Some(Spared::Disabled));
        assert_eq!(spared(&rule(), |is| is.privileged = true), Some(Spared::Privileged));
        assert_eq!(spared(&rule(), |is| is.must_change = true), Some(Spared::Asked));
        let bold = Neutralising { privileged: true, ..rule() };
        assert_eq!(spared(&bold, |is| is.privileged = true), None);
        let disabling = Neutralising { action: Action::Disable, ..rule() };
        assert_eq!(spared(&disabling, |is| is.must_change = true), None);
        let staff = Neutralising { groups: vec!["staff".to_owned()], ..rule() };
        assert_eq!(spared(&staff, |_| ()), Some(Spared::OtherGroup));
        assert_eq!(spared(&staff, |is| is.groups = Groups::Unknown), Some(Spared::GroupsUnknown));
        assert_eq!(spared(&staff, |is| is.groups = Groups::All(vec!["cn=Staff,dc=suigen".to_owned()])), None);
    }

    #[test]
    fn who_breaks_the_glass_is_never_hit() {
        for never in ["breakglass", "KEYS@suigen.example", "Keepers", "entry-1"] {
            let rule = Neutralising { never: vec![never.to_owned()], privileged: true, ..rule() };
            let named = |is: &mut NewHolder| {
                is.entry = "entry-1".to_owned();
                is.login = Some("Breakglass".to_owned());
                let address = "keys@suigen.example".to_owned();
                is.addresses.push(HolderAddress { address, account: ACCOUNT });
                is.groups = Groups::All(vec!["CN=Keepers,DC=suigen,DC=example".to_owned()]);
                is.privileged = true;
            };
            assert_eq!(spared(&rule, named), Some(Spared::Never), "{never}");
            assert_eq!(spared(&rule, |_| ()), None);
            // Who may be in such a group is left alone.
            assert_eq!(spared(&rule, |is| is.groups = Groups::Unknown), Some(Spared::GroupsUnknown));
        }
    }

    #[test]
    fn findings_that_are_none_of_its_business() {
        let rule = rule();
        let holder = [holder(|_| ())];
        let mut finding = finding("2026-10", Severity::OwnSite, Some("suigen.example"));
        assert!(choose(&rule, &Unable::default(), &finding, &holder).is_ok());
        assert_eq!(choose(&rule, &Unable::default(), &finding, &[]), Err(Spared::Unknown));
        let twice = [holder[0].clone(), holder[0].clone()];
        assert_eq!(choose(&rule, &Unable::default(), &finding, &twice), Err(Spared::Several));
        finding.is.severity = Severity::Password;
        assert_eq!(
            choose(&rule, &Unable::default(), &finding, &holder),
            Err(Spared::Mild(Severity::Password))
        );
        finding.is.backlog = true;
        assert_eq!(choose(&rule, &Unable::default(), &finding, &holder), Err(Spared::Backlog));
        finding.is.state = State::RiskAccepted;
        assert_eq!(
            choose(&rule, &Unable::default(), &finding, &holder),
            Err(Spared::Settled(State::RiskAccepted))
        );
    }

    #[test]
    fn a_file_does_nothing() {
        let directory = |id: i64, document: &str| Directory {
            id: DirectoryId(id),
            name: "main".to_owned(),
            kind: "csv".to_owned(),
            document: document.to_owned(),
            synced: None,
            problem: None,
        };
        let csv = DirectorySettings::Csv { file: "people.csv".into() }.to_text();
        let scim = DirectorySettings::Scim {
            url: "https://id.suigen.example".to_owned(),
            token_file: "/run/secrets/scim".into(),
            privileged_groups: Vec::new(),
            authorities: None,
        };
        let directories = [directory(1, &csv), directory(2, &scim.to_text()), directory(3, "{}")];
        let finding = finding("2026-10", Severity::StealerLog, None);
        for (id, action, words) in [
            (1, Action::Disable, Some("this kind of directory cannot do that: it is only read")),
            (2, Action::ForceChange, Some("this kind of directory cannot do that: it can disable")),
            (2, Action::Disable, None),
            (3, Action::Disable, None),
        ] {
            let (rule, unable) = (Neutralising { action, ..rule() }, Unable::of(&directories, action));
            let holder = [Holder { directory: DirectoryId(id), ..holder(|_| ()) }];
            let spared = choose(&rule, &unable, &finding, &holder).err().map(|spared| spared.to_string());
            assert_eq!(spared.as_deref(), words, "{id} {action:?}");
        }
    }

    #[test]
    fn who_was_quicker() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut told = finding("2026-10", Severity::StealerLog, None);
        told.told = Some(at("2026-11-23T09:00:00Z"));
        for (changed, must_change, action, is_spared) in [
            ("2026-11-23T08:59:59Z", false, Action::Disable, false),
            ("2026-11-23T09:00:00Z", false, Action::Disable, true),
            ("2026-11-24T09:00:00Z", false, Action::ForceChange, true),
            ("2026-11-24T09:00:00Z", true, Action::Disable, false),
            ("2026-11-24T09:00:00Z", false, Action::EndSessions, false),
        ] {
            let holder = [holder(|is| {
                (is.password_changed, is.must_change) = (Some(at(changed)), must_change);
            })];
            let rule = Neutralising { action, ..rule() };
            let chosen = choose(&rule, &Unable::default(), &told, &holder);
            assert_eq!(chosen.is_err(), is_spared, "{changed} {action:?} {chosen:?}");
        }
    }
}
