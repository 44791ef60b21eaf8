//! How a log is made and opened.

use crate::chain::rule::Rule;
use crate::format::checksum::Checksum;
use crate::format::header::Release;
use crate::format::layout::ENTRY_SIZE_MAX;
use crate::format::prepare::Prepare;
use crate::read;
use crate::read::options::VERIFY_THREADS_MAX;
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the chain of a new log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Origin {
    /// At the root of the cluster: the first entry is op 1.
    #[default]
    Root,
    /// After an entry of another log, which this one continues.
    After {
        /// The op of that entry.
        op: u64,
        /// Its checksum.
        checksum: Checksum,
    },
}

/// Whose checkpoints the entries of a log record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Marks {
    /// Those of this log, as [`append`](crate::Aof::append) records them: damage at or below the highest op that any entry
    /// calls checkpointed is lost acknowledged data.
    #[default]
    Own,
    /// Those of another log, whose entries were stored here by [`write`](crate::Aof::write), or say nothing: a replica.
    /// Only [`LogOptions::durable_len`] and the note of the storage say what was durable here. Without the former, whole
    /// entries after damage refuse to be cut.
    Foreign,
}

impl Origin {
    /// Op and checksum of the entry that the first one follows.
    pub(crate) fn base(self, cluster: u128) -> (u64, Checksum) {
        match self {
            Origin::Root => (0, Prepare::root(cluster).checksum()),
            Origin::After { op, checksum } => (op, checksum),
        }
    }
}

/// How [`Aof::open`](crate::Aof::open) treats a damaged, unacknowledged tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tail {
    /// Cut it; [`Recovery`](crate::Recovery) has the bytes.
    #[default]
    Truncate,
    /// Cut it where it is no more than an incomplete last entry, or zeros; refuse to open where it is anything else,
    /// whole entries after a hole for instance. A power loss may leave such a tail, and so may a bad disk under
    /// entries that were acknowledged by the last checkpoint of all, which no entry records. One case of the latter passes
    /// for a torn entry: where zeros follow the last entry, and it was damaged in a body that ends in a zero.
    TruncateTorn,
    /// Keep it and write after it, as TigerBeetle does. The first write fills up what is torn, to the length that its
    /// header claims, with bytes that its checksum refuses, and makes them durable: so no torn entry becomes whole by
    /// what follows, and recovery and other readers distinguish what follows from its body. It costs up to
    /// 1 MiB and one checkpoint.
    ///
    /// A log that another program continued after a torn entry, without such a filler, is to be opened with this policy:
    /// the bytes where the body of the torn entry would be may have been made by a client, and the other policies
    /// refuse to guess. For the same reason, `Truncate` is the safer choice for such logs where clients choose the
    /// bodies.
    Keep,
    /// Refuse to open.
    Refuse,
}

/// The client of appended entries that name no other. On disk it reads `aof client`.
const CLIENT_DEFAULT: u128 = u128::from_le_bytes(*b"aof client\0\0\0\0\0\0");

/// A clock: returns the nanoseconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// How a log is made ([`Aof::create`](crate::Aof::create)) or opened ([`Aof::open`](crate::Aof::open)).
///
/// ```
/// use aof_api::{LogOptions, Operation, Rule, Tail};
///
/// let options = LogOptions::new().cluster(7).rule(Rule::SeenParent).tail(Tail::Refuse).verify_threads(2);
/// ```
#[derive(Clone)]
pub struct LogOptions {
    pub(crate) cluster: Option<u128>,
    pub(crate) origin: Origin,
    pub(crate) rule: Rule,
    pub(crate) tail: Tail,
    pub(crate) durable_len: Option<u64>,
    pub(crate) expected_tip: Option<Checksum>,
    pub(crate) unflushed_max: u64,
    pub(crate) cut_len_max: u64,
    pub(crate) client: u128,
    pub(crate) release: Release,
    pub(crate) request: u32,
    pub(crate) clock: Clock,
    pub(crate) read: read::Options,
    pub(crate) read_threads: usize,
    pub(crate) marks: Marks,
    pub(crate) ignore_note: bool,
    pub(crate) verify_all: bool,
    pub(crate) visit_from: Option<u64>,
}

impl LogOptions {
    /// The defaults that each method names.
    #[must_use]
    pub fn new() -> LogOptions {
        LogOptions {
            cluster: None,
            origin: Origin::Root,
            marks: Marks::Own,
            ignore_note: false,
            verify_all: false,
            visit_from: None,
            rule: Rule::Linear,
            tail: Tail::Truncate,
            durable_len: None,
            expected_tip: None,
            unflushed_max: u64::MAX,
            cut_len_max: 256 << 20,
            client: CLIENT_DEFAULT,
            release: Release::new(0, 1, 0),
            request: 1,
            clock: Arc::new(system_clock),
            read: read::Options::new(),
            read_threads: 1,
        }
    }

    /// The cluster of the log. By default that of the log that is opened, and 0 for a new one.
    #[must_use]
    pub fn cluster(mut self, cluster: u128) -> LogOptions {
        self.cluster = Some(cluster);
        self
    }

    /// Where a new log begins, also one that is opened and empty. By default at the root.
    #[must_use]
    pub fn origin(mut self, origin: Origin) -> LogOptions {
        self.origin = origin;
        self
    }

    /// Which chain the log must hold to be opened. By default [`Rule::Linear`], which is what
    /// [`append`](crate::Aof::append) makes; a log that a restarted replica wrote needs [`Rule::SeenParent`].
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> LogOptions {
        self.rule = rule;
        self
    }

    /// What to do with a damaged tail. By default it is cut.
    #[must_use]
    pub fn tail(mut self, tail: Tail) -> LogOptions {
        self.tail = tail;
        self
    }

    /// How many bytes from the beginning are known to have been durable: damage that begins below is lost acknowledged
    /// data, and so is a log that ends below. Entries that [`append`](crate::Aof::append) made, and a note of the storage,
    /// may say that more was; what is above all of that is a tail. For logs made by [`write`](crate::Aof::write), whose
    /// entries do not record what was acknowledged here.
    #[must_use]
    pub fn durable_len(mut self, bytes: u64) -> LogOptions {
        self.durable_len = Some(bytes);
        self
    }

    /// Whose checkpoints the entries record. By default [`Marks::Own`].
    #[must_use]
    pub fn marks(mut self, marks: Marks) -> LogOptions {
        self.marks = marks;
        self
    }

    /// Opens the log as if the storage had kept no note: the way to continue where the note is intact and the log does not
    /// hold what it says, when the loss is accepted. By default a note counts.
    #[must_use]
    pub fn ignore_note(mut self, ignore: bool) -> LogOptions {
        self.ignore_note = ignore;
        self
    }

    /// Reads and verifies all of the log when it is opened, also what a note of the storage says was verified and durable.
    /// By default reading begins where the note says, under [`Rule::Linear`].
    #[must_use]
    pub fn verify_all(mut self, verify_all: bool) -> LogOptions {
        self.verify_all = verify_all;
        self
    }

    /// The first op that [`Aof::open_with`](crate::Aof::open_with) visits: entries below are not handed to the visitor, and
    /// not read where a note of the storage says that they are durable. By default every entry is visited.
    #[must_use]
    pub fn visit_from(mut self, op: u64) -> LogOptions {
        self.visit_from = Some(op);
        self
    }

    /// The checksum of an entry that the log must hold to be opened, the last one that was acknowledged for instance:
    /// the one check that catches a disk that acknowledges what it did not keep.
    #[must_use]
    pub fn expected_tip(mut self, checksum: Checksum) -> LogOptions {
        self.expected_tip = Some(checksum);
        self
    }

    /// How many bytes may be written and not yet durable, at least one entry of the largest size; more is refused with
    /// [`Error::UnflushedMax`](crate::Error::UnflushedMax). By default there is no bound.
    #[must_use]
    pub fn unflushed_max(mut self, bytes: u64) -> LogOptions {
        self.unflushed_max = bytes.max(ENTRY_SIZE_MAX as u64);
        self
    }

    /// How many bytes of a damaged tail recovery holds in memory to report them; a longer one is refused with
    /// [`Error::TooLarge`](crate::Error::TooLarge). Zeros do not count. By default 256 MiB.
    #[must_use]
    pub fn cut_len_max(mut self, bytes: u64) -> LogOptions {
        self.cut_len_max = bytes;
        self
    }

    /// The `client` of appended entries, not 0 (0 is brought to 1). By default the bytes `aof client`.
    #[must_use]
    pub fn client(mut self, client: u128) -> LogOptions {
        self.client = client.max(1);
        self
    }

    /// The `release` of appended entries, not 0 (0 is brought to 1). By default 0.1.0.
    #[must_use]
    pub fn release(mut self, release: Release) -> LogOptions {
        self.release = Release(release.0.max(1));
        self
    }

    /// The `request` of appended entries, not 0 (0 is brought to 1). By default 1.
    #[must_use]
    pub fn request(mut self, request: u32) -> LogOptions {
        self.request = request.max(1);
        self
    }

    /// The clock that stamps appended entries, in nanoseconds since 1970; one that stops or goes back is pushed
    /// on. By default that of the system. With another one, a run is deterministic.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> u64 + Send + Sync + 'static) -> LogOptions {
        self.clock = Arc::new(clock);
        self
    }

    /// How the log is read when it is opened and by [`validate`](crate::Aof::validate) and
    /// [`entries`](crate::Aof::entries).
    #[must_use]
    pub fn read(mut self, read: read::Options) -> LogOptions {
        self.read = read;
        self
    }

    /// Threads that read and verify a long log when it is opened, each with a
    /// [`reader`](crate::AofBackend::reader) of its own, the calling one included, 1 to 1,024: as good as one for each
    /// core. By default 1, which reads alone while [`verify_threads`](LogOptions::verify_threads) verify.
    ///
    /// The readers are driven by a plain executor on threads of their own, so they must not need another one; those of
    /// files and memory do not. Under another rule than [`Rule::Linear`], and where an
    /// [`expected_tip`](LogOptions::expected_tip) is to be found, one thread reads all the same. What is found, refused and
    /// cut is the same either way.
    #[must_use]
    pub fn read_threads(mut self, threads: usize) -> LogOptions {
        self.read_threads = threads.clamp(1, VERIFY_THREADS_MAX);
        self
    }

    /// Threads that verify checksums, as [`read::Options::verify_threads`]. By default 1.
    #[must_use]
    pub fn verify_threads(mut self, threads: usize) -> LogOptions {
        self.read = self.read.verify_threads(threads);
        self
    }
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions::new()
    }
}

impl fmt::Debug for LogOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogOptions")
            .field("cluster", &self.cluster)
            .field("start", &self.origin)
            .field("rule", &self.rule)
            .field("tail", &self.tail)
            .finish_non_exhaustive()
    }
}

fn system_clock() -> u64 {
    // A clock before 1970 counts as 1970; one after 2554 as the last moment there is.
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX)
}
