//! Derivation paths of the threshold keys: which account on Akash belongs to what.
//!
//! A path is part of an address. Changing one strands the money that sits there, so the tags
//! carry a version and old ones are never reused.

/// Path of the treasury account **T**, under the treasury canister's key. It holds AKT and ACT.
#[must_use]
pub fn treasury_path() -> Vec<Vec<u8>> {
    vec![b"akash/treasury/1".to_vec()]
}

/// Path of the account **G_b** of one budget, under the gateway canister's key.
/// It owns the budget's deployments and holds nothing.
#[must_use]
pub fn budget_path(budget: &str) -> Vec<Vec<u8>> {
    vec![b"akash/budget/1".to_vec(), budget.as_bytes().to_vec()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_never_change_a_path_that_owns_money() {
        assert_eq!(treasury_path(), vec![b"akash/treasury/1".to_vec()]);
        assert_eq!(
            budget_path("web"),
            vec![b"akash/budget/1".to_vec(), b"web".to_vec()]
        );
    }

    #[test]
    fn should_give_each_budget_its_own_account() {
        assert_ne!(budget_path("a"), budget_path("b"));
    }
}
