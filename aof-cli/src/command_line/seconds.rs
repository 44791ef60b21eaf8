//! A number of seconds.

use std::str::FromStr;
use std::time::Duration;

/// Seconds, more than none and at most a day.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Seconds(pub(crate) Duration);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Seconds, String> {
        let seconds = text.parse::<f64>().ok().filter(|seconds| (0.001..=86_400.0).contains(seconds));
        seconds
            .map(|seconds| Seconds(Duration::from_secs_f64(seconds)))
            .ok_or_else(|| "expected seconds from 0.001 to 86400".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_have_a_fraction_and_have_bounds() {
        assert_eq!("0.5".parse(), Ok(Seconds(Duration::from_millis(500))));
        for text in ["0", "-1", "1e9", "NaN", "1s", ""] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }
}
