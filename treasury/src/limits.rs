//! Every wait, window and maximum of the treasury, by name.

use orchestrator::kernel::{NANOS_PER_SECOND, Nanos};

const SECOND: Nanos = NANOS_PER_SECOND;
const MINUTE: Nanos = 60 * SECOND;
const HOUR: Nanos = 60 * MINUTE;

/// Longest payload of an order. **Units** bytes.
pub const MAX_PAYLOAD_BYTES: usize = 4_096;

/// Longest id of a budget. **Units** bytes.
pub const MAX_BUDGET_ID_BYTES: usize = 32;

/// Longest purpose. **Units** characters.
pub const MAX_PURPOSE_CHARS: usize = 500;

/// Most budgets that are known at once, closed ones included: a closed one can be opened again.
pub const MAX_BUDGETS: usize = 64;

/// Smallest deposit that the chain accepts, and so the smallest cap that lets anything run.
/// **Units** uact. **Source** Akash deployment module, parameter `min_deposits`.
pub const MIN_PER_DEPLOYMENT_UACT: u64 = 500_000;

/// Largest amount. **Units** uact or uakt. **Source** amounts pass through int64 in the chain's
/// deposit code.
pub const MAX_AMOUNT: u64 = i64::MAX.unsigned_abs();

/// Furthest end of a budget. **Units** seconds from now.
pub const MAX_VALIDITY_S: u64 = 3 * 366 * 24 * 60 * 60;

/// What T keeps for the gas of its own transactions and promises to no budget.
/// **Units** uakt. One change of grants takes about 15 000.
pub const OWN_GAS_RESERVE_UAKT: u64 = 1_000_000;

/// Age of the facts about a budget on which a gateway may still open a deployment.
pub const FACTS_LIFE: Nanos = 60 * SECOND;

/// Life of a transaction that a gateway signed on such facts. **Source** the pipeline's bound.
pub const DEPOSIT_LIFE: Nanos = 8 * MINUTE;

/// After a change was adopted, no deposit made under the old mandate can land in a block later
/// than this: the gateway may act on facts for [`FACTS_LIFE`], and what it signs then lives for
/// [`DEPOSIT_LIFE`].
pub const QUIET_AFTER: Nanos = FACTS_LIFE + DEPOSIT_LIFE;

/// How much longer than [`QUIET_AFTER`] is waited before the chain is asked: its clock may be
/// behind ours.
pub const QUIET_MARGIN: Nanos = 15 * SECOND;

/// Between two looks for the end of the quiet time.
pub const QUIET_EVERY: Nanos = 15 * SECOND;

/// How old an observation may be when a grant is signed on it.
pub const OBSERVATION_FRESH: Nanos = 2 * MINUTE;

/// Between two observations of T and of all grants.
pub const MIRROR_EVERY: Nanos = HOUR;

/// Between two observations that also read every running deployment. A deployment is a long
/// answer, and long answers are what outcalls cost; deposits and refunds show in the grants.
pub const THOROUGH_EVERY: Nanos = 6 * HOUR;

/// Between two observations while T lacks what an adopted budget needs.
pub const FUNDS_EVERY: Nanos = 5 * MINUTE;

/// Between two observations that the gateway asks for.
pub const NUDGE_EVERY: Nanos = MINUTE;

/// From an observation that the books do not explain to the one that decides.
pub const SECOND_LOOK: Nanos = 2 * MINUTE;

/// From signature to timeout of a transaction. **Source** the chain allows ten minutes past the
/// block time.
pub const TX_LIFE: Nanos = 4 * MINUTE;

/// From broadcast to the first look for a transaction: about two blocks.
pub const FIRST_LOOK: Nanos = 12 * SECOND;

/// How long after its timeout a transaction is first asked about: the chain's clock may be
/// slower than ours, and asking too early only says "pending".
pub const DEATH_MARGIN: Nanos = 30 * SECOND;

/// Looks in vain before a transaction is sent again, to the next endpoint.
pub const LOOKS_BEFORE_RESEND: u32 = 2;

/// After a fruitless act, doubled each time up to [`RETRY_MAX`].
pub const RETRY: Nanos = 5 * SECOND;

/// Longest wait after a fruitless act.
pub const RETRY_MAX: Nanos = 5 * MINUTE;

/// Wait before a transaction that failed is signed again, doubled each time up to
/// [`RESIGN_MAX`]: signatures and gas are what a broken chain costs us.
pub const RESIGN: Nanos = 30 * SECOND;

/// Longest wait before a transaction that failed is signed again.
pub const RESIGN_MAX: Nanos = HOUR;

/// A grant that could be raised by less than this is left alone: setting it anew stops new
/// deployments for minutes. **Units** uact.
pub const MIN_RAISE_UACT: u64 = 500_000;

/// Likewise for gas. **Units** uakt.
pub const MIN_RAISE_UAKT: u64 = 50_000;

/// Between two readings of rates.
pub const RATES_EVERY: Nanos = 6 * HOUR;

/// Between two readings of rates while there are none.
pub const RATES_RETRY: Nanos = 15 * MINUTE;

/// Most transactions of T that are kept for reading, the newest; the log has all.
pub const MAX_TRANSACTIONS: usize = 64;

/// Longest reason that is kept; what is longer is cut. **Units** bytes.
pub const MAX_REASON_BYTES: usize = 400;

/// Most items of one page.
pub const MAX_PAGE: u64 = 1_000;

/// After so many bytes a page of events ends: an answer holds at most 2 MiB, and one entry is far
/// smaller than what is left of that. **Units** bytes.
pub const MAX_PAGE_BYTES: usize = 1_000_000;

/// Most ranges of blocks that one question is answered for.
pub const MAX_RANGES: usize = 100;

/// Longest time of the heartbeat: whatever goes wrong with a wake, this comes.
pub const HEARTBEAT: Nanos = MINUTE;
