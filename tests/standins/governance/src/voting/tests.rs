use std::collections::BTreeMap;

use super::*;
use crate::types::{Ballot, VOTE_UNSPECIFIED};

const TOKEN: u64 = 100_000_000;
const YEAR: u64 = 31_557_600;
const NOW: u64 = 2_000_000_000;

fn parameters() -> NervousSystemParameters {
    NervousSystemParameters {
        max_dissolve_delay_seconds: Some(8 * YEAR),
        max_dissolve_delay_bonus_percentage: Some(100),
        max_neuron_age_for_age_bonus: Some(4 * YEAR),
        max_age_bonus_percentage: Some(25),
        initial_voting_period_seconds: Some(4 * ONE_DAY),
        wait_for_quiet_deadline_increase_seconds: Some(ONE_DAY),
        ..NervousSystemParameters::default()
    }
}

fn neuron(stake: u64, delay: u64, age: u64) -> Neuron {
    Neuron {
        cached_neuron_stake_e8s: stake,
        dissolve_state: Some(DissolveState::DissolveDelaySeconds(delay)),
        aging_since_timestamp_seconds: NOW - age,
        voting_power_percentage_multiplier: 100,
        ..Neuron::default()
    }
}

#[test]
fn should_compute_voting_power_in_integers() {
    type Change = fn(&mut Neuron);
    let rows: [(&str, Neuron, Change, u64); 12] = [
        ("no bonus", neuron(100 * TOKEN, 0, 0), |_| {}, 100 * TOKEN),
        (
            "half the delay",
            neuron(100 * TOKEN, 4 * YEAR, 0),
            |_| {},
            150 * TOKEN,
        ),
        (
            "all the delay",
            neuron(100 * TOKEN, 8 * YEAR, 0),
            |_| {},
            200 * TOKEN,
        ),
        (
            "more delay than counts",
            neuron(100 * TOKEN, 9 * YEAR, 0),
            |_| {},
            200 * TOKEN,
        ),
        (
            "half the age",
            neuron(100 * TOKEN, 0, 2 * YEAR),
            |_| {},
            11_250_000_000,
        ),
        (
            "all of both",
            neuron(100 * TOKEN, 8 * YEAR, 4 * YEAR),
            |_| {},
            250 * TOKEN,
        ),
        (
            "more age than counts",
            neuron(100 * TOKEN, 8 * YEAR, 5 * YEAR),
            |_| {},
            250 * TOKEN,
        ),
        ("rounded down twice", neuron(7, YEAR, YEAR), |_| {}, 7),
        ("rounded down", neuron(1_000, YEAR, YEAR), |_| {}, 1_195),
        (
            "fees",
            neuron(100 * TOKEN, 0, 0),
            |n| n.neuron_fees_e8s = TOKEN,
            99 * TOKEN,
        ),
        (
            "staked maturity",
            neuron(100 * TOKEN, 0, 0),
            |n| n.staked_maturity_e8s_equivalent = Some(TOKEN),
            101 * TOKEN,
        ),
        (
            "multiplier",
            neuron(100 * TOKEN, 0, 0),
            |n| n.voting_power_percentage_multiplier = 33,
            33 * TOKEN,
        ),
    ];
    for (desc, mut neuron, change, expected) in rows {
        change(&mut neuron);
        assert_eq!(neuron.voting_power(NOW, &parameters()), expected, "{desc}");
    }
}

#[test]
fn should_give_no_bonus_where_none_is_set_and_cap_what_does_not_fit() {
    let none = NervousSystemParameters::default();
    assert_eq!(neuron(5, YEAR, YEAR).voting_power(NOW, &none), 5);
    let most = neuron(u64::MAX, 8 * YEAR, 0).voting_power(NOW, &parameters());
    assert_eq!(most, u64::MAX);
}

#[test]
fn should_take_the_time_left_as_the_delay_of_a_dissolving_neuron() {
    let mut dissolving = neuron(100 * TOKEN, 0, 0);
    dissolving.dissolve_state = Some(DissolveState::WhenDissolvedTimestampSeconds(NOW + 4 * YEAR));
    assert_eq!(dissolving.voting_power(NOW, &parameters()), 150 * TOKEN);
    assert_eq!(dissolving.dissolve_delay(NOW + 5 * YEAR), 0);
}

#[test]
fn should_set_rules_by_criticality() {
    let normal = Rules::of(false, &parameters());
    let expected = Rules {
        exercised: 5_000,
        total: 300,
        voting_period: 4 * ONE_DAY,
        quiet_increase: ONE_DAY,
    };
    assert_eq!(normal, expected);
    let critical = Rules::of(true, &parameters());
    let expected = Rules {
        exercised: 6_700,
        total: 2_000,
        voting_period: 5 * ONE_DAY,
        quiet_increase: 216_000,
    };
    assert_eq!(critical, expected);
    let mut long = parameters();
    long.initial_voting_period_seconds = Some(9 * ONE_DAY);
    long.wait_for_quiet_deadline_increase_seconds = Some(3 * ONE_DAY);
    let critical = Rules::of(true, &long);
    assert_eq!(
        (critical.voting_period, critical.quiet_increase),
        (9 * ONE_DAY, 3 * ONE_DAY)
    );
}

#[test]
fn should_decide_at_the_edges_of_thresholds() {
    let rows = [
        (
            "half is not more than half",
            50,
            49,
            100,
            5_000,
            Decision::Open,
        ),
        ("more than half", 51, 0, 100, 5_000, Decision::Yes),
        ("half against", 0, 50, 100, 5_000, Decision::No),
        ("less than half against", 0, 49, 100, 5_000, Decision::Open),
        (
            "67 of 100 is not more than 67%",
            67,
            0,
            100,
            6_700,
            Decision::Open,
        ),
        ("68 of 100", 68, 0, 100, 6_700, Decision::Yes),
        ("33 against", 0, 33, 100, 6_700, Decision::No),
        ("32 against", 67, 32, 100, 6_700, Decision::Open),
        ("nobody", 0, 0, 0, 5_000, Decision::No),
        (
            "most there can be",
            u64::MAX,
            0,
            u64::MAX,
            5_000,
            Decision::Yes,
        ),
        (
            "most there can be, against",
            0,
            u64::MAX,
            u64::MAX,
            6_700,
            Decision::No,
        ),
    ];
    for (desc, yes, no, total, threshold, expected) in rows {
        assert_eq!(decide(yes, no, total, threshold), expected, "{desc}");
    }
}

/// A proposal made at [`NOW`] with these rules, and ballots `(power, vote)`.
fn proposal(rules: Rules, ballots: &[(u64, i32)]) -> ProposalData {
    let ballots: BTreeMap<String, Ballot> = ballots
        .iter()
        .enumerate()
        .map(|(index, (voting_power, vote))| {
            let ballot = Ballot {
                vote: *vote,
                cast_timestamp_seconds: 0,
                voting_power: *voting_power,
            };
            (format!("{index:02}"), ballot)
        })
        .collect();
    ProposalData {
        id: None,
        payload_text_rendering: None,
        action: 1,
        failure_reason: None,
        action_auxiliary: None,
        ballots,
        minimum_yes_proportion_of_total: Some(Percentage {
            basis_points: Some(rules.total),
        }),
        reward_event_round: 0,
        failed_timestamp_seconds: 0,
        reward_event_end_timestamp_seconds: None,
        proposal_creation_timestamp_seconds: NOW,
        initial_voting_period_seconds: rules.voting_period,
        reject_cost_e8s: 0,
        latest_tally: None,
        wait_for_quiet_deadline_increase_seconds: rules.quiet_increase,
        decided_timestamp_seconds: 0,
        proposal: None,
        proposer: None,
        wait_for_quiet_state: Some(WaitForQuietState {
            current_deadline_timestamp_seconds: NOW + rules.voting_period,
        }),
        minimum_yes_proportion_of_exercised: Some(Percentage {
            basis_points: Some(rules.exercised),
        }),
        is_eligible_for_rewards: true,
        executed_timestamp_seconds: 0,
        topic: None,
    }
}

#[test]
fn should_accept_only_with_both_shares() {
    let normal = Rules::of(false, &parameters());
    let critical = Rules::of(true, &parameters());
    let rows = [
        ("3% of all, nobody against", normal, 300, 0, 10_000, true),
        ("a vote short of 3%", normal, 299, 0, 10_000, false),
        ("a tie", normal, 5_000, 5_000, 10_000, false),
        ("one more than a tie", normal, 301, 300, 10_000, true),
        ("no votes", normal, 0, 0, 10_000, false),
        (
            "20% of all, nobody against",
            critical,
            2_000,
            0,
            10_000,
            true,
        ),
        ("a vote short of 20%", critical, 1_999, 0, 10_000, false),
        ("67% of the votes", critical, 4_690, 2_310, 10_000, false),
        ("a vote more", critical, 4_691, 2_309, 10_000, true),
    ];
    for (desc, rules, yes, no, total, expected) in rows {
        let rest = total - yes - no;
        let ballots = [(yes, VOTE_YES), (no, VOTE_NO), (rest, VOTE_UNSPECIFIED)];
        let mut data = proposal(rules, &ballots);
        data.recompute_tally(NOW);
        assert_eq!(data.is_accepted(), expected, "{desc}");
    }
}

#[test]
fn should_be_decided_early_by_majority_or_at_the_deadline() {
    let normal = Rules::of(false, &parameters());
    let critical = Rules::of(true, &parameters());
    let end = NOW + normal.voting_period;
    let critical_end = NOW + critical.voting_period;
    let rows = [
        ("open before the deadline", normal, 50, 0, end - 1, false),
        ("at the deadline", normal, 50, 0, end, true),
        ("majority", normal, 51, 0, NOW, true),
        ("half against", normal, 0, 50, NOW, true),
        (
            "critical needs more",
            critical,
            67,
            0,
            critical_end - 1,
            false,
        ),
        ("critical majority", critical, 68, 0, NOW, true),
        ("a third against", critical, 0, 33, NOW, true),
    ];
    for (desc, rules, yes, no, now, expected) in rows {
        let ballots = [
            (yes, VOTE_YES),
            (no, VOTE_NO),
            (100 - yes - no, VOTE_UNSPECIFIED),
        ];
        let mut data = proposal(rules, &ballots);
        data.recompute_tally(now);
        assert_eq!(data.can_make_decision(now), expected, "{desc}");
    }
}

#[test]
fn should_derive_status_from_times() {
    let rules = Rules::of(false, &parameters());
    type Change = fn(&mut ProposalData);
    let rows: [(&str, i32, Change, Status); 5] = [
        ("not decided", VOTE_YES, |_| {}, Status::Open),
        (
            "rejected",
            VOTE_NO,
            |d| d.decided_timestamp_seconds = 1,
            Status::Rejected,
        ),
        (
            "adopted",
            VOTE_YES,
            |d| d.decided_timestamp_seconds = 1,
            Status::Adopted,
        ),
        (
            "executed",
            VOTE_YES,
            |d| {
                d.decided_timestamp_seconds = 1;
                d.executed_timestamp_seconds = 2;
            },
            Status::Executed,
        ),
        (
            "failed",
            VOTE_YES,
            |d| {
                d.decided_timestamp_seconds = 1;
                d.failed_timestamp_seconds = 2;
            },
            Status::Failed,
        ),
    ];
    for (desc, vote, change, expected) in rows {
        let mut data = proposal(rules, &[(10, vote)]);
        data.recompute_tally(NOW);
        change(&mut data);
        assert_eq!(data.status(), expected, "{desc}");
    }
}

/// Casts one vote `after` the creation and says by how much the deadline lies after it.
fn vote(data: &mut ProposalData, index: usize, vote: i32, after: u64) -> u64 {
    let ballot = data
        .ballots
        .get_mut(&format!("{index:02}"))
        .expect("there is such a ballot");
    ballot.vote = vote;
    data.recompute_tally(NOW + after);
    data.deadline() - NOW
}

#[test]
fn should_extend_the_deadline_when_the_outcome_turns() {
    // Period P = 4 d, increase W = 1 d: a turn after time e moves the deadline to
    // max(deadline, e + W + P/2 - e/2).
    let rules = Rules::of(false, &parameters());
    let none = VOTE_UNSPECIFIED;
    let ballots = [(10, none), (20, none), (30, none), (35, none), (200, none)];
    let mut data = proposal(rules, &ballots);
    assert_eq!(
        vote(&mut data, 0, VOTE_YES, 0),
        4 * ONE_DAY,
        "the first count is no turn"
    );
    assert_eq!(
        vote(&mut data, 1, VOTE_NO, ONE_DAY),
        4 * ONE_DAY,
        "3.5 d is within the period"
    );
    let day_3 = 3 * ONE_DAY;
    assert_eq!(
        vote(&mut data, 2, VOTE_YES, day_3),
        4 * ONE_DAY + ONE_DAY / 2,
        "3 + 1 + 2 - 1.5"
    );
    let day_4 = 4 * ONE_DAY + ONE_DAY / 4;
    assert_eq!(
        vote(&mut data, 3, VOTE_NO, day_4),
        5 * ONE_DAY + ONE_DAY / 8,
        "4.25 + 1 + 2 - 2.125"
    );
}

#[test]
fn should_not_extend_the_deadline_without_a_turn_or_past_it() {
    let rules = Rules::of(false, &parameters());
    const NONE: i32 = VOTE_UNSPECIFIED;
    let late = 4 * ONE_DAY - 1;
    type Row = (&'static str, &'static [(u64, i32)], usize, i32, u64, u64);
    let rows: [Row; 5] = [
        (
            "more of the same",
            &[(10, VOTE_YES), (5, NONE), (200, NONE)],
            1,
            VOTE_YES,
            late,
            0,
        ),
        (
            "settled yes",
            &[(10, VOTE_NO), (111, NONE), (100, NONE)],
            1,
            VOTE_YES,
            late,
            0,
        ),
        (
            "settled no",
            &[(10, VOTE_YES), (110, NONE), (100, NONE)],
            1,
            VOTE_NO,
            late,
            0,
        ),
        (
            "after the deadline",
            &[(10, VOTE_YES), (20, NONE), (200, NONE)],
            1,
            VOTE_NO,
            late + 2,
            0,
        ),
        (
            "turned in time",
            &[(10, VOTE_YES), (20, NONE), (200, NONE)],
            1,
            VOTE_NO,
            late,
            ONE_DAY,
        ),
    ];
    for (desc, ballots, index, cast, after, gained) in rows {
        let mut data = proposal(rules, ballots);
        data.recompute_tally(NOW);
        let deadline = vote(&mut data, index, cast, after);
        let expected = if gained == 0 {
            4 * ONE_DAY
        } else {
            late + gained + 2 * ONE_DAY - late / 2
        };
        assert_eq!(deadline, expected, "{desc}");
    }
}

#[test]
fn should_never_extend_beyond_twice_the_increase() {
    let rules = Rules::of(false, &parameters());
    let mut data = proposal(rules, &[(10, VOTE_UNSPECIFIED); 100]);
    data.recompute_tally(NOW);
    let mut now = 0;
    for index in 0..40 {
        // Turns are as late as they can be. Yes leads after an even index.
        now = data.deadline() - NOW;
        if index % 2 == 0 {
            vote(&mut data, index, VOTE_YES, now);
        } else {
            let ballot = data
                .ballots
                .get_mut(&format!("{index:02}"))
                .expect("one of 100");
            ballot.vote = VOTE_NO;
            data.recompute_tally(NOW + now);
        }
    }
    let most = rules.voting_period + 2 * rules.quiet_increase;
    assert!(now > most - 10 && now <= most, "{now} of {most}");
}
