//! Every wait, window and maximum of the saga, by name.

use crate::kernel::{NANOS_PER_SECOND, Nanos};
use crate::submit;

const SECOND: Nanos = NANOS_PER_SECOND;
const MINUTE: Nanos = 60 * SECOND;
const HOUR: Nanos = 60 * MINUTE;

/// How old the facts about a budget may be when money is committed on them.
pub const BUDGET_FRESH: Nanos = 60 * SECOND;

/// How often an order that its budget cannot bear yet looks again.
pub const BUDGET_POLL: Nanos = 60 * SECOND;

/// From signature to timeout of a transaction. Changes of budgets wait
/// [`MAX_TX_LIFE`](crate::akash::tx::MAX_TX_LIFE) for whatever may be on its way.
pub const TX_LIFE: Nanos = 4 * MINUTE;

/// How long after its timeout a transaction is first asked about. The newest block must be later
/// than the timeout by [`submit::DEATH_MARGIN`], and the chain's clock may be slower than ours:
/// asking too early only says "pending".
pub const DEATH_MARGIN: Nanos = submit::DEATH_MARGIN + 15 * SECOND;

/// From broadcast to the first look for a transaction: about two blocks.
pub const FIRST_LOOK: Nanos = 12 * SECOND;

/// From broadcast (or a re-opened order) to the first read of bids, so that several are there.
pub const BID_WAIT: Nanos = 30 * SECOND;

/// Between two reads of bids.
pub const BID_EVERY: Nanos = 15 * SECOND;

/// How long an order waits for a bid that can be taken.
pub const BIDDING_WINDOW: Nanos = 5 * MINUTE;

/// Bids older than this are read again before one is taken: they may vanish at any time.
pub const BIDS_FRESH: Nanos = 60 * SECOND;

/// Between the two looks at a provider that fails the first.
pub const DOUBT_WAIT: Nanos = 10 * SECOND;

/// From broadcast of the lease to the first PUT of the manifest.
pub const MANIFEST_FIRST: Nanos = 12 * SECOND;

/// Between two PUTs to one provider.
pub const MANIFEST_EVERY: Nanos = 15 * SECOND;

/// How long a provider may take to accept the manifest, from the lease on. It is shorter than
/// the provider's own watchdog of five minutes.
pub const MANIFEST_WINDOW: Nanos = 4 * MINUTE;

/// PUTs that may fail before the lease transaction itself is looked for.
pub const MANIFEST_TRIES_BEFORE_PROBE: u32 = 3;

/// From accepted manifest to the first read of the service's status.
pub const STATUS_FIRST: Nanos = 30 * SECOND;

/// Between two reads of the status.
pub const STATUS_EVERY: Nanos = 20 * SECOND;

/// How long a service may take to answer, from the accepted manifest on.
pub const READY_WINDOW: Nanos = 10 * MINUTE;

/// Between two looks at the leases of a live service.
pub const WATCH_EVERY: Nanos = 30 * MINUTE;

/// Leases that may fail before the deployment is given up.
pub const MAX_LEASE_ATTEMPTS: u32 = 3;

/// Transactions of one purpose that may die in a row before it is given up. A close is never
/// given up: it only slows down.
pub const MAX_TX_ATTEMPTS: u32 = 5;

/// Without progress for so long, a deployment is reported as stuck.
pub const STUCK_AFTER: Nanos = 24 * HOUR;

/// Pace of a stuck deployment after each failure.
pub const STUCK_EVERY: Nanos = HOUR;

/// After one endpoint's failure: the next endpoint, nearly at once.
pub const RETRY_SOON: Nanos = SECOND;

/// After a failure of all endpoints, doubled each time up to [`ROUND_WAIT_MAX`].
pub const ROUND_WAIT: Nanos = 5 * SECOND;

/// Longest wait after a failure of all endpoints.
pub const ROUND_WAIT_MAX: Nanos = 5 * MINUTE;

/// Wait before a close is signed again after the second failure, doubled each time up to
/// [`RESIGN_WAIT_MAX`]: signatures and gas are what a broken chain costs us.
pub const RESIGN_WAIT: Nanos = 5 * MINUTE;

/// Longest wait before a close is signed again.
pub const RESIGN_WAIT_MAX: Nanos = HOUR;

/// Life of a token, backdating apart. It covers [`MANIFEST_WINDOW`] and [`READY_WINDOW`], so
/// that one signature serves both. **Units** seconds.
pub const TOKEN_LIFE_S: u64 = 15 * 60;

/// How far a token is backdated: providers allow no leeway. **Units** seconds.
pub const TOKEN_BACKDATE_S: u64 = 60;

/// A token with less left than this is not used any more. **Units** seconds.
pub const TOKEN_SPARE_S: u64 = 30;

/// Shortest time between two blocks that deposits reckon with; the measured mean is 5.9 s.
/// **Units** seconds.
pub const MIN_BLOCK_TIME_S: u64 = 5;

/// Smallest deposit that the chain accepts. **Units** uact. **Source** Akash deployment module,
/// parameter `min_deposits`.
pub const MIN_DEPOSIT_UACT: u64 = 500_000;

/// Largest deposit. **Units** uact. **Source** amounts pass through int64 in the chain's deposit
/// code.
pub const MAX_DEPOSIT_UACT: u64 = i64::MAX.unsigned_abs();

/// Longest term: a year and a day. **Units** seconds.
pub const MAX_TERM_S: u64 = 366 * 24 * 60 * 60;

/// Shortest term. **Units** seconds.
pub const MIN_TERM_S: u64 = 60;

/// Longest name of a deployment. **Units** characters.
pub const MAX_NAME_CHARS: usize = 64;

/// Most attributes, auditors, allowed or denied providers that a policy may list, each.
pub const MAX_POLICY_ITEMS: usize = 64;

/// Longest attribute key. **Units** bytes. **Source** `akash.base.attributes.v1`, key pattern.
pub const MAX_ATTRIBUTE_KEY_BYTES: usize = 128;

/// Longest attribute value that a policy may name. **Units** bytes.
pub const MAX_ATTRIBUTE_VALUE_BYTES: usize = 128;

/// Dseqs are below this, so that tools that read numbers as doubles show them right.
pub const MAX_DSEQ: u64 = 1 << 53;

/// Most bids kept of one order. **Source** Akash market module, parameter `order_max_bids` (20;
/// its check lets one more pass).
pub const MAX_BIDS_PER_ORDER: usize = 21;

/// Longest reason that is kept; what is longer is cut. **Units** bytes.
pub const MAX_REASON_BYTES: usize = 400;

/// Most addresses kept of one lease.
pub const MAX_URIS: usize = 64;

/// Most transactions kept of one deployment, the newest; the event log has all.
pub const MAX_TRANSACTIONS: usize = 64;
