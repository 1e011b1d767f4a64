//! How far a node is.

use super::wire::number;
use super::{ReadError, body, get, words};
use crate::kernel::port::{HttpRequest, HttpResponse};
use crate::kernel::{Nanos, time};
use serde::Deserialize;

/// Two heights, a time and two hashes. **Units** bytes.
const MAX_STATUS: u64 = 2_048;

/// A block's place and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Height.
    pub height: u64,
    /// When its proposer says it was made.
    pub time_ns: Nanos,
}

/// Asks how far a node is. It costs a five-hundredth of a block, which comes with all of its
/// transactions. **Source** Cosmos SDK, `cosmos.base.node.v1beta1.Service/Status`.
#[must_use]
pub fn status_request(rest: &str) -> HttpRequest {
    get(
        format!("{rest}/cosmos/base/node/v1beta1/status"),
        MAX_STATUS,
    )
}

/// The newest block whose state the endpoint answers from.
pub fn status_reply(response: &HttpResponse) -> Result<Block, ReadError> {
    #[derive(Deserialize)]
    struct Status {
        #[serde(deserialize_with = "number")]
        height: u64,
        timestamp: String,
    }
    let status: Status = body("a node's status", response)?;
    let time_ns = time::parse_rfc3339(&status.timestamp).ok_or_else(|| ReadError::Shape {
        expected: "a block's time (RFC 3339, UTC)",
        got: words(status.timestamp.as_bytes()),
    })?;
    Ok(Block {
        height: status.height,
        time_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Result<Block, ReadError> {
        status_reply(&HttpResponse {
            status,
            body: body.as_bytes().to_vec(),
        })
    }

    #[test]
    fn should_read_how_far_a_node_is() {
        let body = r#"{"earliest_store_height":"0","height":"27300000","timestamp":"2026-11-24T00:00:00.123456789Z","app_hash":"qg==","validator_hash":"qg=="}"#;
        let expected = Block {
            height: 27_300_000,
            time_ns: 1_795_478_400_123_456_789,
        };
        assert_eq!(reply(200, body), Ok(expected));
        for (desc, status, body) in [
            ("an error", 500, body.to_string()),
            ("no time", 200, body.replace("timestamp", "time")),
            ("no UTC", 200, body.replace('Z', "+01:00")),
            ("a number", 200, body.replace("\"27300000\"", "27300000")),
            ("a page", 200, "<html>".to_string()),
        ] {
            assert!(reply(status, &body).is_err(), "{desc}");
        }
    }
}
