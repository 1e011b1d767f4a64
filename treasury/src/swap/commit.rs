//! A commit: everything that is checked before ICP is set aside, in one message, and every reason
//! to refuse.

use super::fill::Terms;
use super::order::{Sale, sum_lately};
use super::price::{Auction, ChainPrice, Price, PriceError, Rates, reference};
use super::settings::{nanos, share_floor};
use super::{Event, Swaps};
use crate::book::{Account, Asset, Book};
use crate::icp::account::{ANONYMOUS, MINTER};
use crate::icp::{Icp, IcpAccount};
use orchestrator::akash::address;
use orchestrator::kernel::Nanos;
use orchestrator::kernel::money::{E8s, Uakt};
use sha2::{Digest, Sha256};

/// Fewest cycles of which nothing is promised to fills.
pub const CYCLES_FLOOR: u128 = 1_000_000_000_000;

/// How often all open fills must be able to end.
const CYCLES_TIMES: u128 = 2;

/// What one ledger transfer may cost, for each open fill. **Units** e8s. The ledger's fee is
/// 10,000; ten times that is what a vote of the NNS may make of it.
pub const FEE_ROOM_E8S: u64 = 100_000;

/// Names of the chain's module accounts: coins sent there are lost, or refused.
/// **Source** node, `app/types/app.go`, `ModuleAccountPerms`, and the modules that have accounts.
const MODULES: [&str; 17] = [
    "fee_collector",
    "distribution",
    "mint",
    "bonded_tokens_pool",
    "not_bonded_tokens_pool",
    "gov",
    "transfer",
    "interchainaccounts",
    "feeibc",
    "escrow",
    "deployment",
    "market",
    "take",
    "bme",
    "wasm",
    "oracle",
    "sink",
];

/// What a maker asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Raw principal of the caller.
    pub maker: Vec<u8>,
    /// Nonce of the order.
    pub order: u64,
    /// How much will be delivered.
    pub amount: Uakt,
    /// The most that the maker gives for one ICP.
    pub most: Price,
    /// Who is paid.
    pub payee: IcpAccount,
    /// Where AKT goes that is not paid for.
    pub refund: String,
}

/// What a commit is judged by, apart from the state.
#[derive(Clone, Debug)]
pub struct Market<'a> {
    /// What the exchange-rate canister said.
    pub rates: Option<&'a Rates>,
    /// Akash's own price, proven.
    pub chain: ChainPrice,
    /// Whether burning AKT into ACT was proven possible at the same header.
    pub mint_is_open: bool,
    /// The newest verified header: height, time, app version.
    pub newest: (u64, Nanos, u64),
    /// Whether two headers contradicted one another, or none was verified for too long.
    pub is_dark: bool,
    /// Cycles that the canister has.
    pub cycles: u128,
    /// Raw principal of this canister.
    pub this: Vec<u8>,
    /// The addresses of T and of every budget.
    pub own: Vec<&'a str>,
}

/// Why a commit is refused. Nothing is changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody.
    #[error("maker: expected somebody, got the anonymous caller")]
    Anonymous,
    /// A vote or a guardian stopped new commits.
    #[error("new commits are paused")]
    Paused,
    /// No such order, or it is over.
    #[error("order: expected one that is being sold, got {got}")]
    NotOnSale {
        /// Nonce.
        got: u64,
    },
    /// No slice has begun.
    #[error("order: no slice of it has begun yet")]
    NotBegun,
    /// The deadline would lie after the end of the order.
    #[error("deadline: expected at most {end} ns, the end of the order, got {deadline} ns")]
    OrderEndsFirst {
        /// Deadline.
        deadline: Nanos,
        /// End of the order.
        end: Nanos,
    },
    /// The deadline would lie after the end of this chain.
    #[error("deadline: expected before {sunset_s} s, when this chain is to end")]
    Sunset {
        /// End of the chain.
        sunset_s: u64,
    },
    /// The chain was upgraded.
    #[error("app version: expected {expected}, got {got}")]
    AppVersion {
        /// Configured.
        expected: u64,
        /// In the header.
        got: u64,
    },
    /// Headers cannot be trusted now.
    #[error("headers: the light client is frozen, or has expired")]
    Dark,
    /// No verified header is fresh.
    #[error("header: expected one of the last {most_s} s, got one of {at} ns")]
    OldHeader {
        /// Largest age.
        most_s: u64,
        /// Its time.
        at: Nanos,
    },
    /// The chain does not burn AKT into ACT.
    #[error("minting: expected healthy or warning, got a halt")]
    MintHalted,
    /// Too much AKT would wait for its mint.
    #[error("AKT not minted yet: expected at most {most} with this fill, got {got}")]
    Unminted {
        /// Largest.
        most: Uakt,
        /// With this fill.
        got: Uakt,
    },
    /// No reference price.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// The auction asks for more than the maker gives.
    #[error("price: expected at least {asked} uakt per ICP, got {most}", asked = asked.0, most = most.0)]
    TooDear {
        /// What is asked now.
        asked: Price,
        /// What the maker gives.
        most: Price,
    },
    /// Too little.
    #[error("amount: expected {least} or more, got {got}")]
    TooSmall {
        /// Smallest.
        least: Uakt,
        /// What was asked for.
        got: Uakt,
    },
    /// More than a fill may take, or than is offered now.
    #[error("amount: expected at most {most} at this price, got {got}")]
    TooLarge {
        /// Largest, in ICP.
        most: E8s,
        /// What it would be paid with.
        got: E8s,
    },
    /// Too many fills are open.
    #[error("open fills: expected fewer than {most} {whose}, got {got}")]
    TooManyOpen {
        /// Largest.
        most: u64,
        /// Of whom.
        whose: &'static str,
        /// What there is.
        got: u64,
    },
    /// Too much was committed in the last day.
    #[error("commits in 24 hours: expected at most {most} {whose} with this fill, got {got}")]
    TooMuchToday {
        /// Largest.
        most: E8s,
        /// Of what.
        whose: &'static str,
        /// With this fill.
        got: E8s,
    },
    /// The budget does not have it.
    #[error("budget: expected {needed} in its account, got {got}")]
    BudgetTooSmall {
        /// What is needed.
        needed: E8s,
        /// What is there.
        got: E8s,
    },
    /// The maker does not have the bond.
    #[error("collateral: expected {needed} that is free, got {got}")]
    Collateral {
        /// The bond.
        needed: E8s,
        /// What is free.
        got: E8s,
    },
    /// Ending what is open must be possible.
    #[error("cycles: expected {needed}, got {got}")]
    Cycles {
        /// What is needed.
        needed: u128,
        /// What there is.
        got: u128,
    },
    /// Coins cannot be sent back there.
    #[error("refund address: expected an account of a key, got {why}")]
    RefundAddress {
        /// What it is.
        why: &'static str,
    },
    /// ICP must not be paid there.
    #[error("payee: expected an account of somebody else, got {why}")]
    Payee {
        /// What it is.
        why: &'static str,
    },
    /// Addresses are derived one after the other.
    #[error("addresses: none is ready for this order; try again in a moment")]
    NoAddress,
}

/// What a maker would get now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What is asked.
    pub price: Price,
    /// What the auction began with.
    pub start: Price,
    /// What it will end with.
    pub floor: Price,
    /// The price that it is measured by.
    pub reference: Price,
    /// The most ICP of one commit now.
    pub most: E8s,
}

impl Swaps {
    /// What is asked for an order now. **Errors** it is not on sale, or has no reference price.
    pub fn quote(&self, order: u64, market: &Market<'_>, now: Nanos) -> Result<Quote, Refusal> {
        let sale = self.on_sale(order, now)?;
        let (_, begun_at) = sale.slice(now).ok_or(Refusal::NotBegun)?;
        let settings = &self.settings;
        let reference = reference(settings, market.rates, &market.chain, now)?;
        let mut settings = settings.clone();
        settings.worst_bps = settings.worst_bps.min(sale.order.band_bps);
        let auction = Auction::new(&settings, reference, sale.order.least);
        let most = sale.open_icp(now).min(sale.largest_fill(&self.settings));
        let today = self.left_today(sale, now);
        Ok(Quote {
            price: auction.at(now.saturating_sub(begun_at)),
            start: auction.start,
            floor: auction.floor,
            reference,
            most: most.min(today),
        })
    }

    fn on_sale(&self, order: u64, now: Nanos) -> Result<&Sale, Refusal> {
        if self.paused {
            return Err(Refusal::Paused);
        }
        let sale = self.sales.get(&order);
        sale.filter(|sale| sale.is_alive(now))
            .ok_or(Refusal::NotOnSale { got: order })
    }

    /// What may still be committed today.
    fn left_today(&self, sale: &Sale, now: Nanos) -> E8s {
        let share = share_floor(sale.order.icp.0, self.settings.daily_bps);
        let of_order = share.saturating_sub(sale.committed_lately(now));
        let of_all = self.settings.daily_e8s.saturating_sub(self.lately(now));
        E8s(of_order.min(of_all))
    }

    /// Committed in the last day, in all.
    #[must_use]
    pub fn lately(&self, now: Nanos) -> u64 {
        let sums = self
            .sales
            .values()
            .map(|sale| sum_lately(&sale.recent, now));
        sums.fold(0, u64::saturating_add)
    }

    /// Checks a commit and names the event that it is. There is no await between this and its
    /// record.
    ///
    /// **Errors** the first reason to refuse.
    pub fn commit(
        &self,
        request: &Request,
        market: &Market<'_>,
        book: &Book,
        icp: &Icp,
        now: Nanos,
    ) -> Result<Event, Refusal> {
        if request.maker == ANONYMOUS {
            return Err(Refusal::Anonymous);
        }
        let settings = &self.settings;
        let sale = self.on_sale(request.order, now)?;
        self.check_addresses(request, market)?;
        if market.is_dark {
            return Err(Refusal::Dark);
        }
        let (floor_height, header_time, version) = market.newest;
        let most_s = settings.max_header_age_s;
        if header_time.abs_diff(now) > nanos(most_s) {
            return Err(Refusal::OldHeader {
                most_s,
                at: header_time,
            });
        }
        let expected = settings.app_version_plus_one.checked_sub(1);
        if let Some(expected) = expected.filter(|expected| *expected != version) {
            return Err(Refusal::AppVersion {
                expected,
                got: version,
            });
        }
        let deadline = now.saturating_add(nanos(settings.window_s));
        let end = sale.dies_at();
        if deadline > end {
            return Err(Refusal::OrderEndsFirst { deadline, end });
        }
        let sunset_s = settings.sunset_s;
        if sunset_s > 0 && deadline >= nanos(sunset_s) {
            return Err(Refusal::Sunset { sunset_s });
        }
        if !market.mint_is_open {
            return Err(Refusal::MintHalted);
        }
        let quote = self.quote(request.order, market, now)?;
        if request.most < quote.price {
            return Err(Refusal::TooDear {
                asked: quote.price,
                most: request.most,
            });
        }
        let least = Uakt(settings.min_fill_uakt);
        if request.amount < least {
            return Err(Refusal::TooSmall {
                least,
                got: request.amount,
            });
        }
        let pays = quote.price.icp_for(request.amount);
        let most = sale.open_icp(now).min(sale.largest_fill(settings));
        if pays > most || pays == E8s::ZERO {
            return Err(Refusal::TooLarge { most, got: pays });
        }
        self.check_exposure(request, sale, pays, now)?;
        self.check_unminted(request, sale, quote.price)?;
        self.check_means(request, sale, pays, market, book, icp)?;
        let (fill, spare) = sale.spare.first_key_value().ok_or(Refusal::NoAddress)?;
        Ok(Event::Committed {
            fill: *fill,
            terms: Terms {
                order: request.order,
                maker: request.maker.clone(),
                payee: request.payee.clone(),
                refund: request.refund.clone(),
                amount: request.amount,
                price: quote.price,
                icp: pays,
                bond: settings.bond(pays),
                deadline,
                settle_by: deadline.saturating_add(nanos(settings.proof_s)),
                floor_height,
                committed_at: now,
                min_paid: Uakt(settings.min_paid_uakt),
                dust: settings.dust(),
                halt: nanos(settings.halt_s),
                probe_at: deadline.saturating_add(nanos(settings.probe_after_s)),
                public_key: spare.public_key,
            },
        })
    }

    fn check_exposure(
        &self,
        request: &Request,
        sale: &Sale,
        pays: E8s,
        now: Nanos,
    ) -> Result<(), Refusal> {
        let settings = &self.settings;
        let open = || self.open_fills().filter(|(_, fill)| fill.is_open());
        let all = open().count() as u64;
        if all >= settings.open_in_all {
            return Err(Refusal::TooManyOpen {
                most: settings.open_in_all,
                whose: "in all",
                got: all,
            });
        }
        let theirs = open()
            .filter(|(_, fill)| fill.terms.maker == request.maker)
            .count() as u64;
        if theirs >= settings.open_per_maker {
            return Err(Refusal::TooManyOpen {
                most: settings.open_per_maker,
                whose: "of one maker",
                got: theirs,
            });
        }
        let share = share_floor(sale.order.icp.0, settings.daily_bps);
        for (whose, most, before) in [
            ("of this order", share, sale.committed_lately(now)),
            ("in all", settings.daily_e8s, self.lately(now)),
        ] {
            let got = before.saturating_add(pays.0);
            if got > most {
                return Err(Refusal::TooMuchToday {
                    most: E8s(most),
                    whose,
                    got: E8s(got),
                });
            }
        }
        Ok(())
    }

    /// The whole order in AKT is counted at this fill's price, rounded down.
    fn check_unminted(&self, request: &Request, sale: &Sale, price: Price) -> Result<(), Refusal> {
        let whole = price.uakt_for(sale.order.icp);
        let most = Uakt(share_floor(whole.0, self.settings.max_unminted_bps));
        let waiting = sale.unminted.0.saturating_add(sale.expected.0);
        let got = Uakt(waiting.saturating_add(request.amount.0));
        if got > most {
            return Err(Refusal::Unminted { most, got });
        }
        Ok(())
    }

    fn check_means(
        &self,
        request: &Request,
        sale: &Sale,
        pays: E8s,
        market: &Market<'_>,
        book: &Book,
        icp: &Icp,
    ) -> Result<(), Refusal> {
        let settings = &self.settings;
        let got = book.amount(&Account::Budget(sale.order.budget.clone()), Asset::Icp);
        let unpaid = self.open_fills().count() as u64 + 1;
        let needed = pays.0.saturating_add(FEE_ROOM_E8S.saturating_mul(unpaid));
        if got < needed {
            return Err(Refusal::BudgetTooSmall {
                needed: E8s(needed),
                got: E8s(got),
            });
        }
        let needed = settings.bond(pays);
        let got = icp.of(&request.maker).free;
        if got < needed {
            return Err(Refusal::Collateral { needed, got });
        }
        let fills = u128::from(unpaid).saturating_mul(u128::from(settings.cycles_per_fill));
        let needed = fills
            .saturating_mul(CYCLES_TIMES)
            .saturating_add(CYCLES_FLOOR);
        if market.cycles < needed {
            return Err(Refusal::Cycles {
                needed,
                got: market.cycles,
            });
        }
        Ok(())
    }

    fn check_addresses(&self, request: &Request, market: &Market<'_>) -> Result<(), Refusal> {
        let refund = |why| Err(Refusal::RefundAddress { why });
        let Ok(bytes) = address::decode(&request.refund) else {
            return refund("something else");
        };
        if is_module(&bytes) {
            return refund("an account of a module");
        }
        if market.own.contains(&request.refund.as_str()) {
            return refund("an account of the treasury or of a budget");
        }
        if self.is_fill_address(&request.refund) {
            return refund("a single-use address of the treasury");
        }
        let payee = |why| Err(Refusal::Payee { why });
        let owner = &request.payee.owner;
        if owner.is_empty() || owner == &market.this {
            return payee("an account of the treasury");
        }
        if owner == ANONYMOUS {
            return payee("the anonymous one");
        }
        if owner == MINTER {
            return payee("the one that mints and burns ICP");
        }
        Ok(())
    }
}

/// Whether an address belongs to a module: the first 20 bytes of the hash of its name.
/// **Source** CometBFT, `crypto.AddressHash`; Cosmos SDK, `x/auth/types/NewModuleAddress`.
#[must_use]
pub fn is_module(bytes: &[u8; 20]) -> bool {
    MODULES
        .iter()
        .any(|name| Sha256::digest(name.as_bytes())[..20] == bytes[..])
}
