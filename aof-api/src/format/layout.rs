//! The sizes of the format, and what begins every entry.

use crate::format::header::HEADER_SIZE;

/// The 16 bytes before every entry. Source: TigerBeetle 0.17, `src/aof.zig`.
pub const MAGIC: [u8; 16] = 0x00bc_d8d3_fee4_0611_9ed1_92c4_f4c4_fc82_u128.to_le_bytes();

/// The 16 bytes before every entry in files older than TigerBeetle 0.16.21, whose layout is another one.
pub const MAGIC_LEGACY: [u8; 16] = 0xeb71_f62a_395c_755e_8c4a_cd3b_a183_1bc2_u128.to_le_bytes();

/// The largest prepare, header and body, in bytes.
pub const MESSAGE_SIZE_MAX: u32 = 1 << 20;

/// The largest body in bytes.
pub const BODY_SIZE_MAX: u32 = MESSAGE_SIZE_MAX - HEADER_SIZE;

/// The smallest entry in bytes: magic and header, no body. Also what must be read before a body can be.
pub const ENTRY_SIZE_MIN: usize = MAGIC.len() + HEADER_SIZE as usize;

/// The largest entry in bytes.
pub const ENTRY_SIZE_MAX: usize = MAGIC.len() + MESSAGE_SIZE_MAX as usize;

/// The bytes that a prepare of `size` (header and body) takes in a log.
#[must_use]
pub const fn size_disk(size: u32) -> u64 {
    MAGIC.len() as u64 + size as u64
}
