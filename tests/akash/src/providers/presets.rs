//! Ready-made providers.

use super::{Behaviour, Pricing, ProviderConfig};

/// Akash Network's auditor: the one that Console trusts.
pub const AUDITOR: &str = "akash1365yvmc4s7awdyj3n2sav7xfx76adc6dnmlx63";

/// An auditor that appears in example SDLs only.
pub const EXAMPLE_AUDITOR: &str = "akash18qa2a2ltfyvkyj0ggj3hkvuj6twzyumuaru9s4";

/// Every storage class, shared memory, leased addresses.
const FEATURES: [(&str, &str); 16] = [
    ("feat-persistent-storage", "true"),
    ("feat-shm", "true"),
    ("feat-endpoint-ip", "true"),
    ("feat-endpoint-custom-domain", "true"),
    ("capabilities/ip-lease", "true"),
    ("capabilities/cpu", "amd"),
    ("capabilities/cpu/arch", "x86-64"),
    ("capabilities/memory", "ddr5ecc"),
    ("capabilities/storage/3/class", "beta1"),
    ("capabilities/storage/3/persistent", "true"),
    ("capabilities/storage/4/class", "beta2"),
    ("capabilities/storage/4/persistent", "true"),
    ("network-speed-up", "10000"),
    ("network-speed-down", "10000"),
    ("country", "US"),
    ("location-type", "datacenter"),
];

const MODELS: [(&str, &str, &[&str]); 6] = [
    ("a100", "80Gi", &["sxm", "pcie"]),
    ("h100", "80Gi", &["sxm", "pcie"]),
    ("h200", "141Gi", &["sxm"]),
    ("rtx4090", "24Gi", &["pcie"]),
    ("a6000", "48Gi", &["pcie"]),
    ("t4", "16Gi", &["pcie"]),
];

/// A full-sized provider in a place (`na-us-west`, `eu-central`, ...), with everything that an SDL
/// may ask for.
pub fn full(name: &str, location: &str, per_mille: u32) -> ProviderConfig {
    let region = location.strip_prefix("na-").unwrap_or(location);
    let mut config = ProviderConfig::honest(name, per_mille)
        .with(&FEATURES)
        .with(&[
            ("organization", name),
            ("region", region),
            ("location-region", location),
            ("capabilities/gpu", "nvidia"),
            ("cuda", "12.8"),
            ("tee/type", "cpu"),
        ]);
    for (model, ram, interfaces) in MODELS {
        let base = format!("capabilities/gpu/vendor/nvidia/model/{model}");
        let mut keys = vec![base.clone(), format!("{base}/ram/{ram}")];
        for interface in interfaces {
            keys.push(format!("{base}/interface/{interface}"));
            keys.push(format!("{base}/ram/{ram}/interface/{interface}"));
        }
        config
            .attributes
            .extend(keys.into_iter().map(|k| (k, "true".to_owned())));
    }
    config.audited_by = vec![AUDITOR.into()];
    config
}

/// Providers for a demonstration: between them they serve whatever a valid SDL may ask for, in
/// several places, audited and not, dear and cheap.
pub fn demo_providers() -> Vec<ProviderConfig> {
    let mut arm = full("cedar-arm", "eu-central", 640);
    arm = arm.with(&[
        ("capabilities/cpu/arch", "arm"),
        ("capabilities/cpu", "ampere"),
    ]);
    let noticing = |mut config: ProviderConfig| {
        config.reclamation_window_s = Some(30 * 86_400);
        config
    };
    let mut enclave = full("quartz-enclave", "na-us-east", 900);
    enclave = enclave.with(&[("tee/type", "cpu-gpu")]);
    let mut cheap = full("lowland", "eu-west", 350);
    cheap.audited_by = Vec::new();
    let mut metered = full("harbor", "na-us-west", 700);
    metered.pricing = Pricing::PerResource {
        milli_cpu: 1_200,
        memory_mib: 900,
        storage_gib: 20_000,
        gpu: 900_000_000,
        endpoint: 50_000,
        ip: 5_000_000,
    };
    let mut example = full("meadow", "na-us-west", 800);
    example.audited_by = vec![AUDITOR.into(), EXAMPLE_AUDITOR.into()];
    vec![
        full("northern", "eu-north", 550),
        noticing(full("granite", "na-us-west", 600)),
        noticing(full("riverside", "eu-central", 500)),
        arm,
        noticing(enclave),
        cheap,
        metered,
        example,
    ]
}

/// One provider of each kind of trouble, and an honest one that is dearer than all of them.
pub fn trouble() -> Vec<ProviderConfig> {
    let kinds = [
        ("vanishes", Behaviour::BidThenVanish { after_blocks: 1 }),
        (
            "refuses",
            Behaviour::RefuseManifest(422, "manifest rejected: no".into()),
        ),
        ("silent", Behaviour::SilentManifest),
        ("never-ready", Behaviour::NeverReady),
        ("gone", Behaviour::Gone),
        ("impostor", Behaviour::WrongAddress),
        ("untrusted", Behaviour::UntrustedCertificate),
        ("old", Behaviour::OldManifest),
    ];
    let mut all: Vec<ProviderConfig> = Vec::new();
    for (per_mille, (name, behaviour)) in (100..).step_by(10).zip(kinds) {
        all.push(full(name, "na-us-west", per_mille).acting(behaviour));
    }
    all.push(full("honest", "na-us-west", 900));
    all
}
