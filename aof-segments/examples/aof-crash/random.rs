//! Randomness from a seed.

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}

/// The body of the entry number `nonce` of a round: it tells both, and cannot be mistaken for another.
pub(crate) fn body(seed: u64, round: u64, nonce: u64) -> Vec<u8> {
    let mut random = Random(seed ^ round.rotate_left(32) ^ nonce.wrapping_mul(0x1234_5678_9abc_def1));
    // Mostly small, some of many sectors.
    let words = if random.below(16) == 0 { random.below(6000) } else { random.below(200) };
    let mut body = [round.to_le_bytes(), nonce.to_le_bytes()].concat();
    for _ in 0..words {
        body.extend_from_slice(&random.next().to_le_bytes());
    }
    body
}

/// The round and the nonce that a body tells.
pub(crate) fn told(body: &[u8]) -> Option<(u64, u64)> {
    let (round, rest) = body.split_first_chunk()?;
    let (nonce, _) = rest.split_first_chunk()?;
    Some((u64::from_le_bytes(*round), u64::from_le_bytes(*nonce)))
}
