use super::*;
use std::path::PathBuf;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn file() -> String {
    std::fs::read_to_string(root().join("sns_init.yaml")).expect("the launch file")
}

#[test]
fn should_launch_with_the_file_of_the_repository() {
    assert_eq!(problems(&file(), &root()), Vec::<String>::new());
}

#[test]
fn should_refuse_what_breaks_a_rule() {
    for (desc, old, new, words) in [
        (
            "short name",
            "name: Akash Gateway DAO",
            "name: DAO",
            "name: expected from 4",
        ),
        (
            "http",
            "url: https://akash.network",
            "url: http://akash.network",
            "https://",
        ),
        (
            "forum",
            "https://forum.dfinity.org/t",
            "https://forum.example.org/t",
            "forum.dfinity.org",
        ),
        (
            "no picture",
            "docs/assets/token.png",
            "docs/assets/none.png",
            "Token.logo",
        ),
        ("no PNG", "docs/assets/token.png", "sns_init.yaml", "a PNG"),
        (
            "no principal",
            "fallback_controller_principals:\n  - 2vxsx-fae",
            "fallback_controller_principals:\n  - 2vxsx",
            "a principal",
        ),
        (
            "nobody",
            "fallback_controller_principals:\n  - 2vxsx-fae",
            "fallback_controller_principals: []",
            "at least one",
        ),
        (
            "twice",
            "fallback_controller_principals:\n  - 2vxsx-fae",
            "fallback_controller_principals: [2vxsx-fae, 2vxsx-fae]",
            "each once",
        ),
        (
            "short symbol",
            "symbol: AKGW",
            "symbol: AK",
            "Token.symbol: expected from 3",
        ),
        (
            "long symbol",
            "symbol: AKGW",
            "symbol: AKGWAKGWAKG",
            "Token.symbol: expected from 3",
        ),
        ("spaces", "symbol: AKGW", "symbol: ' AKGW'", "no spaces"),
        ("banned symbol", "symbol: AKGW", "symbol: icp", "its own"),
        (
            "banned name",
            "name: Akash Gateway Token",
            "name: Internet Computer",
            "its own",
        ),
        (
            "unit",
            "transaction_fee: 10_000 e8s",
            "transaction_fee: 10_000",
            "Token.transaction_fee",
        ),
        (
            "short period",
            "initial_voting_period: 4 days",
            "initial_voting_period: 23 hours",
            "1 to 30 days",
        ),
        (
            "long period",
            "initial_voting_period: 4 days",
            "initial_voting_period: 31 days",
            "1 to 30 days",
        ),
        (
            "long extension",
            "extension: 1 day",
            "extension: 49 hours",
            "half the period",
        ),
        (
            "no extension",
            "extension: 1 day",
            "extension: 0 s",
            "half the period",
        ),
        (
            "action number",
            "- UpgradeSnsControlledCanister",
            "- '3'",
            "expected one of Motion",
        ),
        (
            "small stake",
            "minimum_creation_stake: 1 token",
            "minimum_creation_stake: 10_000 e8s",
            "more than the fee",
        ),
        (
            "delay",
            "minimum_dissolve_delay: 1 month",
            "minimum_dissolve_delay: 3 years",
            "minimum_dissolve_delay",
        ),
        ("bonus", "bonus: 100%", "bonus: 901%", "at most 900%"),
        (
            "half a bonus",
            "bonus: 25%",
            "bonus: 25.5%",
            "whole percentage",
        ),
        ("age bonus", "bonus: 25%", "bonus: 401%", "at most 400%"),
        ("rates", "initial: 2%", "initial: 0.5%", "initial rate"),
        (
            "sum",
            "total: 10_000_000 tokens",
            "total: 10_000_001 tokens",
            "expected the sum",
        ),
        ("kept memo", "memo: 0", "memo: 1000000", "memo"),
        (
            "founder's stake",
            "stake: 1_000_000 tokens",
            "stake: 0.5 tokens",
            "minimum stake",
        ),
        (
            "founder's delay",
            "dissolve_delay: 6 months",
            "dissolve_delay: 3 years",
            "dissolve_delay",
        ),
        (
            "no voter",
            "dissolve_delay: 6 months",
            "dissolve_delay: 1 day",
            "can vote",
        ),
        (
            "nothing to swap",
            "swap: 4_000_000 tokens",
            "swap: 0 tokens",
            "more than 0",
        ),
        (
            "participants",
            "minimum_participants: 100",
            "minimum_participants: 0",
            "at least 1",
        ),
        (
            "room",
            "minimum_participants: 100",
            "minimum_participants: 10_001",
            "room for all",
        ),
        (
            "minimum",
            "minimum_direct_participation_icp: 10_000",
            "minimum_direct_participation_icp: 100_001",
            "direct participation",
        ),
        (
            "least",
            "minimum_participant_icp: 10 tokens",
            "minimum_participant_icp: 0.009 tokens",
            "0.01 ICP",
        ),
        (
            "most",
            "maximum_participant_icp: 10_000",
            "maximum_participant_icp: 100_001",
            "maximum direct",
        ),
        ("one event", "events: 5", "events: 1", "2 to 10"),
        ("many events", "events: 5", "events: 11", "2 to 10"),
        (
            "long vesting",
            "interval: 1 month",
            "interval: 7 months",
            "the last event",
        ),
        (
            "small baskets",
            "minimum_participant_icp: 10 tokens",
            "minimum_participant_icp: 0.12 tokens",
            "for each of 5 neurons",
        ),
        (
            "fund",
            "neurons_fund_participation: false",
            "neurons_fund_participation: true",
            "expected false",
        ),
        (
            "deprecated key",
            "duration: 7 days",
            "duration: 7 days\n  minimum_icp: 1 token",
            "minimum_icp",
        ),
        (
            "unknown key",
            "symbol: AKGW",
            "symbol: AKGW\n  ticker: AKGW",
            "ticker",
        ),
        ("missing key", "symbol: AKGW\n", "\n", "symbol"),
    ] {
        let text = file();
        assert_eq!(
            text.matches(old).count(),
            1,
            "{desc}: {old} stands there once"
        );
        let problems = problems(&text.replace(old, new), &root());
        assert!(
            problems.iter().any(|p| p.contains(words)),
            "{desc}: {problems:?}"
        );
    }
}

#[test]
fn should_accept_each_rule_at_its_edge() {
    for (old, new) in [
        ("symbol: AKGW", "symbol: AKG"),
        ("symbol: AKGW", "symbol: AKGWAKGWAK"),
        ("extension: 1 day", "extension: 2 days"),
        (
            "initial_voting_period: 4 days",
            "initial_voting_period: 30 days",
        ),
        ("minimum_participants: 100", "minimum_participants: 10_000"),
        // 5 x (1 + 0.0001) tokens for the least contribution.
        (
            "minimum_participant_icp: 10 tokens",
            "minimum_participant_icp: 0.1250125 tokens",
        ),
        ("interval: 1 month", "interval: 15778800 s"),
        (
            "minimum_dissolve_delay: 1 month",
            "minimum_dissolve_delay: 6 months",
        ),
    ] {
        let text = file();
        assert_eq!(text.matches(old).count(), 1, "{old} stands there once");
        assert_eq!(
            problems(&text.replace(old, new), &root()),
            Vec::<String>::new(),
            "{new}"
        );
    }
}
