//! Every number of the swap, with the bounds inside which a vote may move it.

use minicbor::{Decode, Encode};
use orchestrator::kernel::money::{E8s, Uakt};
use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};

/// Parts of a whole in which shares are given.
pub const BPS: u64 = 10_000;

/// A number that lies outside of its bounds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {least} to {most}, got {got}")]
pub struct SettingsError {
    /// Which.
    pub field: &'static str,
    /// Smallest that is accepted.
    pub least: u64,
    /// Largest that is accepted.
    pub most: u64,
    /// What was given.
    pub got: u64,
}

macro_rules! settings {
    ($($(#[doc = $doc:literal])+ $n:literal $field:ident = $default:expr, $least:expr, $most:expr;)+) => {
        /// The numbers of the swap. A fill keeps those with which it was committed.
        #[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
        pub struct Settings {
            $($(#[doc = $doc])+ #[n($n)] pub $field: u64,)+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl Settings {
            /// Every number with its name, its smallest and its largest value.
            #[must_use]
            pub fn bounds(&self) -> Vec<(&'static str, u64, u64, u64)> {
                vec![$((stringify!($field), self.$field, $least, $most),)+]
            }

            /// What each number is for, in words that voters read.
            #[must_use]
            pub fn meanings() -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($field), concat!($($doc,)+).trim_ascii_start()),)+]
            }

            /// Sets a number. `false` when there is none of that name. Bounds are not checked here:
            /// see [`Settings::check`].
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name {
                    $(stringify!($field) => self.$field = value,)+
                    _ => return false,
                }
                true
            }
        }
    };
}

settings! {
    /// From commit to deadline of a fill. **Units** seconds.
    0 window_s = 30 * 60, 10 * 60, 2 * 60 * 60;
    /// After its deadline, how long a proof may be pushed. **Units** seconds.
    1 proof_s = DAY_S, 6 * 60 * 60, 2 * DAY_S;
    /// Bond, as a share of the ICP of a fill. **Units** 1/10000.
    2 bond_bps = 500, 100, 5_000;
    /// Smallest bond. **Units** e8s.
    3 min_bond_e8s = 50_000_000, 10_000_000, 100_000_000_000;
    /// Smallest fill. **Units** uakt.
    4 min_fill_uakt = 100_000_000, 20_000_000, 100_000_000_000;
    /// Largest fill, as a share of its order. **Units** 1/10000.
    5 max_fill_bps = 1_000, 100, 2_500;
    /// Most open fills of one maker.
    6 open_per_maker = 3, 1, 10;
    /// Most open fills in all.
    7 open_in_all = 8, 1, 32;
    /// Most of an order that is committed in any 24 hours. **Units** 1/10000.
    8 daily_bps = 2_500, 500, 5_000;
    /// Most that is committed in any 24 hours, all orders together. **Units** e8s.
    9 daily_e8s = 200_000_000_000, 100_000_000, 5_000_000_000_000;
    /// How much better than the reference price an auction begins. **Units** 1/10000.
    10 start_bps = 100, 0, 500;
    /// How much worse than the reference price an auction ends. **Units** 1/10000.
    11 worst_bps = 300, 10, 500;
    /// From the beginning of a slice to its lowest price. **Units** seconds.
    12 auction_s = 60 * 60, 5 * 60, DAY_S;
    /// Fewest sources behind a rate of AKT.
    13 min_akt_rates = 2, 2, 10;
    /// Fewest sources behind a rate of ICP.
    14 min_icp_rates = 4, 3, 10;
    /// Largest standard deviation of a rate. **Units** 1/10000 of it.
    15 max_deviation_bps = 150, 10, 500;
    /// Largest age of a rate. **Units** seconds.
    16 max_rate_age_s = 120, 60, 600;
    /// Largest distance of a header from the time of a commit. **Units** seconds.
    17 max_header_age_s = 120, 30, 600;
    /// Largest age of Akash's own price at its header. **Units** seconds.
    18 max_price_age_s = 60, 30, 600;
    /// Largest distance between any two of the prices, as a share of the higher.
    /// **Units** 1/10000.
    19 agreement_bps = 300, 50, 500;
    /// Fewest slices of an order.
    20 min_slices = 10, 4, 100;
    /// Shortest time over which the slices of an order begin. **Units** seconds.
    21 min_spread_s = DAY_S, 60 * 60, 14 * DAY_S;
    /// Longest random delay of a slice. **Units** seconds.
    22 max_delay_s = 60 * 60, 60, 4 * 60 * 60;
    /// Longest life of an order. **Units** seconds.
    23 max_life_s = 14 * DAY_S, DAY_S, 30 * DAY_S;
    /// Most of an order's AKT, open fills included, that is not minted yet. **Units** 1/10000.
    24 max_unminted_bps = 2_000, 500, 10_000;
    /// Smallest delivery that is paid for. **Units** uakt.
    25 min_paid_uakt = 10_000_000, 1_000_000, 100_000_000;
    /// A remainder below this is kept: sending it costs more than it is worth. **Units** uakt.
    26 dust_uakt = 1_000_000, 100_000, 10_000_000;
    /// Two adjacent headers further apart than this are a halt. **Units** seconds.
    27 halt_s = 5 * 60, 60, 60 * 60;
    /// After a deadline, when the canister looks for itself. **Units** seconds.
    28 probe_after_s = 120, 30, 60 * 60;
    /// Cycles that ending one fill may take.
    29 cycles_per_fill = 200_000_000_000, 50_000_000_000, 2_000_000_000_000;
    /// Free collateral that whoever pushes headers must have. **Units** e8s.
    30 push_collateral_e8s = 50_000_000, 1_000_000, 10_000_000_000;
    /// What an invalid header costs whoever pushed it. **Units** e8s.
    31 push_fee_e8s = 1_000_000, 10_000, 1_000_000_000;
    /// What another sweep of an address costs whoever asks for it. **Units** e8s.
    32 return_fee_e8s = 5_000_000, 1_000_000, 1_000_000_000;
    /// Between two headers that the canister fetches itself. **Units** seconds.
    33 header_every_s = DAY_S, 60 * 60, 3 * DAY_S;
    /// How long identical arguments of a ledger transfer are retried. **Units** seconds.
    34 retry_transfer_s = 23 * 60 * 60, 60 * 60, 23 * 60 * 60;
    /// For so long after it was asked for, rates are read. **Units** seconds.
    35 rates_wanted_s = 10 * 60, 2 * 60, 60 * 60;
    /// The only app version in headers at which commits are accepted, plus one; 0 accepts any. An
    /// upgrade of the chain may change what a proof means.
    36 app_version_plus_one = 1, 0, 1_000_000;
    /// Deadlines of fills end before this moment; 0 when no end of the chain is known. Akash has
    /// announced a move to another one. **Units** seconds since the Unix epoch.
    37 sunset_s = 0, 0, 10_000_000_000;
}

const DAY_S: u64 = 24 * 60 * 60;

impl Settings {
    /// **Errors** every number outside of its bounds, and every pair that does not fit.
    pub fn check(&self) -> Result<(), Vec<SettingsError>> {
        let mut errors: Vec<SettingsError> = self
            .bounds()
            .into_iter()
            .filter(|(_, got, least, most)| got < least || got > most)
            .map(|(field, got, least, most)| SettingsError {
                field,
                least,
                most,
                got,
            })
            .collect();
        if self.min_paid_uakt > self.min_fill_uakt {
            errors.push(SettingsError {
                field: "min_paid_uakt",
                least: 1_000_000,
                most: self.min_fill_uakt,
                got: self.min_paid_uakt,
            });
        }
        if self.min_spread_s > self.max_life_s {
            errors.push(SettingsError {
                field: "min_spread_s",
                least: 60 * 60,
                most: self.max_life_s,
                got: self.min_spread_s,
            });
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// The bond of a fill: its share rounded up, and at least the smallest.
    #[must_use]
    pub fn bond(&self, icp: E8s) -> E8s {
        E8s(share_ceil(icp.0, self.bond_bps).max(self.min_bond_e8s))
    }

    pub(crate) fn dust(&self) -> Uakt {
        Uakt(self.dust_uakt)
    }
}

/// `amount` x `bps` / 10000, rounded down.
#[must_use]
pub fn share_floor(amount: u64, bps: u64) -> u64 {
    let product = u128::from(amount) * u128::from(bps) / u128::from(BPS);
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// `amount` x `bps` / 10000, rounded up.
#[must_use]
pub fn share_ceil(amount: u64, bps: u64) -> u64 {
    let product = (u128::from(amount) * u128::from(bps)).div_ceil(u128::from(BPS));
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// Seconds as the clock counts.
#[must_use]
pub(crate) fn nanos(seconds: u64) -> Nanos {
    seconds.saturating_mul(NANOS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_start_inside_its_own_bounds() {
        assert_eq!(Settings::default().check(), Ok(()));
    }

    #[test]
    fn should_refuse_past_each_edge() {
        assert_eq!(Settings::default().bounds().len(), 38);
        assert_eq!(Settings::meanings().len(), 38);
        for (field, _, least, most) in Settings::default().bounds() {
            for (got, holds) in [(least, true), (most, true), (most + 1, false)] {
                let outside = got < least || got > most;
                assert_eq!(!outside, holds, "{field} {got}");
            }
        }
        let mut named = Settings::default();
        assert!(named.set("window_s", 700) && named.window_s == 700);
        assert!(!named.set("window", 700));
        type Change = fn(&mut Settings);
        let rows: [(&str, Change); 5] = [
            ("window_s", |s| s.window_s = 10 * 60 - 1),
            ("worst_bps", |s| s.worst_bps = 501),
            ("open_in_all", |s| s.open_in_all = 0),
            ("min_paid_uakt", |s| {
                s.min_fill_uakt = 20_000_000;
                s.min_paid_uakt = 20_000_001;
            }),
            ("min_spread_s", |s| {
                s.max_life_s = DAY_S;
                s.min_spread_s = DAY_S + 1;
            }),
        ];
        for (field, change) in rows {
            let mut settings = Settings::default();
            change(&mut settings);
            let errors = settings.check().expect_err(field);
            assert!(errors.iter().any(|e| e.field == field), "{errors:?}");
        }
    }

    #[test]
    fn should_round_the_bond_up_and_never_below_the_smallest() {
        let settings = Settings::default();
        for (icp, bond) in [
            (0, 50_000_000),
            (1_000_000_000, 50_000_000),
            (1_000_000_001, 50_000_001),
            (100_000_000_000, 5_000_000_000),
        ] {
            assert_eq!(settings.bond(E8s(icp)), E8s(bond), "{icp}");
        }
    }
}
