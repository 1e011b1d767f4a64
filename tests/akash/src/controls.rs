//! What a story does to the network that nobody on it could do by a transaction.

use crate::chain::UAKT;
use crate::chain::vesting::Vesting;
use crate::forge::{Conspiracy, Forgery, Imagined};
use crate::num::Dec;
use crate::store::Layout;
use crate::{Akash, address};

/// One millionth, in the last places of a decimal.
const MICRO: i128 = 1_000_000_000_000;

impl Akash {
    /// Gives an account coins that did not exist before. **Units** as the denom; an IBC denom is
    /// as good as any.
    pub fn give(&mut self, address: &str, amount: u128, denom: &str) {
        let state = self.chain.state_mut();
        state.ensure_account(address);
        state.mint(address, denom, amount);
        self.chain.refresh();
    }

    /// Makes an account that may not send what it begins with. **Panics** when it exists: no
    /// transaction could do it either.
    pub fn create_vesting(&mut self, address: &str, vesting: Vesting) {
        let state = self.chain.state_mut();
        assert!(
            state.account(address).is_none(),
            "account {address} already exists"
        );
        let coins = vesting.original.clone();
        state.ensure_account(address);
        state.account_mut(address).expect("made just now").vesting = Some(vesting);
        for (denom, amount) in coins {
            state.mint(address, &denom, amount);
        }
        self.chain.refresh();
    }

    /// No block is made before a time: the first block after it is the next after the last one
    /// before. Transactions are taken in meanwhile.
    pub fn halt_until(&mut self, time_ns: u64) {
        self.halted_until_ns = time_ns;
    }

    /// Changes who votes: validator `i` has `powers[i]`, 0 leaves it out. Returns the first height
    /// at which the new set votes; the header before it announces it.
    pub fn set_validators(&mut self, powers: &[u64]) -> u64 {
        self.chain.set_validators(powers)
    }

    /// Changes the version of the application in the headers from the next block on.
    pub fn set_app_version(&mut self, version: u64) {
        self.chain.set_app_version(version);
    }

    /// Changes where the stores keep things. The state after the last block has it already, so
    /// that the next header commits to it.
    pub fn change_store_layout(&mut self, layout: Layout) {
        self.chain.state_mut().layout = layout;
        self.chain.refresh();
    }

    /// Sets the AKT price that the next block brings. **Units** millionths of a USD.
    pub fn set_akt_price(&mut self, micro_usd: u64) {
        let state = self.chain.state_mut();
        state.oracle.price = Dec(i128::from(micro_usd) * MICRO);
        self.chain.refresh();
    }

    /// Silences or resumes the price feed: half a minute later the price is stalled, and what is
    /// stored keeps the time of the last block at which it was not.
    pub fn set_oracle_feeding(&mut self, feeding: bool) {
        self.chain.state_mut().oracle.feeding = feeding;
        self.chain.refresh();
    }

    /// There never was a price.
    pub fn remove_price(&mut self) {
        let oracle = &mut self.chain.state_mut().oracle;
        (oracle.feeding, oracle.healthy) = (false, false);
        (oracle.updated_ns, oracle.aggregate) = (None, None);
        self.chain.refresh();
    }

    /// Takes uakt out of the vault, as if redemptions had drained it: the ratio falls.
    /// Returns how much was there to take; what waits in the queue is not touched.
    pub fn drain_vault(&mut self, uakt: u128) -> u128 {
        let vault = address::of_module("bme");
        let state = self.chain.state_mut();
        let pending = state.bme.pending.get(UAKT).copied().unwrap_or(0);
        let taken = (state.balance(&vault, UAKT) - pending).min(uakt);
        let moved = state.transfer(&vault, &address::of_module("distribution"), UAKT, taken);
        moved.expect("no more than there is");
        self.chain.refresh();
        taken
    }

    /// Halts minting by the collateral ratio, from the next block on: the vault is emptied.
    pub fn halt_mint(&mut self) {
        self.drained_uakt += self.drain_vault(u128::MAX);
    }

    /// Gives the vault back what [`Akash::halt_mint`] took.
    pub fn resume_mint(&mut self) {
        let (from, to) = (
            address::of_module("distribution"),
            address::of_module("bme"),
        );
        let amount = std::mem::take(&mut self.drained_uakt);
        let moved = self.chain.state_mut().transfer(&from, &to, UAKT, amount);
        moved.expect("it lies there since the halt");
        self.chain.refresh();
    }

    /// Makes a signed header that the chain never had. `change` begins with the real header of
    /// that height, or with one like the last above it.
    pub fn forge(
        &self,
        height: u64,
        conspiracy: &Conspiracy,
        change: impl FnOnce(&mut crate::consensus::Header),
    ) -> Forgery {
        Forgery::make(&self.chain, height, conspiracy, change)
    }

    /// A state that the chain never had: that after a block, and changed. Its hash goes into a
    /// forged header of the next height. `None` when the state is pruned.
    pub fn imagine(
        &self,
        height: u64,
        change: impl FnOnce(&mut crate::chain::State),
    ) -> Option<Imagined> {
        Imagined::make(&self.chain, height, change)
    }

    /// From now on a node answers this body, with status 200, to every request whose address
    /// contains the text. Texts given later come first.
    pub fn answer_instead(&mut self, node: usize, contains: &str, body: Vec<u8>) {
        self.answers.push((node, contains.to_owned(), body));
    }

    /// Ends what [`Akash::answer_instead`] began, at all nodes.
    pub fn answer_truly(&mut self) {
        self.answers.clear();
    }
}
