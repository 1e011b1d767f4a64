//! Times as other systems write them.

use super::Nanos;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Reads `2026-11-24T18:00:00.123456789Z`. `None` for anything else, before 1970, or past what 64
/// bits of nanoseconds hold (2554).
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<Nanos> {
    let time: SystemTime = humantime::parse_rfc3339(text).ok()?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    Nanos::try_from(since.as_nanos()).ok()
}

/// Writes `2026-11-24T18:00:00Z`; fractions of a second are dropped.
#[must_use]
pub fn rfc3339(ns: Nanos) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_nanos(ns)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::NANOS_PER_SECOND;

    #[test]
    fn should_read_and_write_times() {
        let second = "2026-11-24T00:00:00Z";
        let ns = 1_795_478_400 * NANOS_PER_SECOND;
        assert_eq!(parse_rfc3339(second), Some(ns));
        assert_eq!(rfc3339(ns + 999), second);
        assert_eq!(
            parse_rfc3339("2026-11-24T00:00:00.000000017Z"),
            Some(ns + 17)
        );
        // A node writes as many places as it needs.
        assert_eq!(
            parse_rfc3339("2026-11-24T00:00:00.5Z"),
            Some(ns + NANOS_PER_SECOND / 2)
        );
    }

    #[test]
    fn should_refuse_what_is_no_time() {
        for text in [
            "",
            "Z",
            "2026-11-24",
            "2026-13-24T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
