//! Which functions there are, in which topic, and what makes a new one valid.

use std::fmt;

use candid::Principal;

use crate::types::{
    Action, Empty, FunctionType, GenericNervousSystemFunction, NervousSystemFunction, Topic,
};

/// First id that is not reserved for actions of governance itself.
pub const FIRST_GENERIC_ID: u64 = 1_000;
/// Bytes of a function's name. The text of the error says 255, as the real one does.
pub const MAX_NAME_BYTES: usize = 256;
/// Bytes of a function's description.
pub const MAX_DESCRIPTION_BYTES: usize = 10_000;
/// Functions that an SNS can have, removed ones included.
pub const MAX_FUNCTIONS: usize = 200_000;

/// Ids of the actions of governance itself that have names.
mod id {
    pub(super) const EXECUTE_GENERIC: u64 = 6;
    pub(super) const EXECUTE_EXTENSION: u64 = 18;
}

/// Id, name, description and topic of an action of governance itself.
type Native = (u64, &'static str, &'static str, Option<Topic>);

/// The actions of governance itself.
///
/// **Source** ids, names and topics as `list_nervous_system_functions` and `list_topics` of the
/// real canister give them; the descriptions are ours.
const NATIVE: [Native; 20] = {
    use Topic::{
        CriticalDappOperations as Critical, DaoCommunitySettings as Dao,
        DappCanisterManagement as Dapp, SnsFrameworkManagement as Framework,
        TreasuryAssetManagement as Treasury,
    };
    [
        (
            0,
            "All non-critical topics",
            "What a neuron follows where it says nothing else.",
            None,
        ),
        (
            1,
            "Motion",
            "A text to agree on; nothing else happens.",
            Some(Topic::Governance),
        ),
        (
            2,
            "Manage nervous system parameters",
            "Changes the rules of governance.",
            Some(Dao),
        ),
        (
            3,
            "Upgrade SNS controlled canister",
            "Upgrades a canister of the dapp.",
            Some(Dapp),
        ),
        (
            4,
            "Add nervous system function",
            "Registers a call as a proposal.",
            Some(Critical),
        ),
        (
            5,
            "Remove nervous system function",
            "Removes a registered call.",
            Some(Critical),
        ),
        (
            id::EXECUTE_GENERIC,
            "Execute nervous system function",
            "Makes a registered call.",
            None,
        ),
        (
            7,
            "Upgrade SNS to next version",
            "Upgrades a canister of the SNS.",
            Some(Framework),
        ),
        (
            8,
            "Manage SNS metadata",
            "Changes name, text, address or logo.",
            Some(Dao),
        ),
        (
            9,
            "Transfer SNS treasury funds",
            "Pays out of the treasury.",
            Some(Treasury),
        ),
        (
            10,
            "Register dapp canisters",
            "Takes control of canisters.",
            Some(Dapp),
        ),
        (
            11,
            "Deregister Dapp Canisters",
            "Gives canisters away.",
            Some(Critical),
        ),
        (12, "Mint SNS tokens", "Makes new tokens.", Some(Treasury)),
        (
            13,
            "Manage ledger parameters",
            "Changes the token ledger.",
            Some(Dao),
        ),
        (
            14,
            "Manage dapp canister settings",
            "Changes settings of canisters.",
            Some(Dapp),
        ),
        (
            15,
            "Advance SNS target version",
            "Chooses the version to upgrade to.",
            Some(Framework),
        ),
        (
            16,
            "Set topics for custom proposals",
            "Moves calls between topics.",
            Some(Critical),
        ),
        (
            17,
            "Register SNS extension",
            "Installs an extension.",
            Some(Critical),
        ),
        (
            id::EXECUTE_EXTENSION,
            "Execute SNS extension operation",
            "Uses an extension.",
            None,
        ),
        (
            19,
            "Upgrade SNS extension",
            "Upgrades an extension.",
            Some(Critical),
        ),
    ]
};

/// Name, description and topic, as `list_topics` gives them; the descriptions are ours.
pub const TOPIC_TEXTS: [(Topic, &str, &str); 7] = [
    (
        Topic::DaoCommunitySettings,
        "DAO community settings",
        "Token, name and look of the DAO.",
    ),
    (
        Topic::SnsFrameworkManagement,
        "SNS framework management",
        "Upgrades of the SNS itself.",
    ),
    (
        Topic::DappCanisterManagement,
        "Dapp canister management",
        "Upgrades of the dapp.",
    ),
    (
        Topic::ApplicationBusinessLogic,
        "Application Business Logic",
        "What the dapp is for.",
    ),
    (Topic::Governance, "Governance", "Polls and opinions."),
    (
        Topic::TreasuryAssetManagement,
        "Treasury & asset management",
        "What the DAO owns.",
    ),
    (
        Topic::CriticalDappOperations,
        "Critical Dapp Operations",
        "What can break the dapp.",
    ),
];

/// The actions of governance itself, as functions.
pub fn native_functions() -> impl Iterator<Item = (NervousSystemFunction, Option<Topic>)> {
    NATIVE.into_iter().map(|(id, name, description, topic)| {
        let function = NervousSystemFunction {
            id,
            name: name.to_string(),
            description: Some(description.to_string()),
            function_type: Some(FunctionType::NativeNervousSystemFunction(Empty {})),
        };
        (function, topic)
    })
}

/// Whether this is an action of governance itself.
pub fn is_native_id(id: u64) -> bool {
    NATIVE.iter().any(|(native, ..)| *native == id)
}

/// Topic of an action of governance itself; none for those that take the topic of what they call.
pub fn native_topic(id: u64) -> Option<Topic> {
    NATIVE
        .iter()
        .find(|(native, ..)| *native == id)
        .and_then(|(.., topic)| *topic)
}

/// Name and id of an action. A call of a registered function has the id of the function.
pub fn name_and_id(action: &Action) -> (&'static str, u64) {
    match action {
        Action::Unspecified(_) => ("Unspecified", 0),
        Action::Motion(_) => ("Motion", 1),
        Action::ManageNervousSystemParameters(_) => ("ManageNervousSystemParameters", 2),
        Action::UpgradeSnsControlledCanister(_) => ("UpgradeSnsControlledCanister", 3),
        Action::AddGenericNervousSystemFunction(_) => ("AddGenericNervousSystemFunction", 4),
        Action::RemoveGenericNervousSystemFunction(_) => ("RemoveGenericNervousSystemFunction", 5),
        Action::ExecuteGenericNervousSystemFunction(call) => {
            ("ExecuteGenericNervousSystemFunction", call.function_id)
        }
        Action::UpgradeSnsToNextVersion(_) => ("UpgradeSnsToNextVersion", 7),
        Action::ManageSnsMetadata(_) => ("ManageSnsMetadata", 8),
        Action::TransferSnsTreasuryFunds(_) => ("TransferSnsTreasuryFunds", 9),
        Action::RegisterDappCanisters(_) => ("RegisterDappCanisters", 10),
        Action::DeregisterDappCanisters(_) => ("DeregisterDappCanisters", 11),
        Action::MintSnsTokens(_) => ("MintSnsTokens", 12),
        Action::ManageLedgerParameters(_) => ("ManageLedgerParameters", 13),
        Action::ManageDappCanisterSettings(_) => ("ManageDappCanisterSettings", 14),
        Action::AdvanceSnsTargetVersion(_) => ("AdvanceSnsTargetVersion", 15),
        Action::SetTopicsForCustomProposals(_) => ("SetTopicsForCustomProposals", 16),
        Action::RegisterExtension(_) => ("RegisterExtension", 17),
        Action::ExecuteExtensionOperation(_) => {
            ("ExecuteExtensionOperation", id::EXECUTE_EXTENSION)
        }
        Action::UpgradeExtension(_) => ("UpgradeExtension", 19),
    }
}

/// A method of a canister.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    pub canister: Principal,
    pub name: String,
}

/// A registered function of which every part is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidFunction {
    pub id: u64,
    pub topic: Option<Topic>,
    pub target: Method,
    pub validator: Method,
}

/// What stands in the place of a removed function, so that its id is never used again.
pub fn deletion_marker() -> NervousSystemFunction {
    NervousSystemFunction {
        id: 0,
        name: "DELETION_MARKER".to_string(),
        description: None,
        function_type: None,
    }
}

impl NervousSystemFunction {
    /// Whether it stands in the place of a removed function.
    pub fn is_deletion_marker(&self) -> bool {
        *self == deletion_marker()
    }

    /// Its topic, if it is a registered call that has one.
    pub fn topic(&self) -> Option<Topic> {
        match &self.function_type {
            Some(FunctionType::GenericNervousSystemFunction(generic)) => generic.topic,
            Some(FunctionType::NativeNervousSystemFunction(_)) | None => None,
        }
    }

    /// The same function, every part of it there, or everything that is missing.
    pub fn validated(&self) -> Result<ValidFunction, String> {
        if self.is_deletion_marker() {
            return Err(
                "NervousSystemFunction is a deletion marker and not an actual function."
                    .to_string(),
            );
        }
        if matches!(
            self.function_type,
            Some(FunctionType::NativeNervousSystemFunction(_))
        ) {
            return Err("NervousSystemFunction is not generic.".to_string());
        }
        let mut defects = Vec::new();
        if self.id < FIRST_GENERIC_ID {
            defects.push(format!(
                "NervousSystemFunction's must have ids starting at {FIRST_GENERIC_ID}"
            ));
        }
        if self.name.is_empty() || self.name.len() > MAX_NAME_BYTES {
            defects.push(
                "NervousSystemFunction's must have set name with a max of 255 bytes".to_string(),
            );
        }
        if self
            .description
            .as_ref()
            .is_some_and(|text| text.len() > MAX_DESCRIPTION_BYTES)
        {
            defects.push(format!(
                "NervousSystemFunction's description must be at most {MAX_DESCRIPTION_BYTES} bytes"
            ));
        }
        let valid = match &self.function_type {
            Some(FunctionType::GenericNervousSystemFunction(generic)) => {
                self.validated_methods(generic, &mut defects)
            }
            Some(FunctionType::NativeNervousSystemFunction(_)) | None => {
                defects.push(
                    "NervousSystemFunction must have a function_type set to \
                     GenericNervousSystemFunction"
                        .to_string(),
                );
                None
            }
        };
        match valid {
            Some(valid) if defects.is_empty() => Ok(valid),
            Some(_) | None => Err(format!(
                "ExecuteNervousSystemFunction was invalid for the following reason(s):\n{}",
                defects.join("\n")
            )),
        }
    }

    fn validated_methods(
        &self,
        generic: &GenericNervousSystemFunction,
        defects: &mut Vec<String>,
    ) -> Option<ValidFunction> {
        if generic.target_canister_id.is_none() {
            defects.push("target_canister_id field was not populated.".to_string());
        }
        if generic.validator_canister_id.is_none() {
            defects.push("validator_canister_id field was not populated.".to_string());
        }
        let target_name = generic.target_method_name.clone().unwrap_or_default();
        if target_name.is_empty() {
            defects.push("target_method_name was empty.".to_string());
        }
        let validator_name = generic.validator_method_name.clone().unwrap_or_default();
        if validator_name.is_empty() {
            defects.push("validator_method_name was empty.".to_string());
        }
        Some(ValidFunction {
            id: self.id,
            topic: generic.topic,
            target: Method {
                canister: generic.target_canister_id?,
                name: target_name,
            },
            validator: Method {
                canister: generic.validator_canister_id?,
                name: validator_name,
            },
        })
    }
}

/// A function as voters see it dumped: as the real canister's `{:#?}` shows it, principals as text.
pub struct Dump<'a>(pub &'a NervousSystemFunction);

/// Shows a principal as its text where a dump is asked for.
struct Plain(Principal);

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Shows the methods of a function.
struct DumpGeneric<'a>(&'a GenericNervousSystemFunction);

impl fmt::Debug for DumpGeneric<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenericNervousSystemFunction")
            .field("target_canister_id", &self.0.target_canister_id.map(Plain))
            .field("target_method_name", &self.0.target_method_name)
            .field(
                "validator_canister_id",
                &self.0.validator_canister_id.map(Plain),
            )
            .field("validator_method_name", &self.0.validator_method_name)
            .field("topic", &self.0.topic)
            .finish()
    }
}

/// Shows the kind of a function.
struct DumpType<'a>(&'a FunctionType);

impl fmt::Debug for DumpType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            FunctionType::NativeNervousSystemFunction(empty) => f
                .debug_tuple("NativeNervousSystemFunction")
                .field(empty)
                .finish(),
            FunctionType::GenericNervousSystemFunction(generic) => f
                .debug_tuple("GenericNervousSystemFunction")
                .field(&DumpGeneric(generic))
                .finish(),
        }
    }
}

impl fmt::Debug for Dump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NervousSystemFunction")
            .field("id", &self.0.id)
            .field("name", &self.0.name)
            .field("description", &self.0.description)
            .field(
                "function_type",
                &self.0.function_type.as_ref().map(DumpType),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests;
