//! The fee schedule. **Units** cycles. **Source** dfinity/ic, `config/src/subnet_config.rs` and
//! `cycles_account_manager`, values of 2026; all are given for 13 nodes and scale with the subnet.

/// Nodes for which the fees below are given.
const REFERENCE_NODES: u128 = 13;
/// Creation of a canister.
const CANISTER_CREATION: u128 = 500_000_000_000;
/// Base of each message that runs; an instruction costs one cycle.
const MESSAGE: u128 = 5_000_000;
const CALL: u128 = 260_000;
const CALL_BYTE: u128 = 1_000;
const INGRESS: u128 = 1_200_000;
const INGRESS_BYTE: u128 = 2_000;
const GIB_SECOND: u128 = 317_500;
const CANISTER_SECOND: u128 = 10_000;
const COMPUTE_PERCENT_SECOND: u128 = 10_000_000;
const SIGNATURE: u128 = 10_000_000_000;
/// Largest reply of an update call; a caller prepays its transmission.
pub(crate) const MAX_REPLY_BYTES: usize = 2 << 20;
/// What `max_response_bytes` counts if it is absent, and its maximum.
pub(crate) const MAX_HTTP_BYTES: u64 = 2_000_000;

/// The prices of a subnet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fees {
    /// How many nodes the subnet has.
    pub(crate) nodes: u32,
}

/// What an inter-canister call costs at `call_perform`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallFee {
    pub(crate) request: u128,
    /// For the largest response; what the real one does not need comes back.
    pub(crate) response: u128,
    /// For the callback; what it does not need comes back.
    pub(crate) execution: u128,
}

impl CallFee {
    pub(crate) fn total(&self) -> u128 {
        self.request + self.response + self.execution
    }
}

impl Fees {
    fn scaled(self, fee: u128) -> u128 {
        fee * u128::from(self.nodes) / REFERENCE_NODES
    }

    pub(crate) fn canister_creation(self) -> u128 {
        self.scaled(CANISTER_CREATION)
    }

    /// A message that runs `instructions`. Instructions of 64-bit modules cost twice as much.
    pub(crate) fn execution(self, instructions: u64, memory64: bool) -> u128 {
        let each = if memory64 { 2 } else { 1 };
        self.scaled(MESSAGE) + self.scaled(u128::from(instructions) * each)
    }

    pub(crate) fn ingress(self, bytes: usize) -> u128 {
        self.scaled(INGRESS) + self.scaled(INGRESS_BYTE * wide(bytes))
    }

    pub(crate) fn response(self, bytes: usize) -> u128 {
        self.scaled(CALL_BYTE * wide(bytes))
    }

    pub(crate) fn call(self, name_and_payload: u64, instruction_limit: u64) -> CallFee {
        CallFee {
            request: self.scaled(CALL) + self.scaled(CALL_BYTE * u128::from(name_and_payload)),
            response: self.response(MAX_REPLY_BYTES),
            execution: self.execution(instruction_limit, false),
        }
    }

    /// What a canister that does nothing pays for some time.
    pub(crate) fn idle(self, bytes: u64, compute_percent: u64, nanoseconds: u128) -> u128 {
        let memory = u128::from(bytes) * GIB_SECOND / (1 << 30);
        let base = if bytes > 0 { CANISTER_SECOND } else { 0 };
        let per_second = memory + base + u128::from(compute_percent) * COMPUTE_PERCENT_SECOND;
        self.scaled(per_second * nanoseconds / 1_000_000_000)
    }

    /// A threshold signature by a key that lives on a subnet with `nodes` nodes.
    pub(crate) fn signature(nodes: u32) -> u128 {
        Self { nodes }.scaled(SIGNATURE)
    }

    /// An outcall by the legacy price.
    pub(crate) fn http(self, request_bytes: u64, max_response_bytes: u64) -> u128 {
        let n = u128::from(self.nodes);
        let request = 400 * u128::from(request_bytes);
        let response = 800 * u128::from(max_response_bytes);
        n * (3_000_000 + 60_000 * n + request + response)
    }

    /// An outcall by the pay-as-you-go price: an upper bound for the stated resources.
    pub(crate) fn http_v2(self, p: &HttpResources) -> u128 {
        let n = u128::from(self.nodes);
        let request = u128::from(p.request_bytes);
        let transformed = u128::from(p.transformed_response_bytes).max(1_025);
        let (base, gossip, performing) = if p.fully_replicated {
            (
                n * (1_000_000 + 50 * request + 140_000 * n + 800 * n * n),
                0,
                n,
            )
        } else {
            let base = n * (1_000_000 + 50 * request + 90_000 * n + 2_000 * n + 100_000);
            (base, 50 * n * transformed, 1)
        };
        let usage = 50 * u128::from(p.raw_response_bytes)
            + 300 * u128::from(p.http_roundtrip_time_ms)
            + u128::from(p.transform_instructions) / 13
            + gossip;
        let consensus = n * (10 * n + 600) * transformed;
        let reserved = if p.fully_replicated {
            // n - f equal answers decide, f being the largest number of faulty nodes.
            let threshold = n - n.saturating_sub(1) / 3;
            consensus.div_ceil(threshold) * n
        } else {
            consensus
        };
        base + performing * (usage + reserved.div_ceil(performing))
    }
}

/// What the pay-as-you-go price of an outcall depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpResources {
    pub(crate) request_bytes: u64,
    pub(crate) http_roundtrip_time_ms: u64,
    pub(crate) raw_response_bytes: u64,
    pub(crate) transformed_response_bytes: u64,
    pub(crate) transform_instructions: u64,
    pub(crate) fully_replicated: bool,
}

fn wide(bytes: usize) -> u128 {
    u128::try_from(bytes).expect("a length fits 128 bits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::LIMIT_UPDATE;

    #[test]
    fn should_give_the_published_prices() {
        let at = |nodes| Fees { nodes };
        for (desc, got, expected) in [
            ("creation, 13", at(13).canister_creation(), 500_000_000_000),
            (
                "creation, 34",
                at(34).canister_creation(),
                1_307_692_307_692,
            ),
            ("message base, 34", at(34).execution(0, false), 13_076_923),
            (
                "instructions of a 64-bit module",
                at(13).execution(1_000, true),
                5_002_000,
            ),
            ("ingress, 34", at(34).ingress(0), 3_138_461),
            (
                "empty call",
                at(13).call(0, LIMIT_UPDATE).total(),
                42_102_412_000,
            ),
            ("signature, 13", Fees::signature(13), 10_000_000_000),
            ("signature, 34", Fees::signature(34), 26_153_846_153),
            (
                "outcall with the default limit",
                at(13).http(0, 2_000_000),
                20_849_140_000,
            ),
            (
                "outcall, a request byte",
                at(13).http(1, 0) - at(13).http(0, 0),
                5_200,
            ),
            ("outcall, 34", at(34).http(0, 0), 171_360_000),
        ] {
            assert_eq!(got, expected, "{desc}");
        }
    }

    #[test]
    fn should_give_the_published_base_of_the_new_outcall_price() {
        let price = |nodes, fully_replicated, request_bytes| {
            let resources = HttpResources {
                request_bytes,
                fully_replicated,
                ..Default::default()
            };
            Fees { nodes }.http_v2(&resources)
        };
        let consensus = |n: u128| n * (10 * n + 600) * 1_025;
        let replicated = |n: u128, threshold: u128| n * consensus(n).div_ceil(threshold);
        assert_eq!(price(13, true, 0), 38_417_600 + replicated(13, 9));
        assert_eq!(price(34, true, 0), 227_283_200 + replicated(34, 23));
        assert_eq!(price(13, true, 1) - price(13, true, 0), 650);
        assert_eq!(
            price(13, false, 0),
            29_848_000 + 50 * 13 * 1_025 + consensus(13)
        );
    }

    #[test]
    fn should_charge_idle_time_for_memory_and_allocation() {
        let fees = Fees { nodes: 13 };
        let second = 1_000_000_000;
        assert_eq!(fees.idle(1 << 30, 0, second), GIB_SECOND + CANISTER_SECOND);
        assert_eq!(fees.idle(0, 0, second), 0);
        assert_eq!(fees.idle(0, 2, second), 20_000_000);
    }
}
