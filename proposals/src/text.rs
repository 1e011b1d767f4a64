//! Actions of proposals in Candid's text form, as tools that submit proposals take them.

use crate::functions::{FunctionType, NervousSystemFunction, Topic};
use crate::template::Built;
use std::fmt::Write;

/// The action that executes `built` when it is adopted.
#[must_use]
pub fn execute(built: &Built) -> String {
    format!(
        "variant {{ ExecuteGenericNervousSystemFunction = record {{ function_id = {} : nat64; \
         payload = {} }} }}",
        built.function_id,
        blob(&built.payload)
    )
}

/// The action that registers `function` when it is adopted.
#[must_use]
pub fn register(function: &NervousSystemFunction) -> String {
    let mut fields = format!(
        "id = {} : nat64; name = {}",
        function.id,
        text(&function.name)
    );
    if let Some(description) = &function.description {
        put(&mut fields, "description", &text(description));
    }
    match &function.function_type {
        Some(FunctionType::GenericNervousSystemFunction(generic)) => {
            let mut inner = Vec::new();
            for (field, id) in [
                ("validator_canister_id", generic.validator_canister_id),
                ("target_canister_id", generic.target_canister_id),
            ] {
                inner.extend(id.map(|id| format!("{field} = opt principal \"{id}\"")));
            }
            for (field, name) in [
                ("validator_method_name", &generic.validator_method_name),
                ("target_method_name", &generic.target_method_name),
            ] {
                inner.extend(
                    name.iter()
                        .map(|name| format!("{field} = opt {}", text(name))),
                );
            }
            let topic = generic.topic.map(topic);
            inner.extend(topic.map(|topic| format!("topic = opt variant {{ {topic} }}")));
            let inner = inner.join("; ");
            let variant =
                format!("variant {{ GenericNervousSystemFunction = record {{ {inner} }} }}");
            put(&mut fields, "function_type", &variant);
        }
        Some(FunctionType::NativeNervousSystemFunction {}) => {
            let variant = "variant { NativeNervousSystemFunction = record {} }";
            put(&mut fields, "function_type", variant);
        }
        None => {}
    }
    format!("variant {{ AddGenericNervousSystemFunction = record {{ {fields} }} }}")
}

/// Bytes as a Candid blob, every byte escaped.
#[must_use]
pub fn blob(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3 + 8);
    text.push_str("blob \"");
    for byte in bytes {
        write!(text, "\\{byte:02x}").expect("a string takes everything");
    }
    text.push('"');
    text
}

fn put(fields: &mut String, name: &str, value: &str) {
    write!(fields, "; {name} = opt {value}").expect("a string takes everything");
}

/// A text in quotes. Names and descriptions are ours: printable, with nothing Candid reads twice.
fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

const fn topic(topic: Topic) -> &'static str {
    match topic {
        Topic::DaoCommunitySettings => "DaoCommunitySettings",
        Topic::SnsFrameworkManagement => "SnsFrameworkManagement",
        Topic::DappCanisterManagement => "DappCanisterManagement",
        Topic::ApplicationBusinessLogic => "ApplicationBusinessLogic",
        Topic::Governance => "Governance",
        Topic::TreasuryAssetManagement => "TreasuryAssetManagement",
        Topic::CriticalDappOperations => "CriticalDappOperations",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions;
    use candid::{CandidType, Decode, Deserialize, Principal};
    use candid_parser::parse_idl_args;

    #[derive(Debug, PartialEq, CandidType, Deserialize)]
    struct Execute {
        function_id: u64,
        payload: Vec<u8>,
    }

    #[derive(Debug, PartialEq, CandidType, Deserialize)]
    enum Action {
        ExecuteGenericNervousSystemFunction(Execute),
        AddGenericNervousSystemFunction(NervousSystemFunction),
    }

    fn read(text: &str) -> Action {
        let args = parse_idl_args(&format!("({text})")).expect("Candid text");
        let bytes = args.to_bytes().expect("Candid bytes");
        Decode!(&bytes, Action).expect("an action")
    }

    #[test]
    fn should_write_an_execution_that_tools_read() {
        let built = Built {
            function_id: functions::DEPLOY,
            nonce: 1,
            payload: (0..=255).collect(),
            sdl: None,
        };
        let expected = Execute {
            function_id: built.function_id,
            payload: built.payload.clone(),
        };
        let action = read(&execute(&built));
        assert_eq!(
            action,
            Action::ExecuteGenericNervousSystemFunction(expected)
        );
    }

    #[test]
    fn should_write_registrations_that_tools_read() {
        let [gateway, treasury] = [[1_u8; 10], [2; 10]].map(|id| Principal::from_slice(&id));
        for mut function in functions::all(gateway, treasury) {
            let action = read(&register(&function));
            assert_eq!(
                action,
                Action::AddGenericNervousSystemFunction(function.clone())
            );
            function.name = "a \"quoted\" \\ name".to_string();
            function.description = None;
            let action = read(&register(&function));
            assert_eq!(action, Action::AddGenericNervousSystemFunction(function));
        }
    }
}
