//! The loop: from new exposures to changed passwords.
