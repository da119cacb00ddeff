//! Separated lists: account and secret, with or without a URL, one a line.
