//! Splits a dump into records and pushes them into a sink.
