//! Imports into an index that tell nobody how far they are, and questions of the private check.

use std::sync::Arc;

use mizumori_core::{Account, LocalPart, Secret};
use mizumori_guard::private::{GenerationParameters, Query, SlowHash};
use mizumori_guard::{Import, Observer, Order};
use mizumori_read::Reader;

struct Nobody;

impl Observer for Nobody {
    fn read(&self, _: u64) {}
    fn lines(&self, _: u64) {}
    fn is_stopped(&self) -> bool {
        false
    }
}

/// An import of whatever it is, by one worker.
pub fn quiet_import(reader: &Reader) -> Import<'_> {
    Import {
        reader,
        format: None,
        order: Order::Any,
        words: [true, true],
        source: None,
        threads: 1,
        memory: 1 << 20,
        observer: Arc::new(Nobody),
    }
}

/// As fast as the slow hash can be.
pub const FAST: SlowHash = SlowHash { memory_kib: 8, passes: 1, lanes: 1 };

/// A question about a pair.
pub fn query(generation: &GenerationParameters, account: &str, password: &str) -> Query {
    let account = Account::parse(account, LocalPart::Column).expect("an account");
    let password = Secret::new(password.as_bytes().to_vec());
    Query::new(generation, &account, &password).expect("parameters that were accepted")
}
