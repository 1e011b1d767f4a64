//! Messages that we send.

use super::ids::{BidId, UACT, UAKT};
use super::proto::{self, Any, Coin, bank, bme, deployment, grant, market};
use crate::kernel::money::{Uact, Uakt};
use crate::sdl;

/// Deposit source: another account's deposit authorization.
/// **Source** `akash.base.deposit.v1.Source`.
const SOURCE_GRANT: i32 = 2;

/// Deposit scope: deployments. **Source** `akash.escrow.id.v1.Scope`.
const SCOPE_DEPLOYMENT: i32 = 1;

/// Name of the message that creates a deployment.
pub const CREATE_DEPLOYMENT: &str = "/akash.deployment.v1beta4.MsgCreateDeployment";

/// Name of the message that closes a deployment.
pub const CLOSE_DEPLOYMENT: &str = "/akash.deployment.v1beta4.MsgCloseDeployment";

/// Name of the message that takes a bid.
pub const CREATE_LEASE: &str = "/akash.market.v1beta5.MsgCreateLease";

/// Name of the message that gives a lease up.
pub const CLOSE_LEASE: &str = "/akash.market.v1beta5.MsgCloseLease";

/// Name under which a deposit authorization is revoked: the message that it authorises.
pub const ACCOUNT_DEPOSIT: &str = "/akash.escrow.v1.MsgAccountDeposit";

/// Name of the message that moves coins.
pub const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";

/// Name of the message that queues AKT to become ACT.
pub const MINT_ACT: &str = "/akash.bme.v1.MsgMintACT";

/// Name of the message that queues ACT to become AKT.
pub const BURN_ACT: &str = "/akash.bme.v1.MsgBurnACT";

/// One message, in our words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Opens a deployment and an order for each group.
    CreateDeployment {
        /// Its owner, who signs.
        owner: String,
        /// Never used before by this owner.
        dseq: u64,
        /// What is wanted.
        groups: Vec<sdl::Group>,
        /// Hash of the manifest.
        hash: [u8; 32],
        /// Taken from the deposit authorizations that the owner holds.
        deposit: Uact,
        /// Notice that providers must give. **Units** seconds.
        reclamation_min_window_s: Option<u64>,
    },
    /// Takes a bid.
    CreateLease {
        /// The bid.
        bid: BidId,
    },
    /// Gives a lease up; a new order of its group opens.
    CloseLease {
        /// The lease.
        lease: BidId,
    },
    /// Closes a deployment with all that belongs to it.
    CloseDeployment {
        /// Its owner, who signs.
        owner: String,
        /// Which.
        dseq: u64,
    },
    /// Lets `grantee` deposit from the balance of `granter`. Replaces what stood before.
    GrantDeposit {
        /// Whose money; signs.
        granter: String,
        /// Who may deposit.
        grantee: String,
        /// How much in all.
        limit: Uact,
    },
    /// Takes the permission to deposit back. Fails when there is none.
    RevokeDeposit {
        /// Whose money; signs.
        granter: String,
        /// Who may deposit.
        grantee: String,
    },
    /// Lets `grantee` burn gas of `granter` for some messages. Fails while a permission stands.
    GrantFees {
        /// Whose money; signs.
        granter: String,
        /// Who may burn it.
        grantee: String,
        /// How much in all.
        limit: Uakt,
        /// Names of the messages.
        allowed: Vec<String>,
    },
    /// Takes the permission to burn gas back. Fails when there is none.
    RevokeFees {
        /// Whose money; signs.
        granter: String,
        /// Who may burn it.
        grantee: String,
    },
    /// Moves coins. The chain refuses module accounts as receivers, and refuses uact altogether.
    Send {
        /// Whose; signs.
        from: String,
        /// To whom.
        to: String,
        /// Of what.
        denom: String,
        /// How much. **Units** the denom's smallest.
        amount: u128,
    },
    /// Queues uakt to become uact of the same account. It is taken at once; what comes of it is
    /// decided one or more epochs later, at the price of that moment, and cannot be called off.
    MintAct {
        /// Whose; signs, and receives.
        owner: String,
        /// How much is burned.
        burn: Uakt,
    },
    /// Queues uact to become uakt of the same account, likewise.
    BurnAct {
        /// Whose; signs, and receives.
        owner: String,
        /// How much is burned.
        burn: Uact,
    },
}

impl Message {
    /// Name and bytes, as a transaction carries them.
    pub(crate) fn to_any(&self) -> Any {
        match self {
            Self::CreateDeployment {
                owner,
                dseq,
                groups,
                hash,
                deposit,
                reclamation_min_window_s,
            } => any(
                CREATE_DEPLOYMENT,
                &deployment::MsgCreateDeployment {
                    id: deployment_id(owner, *dseq),
                    groups: groups.iter().map(Into::into).collect(),
                    hash: hash.to_vec(),
                    deposit: Some(deployment::Deposit {
                        amount: Some(coin(UACT, deposit.0)),
                        sources: vec![SOURCE_GRANT],
                    }),
                    reclamation: reclamation_min_window_s.map(|seconds| deployment::Reclamation {
                        min_window: Some(proto::Duration {
                            seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
                            nanos: 0,
                        }),
                    }),
                },
            ),
            Self::CloseDeployment { owner, dseq } => any(
                CLOSE_DEPLOYMENT,
                &deployment::MsgCloseDeployment {
                    id: deployment_id(owner, *dseq),
                },
            ),
            Self::CreateLease { bid } => any(CREATE_LEASE, &lease(bid)),
            Self::CloseLease { lease: id } => any(CLOSE_LEASE, &lease(id)),
            Self::GrantDeposit {
                granter,
                grantee,
                limit,
            } => any(
                "/cosmos.authz.v1beta1.MsgGrant",
                &grant::MsgGrant {
                    granter: granter.clone(),
                    grantee: grantee.clone(),
                    grant: Some(grant::Grant {
                        authorization: Some(any(
                            "/akash.escrow.v1.DepositAuthorization",
                            &grant::DepositAuthorization {
                                // Deprecated, and still validated.
                                spend_limit: Some(coin(UAKT, 0_u64)),
                                scopes: vec![SCOPE_DEPLOYMENT],
                                spend_limits: vec![coin(UACT, limit.0)],
                            },
                        )),
                        expiration: None,
                    }),
                },
            ),
            Self::RevokeDeposit { granter, grantee } => any(
                "/cosmos.authz.v1beta1.MsgRevoke",
                &grant::MsgRevoke {
                    granter: granter.clone(),
                    grantee: grantee.clone(),
                    msg_type_url: ACCOUNT_DEPOSIT.into(),
                },
            ),
            Self::GrantFees {
                granter,
                grantee,
                limit,
                allowed,
            } => any(
                "/cosmos.feegrant.v1beta1.MsgGrantAllowance",
                &grant::MsgGrantAllowance {
                    granter: granter.clone(),
                    grantee: grantee.clone(),
                    allowance: Some(any(
                        "/cosmos.feegrant.v1beta1.AllowedMsgAllowance",
                        &grant::AllowedMsgAllowance {
                            allowance: Some(any(
                                "/cosmos.feegrant.v1beta1.BasicAllowance",
                                &grant::BasicAllowance {
                                    spend_limit: vec![coin(UAKT, limit.0)],
                                    expiration: None,
                                },
                            )),
                            allowed_messages: allowed.clone(),
                        },
                    )),
                },
            ),
            Self::RevokeFees { granter, grantee } => any(
                "/cosmos.feegrant.v1beta1.MsgRevokeAllowance",
                &grant::MsgRevokeAllowance {
                    granter: granter.clone(),
                    grantee: grantee.clone(),
                },
            ),
            Self::Send {
                from,
                to,
                denom,
                amount,
            } => any(
                SEND,
                &bank::MsgSend {
                    from_address: from.clone(),
                    to_address: to.clone(),
                    amount: vec![coin(denom, *amount)],
                },
            ),
            Self::MintAct { owner, burn } => any(MINT_ACT, &conversion(owner, coin(UAKT, burn.0))),
            Self::BurnAct { owner, burn } => any(BURN_ACT, &conversion(owner, coin(UACT, burn.0))),
        }
    }
}

/// The chain converts for the owner alone: `to` must be the same.
fn conversion(owner: &str, coins: Coin) -> bme::MsgConvert {
    bme::MsgConvert {
        owner: owner.into(),
        to: owner.into(),
        coins_to_burn: Some(coins),
    }
}

fn any(type_url: &str, message: &impl prost::Message) -> Any {
    Any {
        type_url: type_url.into(),
        value: message.encode_to_vec(),
    }
}

pub(crate) fn coin(denom: &str, amount: impl Into<u128>) -> Coin {
    Coin {
        denom: denom.into(),
        amount: amount.into().to_string(),
    }
}

fn deployment_id(owner: &str, dseq: u64) -> Option<deployment::DeploymentId> {
    Some(deployment::DeploymentId {
        owner: owner.into(),
        dseq,
    })
}

fn lease(id: &BidId) -> market::MsgLease {
    market::MsgLease {
        id: Some(market::BidId {
            owner: id.owner.clone(),
            dseq: id.dseq,
            gseq: id.gseq,
            oseq: id.oseq,
            provider: id.provider.clone(),
            bseq: id.bseq,
        }),
    }
}

impl From<&sdl::Group> for deployment::GroupSpec {
    fn from(group: &sdl::Group) -> Self {
        Self {
            name: group.name.clone(),
            requirements: Some(deployment::PlacementRequirements {
                signed_by: Some(deployment::SignedBy {
                    all_of: group.requirements.signed_by.all_of.clone(),
                    any_of: group.requirements.signed_by.any_of.clone(),
                }),
                attributes: attributes(&group.requirements.attributes),
            }),
            resources: group.units.iter().map(unit).collect(),
        }
    }
}

fn unit(unit: &sdl::Unit) -> deployment::ResourceUnit {
    deployment::ResourceUnit {
        resource: Some(deployment::Resources {
            id: unit.id,
            cpu: quantity(unit.cpu.milli, &unit.cpu.attributes),
            memory: quantity(unit.memory.bytes, &unit.memory.attributes),
            storage: unit
                .storage
                .iter()
                .map(|volume| deployment::Storage {
                    name: volume.name.clone(),
                    quantity: Some(value(volume.bytes)),
                    attributes: attributes(&volume.attributes),
                })
                .collect(),
            gpu: quantity(unit.gpu.units, &unit.gpu.attributes),
            endpoints: unit
                .endpoints
                .iter()
                .map(|endpoint| deployment::Endpoint {
                    kind: match endpoint.kind {
                        sdl::EndpointKind::SharedHttp => 0,
                        sdl::EndpointKind::RandomPort => 1,
                        sdl::EndpointKind::LeasedIp => 2,
                    },
                    sequence_number: endpoint.sequence,
                })
                .collect(),
        }),
        count: unit.count,
        price: Some(Coin {
            denom: UACT.into(),
            amount: unit.price.scaled().to_string(),
        }),
    }
}

fn quantity(number: u64, attributes_: &[sdl::Attribute]) -> Option<deployment::Quantity> {
    Some(deployment::Quantity {
        units: Some(value(number)),
        attributes: attributes(attributes_),
    })
}

fn value(number: u64) -> deployment::ResourceValue {
    deployment::ResourceValue {
        val: number.to_string().into_bytes(),
    }
}

fn attributes(attributes: &[sdl::Attribute]) -> Vec<deployment::Attribute> {
    attributes
        .iter()
        .map(|attribute| deployment::Attribute {
            key: attribute.key.clone(),
            value: attribute.value.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmos_sdk_proto::cosmos::authz::v1beta1 as authz;
    use cosmos_sdk_proto::cosmos::feegrant::v1beta1 as feegrant;
    use cosmos_sdk_proto::prost::Message as _;

    const A: &str = "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x";
    const P: &str = "akash1qgpqyqszqgpqyqszqgpqyqszqgpqyqszwv2uls";

    fn westcoast() -> sdl::Group {
        let attribute = |key: &str, value: &str| sdl::Attribute {
            key: key.into(),
            value: value.into(),
        };
        sdl::Group {
            name: "westcoast".into(),
            requirements: sdl::Requirements {
                signed_by: sdl::SignedBy::default(),
                attributes: vec![attribute("region", "us-west")],
            },
            units: vec![sdl::Unit {
                id: 1,
                cpu: sdl::Cpu {
                    milli: 100,
                    attributes: vec![],
                },
                memory: sdl::Memory {
                    bytes: 16_777_216,
                    attributes: vec![],
                },
                storage: vec![sdl::Volume {
                    name: "default".into(),
                    bytes: 134_217_728,
                    attributes: vec![],
                }],
                gpu: sdl::Gpu {
                    units: 0,
                    attributes: vec![],
                },
                endpoints: vec![sdl::Endpoint {
                    kind: sdl::EndpointKind::SharedHttp,
                    sequence: 0,
                }],
                count: 1,
                price: crate::kernel::decimal::Decimal::from_whole(1000),
            }],
        }
    }

    fn bid() -> BidId {
        BidId {
            owner: A.into(),
            dseq: 12345,
            gseq: 1,
            oseq: 1,
            provider: P.into(),
            bseq: 0,
        }
    }

    /// Bytes of the reference encoder (chain-sdk for TypeScript). Its deployment deposits from the
    /// balance; ours from a grant, which is the last byte.
    #[test]
    fn should_encode_as_the_reference_library_does() {
        let hash: [u8; 32] = std::array::from_fn(|i| u8::try_from(i).expect("below 32"));
        let rows = [
            (
                Message::CreateDeployment {
                    owner: A.into(),
                    dseq: 12345,
                    groups: vec![westcoast()],
                    hash,
                    deposit: Uact(5_000_000),
                    reclamation_min_window_s: None,
                },
                "0a310a2c616b61736831717971737a716770717971737a716770717971737a716770717971737a716770\
                 6c677665357810b9601282010a0977657374636f61737412150a0012110a06726567696f6e120775732d77\
                 6573741a5e0a3a080112070a050a033130301a0c0a0a0a08313637373732313622160a0764656661756c74\
                 120b0a093133343231373732382a050a030a0130320010011a1e0a04756163741216313030303030303030\
                 303030303030303030303030301a20000102030405060708090a0b0c0d0e0f101112131415161718191a1b\
                 1c1d1e1f22140a0f0a04756163741207353030303030302a0102",
            ),
            (
                Message::CreateLease { bid: bid() },
                "0a630a2c616b61736831717971737a716770717971737a716770717971737a716770717971737a716770\
                 6c677665357810b960180120012a2c616b61736831716770717971737a716770717971737a716770717971\
                 737a716770717971737a777632756c73",
            ),
            (
                Message::CloseDeployment {
                    owner: A.into(),
                    dseq: 12345,
                },
                "0a310a2c616b61736831717971737a716770717971737a716770717971737a716770717971737a716770\
                 6c677665357810b960",
            ),
        ];
        let conversions = [
            (
                Message::MintAct {
                    owner: A.into(),
                    burn: Uakt(10_000_000),
                },
                "0a2c616b61736831717971737a716770717971737a716770717971737a716770717971737a716770\
                 6c6776653578122c616b61736831717971737a716770717971737a716770717971737a7167707179\
                 71737a7167706c67766535781a100a0475616b7412083130303030303030",
            ),
            (
                Message::BurnAct {
                    owner: A.into(),
                    burn: Uact(10_000_000),
                },
                "0a2c616b61736831717971737a716770717971737a716770717971737a716770717971737a716770\
                 6c6776653578122c616b61736831717971737a716770717971737a716770717971737a7167707179\
                 71737a7167706c67766535781a100a047561637412083130303030303030",
            ),
        ];
        for (message, expected) in rows.into_iter().chain(conversions) {
            let got = hex::encode(message.to_any().value);
            assert_eq!(
                got,
                expected.replace(char::is_whitespace, ""),
                "{message:?}"
            );
        }
        for id in [
            "message/create-deployment",
            "message/create-lease",
            "message/close-deployment",
            "message/packed-enums",
        ] {
            conformance::confirm(
                conformance::Suite::Vectors,
                id,
                "bytes of chain-sdk, recorded",
            );
        }
    }

    #[test]
    fn should_read_back_as_a_send_of_the_sdk() {
        use cosmos_sdk_proto::cosmos::bank::v1beta1::MsgSend;
        let most = u128::from(u64::MAX) + 1;
        let send = Message::Send {
            from: A.into(),
            to: P.into(),
            denom: "ibc/00FF".into(),
            amount: most,
        }
        .to_any();
        assert_eq!(send.type_url, "/cosmos.bank.v1beta1.MsgSend");
        let read = MsgSend::decode(&send.value[..]).expect("our bytes");
        assert_eq!((read.from_address, read.to_address), (A.into(), P.into()));
        assert_eq!(read.amount.len(), 1);
        assert_eq!(read.amount[0].denom, "ibc/00FF");
        assert_eq!(read.amount[0].amount, most.to_string());
    }

    #[test]
    fn should_carry_a_notice_as_a_duration() {
        let message = Message::CreateDeployment {
            owner: A.into(),
            dseq: 1,
            groups: vec![],
            hash: [0; 32],
            deposit: Uact(1),
            reclamation_min_window_s: Some(3600),
        };
        let got = hex::encode(message.to_any().value);
        assert!(got.ends_with("2a050a0308901c"), "{got}");
    }

    #[test]
    fn should_read_back_as_permissions_of_the_sdk() {
        let names = || (A.to_string(), P.to_string());
        let (granter, grantee) = names();
        let grant = Message::GrantDeposit {
            granter,
            grantee,
            limit: Uact(7),
        }
        .to_any();
        assert_eq!(grant.type_url, "/cosmos.authz.v1beta1.MsgGrant");
        let grant = authz::MsgGrant::decode(&grant.value[..]).expect("our bytes");
        assert_eq!((grant.granter, grant.grantee), names());
        let grant = grant.grant.expect("a grant");
        assert_eq!(grant.expiration, None);
        let authorization = grant.authorization.expect("an authorization");
        assert_eq!(
            authorization.type_url,
            "/akash.escrow.v1.DepositAuthorization"
        );
        // spend_limit 0uakt; scopes [1], packed; spend_limits [7uact].
        assert_eq!(
            hex::encode(authorization.value),
            "0a090a0475616b741201301201011a090a0475616374120137"
        );

        let (granter, grantee) = names();
        let fees = Message::GrantFees {
            granter,
            grantee,
            limit: Uakt(9),
            allowed: vec![CREATE_LEASE.into()],
        }
        .to_any();
        let fees = feegrant::MsgGrantAllowance::decode(&fees.value[..]).expect("our bytes");
        assert_eq!((fees.granter, fees.grantee), names());
        let allowed = fees.allowance.expect("an allowance").value;
        let allowed = feegrant::AllowedMsgAllowance::decode(&allowed[..]).expect("our bytes");
        assert_eq!(allowed.allowed_messages, [CREATE_LEASE]);
        let basic = allowed.allowance.expect("an inner allowance");
        assert_eq!(basic.type_url, "/cosmos.feegrant.v1beta1.BasicAllowance");
        let basic = feegrant::BasicAllowance::decode(&basic.value[..]).expect("our bytes");
        assert_eq!(basic.spend_limit[0].amount, "9");
        assert_eq!(basic.spend_limit[0].denom, "uakt");

        let (granter, grantee) = names();
        let revoke = Message::RevokeDeposit { granter, grantee }.to_any();
        let revoke = authz::MsgRevoke::decode(&revoke.value[..]).expect("our bytes");
        assert_eq!((revoke.granter, revoke.grantee), names());
        assert_eq!(revoke.msg_type_url, ACCOUNT_DEPOSIT);

        let (granter, grantee) = names();
        let revoke = Message::RevokeFees { granter, grantee }.to_any();
        assert_eq!(
            revoke.type_url,
            "/cosmos.feegrant.v1beta1.MsgRevokeAllowance"
        );
        let revoke = feegrant::MsgRevokeAllowance::decode(&revoke.value[..]).expect("our bytes");
        assert_eq!((revoke.granter, revoke.grantee), names());
        for id in ["message/authz", "message/feegrant"] {
            conformance::confirm(
                conformance::Suite::Vectors,
                id,
                "cosmos-sdk-proto 0.27 (crate)",
            );
        }
    }
}
