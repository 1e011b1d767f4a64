//! The functions that an SNS registers, once, so that proposals can call the canisters.

use candid::{CandidType, Deserialize, Principal};
use serde::Serialize;

/// Function id of *deploy*.
pub const DEPLOY: u64 = 1000;

/// Function id of *close a deployment*.
pub const CLOSE: u64 = 1002;

/// Function id of *open or change a budget*.
pub const BUDGET: u64 = 1100;

/// A function, as governance is asked to register it. **Source** SNS governance, same names.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct NervousSystemFunction {
    /// From 1000; never used again once removed.
    pub id: u64,
    /// What the NNS dapp shows as the proposal's type.
    pub name: String,
    /// What it shows below.
    pub description: Option<String>,
    /// Whom it calls.
    pub function_type: Option<FunctionType>,
}

/// Kinds of functions. Only generic ones can be registered.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub enum FunctionType {
    /// One that governance brings.
    NativeNervousSystemFunction {},
    /// One that calls a canister.
    GenericNervousSystemFunction(GenericNervousSystemFunction),
}

/// Whom a function calls. All five must be set.
#[derive(Clone, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub struct GenericNervousSystemFunction {
    /// Called when a proposal is made.
    pub validator_canister_id: Option<Principal>,
    /// Called when it is adopted.
    pub target_canister_id: Option<Principal>,
    /// Its method.
    pub validator_method_name: Option<String>,
    /// Its method.
    pub target_method_name: Option<String>,
    /// The function's security level.
    pub topic: Option<Topic>,
}

/// Topics of SNS governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, CandidType, Serialize, Deserialize)]
pub enum Topic {
    /// Critical.
    DaoCommunitySettings,
    /// Not critical.
    SnsFrameworkManagement,
    /// Not critical.
    DappCanisterManagement,
    /// Not critical.
    ApplicationBusinessLogic,
    /// Not critical.
    Governance,
    /// Critical.
    TreasuryAssetManagement,
    /// Critical.
    CriticalDappOperations,
}

/// Every function that the canisters of this version serve.
#[must_use]
pub fn all(gateway: Principal, treasury: Principal) -> Vec<NervousSystemFunction> {
    let function =
        |id, name: &str, canister, method: &str, topic, description: &str| NervousSystemFunction {
            id,
            name: name.into(),
            description: Some(description.into()),
            function_type: Some(FunctionType::GenericNervousSystemFunction(
                GenericNervousSystemFunction {
                    validator_canister_id: Some(canister),
                    target_canister_id: Some(canister),
                    validator_method_name: Some(format!("validate_{method}")),
                    target_method_name: Some(method.into()),
                    topic: Some(topic),
                },
            )),
        };
    vec![
        function(
            DEPLOY,
            "Deploy on Akash",
            gateway,
            "deploy",
            Topic::ApplicationBusinessLogic,
            "Runs an SDL on Akash, inside an adopted budget, for a term.",
        ),
        function(
            CLOSE,
            "Close a deployment on Akash",
            gateway,
            "close",
            Topic::ApplicationBusinessLogic,
            "Stops a deployment and returns what is left of its deposit.",
        ),
        function(
            BUDGET,
            "Open or change a compute budget",
            treasury,
            "budget",
            Topic::TreasuryAssetManagement,
            "Sets how much compute credit a purpose may spend, per deployment and in all.",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Limits of SNS governance. **Units** bytes.
    const MAX_NAME: usize = 256;
    const MAX_DESCRIPTION: usize = 10_000;

    #[test]
    fn should_fit_what_governance_registers() {
        let [gateway, treasury] = [[1_u8; 10], [2; 10]].map(|id| Principal::from_slice(&id));
        let functions = all(gateway, treasury);
        let ids: BTreeSet<u64> = functions.iter().map(|f| f.id).collect();
        assert_eq!(ids.len(), functions.len(), "an id twice");
        for function in functions {
            assert!(function.id >= 1000);
            assert!((1..=MAX_NAME).contains(&function.name.len()));
            assert!(
                function
                    .description
                    .is_some_and(|d| d.len() <= MAX_DESCRIPTION)
            );
            let Some(FunctionType::GenericNervousSystemFunction(generic)) = function.function_type
            else {
                panic!("{}: not generic", function.name);
            };
            let at = if function.id < 1100 {
                gateway
            } else {
                treasury
            };
            assert_eq!(generic.target_canister_id, Some(at));
            assert_eq!(generic.validator_canister_id, Some(at));
            assert!(generic.topic.is_some());
            let critical = generic.topic == Some(Topic::TreasuryAssetManagement);
            assert_eq!(
                critical,
                function.id >= 1100,
                "money needs the critical threshold"
            );
        }
    }
}
