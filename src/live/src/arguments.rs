//! Arguments of install and upgrade, decoded as strictly as payloads: Candid alone would take what
//! it does not understand for an absent option, and an upgrade would silently change nothing.

use crate::payload::{PayloadError, decode};
use candid::CandidType;
use serde::Deserialize;

/// Candid of no argument at all.
const NO_ARGUMENT: &[u8] = b"DIDL\x00\x00";

/// **Errors** everything but one `T`.
pub fn of_install<T>(bytes: &[u8]) -> Result<T, PayloadError>
where
    T: CandidType + for<'de> Deserialize<'de>,
{
    decode(bytes, "InitArgs")
}

/// `None` keeps the configuration: no argument, or `null`.
///
/// **Errors** everything else but one `T`, plain or as an option.
pub fn of_upgrade<T>(bytes: &[u8]) -> Result<Option<T>, PayloadError>
where
    T: CandidType + for<'de> Deserialize<'de>,
{
    if bytes.is_empty() || bytes == NO_ARGUMENT {
        return Ok(None);
    }
    decode(bytes, "opt InitArgs")
}

#[cfg(test)]
mod tests {
    use super::*;
    use candid::{Encode, Principal};

    #[derive(Clone, Debug, PartialEq, CandidType, Deserialize)]
    struct Args {
        governance: Principal,
        key_name: String,
        voting: Option<u64>,
    }

    fn args() -> Args {
        Args {
            governance: Principal::from_slice(&[1]),
            key_name: "key_1".into(),
            voting: Some(1),
        }
    }

    /// As before there was `voting`.
    #[derive(CandidType)]
    struct Older {
        governance: Principal,
        key_name: String,
    }

    #[derive(CandidType)]
    struct Misspelt {
        governance: Principal,
        key_name: String,
        votting: Option<u64>,
    }

    #[test]
    fn should_keep_the_configuration_only_when_told_so() {
        let full = args();
        let none: Option<Args> = None;
        for (desc, bytes, expected) in [
            ("nothing", Ok(vec![]), Ok(None)),
            ("no argument", Encode!(), Ok(None)),
            ("null", Encode!(&()), Ok(None)),
            ("an absent option", Encode!(&none), Ok(None)),
            ("an option", Encode!(&Some(&full)), Ok(Some(args()))),
            ("plain", Encode!(&full), Ok(Some(args()))),
            ("a number", Encode!(&1_u8), Err(())),
            ("a text", Encode!(&"key_1"), Err(())),
            ("noise", Ok(b"DIDL".to_vec()), Err(())),
        ] {
            let got = of_upgrade(&bytes.expect("it encodes"));
            assert_eq!(got.map_err(|_| ()), expected, "{desc}");
        }
    }

    #[test]
    fn should_take_older_arguments_but_not_misspelt_ones() {
        let Args {
            governance,
            key_name,
            ..
        } = args();
        let older = Older {
            governance,
            key_name: key_name.clone(),
        };
        let got = of_install::<Args>(&Encode!(&older).expect("it encodes"));
        assert_eq!(got.map(|args| args.voting), Ok(None));
        let misspelt = Misspelt {
            governance,
            key_name,
            votting: Some(1),
        };
        let bytes = Encode!(&misspelt).expect("it encodes");
        let got = of_install::<Args>(&bytes);
        assert!(matches!(got, Err(PayloadError::Unknown { .. })), "{got:?}");
        // As an option it is no less wrong.
        assert!(of_upgrade::<Args>(&bytes).is_err());
        let bytes = Encode!(&Some(misspelt)).expect("it encodes");
        assert!(of_upgrade::<Args>(&bytes).is_err());
    }
}
