//! How voters read sizes, resources and ways in.

use orchestrator::kernel::amount::whole;
use orchestrator::kernel::markdown::code;
use orchestrator::sdl::{Attribute, Endpoint, EndpointKind, Port, Reach, Unit, Volume};
use std::fmt::Write;

const BYTE_UNITS: [(&str, u64); 8] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
];

/// Bytes in the largest unit that shows them exactly with at most two places: `1.5 GiB`.
pub(super) fn bytes(count: u64) -> String {
    let exact = BYTE_UNITS
        .iter()
        .filter(|(_, unit)| count >= *unit)
        .find_map(|(name, unit)| {
            let hundredths = u128::from(count) * 100;
            let unit = u128::from(*unit);
            let shown = u64::try_from(hundredths / unit).ok()?;
            (hundredths % unit == 0).then(|| format!("{} {name}", whole(shown, 2)))
        });
    exact.unwrap_or_else(|| format!("{count} bytes"))
}

/// What one replica gets.
pub(super) fn resources(unit: &Unit) -> String {
    let mut parts = vec![
        format!(
            "{} CPU{}",
            whole(unit.cpu.milli, 3),
            of(&unit.cpu.attributes)
        ),
        format!(
            "{} memory{}",
            bytes(unit.memory.bytes),
            of(&unit.memory.attributes)
        ),
    ];
    parts.extend(unit.storage.iter().map(volume));
    if unit.gpu.units > 0 {
        parts.push(format!(
            "{} GPU{}",
            unit.gpu.units,
            of(&unit.gpu.attributes)
        ));
    }
    parts.join(", ")
}

fn volume(volume: &Volume) -> String {
    format!(
        "{} storage {}{}",
        bytes(volume.bytes),
        code(&volume.name),
        of(&volume.attributes)
    )
}

/// Attributes in brackets, or nothing.
fn of(attributes: &[Attribute]) -> String {
    if attributes.is_empty() {
        return String::new();
    }
    format!(" ({})", self::attributes(attributes))
}

/// `key=value`, each in a code span.
pub(super) fn attributes(attributes: &[Attribute]) -> String {
    list(attributes.iter().map(|a| format!("{}={}", a.key, a.value)))
}

/// Texts from outside, each in a code span.
pub(super) fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let spans: Vec<String> = texts.into_iter().map(|text| code(text.as_ref())).collect();
    spans.join(", ")
}

/// Who may reach a port, and how.
pub(super) fn port(port: &Port) -> String {
    let inside = format!("{}/{}", port.port, port.protocol.name());
    let external = port.external;
    let mut text = match (&port.reach, &port.ip) {
        (Reach::Service(name), _) => format!("{inside} for service {} only", code(name)),
        (Reach::World(_), Some(ip)) => format!(
            "{inside} for everybody, on leased address {} as port {external}",
            code(ip)
        ),
        (Reach::World(EndpointKind::SharedHttp), None) => {
            format!("{inside} for everybody, by HTTP as port {external}")
        }
        (Reach::World(EndpointKind::RandomPort), None) => {
            format!("{inside} for everybody, on a port that the provider picks")
        }
        (Reach::World(EndpointKind::LeasedIp), None) => {
            format!("{inside} for everybody, on a leased address as port {external}")
        }
    };
    if !port.hosts.is_empty() {
        write!(text, ", host names {}", list(&port.hosts)).expect("no write fails in memory");
    }
    text
}

/// How many ways in a replica asks the provider for.
pub(super) fn endpoints(endpoints: &[Endpoint]) -> String {
    let count = |kind| endpoints.iter().filter(|e| e.kind == kind).count();
    let kinds = [
        (EndpointKind::SharedHttp, "HTTP"),
        (EndpointKind::RandomPort, "port"),
        (EndpointKind::LeasedIp, "leased address"),
    ];
    let parts: Vec<String> = kinds
        .into_iter()
        .map(|(kind, name)| (count(kind), name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} x {name}"))
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_show_bytes_exactly() {
        for (count, shown) in [
            (0, "0 bytes"),
            (1, "1 bytes"),
            (512 << 20, "512 MiB"),
            (1 << 30, "1 GiB"),
            (3 << 29, "1.5 GiB"),
            (1_000_000_000, "1 GB"),
            (1_234_567, "1234567 bytes"),
            (1000 << 10, "1000 KiB"),
            (u64::MAX, "18446744073709551615 bytes"),
        ] {
            assert_eq!(bytes(count), shown);
        }
    }
}
