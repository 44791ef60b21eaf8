//! The conformance suite, on a store in memory behind a wire that is slow, fails and loses answers.

#[path = "../around/mod.rs"]
mod around;
#[path = "../wire/mod.rs"]
mod wire;

mod fixture;

use fixture::StoreFixture;
use wire::Troubles;

/// A wire without trouble of its own: what the suite asks for fails once, and is tried again.
mod plain {
    use super::*;
    aof_testkit::conformance!(|| StoreFixture::new(Troubles::none()));
}

/// Nothing is tried again, so that a failure poisons.
mod impatient {
    use super::*;
    aof_testkit::conformance!(|| StoreFixture::new(Troubles::none()).impatient());
}

/// Requests take a while, fail with 5xx and 409, lose their answers, and listings are late.
mod troubled {
    use super::*;
    aof_testkit::conformance!(|| StoreFixture::new(Troubles::many(7)));
}

/// Many writes are cut into chunks, and put, before their checkpoint; checkpoints wait a moment for others.
mod small_chunks {
    use super::*;
    aof_testkit::conformance!(|| StoreFixture::new(Troubles::none()).small_chunks());
}
