//! The crate from outside: the counting method against an obvious slow recount, and every rendering against
//! the files in `tests/golden/`. All data are synthetic.

#[cfg(test)]
mod golden;
#[cfg(test)]
mod page;
#[cfg(test)]
mod recount;
#[cfg(test)]
mod sample;
