//! Webhooks, as Standard Webhooks has them (<https://www.standardwebhooks.com>, specification 1.0.0): signed, and tried again on
//! its schedule.
//!
//! It sends to one address once. Which events go where, replays and the list of addresses are the caller's.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use aws_lc_rs::rand::fill;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mizumori_core::Secret;
use mizumori_outbound::{Answer, Client, Method, OutboundError, Refusal, Request, Url};

use crate::delivery::Delivery;
use crate::error::{RespondError, Result};

/// What a secret begins with where it is written.
const PREFIX: &str = "whsec_";
/// Bytes of a secret of ours; the specification has 24 to 64.
const OURS: usize = 32;
/// Other signers' secrets are taken as the specification has them.
const SIZES: std::ops::RangeInclusive<usize> = 24..=64;
/// The longest pause that somebody may ask us for.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// Characters of an id.
const LONGEST_ID: usize = 200;

/// The pauses of the specification's schedule, before the second attempt and those after it.
const PAUSES: [u64; 9] = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];

/// How long to wait before the next attempt, after so many: nothing before the first; `None` when it is given up.
pub fn delay_after(attempts: u32) -> Option<Duration> {
    match usize::try_from(attempts).ok()?.checked_sub(1) {
        None => Some(Duration::ZERO),
        Some(at) => PAUSES.get(at).copied().map(Duration::from_secs),
    }
}

/// A secret that messages are signed with, and that who gets them knows as well.
#[derive(Clone)]
pub struct WebhookSecret(Secret<Vec<u8>>);

impl WebhookSecret {
    /// A new one.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn random() -> Result<Self> {
        let mut bytes = vec![0; OURS];
        fill(&mut bytes).map_err(|_| RespondError::Prepare("there are no random numbers".to_owned()))?;
        Ok(Self(Secret::new(bytes)))
    }

    /// As it is written: `whsec_` and base64.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0.expose()))
    }

    fn signature(&self, id: &str, seconds: u64, body: &[u8]) -> String {
        let mut signed = format!("{id}.{seconds}.").into_bytes();
        signed.extend_from_slice(body);
        let tag = sign(&Key::new(HMAC_SHA256, self.0.expose()), &signed);
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }
}

impl FromStr for WebhookSecret {
    type Err = RespondError;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || RespondError::Setting("a webhook's secret is `whsec_` and base64 of 24 to 64 bytes");
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX).ok_or_else(wrong)?).map_err(|_| wrong())?;
        if SIZES.contains(&bytes.len()) { Ok(Self(Secret::new(bytes))) } else { Err(wrong()) }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// What is sent.
#[derive(Clone)]
pub struct Message {
    id: String,
    body: Vec<u8>,
}

impl Message {
    /// A message in JSON. Its id is the same at each attempt, so that who gets it twice can tell.
    ///
    /// # Errors
    /// When the id is not of letters, digits, `_` and `-`.
    pub fn new(id: &str, json: Vec<u8>) -> Result<Self> {
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(is_id) {
            return Err(RespondError::Setting("a webhook's id is of letters, digits, `_` and `-`"));
        }
        Ok(Self { id: id.to_owned(), body: json })
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({}, {} bytes)", self.id, self.body.len())
    }
}

/// Where messages go. Its `Debug` shows the host only: paths of webhooks are secrets.
#[derive(Clone)]
pub struct Webhook {
    url: Secret<Url>,
    secrets: Vec<WebhookSecret>,
}

impl Webhook {
    /// An address and its secrets, the newest first: while one takes another's place, messages are signed with both.
    ///
    /// # Errors
    /// When the address is none, or there is no secret.
    pub fn new(url: &Secret<String>, secrets: Vec<WebhookSecret>) -> Result<Self> {
        let url =
            Url::parse(url.expose()).map_err(|_| RespondError::Setting("the webhook's address is none"))?;
        if secrets.is_empty() {
            return Err(RespondError::Setting("a webhook needs a secret"));
        }
        Ok(Self { url: Secret::new(url), secrets })
    }

    /// Host and port.
    pub(crate) fn host(&self) -> String {
        host_of(self.url.expose())
    }

    /// Sends a message once, by a client whose reach is the public Internet where a tenant gave the address.
    pub async fn send(&self, client: &Client, message: &Message, now: SystemTime) -> Delivery {
        let request = match self.request(message, now) {
            Ok(request) => request,
            Err(why) => return Delivery::Never { why: why.into() },
        };
        judged(client.send(request).await, &self.host(), now)
    }

    fn request(&self, message: &Message, now: SystemTime) -> mizumori_outbound::Result<Request> {
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let signatures: Vec<_> =
            self.secrets.iter().map(|secret| secret.signature(&message.id, seconds, &message.body)).collect();
        Request::new(Method::POST, self.url.expose().as_str())?
            .header("webhook-id", &message.id)?
            .header("webhook-timestamp", &seconds.to_string())?
            .header("webhook-signature", &signatures.join(" "))?
            .body("application/json", message.body.clone())
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({})", self.host())
    }
}

pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// What an answer means: 410 is for ever, everything else that is no success may pass, redirections included.
pub(crate) fn judged(answer: mizumori_outbound::Result<Answer>, host: &str, now: SystemTime) -> Delivery {
    let answer = match answer {
        Ok(answer) => answer,
        // A name may have another address tomorrow.
        Err(why @ OutboundError::Refused { why: Refusal::Address, .. }) => {
            return Delivery::later(why.into());
        }
        Err(why @ (OutboundError::Refused { .. } | OutboundError::Address(_) | OutboundError::Header(_))) => {
            return Delivery::Never { why: why.into() };
        }
        // It may have been taken: whoever answers with too much has got it.
        Err(why) => return Delivery::later(why.into()),
    };
    if answer.is_success() {
        return Delivery::Accepted;
    }
    let why = RespondError::Refused {
        server: host.to_owned(),
        stage: "the message",
        code: Some(answer.status()),
        status: None,
    };
    if answer.status() == 410 {
        return Delivery::Never { why };
    }
    Delivery::Later { why, after: answer.retry_after(now).map(|after| after.min(LONGEST_PAUSE)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_as_the_specification_has_it() {
        // The vector that the specification's own libraries are tested with.
        let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signature =
            secret.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(secret.expose(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }

    #[test]
    fn the_schedule() {
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
        assert_eq!(delay_after(0), Some(Duration::ZERO));
        assert_eq!(delay_after(1), Some(Duration::from_secs(5)));
        assert_eq!((delay_after(4), delay_after(9)), (hours(2), hours(24)));
        assert_eq!((delay_after(10), delay_after(u32::MAX)), (None, None));
    }

    #[test]
    fn secrets_and_ids() {
        for wrong in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_%%%"] {
            assert!(wrong.parse::<WebhookSecret>().is_err(), "{wrong}");
        }
        let secret = WebhookSecret::random().unwrap();
        assert_eq!(secret.expose().parse::<WebhookSecret>().unwrap().0, secret.0);
        assert_eq!(format!("{secret:?}"), "[secret]");
        for wrong in ["", "a.b", "a b", "a\r\nb: c", "水"] {
            assert!(Message::new(wrong, Vec::new()).is_err(), "{wrong}");
        }
        let hook =
            Webhook::new(&Secret::new("https://hook.example:8443/T0/himitsu".to_owned()), vec![secret]);
        assert_eq!(format!("{:?}", hook.unwrap()), "Webhook(hook.example:8443)");
        assert!(Webhook::new(&Secret::new("https://hook.example/".to_owned()), Vec::new()).is_err());
    }
}
