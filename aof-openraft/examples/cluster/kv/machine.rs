//! The state machine: a map in memory, and its snapshots.

use super::snapshots::Snapshots;
use super::{Previous, Put};
use futures::{Stream, TryStreamExt};
use openraft::alias::{LogIdOf, SnapshotMetaOf, SnapshotOf, StoredMembershipOf};
use openraft::entry::RaftEntry;
use openraft::storage::{EntryResponder, RaftSnapshotBuilder, RaftStateMachine};
use openraft::{EntryPayload, OptionalSend, RaftTypeConfig};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A type config whose entries carry [`Put`]s.
pub trait KvTypes:
    RaftTypeConfig<
        D = Put,
        R = Previous,
        NodeId = u64,
        Payload = EntryPayload<Put, u64, <Self as RaftTypeConfig>::Node>,
        Entry = openraft::Entry<openraft::alias::CommittedLeaderIdOf<Self>, <Self as RaftTypeConfig>::Payload>,
    >
{
}

impl<C> KvTypes for C where
    C: RaftTypeConfig<
            D = Put,
            R = Previous,
            NodeId = u64,
            Payload = EntryPayload<Put, u64, <C as RaftTypeConfig>::Node>,
            Entry = openraft::Entry<openraft::alias::CommittedLeaderIdOf<C>, <C as RaftTypeConfig>::Payload>,
        >
{
}

/// Is told everything that is applied: the index, the digest of the history up to there, and what was put. After a snapshot
/// was installed, it is told where that ends.
pub type Observer = Arc<dyn Fn(u64, u64, Option<&Put>) + Send + Sync>;

/// The state machine. Clones share its state.
pub struct KvMachine<C: KvTypes> {
    state: Arc<Mutex<KvState<C>>>,
    snapshots: Arc<dyn Snapshots>,
    observer: Option<Observer>,
}

impl<C: KvTypes> Clone for KvMachine<C> {
    fn clone(&self) -> KvMachine<C> {
        let KvMachine { state, snapshots, observer } = self;
        KvMachine { state: Arc::clone(state), snapshots: Arc::clone(snapshots), observer: observer.clone() }
    }
}

/// What a snapshot holds.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
struct KvState<C: KvTypes> {
    applied: Option<LogIdOf<C>>,
    membership: StoredMembershipOf<C>,
    values: BTreeMap<String, String>,
    /// Of the whole history: two nodes that applied the same entries have the same one.
    digest: u64,
}

impl<C: KvTypes> KvMachine<C> {
    /// The state of the newest snapshot, or an empty one.
    pub fn open(snapshots: Arc<dyn Snapshots>, observer: Option<Observer>) -> io::Result<KvMachine<C>> {
        let state = match snapshots.load()? {
            Some(bytes) => decode(&bytes)?,
            None => KvState { applied: None, membership: Default::default(), values: BTreeMap::new(), digest: 0 },
        };
        Ok(KvMachine { state: Arc::new(Mutex::new(state)), snapshots, observer })
    }

    /// The value of a key, as of what this node has applied.
    pub fn get(&self, key: &str) -> Option<String> {
        self.state().values.get(key).cloned()
    }

    fn state(&self) -> MutexGuard<'_, KvState<C>> {
        // Nothing panics half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply_one(&self, entry: C::Entry) -> Previous {
        let (log_id, mut state) = (entry.log_id(), self.state());
        let mut hasher = DefaultHasher::new();
        (state.digest, log_id.to_string()).hash(&mut hasher);
        let put = match &entry.payload {
            EntryPayload::Normal(put) => Some(put),
            _ => None,
        };
        put.hash(&mut hasher);
        state.digest = hasher.finish();
        if let Some(observer) = &self.observer {
            observer(log_id.index, state.digest, put);
        }
        let previous = match entry.payload {
            EntryPayload::Blank => Previous(None),
            EntryPayload::Normal(put) => Previous(state.values.insert(put.key, put.value)),
            EntryPayload::Membership(membership) => {
                state.membership = StoredMembershipOf::<C>::new(Some(log_id.clone()), membership);
                Previous(None)
            }
        };
        state.applied = Some(log_id);
        previous
    }
}

fn meta<C: KvTypes>(state: &KvState<C>) -> SnapshotMetaOf<C> {
    SnapshotMetaOf::<C> { last_log_id: state.applied.clone(), last_membership: state.membership.clone() }
}

fn encode<C: KvTypes>(state: &KvState<C>) -> io::Result<Vec<u8>> {
    postcard::to_stdvec(state).map_err(io::Error::other)
}

fn decode<C: KvTypes>(bytes: &[u8]) -> io::Result<KvState<C>> {
    postcard::from_bytes(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

impl<C: KvTypes> RaftSnapshotBuilder<C> for KvMachine<C> {
    type SnapshotData = Vec<u8>;

    async fn build_snapshot(&mut self) -> Result<SnapshotOf<C, Vec<u8>>, io::Error> {
        let state = self.state().clone();
        let snapshot = encode(&state)?;
        self.snapshots.save(&snapshot)?;
        Ok(SnapshotOf::<C, Vec<u8>> { meta: meta(&state), snapshot })
    }
}

impl<C: KvTypes> RaftStateMachine<C> for KvMachine<C> {
    type SnapshotData = Vec<u8>;
    type SnapshotBuilder = KvMachine<C>;

    async fn applied_state(&mut self) -> Result<(Option<LogIdOf<C>>, StoredMembershipOf<C>), io::Error> {
        let state = self.state();
        Ok((state.applied.clone(), state.membership.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> Result<(), io::Error>
    where
        S: Stream<Item = Result<EntryResponder<C>, io::Error>> + Unpin + OptionalSend,
    {
        while let Some((entry, responder)) = entries.try_next().await? {
            let previous = self.apply_one(entry);
            if let Some(responder) = responder {
                responder.send(previous);
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> KvMachine<C> {
        self.clone()
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMetaOf<C>, snapshot: Vec<u8>) -> Result<(), io::Error> {
        let state = decode::<C>(&snapshot)?;
        debug_assert_eq!(state.applied, meta.last_log_id, "a snapshot says what it holds");
        self.snapshots.save(&snapshot)?;
        if let (Some(observer), Some(applied)) = (&self.observer, &state.applied) {
            observer(applied.index, state.digest, None);
        }
        *self.state() = state;
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<SnapshotOf<C, Vec<u8>>>, io::Error> {
        let Some(snapshot) = self.snapshots.load()? else { return Ok(None) };
        let state = decode::<C>(&snapshot)?;
        Ok(Some(SnapshotOf::<C, Vec<u8>> { meta: meta(&state), snapshot }))
    }
}
