use super::*;

const NOW: u64 = 1_800_000_077;

fn icp() -> Asset {
    Asset {
        symbol: "ICP".to_string(),
        class: AssetClass::Cryptocurrency,
    }
}

fn usd() -> Asset {
    Asset {
        symbol: "USD".to_string(),
        class: AssetClass::FiatCurrency,
    }
}

fn caller() -> Principal {
    Principal::from_slice(&[1, 1])
}

fn rates() -> Rates {
    let mut rates = Rates::default();
    rates.set_rate(SetRate {
        base_asset: icp(),
        quote_asset: usd(),
        rate: 4_200_000_000,
        received: 6,
        queried: 8,
        standard_deviation: 7_000_000,
        age_seconds: 0,
    });
    rates
}

fn request() -> GetExchangeRateRequest {
    GetExchangeRateRequest {
        base_asset: icp(),
        quote_asset: usd(),
        timestamp: None,
    }
}

#[test]
fn should_answer_with_what_it_was_told_and_keep_the_real_price() {
    let mut rates = rates();
    let (answer, kept) = rates.get(NOW, caller(), REQUEST_CYCLES, &request());
    let rate = answer.expect("the rate is known");
    assert_eq!(kept, 500_000_000);
    assert_eq!(rate.rate, 4_200_000_000);
    assert_eq!(rate.timestamp, 1_800_000_060);
    assert_eq!(rate.metadata.decimals, 9);
    assert_eq!(rate.metadata.base_asset_num_received_rates, 6);
    assert_eq!(rate.metadata.quote_asset_num_queried_sources, 8);
    assert_eq!(rate.metadata.standard_deviation, 7_000_000);

    let (again, kept) = rates.get(NOW + 42, caller(), REQUEST_CYCLES, &request());
    assert_eq!(
        (again.map(|rate| rate.timestamp), kept),
        (Ok(1_800_000_060), 20_000_000)
    );
    let (next, kept) = rates.get(NOW + 43, caller(), REQUEST_CYCLES, &request());
    assert_eq!(
        (next.map(|rate| rate.timestamp), kept),
        (Ok(1_800_000_120), 500_000_000)
    );
}

#[test]
fn should_refuse_as_the_real_canister_does() {
    use ExchangeRateError as E;
    type Change = fn(&mut GetExchangeRateRequest);
    let known = caller();
    let rows: [(&str, Principal, u128, Change, ExchangeRateError, u128); 8] = [
        (
            "anonymous",
            Principal::anonymous(),
            REQUEST_CYCLES,
            |_| {},
            E::AnonymousPrincipalNotAllowed,
            0,
        ),
        (
            "a cycle short",
            known,
            REQUEST_CYCLES - 1,
            |_| {},
            E::NotEnoughCycles,
            0,
        ),
        (
            "unknown coin",
            known,
            REQUEST_CYCLES,
            |r| r.base_asset.symbol = "AKT".to_string(),
            E::CryptoBaseAssetNotFound,
            FAILURE_CYCLES,
        ),
        (
            "unknown currency",
            known,
            REQUEST_CYCLES,
            |r| std::mem::swap(&mut r.base_asset, &mut r.quote_asset),
            E::ForexBaseAssetNotFound,
            FAILURE_CYCLES,
        ),
        (
            "wrong class",
            known,
            REQUEST_CYCLES,
            |r| r.base_asset.class = AssetClass::FiatCurrency,
            E::ForexBaseAssetNotFound,
            FAILURE_CYCLES,
        ),
        (
            "malformed base",
            known,
            REQUEST_CYCLES,
            |r| r.base_asset.symbol = "I-P".to_string(),
            other(2, "Base asset symbol is invalid"),
            FAILURE_CYCLES,
        ),
        (
            "empty quote",
            known,
            REQUEST_CYCLES,
            |r| r.quote_asset.symbol = String::new(),
            other(3, "Quote asset symbol is invalid"),
            FAILURE_CYCLES,
        ),
        (
            "a second ahead",
            known,
            REQUEST_CYCLES,
            |r| r.timestamp = Some(NOW + 1),
            other(
                1,
                "Current IC time is 1800000077. 1800000078 is in the future!",
            ),
            FAILURE_CYCLES,
        ),
    ];
    for (desc, caller, attached, change, expected, kept) in rows {
        let mut asked = request();
        change(&mut asked);
        assert_eq!(
            rates().get(NOW, caller, attached, &asked),
            (Err(expected), kept),
            "{desc}"
        );
    }
}

#[test]
fn should_answer_with_the_error_it_was_told_until_told_otherwise() {
    let mut rates = rates();
    rates.set_error(Some(ExchangeRateError::RateLimited));
    let refused = rates.get(NOW, caller(), REQUEST_CYCLES, &request());
    assert_eq!(
        refused,
        (Err(ExchangeRateError::RateLimited), FAILURE_CYCLES)
    );
    rates.set_error(None);
    assert!(
        rates
            .get(NOW, caller(), REQUEST_CYCLES, &request())
            .0
            .is_ok()
    );
}

#[test]
fn should_know_symbols_in_any_case_and_claim_the_age_it_was_told() {
    let mut rates = rates();
    let mut old = rates.known.values().next().expect("one is known").clone();
    old.age_seconds = 600;
    rates.set_rate(old);
    let mut asked = request();
    asked.base_asset.symbol = "icp".to_string();
    let (answer, _) = rates.get(NOW, caller(), REQUEST_CYCLES, &asked);
    assert_eq!(answer.map(|rate| rate.timestamp), Ok(1_800_000_060 - 600));
}
