//! Limits of what an SDL may ask for.
//!
//! **Source** unless an item says otherwise: Akash chain, `deployment/v1beta4`, validation of
//! group specs. The chain refuses what exceeds them, so a proposal that does is refused first.

/// Smallest processor share of a replica. **Units** thousandths of a core.
pub const MIN_CPU_MILLI: u64 = 10;
/// Largest processor share of a replica. **Units** thousandths of a core.
pub const MAX_CPU_MILLI: u64 = 384_000;
/// Largest processor share of a group. **Units** thousandths of a core.
pub const MAX_GROUP_CPU_MILLI: u64 = 19_200_000;

/// Most graphics processors of a replica.
pub const MAX_GPU_UNITS: u64 = 24;
/// Most graphics processors of a group.
pub const MAX_GROUP_GPU_UNITS: u64 = 1_200;

/// Smallest memory of a replica. **Units** bytes.
pub const MIN_MEMORY_BYTES: u64 = 1 << 20;
/// Largest memory of a replica. **Units** bytes.
pub const MAX_MEMORY_BYTES: u64 = 2 << 40;
/// Largest memory of a group. **Units** bytes.
pub const MAX_GROUP_MEMORY_BYTES: u64 = 100 << 40;

/// Smallest volume. **Units** bytes.
pub const MIN_VOLUME_BYTES: u64 = 5 << 20;
/// Largest volume. **Units** bytes.
pub const MAX_VOLUME_BYTES: u64 = 32 << 40;
/// Largest storage of a group, all volumes together. **Units** bytes.
pub const MAX_GROUP_STORAGE_BYTES: u64 = 1_600 << 40;

/// Highest price of a replica. **Units** uact per block.
pub const MAX_PRICE: u64 = 10_000_000;

/// Most replicas of a unit. The chain has the constant, and does not check it today.
pub const MAX_COUNT: u32 = 50;
/// Most groups of a deployment. The chain has the constant, and does not check it today.
pub const MAX_GROUPS: usize = 20;
/// Most units of a group. The chain has the constant, and does not check it today.
pub const MAX_UNITS: usize = 20;

/// Most volumes of a unit. **Source** Akash provider, `MaxGroupVolumes`: with more it does not
/// bid.
pub const MAX_VOLUMES: usize = 4;

/// Most entries in all `to` lists together. Our own: they decide the size of the manifest.
pub const MAX_TARGETS: usize = 200;

/// Largest manifest. Our own: it has to fit into one outcall with room to spare. **Units** bytes.
pub const MAX_MANIFEST_BYTES: usize = 262_144;

/// Longest service name. **Source** Kubernetes: it becomes a label.
pub const MAX_SERVICE_NAME_BYTES: usize = 63;
/// Longest host name. **Source** Kubernetes, DNS-1123 subdomains.
pub const MAX_HOST_BYTES: usize = 253;

/// Largest `max_body_size`. **Units** bytes. **Source** SDL schema.
pub const MAX_BODY_BYTES: u64 = 104_857_600;
/// Largest `read_timeout` and `send_timeout`. **Units** ms. **Source** SDL schema.
pub const MAX_HTTP_TIMEOUT_MS: u64 = 60_000;

/// Shortest registry password. **Units** characters. **Source** SDL schema.
pub const MIN_PASSWORD_CHARS: usize = 6;
/// Shortest registry email. **Units** characters. **Source** SDL schema.
pub const MIN_EMAIL_CHARS: usize = 5;

/// Shortest reclamation window. **Units** seconds. **Source** market parameters, default.
pub const MIN_RECLAMATION_S: u64 = 3_600;
/// Longest reclamation window. **Units** seconds. **Source** market parameters, default.
pub const MAX_RECLAMATION_S: u64 = 2_592_000;
