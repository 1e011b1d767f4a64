use super::*;
use crate::types::{
    ChangeAutoStakeMaturity, Empty, Followee, Followees, IncreaseDissolveDelay,
    SetDissolveTimestamp,
};

const NOW: u64 = 1_000_000;
const MAX: u64 = 1_000;

fn id(byte: u8) -> NeuronId {
    NeuronId { id: vec![byte; 32] }
}

fn delayed(delay: u64) -> Neuron {
    Neuron {
        dissolve_state: Some(DissolveState::DissolveDelaySeconds(delay)),
        aging_since_timestamp_seconds: 7,
        ..Neuron::default()
    }
}

fn dissolving(at: u64) -> Neuron {
    Neuron {
        dissolve_state: Some(DissolveState::WhenDissolvedTimestampSeconds(at)),
        aging_since_timestamp_seconds: u64::MAX,
        ..Neuron::default()
    }
}

#[test]
fn should_change_the_dissolve_state_by_the_rules() {
    use DissolveState::{DissolveDelaySeconds as Delay, WhenDissolvedTimestampSeconds as When};
    use ErrorType::{InvalidCommand, RequiresDissolving, RequiresNotDissolving};
    let increase = |by| {
        Operation::IncreaseDissolveDelay(IncreaseDissolveDelay {
            additional_dissolve_delay_seconds: by,
        })
    };
    let set = |at| {
        Operation::SetDissolveTimestamp(SetDissolveTimestamp {
            dissolve_timestamp_seconds: at,
        })
    };
    let start = || Operation::StartDissolving(Empty {});
    let stop = || Operation::StopDissolving(Empty {});
    let rows = [
        ("longer", delayed(10), increase(5), Ok((Delay(15), 7))),
        (
            "from nothing: ages anew",
            delayed(0),
            increase(5),
            Ok((Delay(5), NOW)),
        ),
        ("capped", delayed(10), increase(5_000), Ok((Delay(MAX), 7))),
        ("by nothing", delayed(10), increase(0), Err(InvalidCommand)),
        (
            "dissolving",
            dissolving(NOW + 10),
            increase(5),
            Ok((When(NOW + 15), u64::MAX)),
        ),
        (
            "dissolved",
            dissolving(NOW),
            increase(5),
            Ok((Delay(5), NOW)),
        ),
        ("to a time", delayed(10), set(NOW + 50), Ok((Delay(50), 7))),
        (
            "to a shorter time",
            delayed(10),
            set(NOW + 9),
            Err(InvalidCommand),
        ),
        ("to the past", delayed(0), set(NOW - 1), Err(InvalidCommand)),
        (
            "start",
            delayed(10),
            start(),
            Ok((When(NOW + 10), u64::MAX)),
        ),
        (
            "start dissolved",
            delayed(0),
            start(),
            Err(RequiresNotDissolving),
        ),
        (
            "start again",
            dissolving(NOW + 1),
            start(),
            Err(RequiresNotDissolving),
        ),
        ("stop", dissolving(NOW + 9), stop(), Ok((Delay(9), NOW))),
        (
            "stop dissolved",
            dissolving(NOW),
            stop(),
            Err(RequiresDissolving),
        ),
        ("stop again", delayed(3), stop(), Err(RequiresDissolving)),
    ];
    for (desc, mut neuron, operation, expected) in rows {
        let outcome = neuron.configure(
            NOW,
            &Configure {
                operation: Some(operation),
            },
            MAX,
        );
        match expected {
            Ok((state, aging_since)) => {
                assert_eq!(outcome, Ok(()), "{desc}");
                assert_eq!(neuron.dissolve_state, Some(state), "{desc}");
                assert_eq!(neuron.aging_since_timestamp_seconds, aging_since, "{desc}");
            }
            Err(kind) => {
                assert_eq!(
                    outcome.map_err(|e| e.error_type),
                    Err(kind as i32),
                    "{desc}"
                );
            }
        }
    }
    let mut neuron = delayed(1);
    let auto = ChangeAutoStakeMaturity {
        requested_setting_for_auto_stake_maturity: true,
    };
    let operation = Some(Operation::ChangeAutoStakeMaturity(auto));
    assert_eq!(neuron.configure(NOW, &Configure { operation }, MAX), Ok(()));
    assert_eq!(neuron.auto_stake_maturity, Some(true));
    assert!(
        neuron
            .configure(NOW, &Configure { operation: None }, MAX)
            .is_err()
    );
}

#[test]
fn should_lower_the_age_in_proportion_to_new_stake() {
    let mut neuron = delayed(1);
    neuron.cached_neuron_stake_e8s = 100;
    neuron.aging_since_timestamp_seconds = NOW - 90;
    neuron.update_stake(NOW, 300);
    assert_eq!(neuron.aging_since_timestamp_seconds, NOW - 30);
    neuron.update_stake(NOW, 200);
    assert_eq!(
        neuron.aging_since_timestamp_seconds,
        NOW - 30,
        "less stake keeps the age"
    );
    assert_eq!(neuron.cached_neuron_stake_e8s, 200);
}

#[test]
fn should_vest_until_the_period_is_over() {
    let mut neuron = delayed(1);
    assert!(!neuron.is_vesting(0));
    neuron.created_timestamp_seconds = NOW;
    neuron.vesting_period_seconds = Some(5);
    assert!(neuron.is_vesting(NOW + 5));
    assert!(!neuron.is_vesting(NOW + 6));
}

fn topic_following(topic: Option<Topic>, followees: &[u8]) -> FolloweesForTopic {
    let followees = followees
        .iter()
        .map(|byte| Followee {
            neuron_id: Some(id(*byte)),
            alias: None,
        })
        .collect();
    FolloweesForTopic { topic, followees }
}

/// Neurons 1 to 9, each with a vote of its own, and what some of them follow.
struct Electorate {
    neurons: BTreeMap<String, Neuron>,
    ballots: BTreeMap<String, Ballot>,
}

impl Electorate {
    fn new() -> Self {
        let ballot = Ballot {
            vote: VOTE_UNSPECIFIED,
            cast_timestamp_seconds: 0,
            voting_power: 1,
        };
        let ids: Vec<NeuronId> = (1..10).map(id).collect();
        Self {
            neurons: ids
                .iter()
                .map(|id| {
                    (
                        id.to_hex(),
                        Neuron {
                            id: Some(id.clone()),
                            ..Neuron::default()
                        },
                    )
                })
                .collect(),
            ballots: ids.iter().map(|id| (id.to_hex(), ballot)).collect(),
        }
    }

    fn follow(mut self, follower: u8, function: u64, followees: &[u8]) -> Self {
        let followees = Followees {
            followees: followees.iter().map(|byte| id(*byte)).collect(),
        };
        let neuron = self
            .neurons
            .get_mut(&id(follower).to_hex())
            .expect("1 to 9");
        neuron.followees.insert(function, followees);
        self
    }

    fn follow_topic(mut self, follower: u8, topic: Topic, followees: &[u8]) -> Self {
        let command = SetFollowing {
            topic_following: vec![topic_following(Some(topic), followees)],
        };
        let neuron = self
            .neurons
            .get_mut(&id(follower).to_hex())
            .expect("1 to 9");
        neuron
            .set_following(&command, |_| Vec::new())
            .expect("valid following");
        self
    }

    fn vote(&mut self, voter: u8, vote: i32, topic: Topic) -> Vec<i32> {
        let voter = id(voter).to_hex();
        cast_vote(
            &mut self.ballots,
            &self.neurons,
            &voter,
            vote,
            1_000,
            topic,
            NOW,
        );
        self.ballots.values().map(|ballot| ballot.vote).collect()
    }
}

#[test]
fn should_pass_votes_on_to_followers() {
    use Topic::{ApplicationBusinessLogic as Normal, CriticalDappOperations as Critical};
    let rows = [
        (
            "nobody follows",
            Electorate::new(),
            Normal,
            [1, 0, 0, 0, 0, 0, 0, 0, 0],
        ),
        (
            "a chain, by function",
            Electorate::new()
                .follow(2, 1_000, &[1])
                .follow(3, 1_000, &[2]),
            Normal,
            [1, 1, 1, 0, 0, 0, 0, 0, 0],
        ),
        (
            "another function",
            Electorate::new().follow(2, 1_001, &[1]),
            Normal,
            [1, 0, 0, 0, 0, 0, 0, 0, 0],
        ),
        (
            "the catch-all",
            Electorate::new().follow(2, CATCH_ALL, &[1]),
            Normal,
            [1, 1, 0, 0, 0, 0, 0, 0, 0],
        ),
        (
            "the catch-all does not serve critical topics",
            Electorate::new().follow(2, CATCH_ALL, &[1]),
            Critical,
            [1, 0, 0, 0, 0, 0, 0, 0, 0],
        ),
        (
            "the function goes before the catch-all",
            Electorate::new()
                .follow(2, CATCH_ALL, &[1])
                .follow(2, 1_000, &[3]),
            Normal,
            [1, 0, 0, 0, 0, 0, 0, 0, 0],
        ),
        (
            "the topic goes before the function",
            Electorate::new()
                .follow(2, 1_000, &[3])
                .follow_topic(2, Critical, &[1]),
            Critical,
            [1, 1, 0, 0, 0, 0, 0, 0, 0],
        ),
        (
            "half is not more than half",
            Electorate::new().follow(2, 1_000, &[1, 3]),
            Normal,
            [1, 0, 0, 0, 0, 0, 0, 0, 0],
        ),
        (
            "two ways to a majority",
            Electorate::new()
                .follow(2, 1_000, &[1])
                .follow(3, 1_000, &[1, 2, 4]),
            Normal,
            [1, 1, 1, 0, 0, 0, 0, 0, 0],
        ),
        (
            "a circle ends",
            Electorate::new()
                .follow(1, 1_000, &[2])
                .follow(2, 1_000, &[1]),
            Normal,
            [1, 1, 0, 0, 0, 0, 0, 0, 0],
        ),
    ];
    for (desc, mut electorate, topic, expected) in rows {
        assert_eq!(electorate.vote(1, VOTE_YES, topic), expected, "{desc}");
    }
    let mut half = Electorate::new().follow(2, 1_000, &[1, 3]);
    let votes = half.vote(1, VOTE_NO, Normal);
    assert_eq!(votes, [2, 2, 0, 0, 0, 0, 0, 0, 0], "half against is enough");
    assert_eq!(
        half.vote(1, VOTE_YES, Normal),
        votes,
        "a ballot is cast once"
    );
}

#[test]
fn should_pass_nothing_on_from_a_neuron_without_a_ballot() {
    let mut electorate = Electorate::new().follow(2, 1_000, &[1]);
    electorate.ballots.remove(&id(1).to_hex());
    assert_eq!(electorate.vote(1, VOTE_YES, Topic::Governance), [0; 8]);
}

#[test]
fn should_refuse_following_that_is_not_well_formed() {
    let many: Vec<u8> = (0..16).collect();
    let named = |alias: String| {
        let mut entry = topic_following(Some(Topic::Governance), &[1]);
        entry.followees[0].alias = Some(alias);
        entry
    };
    let mut nobody = topic_following(Some(Topic::Governance), &[1]);
    nobody.followees[0].neuron_id = None;
    let rows = [
        (
            "15 followees",
            vec![topic_following(Some(Topic::Governance), &many[..15])],
            true,
        ),
        (
            "16 followees",
            vec![topic_following(Some(Topic::Governance), &many)],
            false,
        ),
        ("no topic", vec![topic_following(None, &[1])], false),
        (
            "twice the same",
            vec![topic_following(Some(Topic::Governance), &[1, 1])],
            false,
        ),
        ("longest name", vec![named("n".repeat(128))], true),
        ("name too long", vec![named("n".repeat(129))], false),
        ("empty name", vec![named(String::new())], false),
        ("nobody", vec![nobody], false),
        (
            "a topic twice",
            vec![
                topic_following(Some(Topic::Governance), &[1]),
                topic_following(Some(Topic::Governance), &[2]),
            ],
            false,
        ),
    ];
    for (desc, topic_following, expected) in rows {
        let mut neuron = Neuron::default();
        let outcome = neuron.set_following(&SetFollowing { topic_following }, |_| Vec::new());
        assert_eq!(outcome.is_ok(), expected, "{desc}: {outcome:?}");
    }
}

#[test]
fn should_drop_older_following_that_a_topic_replaces() {
    let mut neuron = Neuron::default();
    for function in [CATCH_ALL, 1, 1_000] {
        neuron.followees.insert(
            function,
            Followees {
                followees: vec![id(1)],
            },
        );
    }
    let set = |topics: &[Topic], followees: &[u8]| SetFollowing {
        topic_following: topics
            .iter()
            .map(|topic| topic_following(Some(*topic), followees))
            .collect(),
    };
    let governance = set(&[Topic::Governance], &[2]);
    neuron
        .set_following(&governance, |_| vec![1])
        .expect("valid");
    assert_eq!(
        neuron.followees.keys().collect::<Vec<_>>(),
        [&CATCH_ALL, &1_000]
    );
    let rest = [
        Topic::SnsFrameworkManagement,
        Topic::DappCanisterManagement,
        Topic::ApplicationBusinessLogic,
    ];
    neuron
        .set_following(&set(&rest, &[2]), |_| Vec::new())
        .expect("valid");
    assert_eq!(
        neuron.followees.keys().collect::<Vec<_>>(),
        [&1_000],
        "all normal topics are set"
    );
    neuron
        .set_following(&set(&rest, &[]), |_| Vec::new())
        .expect("valid");
    let kept = neuron
        .topic_followees
        .expect("was set")
        .topic_id_to_followees;
    assert_eq!(
        kept.keys().collect::<Vec<_>>(),
        [&Topic::Governance.number()]
    );
}
