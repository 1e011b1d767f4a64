//! Which chain, and where to reach it.

use minicbor::{Decode, Encode};

/// Most endpoints that a configuration may list.
pub const MAX_ENDPOINTS: usize = 16;

/// Longest chain id. **Units** bytes. **Source** CometBFT, `types/genesis.go`, `MaxChainIDLen`.
pub const MAX_CHAIN_ID_BYTES: usize = 50;

/// The chain and its public endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChainConfig {
    /// Part of every signature: a transaction for one chain is worth nothing on another.
    #[n(0)]
    pub chain_id: String,
    /// Tried in turn; a read that must be agreed asks several.
    #[n(1)]
    pub endpoints: Vec<Endpoint>,
    /// How many endpoints must say the same before anything is given up, closed or written off.
    #[n(2)]
    pub agreement: u8,
    /// **Units** thousandths of a uakt per unit of gas.
    #[n(3)]
    pub gas_price_milli_uakt: u64,
}

/// One node's two public doors, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Endpoint {
    /// REST (grpc-gateway).
    #[n(0)]
    pub rest: String,
    /// CometBFT RPC.
    #[n(1)]
    pub rpc: String,
}

/// Why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainConfigError {
    /// No chain, or a name longer than any chain has.
    #[error("chain_id: expected 1 to {MAX_CHAIN_ID_BYTES} bytes, got {got}")]
    ChainId {
        /// Bytes.
        got: usize,
    },
    /// None, or too many.
    #[error("endpoints: expected 1 to {MAX_ENDPOINTS}, got {got}")]
    Endpoints {
        /// How many.
        got: usize,
    },
    /// Not an address that an outcall can reach.
    #[error("endpoints: expected an https:// address without a trailing slash, got {got:?}")]
    Address {
        /// The address.
        got: String,
    },
    /// More than there are, or none.
    #[error("agreement: expected 1 to {endpoints} (the number of endpoints), got {got}")]
    Agreement {
        /// Wanted votes.
        got: u8,
        /// Possible votes.
        endpoints: usize,
    },
}

impl ChainConfig {
    /// Checks every bound. **Errors** the first that does not hold.
    pub fn check(&self) -> Result<(), ChainConfigError> {
        let got = self.chain_id.len();
        if got == 0 || got > MAX_CHAIN_ID_BYTES {
            return Err(ChainConfigError::ChainId { got });
        }
        let endpoints = self.endpoints.len();
        if endpoints == 0 || endpoints > MAX_ENDPOINTS {
            return Err(ChainConfigError::Endpoints { got: endpoints });
        }
        for address in self.endpoints.iter().flat_map(|e| [&e.rest, &e.rpc]) {
            let host = address.strip_prefix("https://").unwrap_or_default();
            if host.is_empty() || address.ends_with('/') {
                return Err(ChainConfigError::Address {
                    got: address.clone(),
                });
            }
        }
        if self.agreement == 0 || usize::from(self.agreement) > endpoints {
            return Err(ChainConfigError::Agreement {
                got: self.agreement,
                endpoints,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> ChainConfig {
        let endpoint = Endpoint {
            rest: "https://a.b".into(),
            rpc: "https://a.b/rpc".into(),
        };
        ChainConfig {
            chain_id: "akashnet-2".into(),
            endpoints: vec![endpoint.clone(), endpoint],
            agreement: 2,
            gas_price_milli_uakt: 25,
        }
    }

    #[test]
    fn should_accept_up_to_each_edge_and_refuse_past_it() {
        type Change = fn(&mut ChainConfig);
        let rows: [(&str, Change, bool); 9] = [
            ("as it is", |_| {}, true),
            (
                "longest chain id",
                |c| c.chain_id = "x".repeat(MAX_CHAIN_ID_BYTES),
                true,
            ),
            (
                "longer chain id",
                |c| c.chain_id = "x".repeat(MAX_CHAIN_ID_BYTES + 1),
                false,
            ),
            ("no chain id", |c| c.chain_id.clear(), false),
            (
                "most endpoints",
                |c| c.endpoints = vec![c.endpoints[0].clone(); MAX_ENDPOINTS],
                true,
            ),
            (
                "more endpoints",
                |c| c.endpoints = vec![c.endpoints[0].clone(); MAX_ENDPOINTS + 1],
                false,
            ),
            (
                "plain http",
                |c| c.endpoints[1].rpc = "http://a.b".into(),
                false,
            ),
            ("agreement of none", |c| c.agreement = 0, false),
            (
                "agreement of more than there are",
                |c| c.agreement = 3,
                false,
            ),
        ];
        for (desc, change, accepted) in rows {
            let mut config = config();
            change(&mut config);
            assert_eq!(config.check().is_ok(), accepted, "{desc}");
        }
    }
}
