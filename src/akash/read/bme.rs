//! The module that turns AKT into ACT and back, and the price that it does so at.

use super::wire::{Coin, number};
use super::{ReadError, account, body, get, plain, words};
use crate::akash::ids::LedgerId;
use crate::akash::proto::bme as proto;
use crate::kernel::Nanos;
use crate::kernel::decimal::Decimal;
use crate::kernel::port::{HttpRequest, HttpResponse};
use crate::kernel::time;
use prost::Message as _;
use serde::Deserialize;

/// A status, or a price with its health. **Units** bytes.
const MAX_SMALL: u64 = 4_096;

/// Most pending requests of one account that are read. A treasury has one or two.
pub const MAX_PENDING: usize = 20;

/// A page of requests. **Units** bytes.
const MAX_LEDGER: u64 = 32_768;

/// Whether AKT becomes ACT now, and ACT AKT. **Source** `akash.bme.v1.MintStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BmeStatus {
    /// AKT becomes ACT.
    pub mints_allowed: bool,
    /// ACT becomes AKT.
    pub burns_allowed: bool,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerOutcome {
    /// It waits for an epoch, or for the end of a halt.
    Pending,
    /// It was done.
    Executed(Executed),
    /// What was burned was given back whole.
    Cancelled {
        /// Why, in the chain's words.
        reason: String,
    },
}

/// A request that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    /// What was burned. **Units** the denom's smallest.
    pub burned: u64,
    /// What the owner received, the spread taken off. **Units** the denom's smallest.
    pub received: u64,
    /// What was kept. **Units** of what was received.
    pub spread: u64,
    /// Price of what was burned. **Units** USD for a whole coin.
    pub burned_price: Decimal,
    /// Price of what was received. **Units** USD for a whole coin.
    pub received_price: Decimal,
}

/// The price of AKT, as the chain uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AktPrice {
    /// **Units** USD for one AKT.
    pub usd: Decimal,
    /// When it was valid.
    pub at: Nanos,
    /// Whether the chain believes it.
    pub healthy: bool,
}

/// Asks whether conversions are served.
#[must_use]
pub fn bme_status_request(rest: &str) -> HttpRequest {
    get(format!("{rest}/akash/bme/v1/status"), MAX_SMALL)
}

/// **Errors** also while the chain has no fresh price: its query fails then.
pub fn bme_status_reply(response: &HttpResponse) -> Result<BmeStatus, ReadError> {
    #[derive(Deserialize)]
    struct Status {
        mints_allowed: bool,
        refunds_allowed: bool,
    }
    let status: Status = body("the status of the mint", response)?;
    Ok(BmeStatus {
        mints_allowed: status.mints_allowed,
        burns_allowed: status.refunds_allowed,
    })
}

/// Asks for the price of AKT. The route knows `akt`, not `uakt`.
#[must_use]
pub fn akt_price_request(rest: &str) -> HttpRequest {
    get(
        format!("{rest}/akash/oracle/v2/aggregated_price/akt"),
        MAX_SMALL,
    )
}

/// The price of AKT.
pub fn akt_price_reply(response: &HttpResponse) -> Result<AktPrice, ReadError> {
    const EXPECTED: &str = "the price of AKT";
    #[derive(Deserialize)]
    struct Envelope {
        aggregated_price: Price,
        price_health: Health,
    }
    #[derive(Deserialize)]
    struct Price {
        median_price: Decimal,
        timestamp: String,
    }
    #[derive(Deserialize)]
    struct Health {
        is_healthy: bool,
    }
    let Envelope {
        aggregated_price: price,
        price_health: health,
    } = body(EXPECTED, response)?;
    let at = time::parse_rfc3339(&price.timestamp).ok_or_else(|| ReadError::Shape {
        expected: EXPECTED,
        got: words(price.timestamp.as_bytes()),
    })?;
    Ok(AktPrice {
        usd: price.median_price,
        at,
        healthy: health.is_healthy,
    })
}

/// Asks for what became of the requests of one account in one direction. Most are done: `status`
/// narrows the answer, and the newest come first.
#[must_use]
pub fn ledger_request(rest: &str, source: &str, denom: &str, status: LedgerStatus) -> HttpRequest {
    get(
        format!(
            "{rest}/akash/bme/v1/ledger?filters.source={}&filters.denom={}&filters.status={}\
             &pagination.limit={MAX_PENDING}&pagination.reverse=true",
            plain(source),
            plain(denom),
            status.name()
        ),
        MAX_LEDGER,
    )
}

/// Where a request stands. **Source** `akash.bme.v1.LedgerRecordStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerStatus {
    /// In the queue.
    Pending,
    /// Done.
    Executed,
    /// Given back.
    Cancelled,
}

impl LedgerStatus {
    const fn name(self) -> &'static str {
        match self {
            Self::Pending => "ledger_record_status_pending",
            Self::Executed => "ledger_record_status_executed",
            Self::Cancelled => "ledger_record_status_canceled",
        }
    }
}

/// Requests, and what became of them.
pub fn ledger_reply(response: &HttpResponse) -> Result<Vec<(LedgerId, LedgerOutcome)>, ReadError> {
    const EXPECTED: &str = "requests to the mint";
    #[derive(Deserialize)]
    struct Envelope {
        records: Vec<Record>,
    }
    #[derive(Deserialize)]
    struct Record {
        id: Id,
        pending_record: Option<serde::de::IgnoredAny>,
        executed_record: Option<Done>,
        canceled_record: Option<Canceled>,
    }
    #[derive(Deserialize)]
    struct Id {
        denom: String,
        to_denom: String,
        source: String,
        #[serde(deserialize_with = "number")]
        height: u64,
        #[serde(deserialize_with = "number")]
        sequence: u64,
    }
    #[derive(Deserialize)]
    struct Canceled {
        cancel_reason: String,
    }
    /// What is burned for good stands in `burned`, what may be paid out again in
    /// `remint_credit_accrued`; likewise on the other side.
    #[derive(Deserialize)]
    struct Done {
        burned: Option<CoinPrice>,
        minted: Option<CoinPrice>,
        spread: Option<Coin>,
        remint_credit_issued: Option<CoinPrice>,
        remint_credit_accrued: Option<CoinPrice>,
    }
    #[derive(Deserialize)]
    struct CoinPrice {
        coin: Coin,
        price: Decimal,
    }
    let sum = |sides: [&Option<CoinPrice>; 2]| {
        let mut sides = sides.into_iter().flatten();
        let first = sides.next().ok_or("no amount")?;
        let mut amount = first.coin.whole()?;
        for more in sides {
            amount = amount
                .checked_add(more.coin.whole()?)
                .ok_or("a sum past the edge of the type")?;
        }
        Ok::<_, String>((amount, first.price))
    };
    let executed = |done: &Done| {
        let (burned, burned_price) = sum([&done.burned, &done.remint_credit_accrued])?;
        let (minted, received_price) = sum([&done.minted, &done.remint_credit_issued])?;
        let spread = done.spread.as_ref().map_or(Ok(0), Coin::whole)?;
        Ok::<_, String>(Executed {
            burned,
            received: minted.checked_sub(spread).ok_or("more spread than coins")?,
            spread,
            burned_price,
            received_price,
        })
    };
    let envelope: Envelope = body(EXPECTED, response)?;
    let records = envelope.records.into_iter().map(|record| {
        let outcome = match (
            &record.pending_record,
            &record.executed_record,
            record.canceled_record,
        ) {
            (_, Some(done), _) => LedgerOutcome::Executed(executed(done)?),
            (_, _, Some(canceled)) => LedgerOutcome::Cancelled {
                reason: words(canceled.cancel_reason.as_bytes()),
            },
            (Some(_), None, None) => LedgerOutcome::Pending,
            (None, None, None) => return Err("a request without an outcome".into()),
        };
        let id = record.id;
        let id = LedgerId {
            denom: id.denom,
            to_denom: id.to_denom,
            source: id.source,
            height: id.height,
            sequence: id.sequence,
        };
        Ok((id, outcome))
    });
    records
        .collect::<Result<_, String>>()
        .map_err(account::shape(EXPECTED))
}

/// The requests that a transaction made, from what its messages answered
/// ([`super::TxResult::data`]). Other messages answer other things, which are passed over.
#[must_use]
pub fn requests_made(data: &[u8]) -> Vec<LedgerId> {
    let answers = proto::TxMsgData::decode(data).unwrap_or_default();
    let made = answers.msg_responses.iter().filter_map(|answer| {
        let ours = [
            "/akash.bme.v1.MsgMintACTResponse",
            "/akash.bme.v1.MsgBurnACTResponse",
        ];
        if !ours.contains(&answer.type_url.as_str()) {
            return None;
        }
        let id = proto::MsgConvertResponse::decode(&answer.value[..])
            .ok()?
            .id?;
        Some(LedgerId {
            denom: id.denom,
            to_denom: id.to_denom,
            source: id.source,
            height: u64::try_from(id.height).ok()?,
            sequence: u64::try_from(id.sequence).ok()?,
        })
    });
    made.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const SOURCE: &str = "akash1qyqszqgpqyqszqgpqyqszqgpqyqszqgplgve5x";

    fn reply(status: u16, value: &Value) -> HttpResponse {
        HttpResponse {
            status,
            body: value.to_string().into_bytes(),
        }
    }

    fn id(sequence: u64) -> LedgerId {
        LedgerId {
            denom: "uakt".into(),
            to_denom: "uact".into(),
            source: SOURCE.into(),
            height: 30_000_001,
            sequence,
        }
    }

    fn priced(denom: &str, amount: &str, price: &str) -> Value {
        json!({"coin": {"denom": denom, "amount": amount}, "price": price})
    }

    /// The shape of the node's answer, of which only the kind of the record varies.
    fn record(sequence: u64, kind: &str, record: &Value) -> Value {
        let mut all = json!({
            "id": {"denom": "uakt", "to_denom": "uact", "source": SOURCE,
                   "height": "30000001", "sequence": sequence.to_string()},
            "status": "ledger_record_status_x",
        });
        all[kind] = record.clone();
        all
    }

    fn mint() -> Value {
        json!({
            "burned_from": SOURCE, "minted_to": SOURCE, "burner": "bme", "minter": "bme",
            "burned": null,
            "minted": priced("uact", "114000000", "1.000000000000000000"),
            "spread": {"denom": "uact", "amount": "285000"},
            "remint_credit_issued": null,
            "remint_credit_accrued": priced("uakt", "100000000", "1.140000000000000000"),
        })
    }

    #[test]
    fn should_read_what_became_of_requests() {
        let burn = json!({
            "burned": priced("uact", "11400000", "1.000000000000000000"),
            "minted": priced("uakt", "4000000", "1.140000000000000000"),
            "spread": {"denom": "uakt", "amount": "0"},
            "remint_credit_issued": priced("uakt", "6000000", "1.140000000000000000"),
            "remint_credit_accrued": null,
        });
        let cancelled = json!({"cancel_reason": "ledger_record_cancel_reason_minimum_mint"});
        let answer = json!({"records": [
            record(4, "pending_record", &json!({"attempts": 0})),
            record(3, "executed_record", &mint()),
            record(2, "executed_record", &burn),
            record(1, "canceled_record", &cancelled),
        ], "pagination": {"next_key": null}});
        let price = |text: &str| text.parse::<Decimal>().expect("a price");
        assert_eq!(
            ledger_reply(&reply(200, &answer)),
            Ok(vec![
                (id(4), LedgerOutcome::Pending),
                (
                    id(3),
                    LedgerOutcome::Executed(Executed {
                        burned: 100_000_000,
                        received: 113_715_000,
                        spread: 285_000,
                        burned_price: price("1.14"),
                        received_price: price("1"),
                    })
                ),
                (
                    id(2),
                    LedgerOutcome::Executed(Executed {
                        burned: 11_400_000,
                        received: 10_000_000,
                        spread: 0,
                        burned_price: price("1"),
                        received_price: price("1.14"),
                    })
                ),
                (
                    id(1),
                    LedgerOutcome::Cancelled {
                        reason: "ledger_record_cancel_reason_minimum_mint".into()
                    }
                ),
            ])
        );
    }

    #[test]
    fn should_refuse_requests_that_cannot_be_read() {
        type Change = fn(&mut Value);
        let rows: [(&str, Change); 5] = [
            ("no outcome", |r| r["executed_record"] = Value::Null),
            ("no amount", |r| {
                r["executed_record"]["minted"] = Value::Null
            }),
            ("more spread than coins", |r| {
                r["executed_record"]["spread"]["amount"] = json!("114000001");
            }),
            ("a sum past 64 bits", |r| {
                r["executed_record"]["burned"] =
                    priced("uakt", &u64::MAX.to_string(), "1.140000000000000000");
            }),
            ("a negative price", |r| {
                r["executed_record"]["minted"]["price"] = json!("-1.0");
            }),
        ];
        for (desc, change) in rows {
            let mut record = record(1, "executed_record", &mint());
            change(&mut record);
            let answer = json!({"records": [record]});
            assert!(ledger_reply(&reply(200, &answer)).is_err(), "{desc}");
        }
    }

    #[test]
    fn should_ask_for_one_direction_and_the_newest_first() {
        let request = ledger_request("https://r", SOURCE, "uakt", LedgerStatus::Cancelled);
        assert_eq!(
            request.url,
            format!(
                "https://r/akash/bme/v1/ledger?filters.source={SOURCE}&filters.denom=uakt\
                 &filters.status=ledger_record_status_canceled&pagination.limit=20\
                 &pagination.reverse=true"
            )
        );
    }

    #[test]
    fn should_know_whether_conversions_are_served() {
        let status = |mints, refunds| {
            json!({"status": "mint_status_x", "collateral_ratio": "1.5",
                   "mints_allowed": mints, "refunds_allowed": refunds})
        };
        for (mints_allowed, burns_allowed) in [(true, true), (false, true), (false, false)] {
            assert_eq!(
                bme_status_reply(&reply(200, &status(mints_allowed, burns_allowed))),
                Ok(BmeStatus {
                    mints_allowed,
                    burns_allowed
                })
            );
        }
        // Without a fresh price the query itself fails.
        let stalled = json!({"code": 2, "message": "price stalled"});
        assert!(bme_status_reply(&reply(500, &stalled)).is_err());
    }

    #[test]
    fn should_read_the_price() {
        let price = |at: &str| {
            json!({
                "aggregated_price": {"denom": "akt", "twap": "1.15", "timestamp": at,
                    "median_price": "1.140000000000000000", "num_sources": 1},
                "price_health": {"denom": "akt", "is_healthy": true},
            })
        };
        assert_eq!(
            akt_price_reply(&reply(200, &price("2026-11-24T00:00:00.5Z"))),
            Ok(AktPrice {
                usd: "1.14".parse().expect("a price"),
                at: 1_795_478_400_500_000_000,
                healthy: true,
            })
        );
        assert!(akt_price_reply(&reply(200, &price("soon"))).is_err());
    }

    #[test]
    fn should_find_the_requests_that_a_transaction_made() {
        let answer = |url: &str, sequence| {
            let id = proto::LedgerRecordId {
                denom: "uakt".into(),
                to_denom: "uact".into(),
                source: SOURCE.into(),
                height: 30_000_001,
                sequence,
            };
            crate::akash::proto::Any {
                type_url: url.into(),
                value: proto::MsgConvertResponse { id: Some(id) }.encode_to_vec(),
            }
        };
        let data = proto::TxMsgData {
            msg_responses: vec![
                answer("/cosmos.bank.v1beta1.MsgSendResponse", 1),
                answer("/akash.bme.v1.MsgMintACTResponse", 2),
                answer("/akash.bme.v1.MsgBurnACTResponse", 3),
                answer("/akash.bme.v1.MsgBurnACTResponse", -1),
            ],
        };
        assert_eq!(requests_made(&data.encode_to_vec()), [id(2), id(3)]);
        assert_eq!(requests_made(&[0xff]), []);
    }
}
