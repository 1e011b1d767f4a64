//! The treasury canister: doors for money, budgets, grants on the chain, and the books.
//!
//! What lives here: mandates that governance adopted, the account T on Akash, what it grants to
//! the accounts of budgets, and double-entry books of all of it. Governance as caller is the only
//! proof of adoption; the gateway is believed about nothing, it can only ask for a look.
//!
//! What must not: SDL, phases of leases, an await inside a door.

pub mod book;
pub mod budget;
mod codec;
pub mod doors;
pub mod grants;
pub mod http;
pub mod icp;
pub mod limits;
pub mod live;
pub mod log;
pub mod mirror;
pub mod rates;
pub mod state;
pub mod storage;
pub mod swap;
pub mod tasks;
pub mod types;
pub mod view;
