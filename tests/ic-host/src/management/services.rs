//! What the network does for canisters: randomness, threshold keys.

use super::{Answer, Caller, Handled, canisters_only, decode, encode, refused, reply};
use crate::context::Request;
use crate::ecdsa;
use crate::faults::{Fault, Point};
use crate::ic::Ic;
use crate::reject::Reject;
use ic_management_canister_types::{
    EcdsaCurve, EcdsaKeyId, EcdsaPublicKeyArgs, EcdsaPublicKeyResult, HttpRequestArgs,
    SignWithEcdsaArgs, SignWithEcdsaResult,
};

impl Ic {
    /// Each call gets bytes of its own, one round later.
    pub(super) fn raw_rand(&mut self, caller: &Caller, request: &Request, cycles: u128) -> Answer {
        canisters_only(caller, &request.method)?;
        let bytes = self.randomness.bytes().to_vec();
        self.defer(request.origin, cycles, Ok(encode((bytes,))))
    }

    pub(super) fn ecdsa_public_key(&mut self, caller: &Caller, name: &str, arg: &[u8]) -> Answer {
        canisters_only(caller, name)?;
        let args: EcdsaPublicKeyArgs = decode(name, arg)?;
        check_path(&args.derivation_path)?;
        let canister = args.canister_id.unwrap_or(caller.principal);
        let key = key_name(&args.key_id)
            .and_then(|key| ecdsa::public_key(key, canister, &args.derivation_path));
        let (public_key, chain_code) = key.ok_or_else(|| unknown_key(&args.key_id))?;
        reply(EcdsaPublicKeyResult {
            public_key: public_key.to_vec(),
            chain_code: chain_code.to_vec(),
        })
    }

    /// Takes the fee, and answers one round later.
    pub(super) fn sign_with_ecdsa(
        &mut self,
        caller: &Caller,
        request: &Request,
        cycles: &mut u128,
    ) -> Answer {
        canisters_only(caller, &request.method)?;
        let args: SignWithEcdsaArgs = decode(&request.method, &request.arg)?;
        check_path(&args.derivation_path)?;
        let digest: [u8; 32] = args.message_hash.as_slice().try_into().map_err(|_| {
            refused(format!(
                "expected a hash of 32 bytes, got {}",
                args.message_hash.len()
            ))
        })?;
        let key = key_name(&args.key_id).ok_or_else(|| unknown_key(&args.key_id))?;
        let fee = ecdsa::signature_fee(key).ok_or_else(|| unknown_key(&args.key_id))?;
        if *cycles < fee {
            return Err(refused(format!(
                "sign_with_ecdsa request sent with {cycles} cycles, but {fee} cycles are required."
            )));
        }
        if let Fault::Reject(code, text) = self.fault(&Point::Signing {
            canister: caller.principal,
        }) {
            return Err(Reject::with_code(code, text));
        }
        let signature = ecdsa::sign(key, caller.principal, &args.derivation_path, &digest)
            .ok_or_else(|| unknown_key(&args.key_id))?;
        let canister = self.canister_mut(caller.principal)?;
        canister.meter.signatures += 1;
        canister.meter.cycles_charged += fee;
        let answer = encode((SignWithEcdsaResult {
            signature: signature.to_vec(),
        },));
        self.defer(request.origin, *cycles - fee, Ok(answer))
    }

    /// The answer comes from outside, see [`Ic::answer_outcall`].
    pub(super) fn http_request(
        &mut self,
        caller: &Caller,
        request: &Request,
        cycles: &mut u128,
    ) -> Answer {
        canisters_only(caller, &request.method)?;
        let args: HttpRequestArgs = decode(&request.method, &request.arg)?;
        self.take_outcall(caller, request, args, *cycles)?;
        Ok(Handled::Later)
    }
}

fn key_name(key: &EcdsaKeyId) -> Option<&str> {
    match key.curve {
        EcdsaCurve::Secp256k1 => Some(&key.name),
        EcdsaCurve::Secp256r1 => None,
    }
}

fn unknown_key(key: &EcdsaKeyId) -> Reject {
    refused(format!(
        "expected a known key, got {:?} {}",
        key.curve, key.name
    ))
}

fn check_path(path: &[Vec<u8>]) -> Result<(), Reject> {
    // The canister id is the first element.
    if path.len() + 1 > ecdsa::MAX_PATH {
        return Err(refused(format!(
            "expected at most {} path elements",
            ecdsa::MAX_PATH - 1
        )));
    }
    Ok(())
}
