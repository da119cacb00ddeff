//! Tells people and systems: mail, webhooks, syslog, chats, exports.
