//! The views in which a cluster recorded its entries, and how often they changed.

/// The views of entries, in the order of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Views {
    /// The view of the first entry and of the last one; none in an empty log.
    pub(super) ends: Option<(u32, u32)>,
    /// How many entries have another view than the one before them.
    pub(super) changes: u64,
}

impl Views {
    pub(super) fn add(&mut self, view: u32) {
        self.ends = match self.ends {
            None => Some((view, view)),
            Some((first, before)) => {
                self.changes += u64::from(view != before);
                Some((first, view))
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_an_entry_in_another_view_than_the_one_before() {
        let mut views = Views::default();
        [3, 3, 5, 5, 4].into_iter().for_each(|view| views.add(view));
        assert_eq!(views, Views { ends: Some((3, 4)), changes: 2 });
    }
}
