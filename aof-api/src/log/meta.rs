//! What a caller may set of an entry besides its operation and body.

use crate::format::header::Release;

/// Fields of one appended entry, in place of those that [`LogOptions`](crate::LogOptions) gives to every entry.
///
/// Op, parent, commit, timestamp, cluster and mark are the log's and cannot be set.
///
/// ```
/// use aof_api::log::Meta;
///
/// let meta = Meta::new().client(7).request(42).view(3);
/// assert_eq!(meta, Meta::new().view(3).request(42).client(7));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    pub(crate) client: Option<u128>,
    pub(crate) request: Option<u32>,
    pub(crate) release: Option<Release>,
    pub(crate) view: Option<u32>,
}

impl Meta {
    /// Sets nothing: what the options say holds.
    #[must_use]
    pub const fn new() -> Meta {
        Meta { client: None, request: None, release: None, view: None }
    }

    /// The client; 0 exactly for the operations pulse and upgrade.
    #[must_use]
    pub const fn client(mut self, client: u128) -> Meta {
        self.client = Some(client);
        self
    }

    /// The request; 0 exactly for the operations register, pulse and upgrade.
    #[must_use]
    pub const fn request(mut self, request: u32) -> Meta {
        self.request = Some(request);
        self
    }

    /// The release, not 0.
    #[must_use]
    pub const fn release(mut self, release: Release) -> Meta {
        self.release = Some(release);
        self
    }

    /// The view; 0 where it is not set.
    #[must_use]
    pub const fn view(mut self, view: u32) -> Meta {
        self.view = Some(view);
        self
    }
}
