//! The endpoints of the stand-in for the exchange rate canister. They decide nothing.

use std::cell::RefCell;

use exchange_rate_standin::{
    GetExchangeRateRequest, GetExchangeRateResult, Rates, SetError, SetRate,
};
use ic_cdk::update;

thread_local! {
    static RATES: RefCell<Rates> = RefCell::new(Rates::default());
}

#[update]
fn get_exchange_rate(request: GetExchangeRateRequest) -> GetExchangeRateResult {
    let now = ic_cdk::api::time() / 1_000_000_000;
    let caller = ic_cdk::api::msg_caller();
    let attached = ic_cdk::api::msg_cycles_available();
    let (answer, kept) = RATES.with_borrow_mut(|rates| rates.get(now, caller, attached, &request));
    // What is not accepted goes back to the caller by itself.
    ic_cdk::api::msg_cycles_accept(kept);
    answer
}

/// Only this stand-in has it: from now on, this is the rate of this pair.
#[update]
fn set_rate(told: SetRate) {
    RATES.with_borrow_mut(|rates| rates.set_rate(told));
}

/// Only this stand-in has it: from now on, requests are answered so; null ends it.
#[update]
fn set_error(error: SetError) {
    RATES.with_borrow_mut(|rates| rates.set_error(error));
}

ic_cdk::export_candid!();

fn main() {}

#[cfg(test)]
mod tests {
    use candid_parser::utils::{CandidSource, service_equal};

    #[test]
    fn should_have_the_interface_of_the_did_file() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rates.did");
        service_equal(
            CandidSource::Text(&super::__export_service()),
            CandidSource::File(&file),
        )
        .expect("the interface and the file are the same");
    }
}
