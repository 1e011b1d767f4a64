//! Which bids are taken.

use super::event::SeenBid;
use super::state::{Deployment, Standing};
use crate::kernel::decimal::Decimal;

/// For each group without a lease the cheapest bid that the policy admits, provided that all
/// leases together stay within the plan's price. Equal prices go to the lower provider address,
/// so that everybody who reads the log comes to the same choice.
///
/// **Errors** why nothing can be taken yet, in words.
pub fn choose(d: &Deployment) -> Result<Vec<SeenBid>, String> {
    let Some(terms) = &d.terms else {
        return Err("the order is not planned".into());
    };
    let bids = d.bids.as_ref().map_or(&[][..], |seen| &seen.bids);
    let mut total = Decimal::ZERO;
    let mut chosen = Vec::new();
    for (group, max) in d.groups.iter().zip(&terms.group_max) {
        if let Some(lease) = &group.lease {
            total = add(total, lease.price)?;
            continue;
        }
        let on_group: Vec<&SeenBid> = bids
            .iter()
            .filter(|bid| bid.id.gseq == group.gseq && bid.id.oseq >= group.oseq)
            .collect();
        let best = on_group
            .iter()
            .filter(|bid| bid.price <= *max && is_admitted(d, &bid.id.provider))
            .min_by(|a, b| (a.price, &a.id.provider).cmp(&(b.price, &b.id.provider)));
        let Some(best) = best else {
            return Err(if on_group.is_empty() {
                format!("no bids on group {}", group.gseq)
            } else {
                format!(
                    "none of the {} bids on group {} is within the price and from a provider that the \
                     policy and our own experience admit",
                    on_group.len(),
                    group.gseq
                )
            });
        };
        total = add(total, best.price)?;
        chosen.push((*best).clone());
    }
    if total > terms.max_price {
        return Err(format!(
            "price: expected at most {} uact per block for all groups, the cheapest bids ask {total}",
            terms.max_price
        ));
    }
    Ok(chosen)
}

fn add(total: Decimal, price: Decimal) -> Result<Decimal, String> {
    total
        .checked_add(price)
        .ok_or_else(|| "price: the sum of the bids is past all bounds".to_string())
}

/// By the order's lists and by what this deployment has been through.
fn is_admitted(d: &Deployment, provider: &String) -> bool {
    let policy = &d.order.policy;
    let listed = policy.allowed_providers.is_empty() || policy.allowed_providers.contains(provider);
    let denied = policy.denied_providers.contains(provider);
    let failed = matches!(d.providers.get(provider), Some(Standing::Denied { .. }));
    listed && !denied && !failed
}
