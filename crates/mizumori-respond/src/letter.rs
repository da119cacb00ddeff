//! Letters: what mails say to the people concerned, and to their administrators.
//!
//! There is one marked-up text for each kind and language ([`Template`]); the program makes both the text and the HTML of a
//! mail from it. So nobody writes HTML, and none of it can hold a link. Organisations may have texts of their own; what stands
//! below each letter is the program's: where to look, that nobody signs in from a mail, how far it may be passed on.
//!
//! Facts come from the caller. There is no place for a leaked secret among them, and no letter but the user's own, and the one to
//! whoever is to tell the user, has an address in it.

mod facts;
mod html;
mod kind;
mod markup;
mod sample;
mod template;
mod text;
pub(crate) mod words;

pub use facts::{Facts, Listed};
pub use kind::LetterKind;
pub use template::{Letter, Template};
