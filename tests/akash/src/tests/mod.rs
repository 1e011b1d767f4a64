//! Tests of the whole stand-in.

mod accounts;
mod ante;
mod bme;
mod escrow;
mod forgeries;
mod gateways;
mod grants;
mod market;
mod nodes;
mod proofs;
mod stored;
mod story;
mod vectors;

use crate::chain::UACT;
use crate::proto::Any;
use crate::proto::{
    BidId, Coin, DecCoin, DeploymentId, Deposit, Endpoint, GroupSpec, Memory, MsgCloseDeployment,
    MsgCreateDeployment, MsgLease, PlacementRequirements, ResourceUnit, ResourceValue, Resources,
    SignedBy, Storage, Units,
};
use crate::wallet::{TxOptions, Wallet, any};
use crate::{Akash, Genesis, ProviderConfig, Request, Response};

/// Enough of everything.
const RICH: u64 = 1_000_000_000_000;

/// A network with one rich tenant and these providers.
fn network(providers: Vec<ProviderConfig>) -> (Akash, Wallet) {
    let tenant = Wallet::new("tenant");
    let balances = vec![(
        tenant.address().to_owned(),
        vec![(RICH, "uakt"), (RICH / 10, UACT)],
    )];
    let akash = Akash::new(Genesis {
        balances,
        providers,
        ..Genesis::default()
    });
    (akash, tenant)
}

/// Includes messages in the next block and returns codespace and code.
fn run(akash: &mut Akash, wallet: &Wallet, messages: Vec<Any>) -> (&'static str, u32) {
    run_with(akash, wallet, messages, &TxOptions::default())
}

/// As [`run`], with options; a refusal at the door counts as well.
fn run_with(
    akash: &mut Akash,
    wallet: &Wallet,
    messages: Vec<Any>,
    options: &TxOptions,
) -> (&'static str, u32) {
    let bytes = wallet.tx(akash.chain(), messages, options);
    match akash.broadcast(&bytes) {
        Err(failure) => (failure.codespace, failure.code),
        Ok(hash) => {
            akash.advance_blocks(1);
            let included = akash.tx(&hash).expect("a block takes all that waits");
            included
                .failure
                .as_ref()
                .map_or(("", 0), |f| (f.codespace, f.code))
        }
    }
}

const OK: (&str, u32) = ("", 0);

fn value(n: u128) -> Option<ResourceValue> {
    Some(ResourceValue {
        val: n.to_string().into_bytes(),
    })
}

/// A group of one small web service.
fn web_group(name: &str, price: u128) -> GroupSpec {
    GroupSpec {
        name: name.into(),
        requirements: Some(PlacementRequirements {
            signed_by: Some(SignedBy::default()),
            attributes: Vec::new(),
        }),
        resources: vec![ResourceUnit {
            resource: Some(Resources {
                id: 1,
                cpu: Some(Units {
                    units: value(100),
                    attributes: Vec::new(),
                }),
                memory: Some(Memory {
                    quantity: value(16 << 20),
                    attributes: Vec::new(),
                }),
                storage: vec![Storage {
                    name: "default".into(),
                    quantity: value(128 << 20),
                    attributes: Vec::new(),
                }],
                gpu: Some(Units {
                    units: value(0),
                    attributes: Vec::new(),
                }),
                endpoints: vec![Endpoint {
                    kind: 0,
                    sequence_number: 0,
                }],
            }),
            count: 1,
            price: Some(DecCoin {
                denom: UACT.into(),
                amount: format!("{price}000000000000000000"),
            }),
        }],
    }
}

fn create(owner: &str, dseq: u64, groups: Vec<GroupSpec>, deposit: u128) -> MsgCreateDeployment {
    MsgCreateDeployment {
        id: Some(DeploymentId {
            owner: owner.into(),
            dseq,
        }),
        groups,
        hash: vec![7; 32],
        deposit: Some(Deposit {
            amount: Some(Coin {
                denom: UACT.into(),
                amount: deposit.to_string(),
            }),
            sources: vec![1],
        }),
        reclamation: None,
    }
}

fn create_any(message: &MsgCreateDeployment) -> Any {
    any("/akash.deployment.v1beta4.MsgCreateDeployment", message)
}

fn lease_any(id: &BidId) -> Any {
    any(
        "/akash.market.v1beta5.MsgCreateLease",
        &MsgLease {
            id: Some(id.clone()),
        },
    )
}

fn close_any(owner: &str, dseq: u64) -> Any {
    let id = Some(DeploymentId {
        owner: owner.into(),
        dseq,
    });
    any(
        "/akash.deployment.v1beta4.MsgCloseDeployment",
        &MsgCloseDeployment { id },
    )
}

/// Reads from the first node.
fn rest(akash: &mut Akash, path: &str) -> Response {
    let now = akash.block_time();
    akash
        .http(now, &Request::get(format!("{}{path}", Akash::rest_url(0))))
        .expect("a node answers")
}

/// Opens a deployment with one web group and leases it to the cheapest bidder.
fn leased(akash: &mut Akash, tenant: &Wallet, dseq: u64, deposit: u128) -> BidId {
    let message = create(
        tenant.address(),
        dseq,
        vec![web_group("web", 1_000)],
        deposit,
    );
    assert_eq!(run(akash, tenant, vec![create_any(&message)]), OK);
    akash.advance_blocks(1);
    let mut bids = akash.bids(tenant.address(), dseq);
    bids.sort_by_key(|(_, bid)| bid.price);
    let (id, _) = bids.first().cloned().expect("somebody bids");
    assert_eq!(run(akash, tenant, vec![lease_any(&id)]), OK);
    id
}
