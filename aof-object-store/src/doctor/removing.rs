//! Removing what was put, which is a check too.

use super::finding::{Check, Finding};
use super::scratch::Scratch;
use object_store::{Error, ObjectStoreExt};

/// How often what is listed is removed: listings may be late.
const LOOKS: usize = 4;

impl Scratch {
    /// Removes everything below the scratch prefix; the keys that could not be.
    pub(super) async fn removes_everything(&self) -> (Check, Vec<String>) {
        let (name, what) = ("delete", "an object that was deleted is gone");
        let mut why = None;
        for _ in 0..LOOKS {
            let listed = match self.requests.list(&self.root, None).await {
                Ok(listed) => listed,
                Err(error) => {
                    let left = vec![format!("{}/", self.root)];
                    return (Check::failed(name, what, error.to_string()), left);
                }
            };
            if listed.is_empty() {
                break;
            }
            for meta in &listed {
                if let Err(error) = self.requests.delete(&meta.location).await {
                    why.get_or_insert(error.to_string());
                }
            }
            if let Some(first) = listed.first()
                && why.is_none()
                && !matches!(self.store().head(&first.location).await, Err(Error::NotFound { .. }))
            {
                why = Some(format!("{} is there after it was deleted", first.location));
            }
            if why.is_some() {
                break;
            }
        }
        let left = self.requests.list(&self.root, None).await.unwrap_or_default();
        let left: Vec<_> = left.into_iter().map(|meta| meta.location.to_string()).collect();
        let finding = match (why, left.len()) {
            (None, 0) => Finding::Passed,
            // A log is written without deleting; only pruning gives nothing back.
            (Some(why), _) => Finding::Warned(format!("pruning gives nothing back: {why}")),
            (None, count) => Finding::Warned(format!("{count} objects are listed after they were deleted")),
        };
        (Check { name, what, finding }, left)
    }
}
