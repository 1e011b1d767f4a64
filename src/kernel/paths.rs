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

/// Path of the single-use account at which one fill of a swap is delivered, under the treasury
/// canister's key. `random` is 32 bytes that were drawn for the order, so that nobody can prepare
/// its addresses before; `counter` is never reset.
#[must_use]
pub fn fill_path(random: &[u8; 32], counter: u64) -> Vec<Vec<u8>> {
    vec![
        b"akash/fill/1".to_vec(),
        random.to_vec(),
        counter.to_be_bytes().to_vec(),
    ]
}

/// Path of the single-use account from which one fill of a return is paid, likewise.
#[must_use]
pub fn staging_path(random: &[u8; 32], counter: u64) -> Vec<Vec<u8>> {
    vec![
        b"akash/staging/1".to_vec(),
        random.to_vec(),
        counter.to_be_bytes().to_vec(),
    ]
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
        let last = || vec![0, 0, 0, 0, 0, 0, 1, 2];
        let random = || vec![7; 32];
        assert_eq!(
            fill_path(&[7; 32], 258),
            vec![b"akash/fill/1".to_vec(), random(), last()]
        );
        assert_eq!(
            staging_path(&[7; 32], 258),
            vec![b"akash/staging/1".to_vec(), random(), last()]
        );
    }

    #[test]
    fn should_give_each_fill_its_own_account() {
        let paths = [
            fill_path(&[1; 32], 1),
            fill_path(&[1; 32], 2),
            fill_path(&[2; 32], 1),
            staging_path(&[1; 32], 1),
        ];
        let distinct: std::collections::BTreeSet<_> = paths.iter().collect();
        assert_eq!(distinct.len(), paths.len());
    }

    #[test]
    fn should_give_each_budget_its_own_account() {
        assert_ne!(budget_path("a"), budget_path("b"));
    }
}
