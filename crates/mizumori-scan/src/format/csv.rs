//! Separated values with columns: CSV, TSV and their kin.
