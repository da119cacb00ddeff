//! The counting method and the report.
