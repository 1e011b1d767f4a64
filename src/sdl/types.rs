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
    /// What voters read about each service, sorted by name.
    pub services: Vec<Service>,
    /// Whether a service carries a registry login. Whatever stands in an SDL is public.
    pub has_credentials: bool,
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

/// One service, in the words of the SDL. The manifest says the same to the providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Name.
    pub name: String,
    /// Image reference as written.
    pub image: String,
    /// Replaces the entry point of the image.
    pub command: Option<Vec<String>>,
    /// Arguments of the entry point.
    pub args: Option<Vec<String>>,
    /// Environment, in the order of the SDL.
    pub env: Vec<EnvVar>,
    /// Who may reach which port, in the order of the manifest.
    pub ports: Vec<Port>,
    /// Mounted volumes, sorted by volume.
    pub mounts: Vec<Mount>,
    /// What of the lease the service itself may read: `deployment`, `logs`, `events`.
    pub permissions: Vec<String>,
    /// Kind of trusted execution environment that is asked for: `cpu` or `cpu-gpu`.
    pub tee: Option<String>,
    /// Registry that the service logs in to; its password stands in the SDL.
    pub registry: Option<String>,
    /// Where it runs, sorted by placement.
    pub replicas: Vec<Replicas>,
}

/// One environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// Name.
    pub name: String,
    /// Value; `None` where the SDL names the variable alone.
    pub value: Option<String>,
}

/// Transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// As the manifest writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}

/// One way to a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Port inside the container.
    pub port: u16,
    /// Port that is asked for outside; the provider picks another for [`EndpointKind::RandomPort`].
    pub external: u16,
    /// Protocol.
    pub protocol: Protocol,
    /// Who may come.
    pub reach: Reach,
    /// Host names that the provider's ingress listens to.
    pub hosts: Vec<String>,
    /// Name of the leased address.
    pub ip: Option<String>,
}

/// Who may reach a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Anybody, in this way.
    World(EndpointKind),
    /// This service of the same deployment.
    Service(String),
}

/// A volume mounted into a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Volume of the compute profile.
    pub volume: String,
    /// Absolute path inside the container.
    pub path: String,
    /// Whether the service may only read.
    pub read_only: bool,
}

/// How often a service runs in one placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// Placement, which is the group's name.
    pub placement: String,
    /// Resources: id of the unit in the group.
    pub unit: u32,
    /// Replicas.
    pub count: u32,
}

impl Group {
    /// Most that the whole group may cost, or `None` past the type's edge. **Units** uact per
    /// block.
    #[must_use]
    pub fn max_price(&self) -> Option<Decimal> {
        self.units.iter().try_fold(Decimal::ZERO, |sum, unit| {
            sum.checked_add(unit.price.checked_mul(unit.count.into())?)
        })
    }
}
