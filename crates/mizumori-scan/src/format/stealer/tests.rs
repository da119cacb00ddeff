//! Tests of stealer logs.
