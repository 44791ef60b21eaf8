//! What a store refuses, and will refuse again, is reported at once and not tried until the deadline.

use crate::around::{Around, Way};
use aof_api::{AofBackend, Error};
use aof_object_store::{ObjectStoreBackend, Options};
use async_trait::async_trait;
use futures::executor::block_on;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, PutOptions, PutPayload, PutResult};
use std::io::{ErrorKind, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Far longer than a test may take.
const DEADLINE: Duration = Duration::from_secs(600);

/// A bucket that was removed, or whose keys were withdrawn, while a log in it was written.
#[derive(Debug)]
struct Refusing {
    refuses: AtomicBool,
    error: fn() -> object_store::Error,
}

#[async_trait]
impl Way for Arc<Refusing> {
    async fn put(
        &self,
        inner: &dyn ObjectStore,
        key: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        match self.refuses.load(Ordering::SeqCst) {
            true => Err((self.error)()),
            false => inner.put_opts(key, payload, options).await,
        }
    }
}

fn no_bucket() -> object_store::Error {
    object_store::Error::NotFound { path: "logs".to_owned(), source: "NoSuchBucket".into() }
}

fn no_permission() -> object_store::Error {
    object_store::Error::PermissionDenied { path: "logs".to_owned(), source: "AccessDenied".into() }
}

#[test]
fn a_bucket_that_is_gone_or_closed_fails_the_checkpoint_at_once() {
    for (error, kind) in
        [(no_bucket as fn() -> _, ErrorKind::NotFound), (no_permission as fn() -> _, ErrorKind::PermissionDenied)]
    {
        let way = Arc::new(Refusing { refuses: AtomicBool::new(false), error });
        let store = Arc::new(Around::new(Arc::new(InMemory::new()), Arc::clone(&way)));
        let began = Instant::now();
        block_on(async {
            let options = Options::new().deadline(DEADLINE);
            let mut log = ObjectStoreBackend::open(store, "logs/a", options).await.unwrap();
            way.refuses.store(true, Ordering::SeqCst);
            log.write(&[IoSlice::new(b"never durable")]).await.unwrap();
            let failed = log.checkpoint(&[]).await.unwrap_err();
            assert!(matches!(&failed, Error::Io { source, .. } if source.kind() == kind), "{failed:?}");
        });
        assert!(began.elapsed() < DEADLINE / 10, "{kind}: it was tried for {:?}", began.elapsed());
    }
}

/// Over HTTP, where `object_store` has no error of its own for most of what a server refuses.
#[cfg(feature = "cloud")]
mod over_http {
    use super::*;
    use aof_object_store::{Location, ObjectReader};
    use object_store::aws::AmazonS3Builder;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    /// A server that has one answer to everything.
    fn server(status: &'static str) -> Arc<dyn ObjectStore> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // The requests of this test have no body.
                for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                    if line.unwrap().is_empty() {
                        break;
                    }
                }
                let body = "<Error><Code>Refused</Code></Error>";
                let length = body.len();
                write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
                    .unwrap();
            }
        });
        // It chooses the cryptography that the HTTP client needs.
        Location::parse("s3://logs/a").unwrap();
        let store = AmazonS3Builder::new()
            .with_bucket_name("logs")
            .with_region("us-east-1")
            .with_access_key_id("key")
            .with_secret_access_key("secret")
            .with_endpoint(format!("http://{address}"))
            .with_allow_http(true);
        Arc::new(store.build().unwrap())
    }

    #[test]
    fn what_the_server_refuses_permanently_fails_at_once() {
        for (status, kind) in [
            ("400 Bad Request", ErrorKind::Other),
            ("301 Moved Permanently", ErrorKind::Other),
            ("401 Unauthorized", ErrorKind::PermissionDenied),
            ("403 Forbidden", ErrorKind::PermissionDenied),
            ("404 Not Found", ErrorKind::NotFound),
        ] {
            let began = Instant::now();
            let options = Options::new().deadline(DEADLINE);
            let failed = block_on(ObjectReader::open(server(status), "a", options)).unwrap_err();
            assert!(matches!(&failed, Error::Io { source, .. } if source.kind() == kind), "{status}: {failed:?}");
            assert!(began.elapsed() < DEADLINE / 10, "{status}: it was tried for {:?}", began.elapsed());
        }
    }

    #[test]
    fn what_the_server_may_do_later_is_tried_until_the_deadline() {
        for status in ["408 Request Timeout", "429 Too Many Requests", "503 Slow Down"] {
            let (began, deadline) = (Instant::now(), Duration::from_secs(2));
            let options = Options::new().deadline(deadline).request_timeout(deadline / 10);
            block_on(ObjectReader::open(server(status), "a", options)).unwrap_err();
            // The last pause before the deadline is not begun.
            assert!(began.elapsed() > deadline / 4, "{status}: it was tried for {:?} only", began.elapsed());
        }
    }
}
