//! What voters read of a proposal, and what is left of it in the answers of queries.

use std::collections::BTreeSet;

use candid::Decode;
use sha2::{Digest, Sha256};

use crate::calls::{Answer, failed};
use crate::functions::{Dump, MAX_FUNCTIONS};
use crate::types::{
    Action, ExecuteGenericNervousSystemFunction, Governance, Motion, NervousSystemFunction,
    Proposal, ProposalData, SetTopicsForCustomProposals,
};
use candid::Principal;

/// **Units** bytes.
pub const MAX_TITLE_BYTES: usize = 256;
/// **Units** bytes.
pub const MAX_SUMMARY_BYTES: usize = 30_000;
/// **Units** characters.
pub const MAX_URL_CHARS: usize = 2_048;
/// **Units** bytes.
pub const MAX_MOTION_BYTES: usize = 10_000;
/// A payload up to this size is shown as it is. **Units** bytes.
pub const MAX_SHOWN_PAYLOAD_BYTES: usize = 64;
/// Ballots of a proposal in a list.
pub const MAX_LISTED_BALLOTS: usize = 100;

/// What is wrong with a text that is too long.
fn too_long(field: &str, text: &str, length: usize, max: usize) -> Option<String> {
    (length > max).then(|| {
        let shown: String = text.chars().take(max).collect();
        format!(
            "The first {} characters of the value in field `{field}` are too long (max = {max} vs. \
             observed = {length}): `{shown}`",
            shown.chars().count()
        )
    })
}

/// Joins what is wrong with the proposal's texts and with its action.
pub fn with_text_defects<T>(proposal: &Proposal, action: Result<T, String>) -> Result<T, String> {
    let Proposal {
        title,
        url,
        summary,
        ..
    } = proposal;
    let mut defects: Vec<String> = [
        too_long("title", title, title.len(), MAX_TITLE_BYTES),
        too_long("summary", summary, summary.len(), MAX_SUMMARY_BYTES),
        too_long("url", url, url.chars().count(), MAX_URL_CHARS),
    ]
    .into_iter()
    .flatten()
    .collect();
    match action {
        Ok(rendered) if defects.is_empty() => return Ok(rendered),
        Ok(_) => {}
        Err(defect) => defects.push(defect),
    }
    Err(format!(
        "{} defects in Proposal:\n{}",
        defects.len(),
        defects.join("\n")
    ))
}

/// What voters read of a motion.
pub fn motion(motion: &Motion) -> Result<String, String> {
    let text = &motion.motion_text;
    match too_long("motion.motion_text", text, text.len(), MAX_MOTION_BYTES) {
        Some(defect) => Err(defect),
        None => Ok(format!("# Motion Proposal:\n## Motion Text:\n\n{text}")),
    }
}

/// What voters read of a call of a registered function, from what its validator answered.
pub fn execute_generic(
    call: &ExecuteGenericNervousSystemFunction,
    function: &NervousSystemFunction,
    answer: &Answer,
) -> Result<String, String> {
    let reply = answer.as_ref().map_err(|reject| {
        format!(
            "Canister method call to validate and render proposal payload of \
             NervousSystemFunction: {} failed: {}",
            function.id,
            failed(reject)
        )
    })?;
    let rendering = Decode!(reply, Result<String, String>)
        .map_err(|error| {
            format!("Error decoding reply from proposal payload validate and render call: {error}")
        })?
        .map_err(|refusal| format!("Invalid proposal: {refusal}"))?;
    // The space after the colon is in the real text, too.
    Ok(format!(
        "# Proposal to execute nervous system function:\n\n## Nervous system function:\n\n\
         {:#?}\n\n## Payload sha256: \n\n{}\n\n## Payload:\n\n{rendering}",
        Dump(function),
        hex::encode(Sha256::digest(&call.payload))
    ))
}

/// What voters read of a function to register.
pub fn add_function(
    governance: &Governance,
    reserved: &[Principal],
    function: &NervousSystemFunction,
) -> Result<String, String> {
    let valid = function.validated()?;
    let known = &governance.id_to_nervous_system_functions;
    if known.contains_key(&valid.id) {
        return Err(format!(
            "There is already a NervousSystemFunction with id: {}",
            valid.id
        ));
    }
    if reserved.contains(&valid.target.canister) || reserved.contains(&valid.validator.canister) {
        return Err("Function targets a reserved canister.".to_string());
    }
    if known.len() >= MAX_FUNCTIONS {
        return Err("Reached maximum number of allowed GenericNervousSystemFunctions".to_string());
    }
    if valid.topic.is_none() {
        return Err("NervousSystemFunction must have a topic".to_string());
    }
    Ok(format!(
        "Proposal to add new NervousSystemFunction:\n\n## Function:\n\n{:#?}",
        Dump(function)
    ))
}

/// What voters read of a function to remove.
pub fn remove_function(governance: &Governance, id: u64) -> Result<String, String> {
    let function = governance
        .id_to_nervous_system_functions
        .get(&id)
        .ok_or_else(|| format!("NervousSystemFunction: {id} doesn't exist"))?;
    Ok(format!(
        "# Proposal to remove existing NervousSystemFunction:\n\n## Function:\n\n{:#?}",
        Dump(function)
    ))
}

/// What voters read of functions that change their topics.
pub fn set_topics(
    governance: &Governance,
    change: &SetTopicsForCustomProposals,
) -> Result<String, String> {
    if change.custom_function_id_to_topic.is_empty() {
        return Err(
            "SetTopicsForCustomProposals.custom_function_id_to_topic must not be empty."
                .to_string(),
        );
    }
    let mut lines = vec![String::new()];
    let mut unknown = Vec::new();
    for (id, topic) in &change.custom_function_id_to_topic {
        let function = governance
            .id_to_nervous_system_functions
            .get(id)
            .filter(|function| !function.is_deletion_marker());
        let Some(function) = function else {
            unknown.push(id.to_string());
            continue;
        };
        let change = match function.topic() {
            Some(current) if current == *topic => "keeping unchanged".to_string(),
            Some(current) => format!("changing from {current:?}"),
            None => "topic not currently set".to_string(),
        };
        lines.push(format!(
            "{} under topic {topic:?} ({change})",
            function.name
        ));
    }
    if !unknown.is_empty() {
        return Err(format!(
            "Cannot set topic for proposal(s) with ID(s) {} since they have not been registered as \
             custom proposals in this SNS yet. Please use `AddGenericNervousSystemFunction` \
             proposals to register new custom SNS proposals.",
            unknown.join(", ")
        ));
    }
    Ok(format!(
        "# Set topics for custom SNS proposal types\n\n### If adopted, the following proposals \
         will be categorized under the specified topics:\n{}",
        lines.join("\n  - ")
    ))
}

/// A payload as `get_proposal` shows it: as it is when small, else a text about it.
pub fn summary_of(payload: &[u8]) -> Vec<u8> {
    if payload.len() <= MAX_SHOWN_PAYLOAD_BYTES {
        return payload.to_vec();
    }
    let bytes = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    format!(
        "⚠️ NOT THE ORIGINAL CONTENTS OF THIS FIELD ⚠️\n\nThe original value had the following \
         properties:\n- Length: {}\n- SHA256 Hash:                {}\n- Leading  32 Bytes (in \
         hex): {}\n- Trailing 32 Bytes (in hex): {}",
        payload.len(),
        bytes(&Sha256::digest(payload)),
        bytes(&payload[..32]),
        bytes(&payload[payload.len() - 32..])
    )
    .into_bytes()
}

impl ProposalData {
    /// As `get_proposal` shows it.
    pub fn for_get(&self) -> Self {
        let mut shown = self.clone();
        if let Some(Proposal {
            action: Some(Action::ExecuteGenericNervousSystemFunction(call)),
            ..
        }) = &mut shown.proposal
        {
            call.payload = summary_of(&call.payload);
        }
        shown
    }

    /// As `list_proposals` shows it to someone who may act for these neurons.
    pub fn for_list(&self, own_neurons: &BTreeSet<String>) -> Self {
        let mut shown = self.clone();
        shown.payload_text_rendering = None;
        shown.ballots = self
            .ballots
            .iter()
            .filter(|(id, _)| own_neurons.contains(*id))
            .take(MAX_LISTED_BALLOTS)
            .map(|(id, ballot)| (id.clone(), *ballot))
            .collect();
        if let Some(Proposal {
            action: Some(Action::ExecuteGenericNervousSystemFunction(call)),
            ..
        }) = &mut shown.proposal
        {
            call.payload.clear();
        }
        shown
    }
}

#[cfg(test)]
mod tests;
