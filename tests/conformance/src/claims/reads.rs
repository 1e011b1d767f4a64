//! What nodes of the chain are asked, and what they answer.

use super::Basis::{self, Read};
use super::{Claim, Part, Source};

const fn read(
    id: &'static str,
    what: &'static str,
    at: &'static str,
    bases: &'static [Basis],
) -> Claim {
    Claim {
        id,
        part: Part::Reads,
        what,
        at,
        bases,
    }
}

pub(super) const CLAIMS: &[Claim] = &[
    read(
        "query/account",
        "accounts/{address} answers with the account's number and sequence, and with status 404 and code 5 for one that is not there",
        "src/akash/read/account.rs",
        &[Read(Source::CosmosSdk, "x/auth/keeper/grpc_query.go")],
    ),
    read(
        "query/balance",
        "balances/{address}/by_denom answers \"0\" where there is nothing",
        "src/akash/read/account.rs",
        &[Read(Source::CosmosSdk, "x/bank/keeper/grpc_query.go")],
    ),
    read(
        "query/authz-grants",
        "grants of one granter to one grantee come as a list, which is empty where there are none when no message is named, and is an error of code 2 when one is; we name none",
        "src/akash/read/account.rs",
        &[Read(Source::CosmosSdk, "x/authz/keeper/grpc_query.go")],
    ),
    read(
        "query/fee-allowance",
        "an allowance that is not there is an error of status 500 and code 13, not 404",
        "src/akash/read/account.rs",
        &[Read(Source::CosmosSdk, "x/feegrant/keeper/grpc_query.go")],
    ),
    read(
        "query/pinned-height",
        "the header x-cosmos-block-height makes a query run on the state after that block",
        "src/akash/read/mod.rs",
        &[Read(Source::CosmosSdk, "types/grpc/headers.go")],
    ),
    read(
        "query/status",
        "node/v1beta1/status tells height and time of the newest block",
        "src/akash/read/node.rs",
        &[Read(Source::CosmosSdk, "client/grpc/node/service.go")],
    ),
    read(
        "query/broadcast",
        "a broadcast answers with what CheckTx said: code, codespace, log; the hash is ours",
        "src/akash/read/tx.rs",
        &[Read(Source::CosmosSdk, "x/auth/tx/service.go")],
    ),
    read(
        "query/transaction",
        "txs/{hash} answers with height, code, codespace and data, and with code 5 until the node has indexed it",
        "src/akash/read/tx.rs",
        &[Read(Source::CosmosSdk, "x/auth/tx/service.go")],
    ),
    read(
        "query/deployment",
        "deployments/info gives state, groups with their states, and the escrow account with funds and deposits",
        "src/akash/read/deployment.rs",
        &[
            Read(
                Source::ChainSdk,
                "proto/node/akash/deployment/v1beta4/query.proto",
            ),
            Read(Source::Node, "x/deployment/keeper/grpc_query.go"),
        ],
    ),
    read(
        "query/deployments",
        "deployments/list with owner and state pages by an opaque key; total counts the page alone",
        "src/akash/read/deployment.rs",
        &[Read(Source::Node, "x/deployment/keeper/grpc_query.go")],
    ),
    read(
        "query/bids",
        "bids/list gives id, state and price of each bid, price with a point and 18 places",
        "src/akash/read/market.rs",
        &[
            Read(
                Source::ChainSdk,
                "proto/node/akash/market/v1beta5/query.proto",
            ),
            Read(Source::Node, "x/market/keeper/grpc_query.go"),
        ],
    ),
    read(
        "query/leases",
        "leases/list gives id, state, price and reason of each lease, by the enum's names",
        "src/akash/read/market.rs",
        &[
            Read(
                Source::ChainSdk,
                "proto/node/akash/market/v1beta5/query.proto",
            ),
            Read(Source::ChainSdk, "proto/node/akash/market/v1/lease.proto"),
        ],
    ),
    read(
        "query/provider",
        "providers/{owner} gives host address and attributes",
        "src/akash/read/market.rs",
        &[Read(Source::ChainSdk, "proto/node/akash/provider/v1beta4")],
    ),
    read(
        "query/bme-status",
        "bme/v1/status says whether mints and refunds are allowed, and is an error while there is no fresh price",
        "src/akash/read/bme.rs",
        &[Read(Source::Node, "x/bme/keeper/grpc_query.go")],
    ),
    read(
        "query/bme-ledger",
        "bme/v1/ledger gives pending, executed and cancelled records of one source, each with its id",
        "src/akash/read/bme.rs",
        &[Read(Source::Node, "x/bme/keeper/grpc_query.go")],
    ),
    read(
        "query/oracle-price",
        "oracle/v2/aggregated_price/akt gives median price, its time and its health; the name is akt, not uakt",
        "src/akash/read/bme.rs",
        &[Read(Source::Node, "x/oracle/keeper/grpc_query.go")],
    ),
    read(
        "value/decimals",
        "REST prints decimals with a point and 18 places, 64-bit numbers as texts, 32-bit numbers as numbers, bytes in base64, resource values as decimal texts",
        "src/akash/read/wire.rs",
        &[Read(
            Source::ChainSdk,
            "go/node/types/resources/v1beta4/types.go",
        )],
    ),
];
