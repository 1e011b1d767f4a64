//! What an SDL means.

use crate::kernel::decimal::Decimal;
use minicbor::{Decode, Encode};

/// The meaning of one SDL text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sdl {
    /// One for each placement, sorted by name; the position plus one is the gseq.
    pub groups: Vec<Group>,
    /// What providers are sent.
    pub manifest: Manifest,
    /// One for each service, sorted by service.
    pub images: Vec<Image>,
    /// Notice that a provider must give before it leaves. **Units** seconds.
    pub reclamation_min_window_s: Option<u64>,
}

/// The manifest in the one form that hashes right: keys sorted, no spaces, Go's escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The body of the PUT, byte for byte.
    pub json: String,
    /// SHA-256 of it: the deployment's hash on the chain.
    pub hash: [u8; 32],
}

/// The image of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Service name.
    pub service: String,
    /// Reference as written.
    pub reference: String,
    /// Whether it is named by digest (`@sha256:` and 64 hexadecimal digits).
    pub pinned: bool,
    /// Line of the SDL. First is 1.
    pub line: usize,
}

/// Resources that one provider must offer together.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Group {
    /// Placement name.
    #[n(0)]
    pub name: String,
    /// Who may bid.
    #[n(1)]
    pub requirements: Requirements,
    /// What is wanted.
    #[n(2)]
    pub units: Vec<Unit>,
}

/// Who may bid on a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Requirements {
    /// Auditors.
    #[n(0)]
    pub signed_by: SignedBy,
    /// Sorted by key.
    #[n(1)]
    pub attributes: Vec<Attribute>,
}

/// Auditors who must have signed the attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct SignedBy {
    /// Each of these.
    #[n(0)]
    pub all_of: Vec<String>,
    /// At least one of these, when there are any.
    #[n(1)]
    pub any_of: Vec<String>,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Attribute {
    /// Key.
    #[n(0)]
    pub key: String,
    /// Value.
    #[n(1)]
    pub value: String,
}

/// A number of equal replicas.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Unit {
    /// Unique in its group, from 1.
    #[n(0)]
    pub id: u32,
    /// Processor.
    #[n(1)]
    pub cpu: Cpu,
    /// Memory.
    #[n(2)]
    pub memory: Memory,
    /// Volumes in the order of the chain.
    #[n(3)]
    pub storage: Vec<Volume>,
    /// Graphics processors; always present, often zero.
    #[n(4)]
    pub gpu: Gpu,
    /// What is reachable from outside.
    #[n(5)]
    pub endpoints: Vec<Endpoint>,
    /// Replicas.
    #[n(6)]
    pub count: u32,
    /// Most that one replica may cost. **Units** uact per block.
    #[n(7)]
    pub price: Decimal,
}

/// Processor share.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Cpu {
    /// **Units** thousandths of a core.
    #[n(0)]
    pub milli: u64,
    /// Sorted by key.
    #[n(1)]
    pub attributes: Vec<Attribute>,
}

/// Memory.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Memory {
    /// **Units** bytes.
    #[n(0)]
    pub bytes: u64,
    /// Sorted by key.
    #[n(1)]
    pub attributes: Vec<Attribute>,
}

/// One volume.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Volume {
    /// Name; `default` where the SDL gives none.
    #[n(0)]
    pub name: String,
    /// **Units** bytes.
    #[n(1)]
    pub bytes: u64,
    /// Sorted by key.
    #[n(2)]
    pub attributes: Vec<Attribute>,
}

/// Graphics processors.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Gpu {
    /// How many.
    #[n(0)]
    pub units: u64,
    /// Acceptable models, sorted by key; empty when there are no units.
    #[n(1)]
    pub attributes: Vec<Attribute>,
}

/// One way in from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Endpoint {
    /// Which way.
    #[n(0)]
    pub kind: EndpointKind,
    /// Which leased address; 0 for the other kinds.
    #[n(1)]
    pub sequence: u32,
}

/// Ways in from outside. **Source** `akash.base.resources.v1beta4.Endpoint.Kind`, same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum EndpointKind {
    /// HTTP behind the provider's ingress.
    #[n(0)]
    SharedHttp,
    /// A port that the provider picks.
    #[n(1)]
    RandomPort,
    /// An address of its own.
    #[n(2)]
    LeasedIp,
}
