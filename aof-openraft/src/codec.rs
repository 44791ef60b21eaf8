//! How leader ids, votes and entries become bytes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;

/// Why a value could not be encoded or decoded.
pub type CodecError = Box<dyn Error + Send + Sync>;

/// A serde format for what the records of the log carry: leader ids, votes and entries.
///
/// The choice belongs to the bytes on disk: a log that was written with one codec cannot be opened with another. A format
/// whose types may gain fields over time (JSON, CBOR, MessagePack with names) makes larger logs that later versions of a
/// program still read; [`Postcard`] is the compact default.
///
/// ```
/// use aof_openraft::{Codec, CodecError};
/// use serde::{Serialize, de::DeserializeOwned};
///
/// struct Json;
///
/// impl Codec for Json {
///     fn encode<T: Serialize>(value: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
///         Ok(serde_json::to_writer(into, value)?)
///     }
///
///     fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
///         Ok(serde_json::from_slice(bytes)?)
///     }
/// }
///
/// let mut bytes = Vec::new();
/// Json::encode(&(7, "seven"), &mut bytes)?;
/// assert_eq!(Json::decode::<(u32, String)>(&bytes)?, (7, "seven".to_owned()));
/// # Ok::<(), CodecError>(())
/// ```
pub trait Codec: Send + Sync + 'static {
    /// Appends the bytes of `value` to `into`.
    ///
    /// # Errors
    ///
    /// When the format cannot represent the value. What was appended by then is not used.
    fn encode<T: Serialize>(value: &T, into: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Reads back what [`encode`](Codec::encode) appended; `bytes` holds this one value and nothing after it.
    ///
    /// # Errors
    ///
    /// When the bytes are not those of such a value, or are longer than one.
    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError>;
}

/// The default [`Codec`]: the `postcard` format, which writes integers in as few bytes as they need and no names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Postcard;

impl Codec for Postcard {
    fn encode<T: Serialize>(value: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        postcard::to_io(value, into)?;
        Ok(())
    }

    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
        let (value, rest) = postcard::take_from_bytes(bytes)?;
        match rest.len() {
            0 => Ok(value),
            extra => Err(format!("{extra} bytes follow the value").into()),
        }
    }
}
