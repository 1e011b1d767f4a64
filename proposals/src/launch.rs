//! The file that launches the DAO, checked before anybody pays for a refused proposal.
//!
//! **Source** of every rule: SNS `init_config_file/friendly.rs` and `init.rs` of the release that
//! the `sns` tool belongs to. The tool's own `validate` has the last word; this check needs no
//! tool, and tells all problems at once.

use crate::units;
use candid::Principal;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

const DAY_S: u64 = 24 * 60 * 60;
/// A year as the SNS counts it. **Units** seconds.
const YEAR_S: u64 = 31_557_600;
const E8S: u64 = 100_000_000;

/// Lengths of texts. **Units** bytes.
const NAME: (usize, usize) = (4, 255);
const DESCRIPTION: (usize, usize) = (10, 2_000);
const URL: (usize, usize) = (10, 512);
const PROPOSAL_TITLE: (usize, usize) = (5, 256);
const PROPOSAL_SUMMARY: (usize, usize) = (1, 30_000);
const PROPOSAL_URL: (usize, usize) = (10, 2_048);
const TOKEN_NAME: (usize, usize) = (4, 255);
const TOKEN_SYMBOL: (usize, usize) = (3, 10);

/// Largest picture: as a data URL it may have 341,334 characters. **Units** bytes.
const MAX_LOGO_BYTES: usize = (341_334 - "data:image/png;base64,".len()) / 4 * 3;

const FORUM: &str = "https://forum.dfinity.org/";
const BANNED_SYMBOLS: [&str; 2] = ["ICP", "DFINITY"];
const BANNED_NAMES: [&str; 2] = ["internetcomputer", "internetcomputerprotocol"];

/// Actions that are ordinary unless a DAO says otherwise. The others are critical already.
const MADE_CRITICAL: [&str; 6] = [
    "Motion",
    "UpgradeSnsControlledCanister",
    "UpgradeSnsToNextVersion",
    "RegisterDappCanisters",
    "ManageDappCanisterSettings",
    "AdvanceSnsTargetVersion",
];

/// Memos that the SNS keeps for the neurons of the Neurons' Fund.
const KEPT_MEMOS: std::ops::RangeInclusive<u64> = 1_000_000..=10_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Launch {
    name: String,
    description: String,
    logo: String,
    url: String,
    fallback_controller_principals: Vec<String>,
    dapp_canisters: Vec<String>,
    #[serde(rename = "NnsProposal")]
    nns_proposal: NnsProposal,
    #[serde(rename = "Token")]
    token: Token,
    #[serde(rename = "Proposals")]
    proposals: Proposals,
    #[serde(rename = "Neurons")]
    neurons: Neurons,
    #[serde(rename = "Voting")]
    voting: Voting,
    #[serde(rename = "Distribution")]
    distribution: Distribution,
    #[serde(rename = "Swap")]
    swap: Swap,
}

#[derive(Deserialize)]
struct NnsProposal {
    title: String,
    summary: String,
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    name: String,
    symbol: String,
    transaction_fee: String,
    logo: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proposals {
    rejection_fee: String,
    initial_voting_period: String,
    maximum_wait_for_quiet_deadline_extension: String,
    #[serde(default)]
    additional_critical_native_action_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Neurons {
    minimum_creation_stake: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Voting {
    minimum_dissolve_delay: String,
    #[serde(rename = "MaximumVotingPowerBonuses")]
    bonuses: Bonuses,
    #[serde(rename = "RewardRate")]
    reward_rate: RewardRate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Bonuses {
    dissolve_delay: Bonus,
    age: Bonus,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bonus {
    duration: String,
    bonus: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RewardRate {
    initial: String,
    r#final: String,
    transition_duration: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Distribution {
    #[serde(rename = "Neurons")]
    neurons: Vec<Founder>,
    #[serde(rename = "InitialBalances")]
    initial_balances: InitialBalances,
    total: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Founder {
    principal: String,
    stake: String,
    #[serde(default)]
    memo: u64,
    dissolve_delay: String,
    vesting_period: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InitialBalances {
    treasury: String,
    swap: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Swap {
    minimum_participants: u64,
    minimum_direct_participation_icp: String,
    maximum_direct_participation_icp: String,
    minimum_participant_icp: String,
    maximum_participant_icp: String,
    #[serde(rename = "VestingSchedule")]
    vesting_schedule: VestingSchedule,
    duration: String,
    neurons_fund_participation: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VestingSchedule {
    events: u64,
    interval: String,
}

/// Every problem of a launch file. `folder` is where its pictures are.
#[must_use]
pub fn problems(text: &str, folder: &Path) -> Vec<String> {
    let launch: Launch = match serde_saphyr::from_str(text) {
        Ok(launch) => launch,
        Err(error) => return vec![error.without_snippet().to_string()],
    };
    let mut check = Check::default();
    check.texts(&launch);
    check.picture("logo", &folder.join(&launch.logo));
    check.picture("Token.logo", &folder.join(&launch.token.logo));
    check.principals(&launch);
    check.proposals(&launch.proposals);
    let figures = check.figures(&launch);
    if let Some(figures) = figures {
        check.neurons(&launch, &figures);
        check.distribution(&launch, &figures);
        check.swap(&launch.swap, &figures);
    }
    check.0
}

/// Figures that several rules need. **Units** e8s and seconds.
struct Figures {
    fee: u64,
    stake: u64,
    min_delay: u64,
    max_delay: u64,
    swap: u64,
    treasury: u64,
}

#[derive(Default)]
struct Check(Vec<String>);

impl Check {
    fn expect(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.0.push(problem());
        }
    }

    fn take<T>(&mut self, field: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|problem| self.0.push(format!("{field}: {problem}")))
            .ok()
    }

    fn tokens(&mut self, field: &str, text: &str) -> Option<u64> {
        self.take(field, units::tokens(text))
    }

    fn seconds(&mut self, field: &str, text: &str) -> Option<u64> {
        self.take(field, units::seconds(text))
    }

    fn length(&mut self, field: &str, text: &str, (min, max): (usize, usize)) {
        let got = text.len();
        self.expect((min..=max).contains(&got), || {
            format!("{field}: expected from {min} to {max} bytes, got {got}")
        });
    }

    fn texts(&mut self, launch: &Launch) {
        let (proposal, token) = (&launch.nns_proposal, &launch.token);
        self.length("name", &launch.name, NAME);
        self.length("description", &launch.description, DESCRIPTION);
        self.length("url", &launch.url, URL);
        self.expect(launch.url.starts_with("https://"), || {
            format!("url: expected https://..., got {}", launch.url)
        });
        self.length("NnsProposal.title", &proposal.title, PROPOSAL_TITLE);
        self.length("NnsProposal.summary", &proposal.summary, PROPOSAL_SUMMARY);
        if let Some(url) = &proposal.url {
            self.length("NnsProposal.url", url, PROPOSAL_URL);
            self.expect(url.starts_with(FORUM), || {
                format!("NnsProposal.url: expected {FORUM}..., got {url}")
            });
        }
        for (field, text, length, banned) in [
            ("Token.name", &token.name, TOKEN_NAME, &BANNED_NAMES[..]),
            (
                "Token.symbol",
                &token.symbol,
                TOKEN_SYMBOL,
                &BANNED_SYMBOLS[..],
            ),
        ] {
            self.length(field, text, length);
            self.expect(text.trim() == text, || {
                format!("{field}: expected no spaces around it, got {text:?}")
            });
            let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let taken = banned
                .iter()
                .any(|banned| plain.eq_ignore_ascii_case(banned));
            self.expect(!taken, || {
                format!("{field}: expected one of its own, got {text}")
            });
        }
    }

    fn picture(&mut self, field: &str, file: &Path) {
        match std::fs::read(file) {
            Err(why) => self
                .0
                .push(format!("{field}: {} cannot be read: {why}", file.display())),
            Ok(bytes) => {
                let fine = bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.len() <= MAX_LOGO_BYTES;
                self.expect(fine, || {
                    let got = bytes.len();
                    format!(
                        "{field}: expected a PNG of at most {MAX_LOGO_BYTES} bytes, got {got} bytes \
                         in {}",
                        file.display()
                    )
                });
            }
        }
    }

    fn principals(&mut self, launch: &Launch) {
        for (field, list, max) in [
            (
                "fallback_controller_principals",
                &launch.fallback_controller_principals,
                15,
            ),
            ("dapp_canisters", &launch.dapp_canisters, 100),
        ] {
            let got = list.len();
            self.expect(got <= max, || {
                format!("{field}: expected at most {max}, got {got}")
            });
            let unique: BTreeSet<_> = list.iter().collect();
            self.expect(unique.len() == got, || {
                format!("{field}: expected each once")
            });
            for id in list {
                self.principal(field, id);
            }
        }
        self.expect(!launch.fallback_controller_principals.is_empty(), || {
            "fallback_controller_principals: expected at least one, got none".to_string()
        });
    }

    fn principal(&mut self, field: &str, id: &str) {
        self.expect(Principal::from_text(id).is_ok(), || {
            format!("{field}: expected a principal, got {id}")
        });
    }

    fn proposals(&mut self, proposals: &Proposals) {
        self.tokens("Proposals.rejection_fee", &proposals.rejection_fee);
        let period = self.seconds(
            "Proposals.initial_voting_period",
            &proposals.initial_voting_period,
        );
        const EXTENSION: &str = "Proposals.maximum_wait_for_quiet_deadline_extension";
        let extension = self.seconds(
            EXTENSION,
            &proposals.maximum_wait_for_quiet_deadline_extension,
        );
        if let Some(period) = period {
            self.expect((DAY_S..=30 * DAY_S).contains(&period), || {
                format!("Proposals.initial_voting_period: expected 1 to 30 days, got {period} s")
            });
        }
        if let (Some(period), Some(extension)) = (period, extension) {
            let max = (30 * DAY_S).min(period / 2);
            self.expect((1..=max).contains(&extension), || {
                format!("{EXTENSION}: expected 1 s to half the period, {max} s, got {extension} s")
            });
        }
        for action in &proposals.additional_critical_native_action_ids {
            self.expect(MADE_CRITICAL.contains(&action.as_str()), || {
                let expected = MADE_CRITICAL.join(", ");
                format!(
                    "Proposals.additional_critical_native_action_ids: expected one of {expected}, \
                     got {action}"
                )
            });
        }
    }

    fn figures(&mut self, launch: &Launch) -> Option<Figures> {
        let (delay, balances) = (
            &launch.voting.bonuses.dissolve_delay,
            &launch.distribution.initial_balances,
        );
        let fee = self.tokens("Token.transaction_fee", &launch.token.transaction_fee);
        let stake = self.tokens(
            "Neurons.minimum_creation_stake",
            &launch.neurons.minimum_creation_stake,
        );
        let min_delay = self.seconds(
            "Voting.minimum_dissolve_delay",
            &launch.voting.minimum_dissolve_delay,
        );
        let max_delay = self.seconds(
            "Voting.MaximumVotingPowerBonuses.DissolveDelay",
            &delay.duration,
        );
        let swap = self.tokens("Distribution.InitialBalances.swap", &balances.swap);
        let treasury = self.tokens("Distribution.InitialBalances.treasury", &balances.treasury);
        Some(Figures {
            fee: fee?,
            stake: stake?,
            min_delay: min_delay?,
            max_delay: max_delay?,
            swap: swap?,
            treasury: treasury?,
        })
    }

    fn neurons(&mut self, launch: &Launch, figures: &Figures) {
        let (
            voting,
            Figures {
                fee,
                stake,
                min_delay,
                max_delay,
                ..
            },
        ) = (&launch.voting, figures);
        self.expect(stake > fee, || {
            format!("Neurons.minimum_creation_stake: expected more than the fee, got {stake} e8s")
        });
        let most = (8 * YEAR_S).min(*max_delay);
        self.expect(*min_delay <= most, || {
            format!("Voting.minimum_dissolve_delay: expected at most {most} s, got {min_delay} s")
        });
        for (field, bonus, max) in [
            ("DissolveDelay", &voting.bonuses.dissolve_delay, 900),
            ("Age", &voting.bonuses.age, 400),
        ] {
            let field = format!("Voting.MaximumVotingPowerBonuses.{field}");
            self.seconds(&field, &bonus.duration);
            if let Some(points) = self.take(&field, units::basis_points(&bonus.bonus)) {
                self.expect(points % 100 == 0 && points <= max * 100, || {
                    let got = &bonus.bonus;
                    format!("{field}: expected a whole percentage of at most {max}%, got {got}")
                });
            }
        }
        let rate = &voting.reward_rate;
        self.seconds("Voting.RewardRate", &rate.transition_duration);
        let initial = self.take(
            "Voting.RewardRate.initial",
            units::basis_points(&rate.initial),
        );
        let last = self.take(
            "Voting.RewardRate.final",
            units::basis_points(&rate.r#final),
        );
        self.expect(last <= initial, || {
            "Voting.RewardRate.final: expected at most the initial rate".to_string()
        });
    }

    fn distribution(&mut self, launch: &Launch, figures: &Figures) {
        let distribution = &launch.distribution;
        let got = distribution.neurons.len();
        self.expect(got <= 100, || {
            format!("Distribution.Neurons: expected at most 100, got {got}")
        });
        let mut sum = u128::from(figures.treasury) + u128::from(figures.swap);
        let (mut unique, mut can_vote) = (BTreeSet::new(), false);
        for (i, founder) in distribution.neurons.iter().enumerate() {
            let field = format!("Distribution.Neurons[{i}]");
            self.principal(&field, &founder.principal);
            self.expect(unique.insert((&founder.principal, founder.memo)), || {
                format!("{field}: expected each principal and memo once")
            });
            self.expect(!KEPT_MEMOS.contains(&founder.memo), || {
                format!(
                    "{field}.memo: expected outside {KEPT_MEMOS:?}, got {}",
                    founder.memo
                )
            });
            self.seconds(&field, &founder.vesting_period);
            if let Some(stake) = self.tokens(&field, &founder.stake) {
                sum += u128::from(stake);
                self.expect(stake >= figures.stake, || {
                    format!("{field}.stake: expected at least the minimum stake, got {stake} e8s")
                });
            }
            if let Some(delay) = self.seconds(&field, &founder.dissolve_delay) {
                can_vote |= delay >= figures.min_delay;
                self.expect(delay <= figures.max_delay, || {
                    let max = figures.max_delay;
                    format!("{field}.dissolve_delay: expected at most {max} s, got {delay} s")
                });
            }
        }
        self.expect(can_vote, || {
            "Distribution.Neurons: expected at least one that can vote, got none".to_string()
        });
        self.expect(figures.swap > 0, || {
            "Distribution.InitialBalances.swap: expected more than 0, got 0".to_string()
        });
        if let Some(total) = self.tokens("Distribution.total", &distribution.total) {
            self.expect(u128::from(total) == sum, || {
                format!("Distribution.total: expected the sum, {sum} e8s, got {total} e8s")
            });
        }
    }

    fn swap(&mut self, swap: &Swap, figures: &Figures) {
        self.seconds("Swap.duration", &swap.duration);
        self.expect(!swap.neurons_fund_participation, || {
            "Swap.neurons_fund_participation: expected false, the NNS refuses true".to_string()
        });
        let count = swap.minimum_participants;
        self.expect(count > 0, || {
            "Swap.minimum_participants: expected at least 1".to_string()
        });
        let mut icp = |field: &str, text: &str| self.tokens(&format!("Swap.{field}"), text);
        let min_direct = icp(
            "minimum_direct_participation_icp",
            &swap.minimum_direct_participation_icp,
        );
        let max_direct = icp(
            "maximum_direct_participation_icp",
            &swap.maximum_direct_participation_icp,
        );
        let min_each = icp("minimum_participant_icp", &swap.minimum_participant_icp);
        let max_each = icp("maximum_participant_icp", &swap.maximum_participant_icp);
        let events = swap.vesting_schedule.events;
        self.expect((2..=10).contains(&events), || {
            format!("Swap.VestingSchedule.events: expected 2 to 10, got {events}")
        });
        const INTERVAL: &str = "Swap.VestingSchedule.interval";
        if let Some(interval) = self.seconds(INTERVAL, &swap.vesting_schedule.interval) {
            let last = interval.saturating_mul(events.saturating_sub(1));
            let max = figures.max_delay;
            self.expect(interval >= 1 && last <= max, || {
                format!("{INTERVAL}: expected the last event within {max} s, got it after {last} s")
            });
        }
        let (Some(min_direct), Some(max_direct), Some(min_each), Some(max_each)) =
            (min_direct, max_direct, min_each, max_each)
        else {
            return;
        };
        let ceiling = 1_000_000_000 * E8S;
        let fine = 0 < min_direct && min_direct <= max_direct && max_direct <= ceiling;
        self.expect(fine, || {
            "Swap: expected 0 < minimum <= maximum direct participation <= 1,000,000,000 ICP".into()
        });
        let fine = E8S / 100 <= min_each && min_each <= max_each && max_each <= max_direct;
        self.expect(fine, || {
            "Swap: expected 0.01 ICP <= minimum <= maximum of a participant <= maximum direct \
             participation"
                .to_string()
        });
        let fine = u128::from(max_direct) >= u128::from(count) * u128::from(min_each);
        self.expect(fine, || {
            "Swap.maximum_direct_participation_icp: expected room for all participants".to_string()
        });
        // A participant with the least contribution in a full swap gets a neuron for each event.
        let basket = u128::from(events) * (u128::from(figures.stake) + u128::from(figures.fee));
        let least = u128::from(min_each)
            .saturating_mul(u128::from(figures.swap))
            .checked_div(u128::from(max_direct))
            .unwrap_or_default();
        self.expect(least >= basket, || {
            format!(
                "Swap.minimum_participant_icp: expected to buy at least {basket} e8s of tokens, a \
                 minimum stake and a fee for each of {events} neurons, got {least} e8s"
            )
        });
    }
}

#[cfg(test)]
mod tests;
