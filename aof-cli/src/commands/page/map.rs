//! What is where in the files, by offset, in cells that widen as the files do.

/// How many cells there are at most, and how many bytes the narrowest has.
const CELLS: usize = 240;
const WIDTH_MIN: u64 = 1 << 9;

/// What is in a cell; the worst of it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::commands) enum Mark {
    /// Nothing was read there.
    #[default]
    None,
    /// Whole entries, recorded for the first time.
    Whole,
    /// Entries that were recorded before.
    Repeated,
    /// Ops are missing before an entry here, or another history or cluster begins.
    Missing,
    /// Bytes that hold no whole entry.
    Damaged,
}

/// The files one after the other.
pub(in crate::commands) struct Map {
    width: u64,
    cells: [Mark; CELLS],
    len: u64,
}

impl Map {
    pub(in crate::commands) fn new() -> Map {
        Map { width: WIDTH_MIN, cells: [Mark::None; CELLS], len: 0 }
    }

    /// Marks bytes, by their offset in all files together.
    pub(in crate::commands) fn mark(&mut self, offset: u64, len: u64, mark: Mark) {
        let end = offset.saturating_add(len.max(1));
        while (end - 1) / self.width >= CELLS as u64 {
            let two = |pair: &[Mark]| pair.iter().copied().max().unwrap_or_default();
            let joined: Vec<Mark> = self.cells.chunks(2).map(two).collect();
            self.cells = [Mark::None; CELLS];
            self.cells[..joined.len()].copy_from_slice(&joined);
            self.width = self.width.saturating_mul(2);
        }
        for cell in &mut self.cells[(offset / self.width) as usize..=((end - 1) / self.width) as usize] {
            *cell = mark.max(*cell);
        }
        self.len = self.len.max(end);
    }

    /// How many bytes a cell has, and how many all have together.
    pub(in crate::commands) fn scale(&self) -> (u64, u64) {
        (self.width, self.len)
    }

    /// Neighbours that are alike, as one: the first cell, how many, and what they are.
    pub(in crate::commands) fn runs(&self) -> Vec<(usize, usize, Mark)> {
        let used = self.len.div_ceil(self.width) as usize;
        let mut runs: Vec<(usize, usize, Mark)> = Vec::new();
        for (index, mark) in self.cells[..used.min(CELLS)].iter().enumerate() {
            match runs.last_mut() {
                Some((_, count, last)) if last == mark => *count += 1,
                _ => runs.push((index, 1, *mark)),
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_a_cell_is_shown_however_wide_it_is() {
        let mut map = Map::new();
        for entry in 0..1_000_u64 {
            map.mark(entry * 1000, 1000, if entry == 500 { Mark::Damaged } else { Mark::Whole });
        }
        let (width, len) = map.scale();
        assert_eq!(len, 1_000_000);
        let runs = map.runs();
        assert_eq!(runs.iter().map(|run| run.2).collect::<Vec<_>>(), [Mark::Whole, Mark::Damaged, Mark::Whole]);
        assert!(runs[1].0 as u64 * width <= 500_000 && (runs[1].0 + runs[1].1) as u64 * width >= 501_000);
        assert_eq!(runs.iter().map(|run| run.1).sum::<usize>() as u64, len.div_ceil(width));
    }
}
