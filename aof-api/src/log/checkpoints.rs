//! Which op is known to be durable, while checkpoints are under way.

use std::collections::VecDeque;

/// The highest op that an entry may call checkpointed: that of the last [called](Checkpoints::called) checkpoint whose end
/// is durable. Whether its future was polled, or dropped, does not matter.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    op: u64,
    /// The end and the highest op at each call that was not durable yet, both increasing.
    under_way: VecDeque<(u64, u64)>,
}

impl Checkpoints {
    /// Of a log whose entries up to `op` are durable.
    pub(crate) fn new(op: u64) -> Checkpoints {
        Checkpoints { op, under_way: VecDeque::new() }
    }

    /// A checkpoint was called on a log of `len` bytes whose highest op is `op`.
    pub(crate) fn called(&mut self, len: u64, op: u64) {
        match self.under_way.back_mut() {
            Some(last) if last.0 == len => last.1 = op,
            _ => self.under_way.push_back((len, op)),
        }
    }

    /// So many bytes are durable now.
    pub(crate) fn settle(&mut self, durable_len: u64) {
        while let Some(&(len, op)) = self.under_way.front()
            && len <= durable_len
        {
            self.op = self.op.max(op);
            self.under_way.pop_front();
        }
    }

    /// The highest op that is known to be durable.
    pub(crate) fn op(&self) -> u64 {
        self.op
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_op_counts_once_the_end_of_its_checkpoint_is_durable() {
        let mut checkpoints = Checkpoints::new(3);
        checkpoints.called(100, 5);
        checkpoints.called(200, 7);
        checkpoints.settle(150);
        assert_eq!(checkpoints.op(), 5);
        checkpoints.settle(200);
        assert_eq!(checkpoints.op(), 7);
    }

    #[test]
    fn calls_at_the_same_end_take_no_memory() {
        let mut checkpoints = Checkpoints::new(0);
        (0..1000).for_each(|_| checkpoints.called(100, 5));
        assert_eq!(checkpoints.under_way.len(), 1);
    }
}
