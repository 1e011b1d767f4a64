//! Does one act, and says what came of it.

use super::Act;
use crate::mirror;
use crate::state::Event;
use orchestrator::akash::address;
use orchestrator::kernel::paths::{budget_path, treasury_path};
use orchestrator::kernel::port::{Outcome, Runtime};
use orchestrator::submit::{self, Verdict};

/// Does one act. At most one write to the world; the events are the outcome.
pub async fn perform(rt: &impl Runtime, act: Act) -> Event {
    match act {
        Act::Conclude(event) => event,
        Act::DeriveAccount => match rt.public_key(None, treasury_path()).await {
            Ok(public_key) => Event::AccountDerived {
                public_key,
                address: address::address(&public_key),
            },
            Err(why) => fruitless(&why),
        },
        Act::DeriveOwner { budget, gateway } => {
            match rt.public_key(Some(gateway), budget_path(&budget)).await {
                Ok(public_key) => Event::OwnerDerived {
                    owner: address::address(&public_key),
                    budget,
                },
                Err(why) => fruitless(&why),
            }
        }
        Act::Observe { chain, query } => match mirror::observe(rt, &chain, &query).await {
            Ok(seen) => Event::Observed { seen },
            Err(why) => fruitless(&why),
        },
        Act::Sign { chain, plan, tx } => {
            match submit::sign(rt, &chain, treasury_path(), &tx).await {
                Ok(signed) => Event::TxSigned {
                    plan,
                    bytes: signed.bytes,
                    hash: signed.hash,
                    timeout_ns: tx.timeout_ns.unwrap_or_default(),
                    fee: tx.fee,
                },
                Err(why) => fruitless(&why),
            }
        }
        Act::Broadcast { endpoint, tx } => match submit::broadcast(rt, &endpoint, &tx).await {
            Outcome::Done(()) => Event::TxAccepted,
            Outcome::NotDone(why) => Event::TxRefused {
                endpoint: endpoint.rest,
                why: why.to_string(),
            },
            // It may be on its way. It is looked for, and sent again.
            Outcome::Unknown => Event::TxUnanswered,
        },
        Act::Probe {
            chain,
            tx,
            timeout_ns,
        } => match submit::probe(rt, &chain, &tx, timeout_ns).await {
            Verdict::Included { height, .. } => Event::TxIncluded { height },
            Verdict::Failed {
                height,
                codespace,
                code,
                log,
            } => Event::TxFailed {
                height,
                code: format!("{codespace} {code}"),
                log,
            },
            Verdict::Dead => Event::TxDead,
            Verdict::Pending => Event::TxPending,
        },
    }
}

fn fruitless(why: &impl ToString) -> Event {
    Event::Fruitless {
        why: why.to_string(),
    }
}
