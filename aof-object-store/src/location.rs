//! URLs of logs: which store, and the prefix in it.

use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use std::io;
use std::sync::Arc;
use url::Url;

/// The schemes that are known, whether or not their features are on.
const SCHEMES: [&str; 7] = ["s3", "s3a", "gs", "az", "abfs", "memory", "file"];

/// A place for a log: a store, and the prefix of the log in it.
#[derive(Clone, Debug)]
pub struct Location {
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// The prefix of the log.
    pub prefix: String,
}

impl Location {
    /// Whether `text` is a URL of a store, as opposed to a path.
    ///
    /// ```
    /// use aof_object_store::Location;
    ///
    /// assert!(Location::is_url("s3://bucket/logs/a"));
    /// assert!(!Location::is_url("ledger.aof") && !Location::is_url("C:\\logs\\ledger.aof"));
    /// ```
    #[must_use]
    pub fn is_url(text: &str) -> bool {
        text.split_once("://").is_some_and(|(scheme, _)| SCHEMES.contains(&scheme))
    }

    /// The place that a URL names: `s3://bucket/prefix`, `gs://`, `az://`, `file:///directory` or `memory:///prefix`.
    ///
    /// Credentials, region and endpoint come from the environment, under the names that the `object_store` crate knows:
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT_URL`, `AWS_REGION`, `GOOGLE_SERVICE_ACCOUNT`,
    /// `AZURE_STORAGE_ACCOUNT_NAME` and so on. Makes no request. `memory:` is empty each time.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] with the kind `InvalidInput` for what is not a URL of a store or not complete, and `Unsupported` for
    /// a store whose feature (`cloud`, `fs`) this program was built without.
    pub fn parse(text: &str) -> Result<Location> {
        let url = Url::parse(text).map_err(|error| bad(text, io::ErrorKind::InvalidInput, error.to_string()))?;
        if let ("file" | "memory", Some(host)) = (url.scheme(), url.host_str().filter(|host| !host.is_empty())) {
            let scheme = url.scheme();
            let why = format!(
                "a {scheme} URL has no host, and this one names {host}: write {scheme}:///{host}{}",
                url.path()
            );
            return Err(bad(text, io::ErrorKind::InvalidInput, why));
        }
        let store: Arc<dyn ObjectStore> = match url.scheme() {
            "memory" => Arc::new(InMemory::new()),
            #[cfg(feature = "fs")]
            // Durable means that a power loss does not take it.
            "file" => Arc::new(object_store::local::LocalFileSystem::new().with_fsync(true)),
            "s3" | "s3a" | "gs" | "az" | "abfs" => return Location::cloud(text, &url),
            other => {
                let why = match SCHEMES.contains(&other) {
                    true => "this program was built without its feature: build with the feature fs",
                    false => "the schemes are s3, gs, az, file and memory",
                };
                return Err(bad(text, io::ErrorKind::InvalidInput, why.to_owned()));
            }
        };
        let prefix = object_store::path::Path::from_url_path(url.path());
        let prefix = prefix.map_err(|error| bad(text, io::ErrorKind::InvalidInput, error.to_string()))?;
        Ok(Location { store, prefix: prefix.to_string() })
    }

    #[cfg(feature = "cloud")]
    fn cloud(text: &str, url: &Url) -> Result<Location> {
        // Fails where the program has chosen one already, which is then used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut options: Vec<(String, String)> = std::env::vars().collect();
        // An endpoint says by its scheme whether plain HTTP is meant.
        let is_plain = |(name, value): &(String, String)| {
            name.to_ascii_uppercase().contains("ENDPOINT") && value.starts_with("http://")
        };
        if options.iter().any(is_plain) {
            options.push(("aws_allow_http".to_owned(), "true".to_owned()));
        }
        let parsed = object_store::parse_url_opts(url, options);
        let (store, prefix) = parsed.map_err(|error| bad(text, io::ErrorKind::InvalidInput, error.to_string()))?;
        Ok(Location { store: store.into(), prefix: prefix.to_string() })
    }

    #[cfg(not(feature = "cloud"))]
    fn cloud(text: &str, _: &Url) -> Result<Location> {
        let why = "this program was built without its feature: build with the feature cloud";
        Err(bad(text, io::ErrorKind::Unsupported, why.to_owned()))
    }
}

fn bad(text: &str, kind: io::ErrorKind, why: String) -> Error {
    Error::io_at(IoCall::Open, std::path::Path::new(text), 0, io::Error::new(kind, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_store_and_a_prefix() {
        let location = Location::parse("memory:///logs/a").unwrap();
        assert_eq!((location.prefix.as_str(), location.store.to_string().as_str()), ("logs/a", "InMemory"));
    }

    #[cfg(feature = "fs")]
    #[test]
    fn a_url_of_a_directory_names_no_host() {
        let error = Location::parse("file://mnt/backup").unwrap_err().to_string();
        assert!(error.contains("write file:///mnt/backup"), "{error}");
        assert!(Location::parse("file:///mnt/backup").is_ok());
    }

    #[test]
    fn what_is_not_a_url_of_a_store_is_refused_with_what_is() {
        for text in ["ledger.aof", "ftp://host/x", "s3:/bucket"] {
            let error = Location::parse(text).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
            assert!(!Location::is_url(text), "{text}");
        }
        let error = Location::parse("ftp://host/x").unwrap_err().to_string();
        assert!(error.contains("s3, gs, az, file and memory"), "{error}");
    }
}
