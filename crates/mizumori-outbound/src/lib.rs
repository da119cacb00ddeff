//! HTTP to others: no further than it may reach, never longer than it may take.
//!
//! A [`Client`] is made once for each [`Reach`]: [`Reach::Public`] for the addresses that tenants give (webhooks, proofs of
//! domains), which must not become a way into the operator's own network, and [`Reach::Anywhere`] for those that the operator
//! configures himself. It sends one [`Request`] and reads one [`Answer`], within limits of time and length.
//!
//! It tries nothing again, keeps no cookies, unpacks no compression and judges no status: all that is the caller's. The
//! process-wide provider of rustls is installed by the program.

mod address;
mod allowed;
mod answer;
mod bounds;
mod client;
mod error;
mod names;
mod request;
mod settings;

pub use allowed::Allowed;
pub use answer::{Answer, retry_after};
pub use client::Client;
pub use error::{OutboundError, Refusal, Result};
pub use request::Request;
pub use reqwest::Method;
pub use settings::{ClientSettings, Reach, Schemes};
pub use url::Url;
