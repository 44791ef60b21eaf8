//! The numbered promises as text: one source for the documentation and the conformance suite.

/// The promises B1 to B16 as Markdown, as the documentation of [`storage`](crate::storage) shows them.
///
/// ```
/// assert!(aof_api::storage::PROMISES.contains("- **B16** "));
/// ```
pub const PROMISES: &str = include_str!("promises.md");

/// The text of promise number `number`, from 1, without its number; `None` where there is no such promise.
///
/// ```
/// use aof_api::storage::promise;
///
/// assert_eq!(promise(5), Some("`seek` takes any `u64`. No arithmetic wraps."));
/// assert_eq!(promise(0), None);
/// ```
#[must_use]
pub fn promise(number: usize) -> Option<&'static str> {
    let head = format!("- **B{number}** ");
    PROMISES.lines().find_map(|line| line.strip_prefix(head.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_promises_are_numbered_without_a_gap() {
        let numbered = PROMISES.lines().filter(|line| line.starts_with("- **B")).count();
        assert_eq!(numbered, 16);
        assert!((1..=numbered).all(|number| promise(number).is_some()));
        assert_eq!(promise(numbered + 1), None);
    }
}
