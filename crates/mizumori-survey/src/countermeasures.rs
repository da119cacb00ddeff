//! The countermeasures of a report: the three built in, or somebody's own text.

/// What a report recommends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Countermeasures<'a> {
    /// Detect, grasp and neutralise; multi-factor authentication; education.
    #[default]
    BuiltIn,
    /// A text in Markdown instead of them.
    Text(&'a str),
}
