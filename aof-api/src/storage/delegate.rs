//! The reading half of a wrapper, by one line.

/// Implements every method of [`AofRead`](crate::AofRead) by the field that is named, hints included.
///
/// For wrappers around a backend or a reader that change only some of the writing: a wrapper written by hand does not
/// notice when it forgets a method that has a default.
///
/// ```
/// use aof_api::AofRead;
/// use aof_api::storage::delegate_read;
///
/// struct Wrapper<B> {
///     inner: B,
/// }
///
/// impl<B: AofRead> AofRead for Wrapper<B> {
///     delegate_read!(inner);
/// }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __delegate_read {
    ($($field:ident).+) => {
        async fn seek(&mut self, offset: u64) -> $crate::Result<()> {
            $crate::AofRead::seek(&mut self.$($field).+, offset).await
        }

        async fn read(&mut self, buf: &mut [u8]) -> $crate::Result<usize> {
            $crate::AofRead::read(&mut self.$($field).+, buf).await
        }

        async fn start(&mut self) -> $crate::Result<u64> {
            $crate::AofRead::start(&mut self.$($field).+).await
        }

        async fn end(&mut self) -> $crate::Result<u64> {
            $crate::AofRead::end(&mut self.$($field).+).await
        }

        async fn changed(&mut self, end: u64) -> $crate::Result<u64> {
            $crate::AofRead::changed(&mut self.$($field).+, end).await
        }

        async fn next_data(&mut self, offset: u64) -> $crate::Result<u64> {
            $crate::AofRead::next_data(&mut self.$($field).+, offset).await
        }

        async fn boundary(&mut self, offset: u64) -> $crate::Result<u64> {
            $crate::AofRead::boundary(&mut self.$($field).+, offset).await
        }
    };
}

#[doc(inline)]
pub use __delegate_read as delegate_read;
