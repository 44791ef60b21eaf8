//! Records to bytes.

use crate::codec::{Codec, CodecError};
use openraft::RaftTypeConfig;
use openraft::alias::{LogIdOf, VoteOf};
use openraft::entry::RaftEntry;

type Encoded = Result<Vec<u8>, CodecError>;

pub(crate) fn entry<C: RaftTypeConfig, K: Codec>(entry: &C::Entry) -> Encoded {
    let mut body = Vec::new();
    let (leader_id, index) = entry.log_id_parts();
    put_log_id_parts::<_, K>(leader_id, index, &mut body)?;
    K::encode(entry, &mut body)?;
    Ok(body)
}

pub(crate) fn vote<C: RaftTypeConfig, K: Codec>(vote: &VoteOf<C>) -> Encoded {
    let mut body = Vec::new();
    K::encode(vote, &mut body)?;
    Ok(body)
}

pub(crate) fn truncate_after<C: RaftTypeConfig, K: Codec>(last: Option<&LogIdOf<C>>) -> Encoded {
    let mut body = Vec::new();
    put_optional::<C, K>(last, &mut body)?;
    Ok(body)
}

pub(crate) fn purge<C: RaftTypeConfig, K: Codec>(log_id: &LogIdOf<C>) -> Encoded {
    let mut body = Vec::new();
    put_log_id::<C, K>(log_id, &mut body)?;
    Ok(body)
}

pub(crate) fn committed<C: RaftTypeConfig, K: Codec>(log_id: Option<&LogIdOf<C>>) -> Encoded {
    truncate_after::<C, K>(log_id)
}

pub(crate) fn state<C: RaftTypeConfig, K: Codec>(
    vote: Option<&VoteOf<C>>,
    committed: Option<&LogIdOf<C>>,
    purged: Option<&LogIdOf<C>>,
    first_index: u64,
) -> Encoded {
    let mut body = vec![0; 4];
    if let Some(vote) = vote {
        K::encode(vote, &mut body)?;
        let len = u32::try_from(body.len() - 4)?;
        body[..4].copy_from_slice(&len.to_le_bytes());
    }
    put_optional::<C, K>(committed, &mut body)?;
    put_optional::<C, K>(purged, &mut body)?;
    body.extend(first_index.to_le_bytes());
    Ok(body)
}

fn put_optional<C: RaftTypeConfig, K: Codec>(
    log_id: Option<&LogIdOf<C>>,
    body: &mut Vec<u8>,
) -> Result<(), CodecError> {
    body.push(log_id.is_some().into());
    log_id.map_or(Ok(()), |log_id| put_log_id::<C, K>(log_id, body))
}

fn put_log_id<C: RaftTypeConfig, K: Codec>(log_id: &LogIdOf<C>, body: &mut Vec<u8>) -> Result<(), CodecError> {
    put_log_id_parts::<_, K>(&log_id.leader_id, log_id.index, body)
}

fn put_log_id_parts<L: serde::Serialize, K: Codec>(
    leader_id: &L,
    index: u64,
    body: &mut Vec<u8>,
) -> Result<(), CodecError> {
    body.extend(index.to_le_bytes());
    let at = body.len();
    body.extend([0; 2]);
    K::encode(leader_id, body)?;
    let len = u16::try_from(body.len() - at - 2)?;
    body[at..at + 2].copy_from_slice(&len.to_le_bytes());
    Ok(())
}
