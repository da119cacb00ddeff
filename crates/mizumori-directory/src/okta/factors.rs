//! Who has a second factor (`listFactors`): a request for each user.

use futures::future::try_join_all;
use serde::Deserialize;

use super::user::User;
use super::{OktaDirectory, READ};
use crate::entry::{SecondFactor, Standing};
use crate::error::Result;
use crate::rest::{Call, below};

/// So many are asked for at once.
const AT_ONCE: usize = 8;
/// What is none: who can read the mailbox has the one, and the other is one more thing that is known.
const NONE: [&str; 2] = ["email", "question"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Factor {
    factor_type: String,
    status: Option<String>,
}

/// Fills in whether users have one. Of those who cannot sign on it is not asked.
pub(super) async fn fill<E>(
    directory: &OktaDirectory,
    users: &mut [std::result::Result<User, E>],
) -> Result<()> {
    for some in users.chunks_mut(AT_ONCE) {
        let asked = some.iter().map(async |user| match user {
            Ok(user) if user.person.entry.standing != Standing::Disabled => of(directory, user).await,
            _ => Ok(SecondFactor::Unknown),
        });
        let told = try_join_all(asked).await?;
        for (user, factor) in some.iter_mut().zip(told) {
            if let Ok(user) = user {
                user.person.entry.second_factor = factor;
            }
        }
    }
    Ok(())
}

async fn of(directory: &OktaDirectory, user: &User) -> Result<SecondFactor> {
    let url = below(&directory.url, ["users", user.person.entry.id.as_str(), "factors"])?;
    let Some(factors) = directory.reading.ask::<Vec<Factor>>(Call::get(url), READ).await? else {
        return Ok(SecondFactor::Unknown);
    };
    let is_one =
        |factor: &Factor| factor.status.as_deref() == Some("ACTIVE") && !NONE.contains(&&*factor.factor_type);
    Ok(if factors.iter().any(is_one) { SecondFactor::Present } else { SecondFactor::Absent })
}
