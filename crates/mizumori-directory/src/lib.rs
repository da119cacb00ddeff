//! Directories: whose an account is, and what can be done about it there.
