//! Bytes out of files, containers and encodings.
