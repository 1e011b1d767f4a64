//! Profiles: what a replica needs, and where it may run at what price.

use super::{Compute, Document, Placement, named};
use crate::kernel::decimal::Decimal;
use crate::sdl::error::{Path, Problems, quote};
use crate::sdl::limits::{
    MAX_CPU_MILLI, MAX_GPU_UNITS, MAX_MEMORY_BYTES, MAX_PRICE, MAX_VOLUME_BYTES, MAX_VOLUMES,
    MIN_CPU_MILLI, MIN_MEMORY_BYTES, MIN_VOLUME_BYTES,
};
use crate::sdl::quantity;
use crate::sdl::reader::{self, Fields};
use crate::sdl::types::{Attribute, Cpu, Gpu, Memory, SignedBy, Volume};
use crate::sdl::yaml::scalar::Value;
use crate::sdl::yaml::{Entry, Kind, Node};

/// Classes of persistent storage. **Source** Akash chain-sdk, `storage.go`.
const PERSISTENT_CLASSES: [&str; 4] = ["default", "beta1", "beta2", "beta3"];

/// The class of memory that is mounted as a volume.
pub(in crate::sdl) const RAM_CLASS: &str = "ram";

/// Keys of storage attributes.
pub(in crate::sdl) const CLASS: &str = "class";
pub(in crate::sdl) const PERSISTENT: &str = "persistent";

pub(super) fn read(node: &Node, path: &Path<'_>, document: &mut Document, problems: &mut Problems) {
    let fields = Fields::read(node, path, &["compute", "placement"], problems);
    let compute = fields
        .as_ref()
        .and_then(|fields| fields.required("compute", path, problems))
        .and_then(|node| {
            let path = path.key("compute");
            named(node, &path, "a map of compute profiles", problems, compute)
        });
    let placements = fields
        .as_ref()
        .and_then(|fields| fields.required("placement", path, problems))
        .and_then(|node| {
            let path = path.key("placement");
            named(node, &path, "a map of placements", problems, placement)
        });
    document.unread.compute = compute.is_none();
    document.unread.placements = placements.is_none();
    document.compute = compute.unwrap_or_default();
    document.placements = placements.unwrap_or_default();
}

fn compute(entry: &Entry, path: &Path<'_>, problems: &mut Problems) -> Option<Compute> {
    let fields = Fields::read(&entry.value, path, &["resources"], problems)?;
    let node = fields.required("resources", path, problems)?;
    let path = &path.key("resources");
    let fields = Fields::read(node, path, &["cpu", "memory", "storage", "gpu"], problems)?;
    let cpu = fields
        .required("cpu", path, problems)
        .and_then(|node| cpu(node, &path.key("cpu"), problems));
    let memory = fields
        .required("memory", path, problems)
        .and_then(|node| memory(node, &path.key("memory"), problems));
    let storage = fields
        .required("storage", path, problems)
        .and_then(|node| storage(node, &path.key("storage"), problems));
    let gpu = match fields.get("gpu") {
        None => Some(Gpu {
            units: 0,
            attributes: Vec::new(),
        }),
        Some(node) => gpu(node, &path.key("gpu"), problems),
    };
    Some(Compute {
        cpu: cpu?,
        memory: memory?,
        storage: storage?,
        gpu: gpu?,
    })
}

fn cpu(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Cpu> {
    const EXPECTED: &str = "a processor share, such as 250m, 0.5 or 2";
    let fields = Fields::read(node, path, &["units", "attributes"], problems)?;
    let milli = fields.required("units", path, problems).and_then(|node| {
        let path = path.key("units");
        let scalar = reader::scalar(node, &path, EXPECTED, problems)?;
        let Some(milli) = quantity::cpu_milli(&scalar.text) else {
            reader::unexpected(node, &path, EXPECTED, problems);
            return None;
        };
        let range = (MIN_CPU_MILLI, MAX_CPU_MILLI);
        within(milli, range, "thousandths of a core", node, &path, problems)
    });
    let attributes = match fields.get("attributes") {
        None => Some(Vec::new()),
        Some(node) => {
            let path = path.key("attributes");
            Fields::read(node, &path, &["arch"], problems).and_then(|fields| {
                let node = fields.required("arch", &path, problems)?;
                let value = reader::text(node, &path.key("arch"), "an architecture", problems)?;
                Some(vec![Attribute {
                    key: "arch".to_string(),
                    value: value.to_string(),
                }])
            })
        }
    };
    Some(Cpu {
        milli: milli?,
        attributes: attributes?,
    })
}

fn memory(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Memory> {
    let fields = Fields::read(node, path, &["size"], problems)?;
    let node = fields.required("size", path, problems)?;
    let range = (MIN_MEMORY_BYTES, MAX_MEMORY_BYTES);
    Some(Memory {
        bytes: size(node, &path.key("size"), range, problems)?,
        attributes: Vec::new(),
    })
}

fn size(node: &Node, path: &Path<'_>, range: (u64, u64), problems: &mut Problems) -> Option<u64> {
    const EXPECTED: &str =
        "a size in whole bytes with one of k, Ki, M, Mi, G, Gi, T, Ti, P, Pi, E, Ei, such as 512Mi";
    let text = reader::text(node, path, EXPECTED, problems)?;
    let Some(bytes) = quantity::bytes(text) else {
        reader::unexpected(node, path, EXPECTED, problems);
        return None;
    };
    within(bytes, range, "bytes", node, path, problems)
}

fn within(
    got: u64,
    (min, max): (u64, u64),
    unit: &str,
    node: &Node,
    path: &Path<'_>,
    problems: &mut Problems,
) -> Option<u64> {
    if (min..=max).contains(&got) {
        return Some(got);
    }
    let problem = format!("expected from {min} to {max} {unit}, got {got}");
    problems.add(node.mark, path, problem);
    None
}

/// One volume, or a list of them; in the order of the chain.
fn storage(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Vec<Volume>> {
    let items = match &node.kind {
        Kind::Map(_) => return Some(vec![volume(node, path, problems)?]),
        _ => reader::list(node, path, "a volume or a list of volumes", problems)?,
    };
    if items.is_empty() || items.len() > MAX_VOLUMES {
        let got = items.len();
        let problem = format!("expected from 1 to {MAX_VOLUMES} volumes, got {got}");
        problems.add(node.mark, path, problem);
        return None;
    }
    let mut volumes: Vec<Volume> = Vec::new();
    let mut complete = true;
    for (i, item) in items.iter().enumerate() {
        let path = path.index(i);
        let Some(volume) = volume(item, &path, problems) else {
            complete = false;
            continue;
        };
        if volumes.iter().any(|other| other.name == volume.name) {
            let name = quote(&volume.name);
            let problem = format!("expected each volume name once, got {name} again");
            problems.add(item.mark, &path.key("name"), problem);
            complete = false;
        }
        volumes.push(volume);
    }
    // The order of the chain: by size, then without attribute before "false" before "true", then
    // by name. Text order does it: nothing is less than something.
    volumes.sort_by(|a, b| {
        (a.bytes, persistence(a), &a.name).cmp(&(b.bytes, persistence(b), &b.name))
    });
    complete.then_some(volumes)
}

/// What a volume's attribute says about its persistence.
pub(in crate::sdl) fn persistence(volume: &Volume) -> Option<&str> {
    attribute(volume, PERSISTENT)
}

pub(in crate::sdl) fn attribute<'a>(volume: &'a Volume, key: &str) -> Option<&'a str> {
    let found = volume.attributes.iter().find(|a| a.key == key);
    found.map(|a| a.value.as_str())
}

fn volume(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Volume> {
    let fields = Fields::read(node, path, &["name", "size", "attributes"], problems)?;
    let name = match fields.get("name") {
        None => Some("default"),
        Some(node) => {
            let path = path.key("name");
            reader::text(node, &path, "a name", problems).filter(|name| {
                let fine = !name.is_empty() && !name.chars().any(char::is_control);
                if !fine {
                    reader::unexpected(node, &path, "a name", problems);
                }
                fine
            })
        }
    };
    let range = (MIN_VOLUME_BYTES, MAX_VOLUME_BYTES);
    let bytes = fields
        .required("size", path, problems)
        .and_then(|node| size(node, &path.key("size"), range, problems));
    let attributes = match fields.get("attributes") {
        None => Some(Vec::new()),
        Some(node) => volume_attributes(node, &path.key("attributes"), problems),
    };
    Some(Volume {
        name: name?.to_string(),
        bytes: bytes?,
        attributes: attributes?,
    })
}

/// Both keys are needed: Akash's readers fill in a missing one each in its own way.
fn volume_attributes(
    node: &Node,
    path: &Path<'_>,
    problems: &mut Problems,
) -> Option<Vec<Attribute>> {
    let fields = Fields::read(node, path, &[CLASS, PERSISTENT], problems)?;
    let classes = [&PERSISTENT_CLASSES[..], &[RAM_CLASS]].concat();
    let class = fields
        .required(CLASS, path, problems)
        .and_then(|node| reader::word(node, &path.key(CLASS), &classes, problems));
    let node = fields.required(PERSISTENT, path, problems);
    let persistent = node.and_then(|node| {
        // In quotes it is a text with the same meaning; the schema has both.
        match &node.kind {
            Kind::Scalar(scalar) if scalar.text == "true" => Some(true),
            Kind::Scalar(scalar) if scalar.text == "false" => Some(false),
            _ => reader::truth(node, &path.key(PERSISTENT), problems),
        }
    });
    let (class, persistent) = (class?, persistent?);
    if persistent == (class == RAM_CLASS) {
        let expected = if persistent {
            "false: the class ram is not persistent"
        } else {
            "true: every class but ram is persistent"
        };
        let problem = format!("expected {expected}; got {persistent}");
        problems.add(node?.mark, &path.key(PERSISTENT), problem);
        return None;
    }
    Some(vec![
        Attribute {
            key: CLASS.to_string(),
            value: class.to_string(),
        },
        Attribute {
            key: PERSISTENT.to_string(),
            value: persistent.to_string(),
        },
    ])
}

fn gpu(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Gpu> {
    const EXPECTED: &str = "a whole number of graphics processors";
    let fields = Fields::read(node, path, &["units", "attributes"], problems)?;
    let node = fields.required("units", path, problems)?;
    let units_path = path.key("units");
    let scalar = reader::scalar(node, &units_path, EXPECTED, problems)?;
    let Some(units) = quantity::whole(&scalar.text) else {
        reader::unexpected(node, &units_path, EXPECTED, problems);
        return None;
    };
    let range = (0, MAX_GPU_UNITS);
    within(
        units,
        range,
        "graphics processors",
        node,
        &units_path,
        problems,
    )?;
    let attributes = match (units, fields.get("attributes")) {
        (0, None) => Vec::new(),
        (0, Some(_)) => {
            let problem = "expected more than 0 units where attributes are given, got 0";
            problems.add(node.mark, &units_path, problem);
            return None;
        }
        (_, None) => {
            let problem = "expected `attributes` with a vendor where there are units, got none";
            problems.add(node.mark, &path.key("attributes"), problem);
            return None;
        }
        (_, Some(node)) => gpu_attributes(node, &path.key("attributes"), problems)?,
    };
    Some(Gpu { units, attributes })
}

fn gpu_attributes(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Vec<Attribute>> {
    const MODELS: &str = "a list of models, or nothing for any model";
    let fields = Fields::read(node, path, &["vendor"], problems)?;
    let node = fields.required("vendor", path, problems)?;
    let path = &path.key("vendor");
    // Akash's own reader takes any other vendor for "any model of nvidia", without a word.
    let fields = Fields::read(node, path, &["nvidia"], problems)?;
    let node = fields.required("nvidia", path, problems)?;
    let path = &path.key("nvidia");
    let mut attributes: Vec<Attribute> = Vec::new();
    if reader::is_null(node) {
        attributes.push(model_attribute("*".to_string()));
        return Some(attributes);
    }
    let items = reader::list(node, path, MODELS, problems)?;
    if items.is_empty() {
        reader::unexpected(node, path, MODELS, problems);
        return None;
    }
    for (i, item) in items.iter().enumerate() {
        let path = path.index(i);
        let attribute = gpu_model(item, &path, problems)?;
        if attributes.contains(&attribute) {
            problems.add(item.mark, &path, "expected each model once, got one again");
            return None;
        }
        attributes.push(attribute);
    }
    attributes.sort();
    Some(attributes)
}

fn gpu_model(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Attribute> {
    const RAM: &str = "whole gibibytes with a binary suffix, such as 80Gi";
    let fields = Fields::read(node, path, &["model", "ram", "interface"], problems)?;
    let node = fields.required("model", path, problems)?;
    let model = reader::text(node, &path.key("model"), "a model", problems)?;
    let mut key = model.to_string();
    if let Some(node) = fields.get("ram") {
        let path = path.key("ram");
        let text = reader::text(node, &path, RAM, problems)?;
        let Some(gibi) = quantity::gibibytes(text) else {
            reader::unexpected(node, &path, RAM, problems);
            return None;
        };
        key.push_str(&format!("/ram/{gibi}Gi"));
    }
    if let Some(node) = fields.get("interface") {
        let word = reader::word(node, &path.key("interface"), &["pcie", "sxm"], problems)?;
        key.push_str(&format!("/interface/{word}"));
    }
    let attribute = model_attribute(key);
    if model.is_empty() || model.contains('/') || !is_attribute_key(&attribute.key) {
        let expected = "a model of letters, digits, _, - and .";
        reader::unexpected(node, &path.key("model"), expected, problems);
        return None;
    }
    Some(attribute)
}

fn model_attribute(model: String) -> Attribute {
    Attribute {
        key: format!("vendor/nvidia/model/{model}"),
        value: "true".to_string(),
    }
}

/// `^([a-zA-Z][\w\/\.\-]{1,126}[\w\*]?)$`. **Source** Akash chain, `attributes/v1`.
pub(in crate::sdl) fn is_attribute_key(key: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let inner = |b: u8| word(b) || b"/.-".contains(&b);
    let bytes = key.as_bytes();
    let Some((first, rest)) = bytes.split_first() else {
        return false;
    };
    let all_inner = (1..=126).contains(&rest.len()) && rest.iter().all(|b| inner(*b));
    let with_last = rest.split_last().is_some_and(|(last, middle)| {
        (1..=126).contains(&middle.len())
            && middle.iter().all(|b| inner(*b))
            && (word(*last) || *last == b'*')
    });
    first.is_ascii_alphabetic() && (all_inner || with_last)
}

fn placement(entry: &Entry, path: &Path<'_>, problems: &mut Problems) -> Option<Placement> {
    let fields = Fields::read(
        &entry.value,
        path,
        &["attributes", "signedBy", "pricing"],
        problems,
    )?;
    let attributes = match fields.get("attributes") {
        None => Some(Vec::new()),
        Some(node) => attributes(node, &path.key("attributes"), problems),
    };
    let signed_by = match fields.get("signedBy") {
        None => Some(SignedBy::default()),
        Some(node) => signed_by(node, &path.key("signedBy"), problems),
    };
    let pricing = fields.required("pricing", path, problems).and_then(|node| {
        named(
            node,
            &path.key("pricing"),
            "a map of prices",
            problems,
            price,
        )
    });
    Some(Placement {
        attributes: attributes?,
        signed_by: signed_by?,
        pricing: pricing?,
    })
}

fn attributes(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<Vec<Attribute>> {
    const EXPECTED: &str = "a text";
    let entries = reader::map(node, path, "a map of attributes", problems)?;
    let mut attributes = Vec::new();
    for entry in entries {
        let path = path.key(&entry.key);
        if !is_attribute_key(&entry.key) {
            let problem = "expected a key of 2 to 128 letters, digits, _, /, . and -, that begins \
                           with a letter and may end with *";
            problems.add(entry.mark, &path, problem);
            return None;
        }
        let scalar = reader::scalar(&entry.value, &path, EXPECTED, problems)?;
        // A value becomes a text. Only what every reader writes alike goes without quotes.
        let alike = match scalar.value() {
            Value::Text => true,
            Value::Bool(value) => scalar.text == value.to_string(),
            Value::Int(value) => scalar.text == value.to_string(),
            Value::Null | Value::Float | Value::Timestamp => false,
        };
        if !alike || scalar.text.is_empty() {
            let got = scalar.shown();
            let problem = format!("expected {EXPECTED}, got {got}: put it in quotes");
            problems.add(entry.value.mark, &path, problem);
            return None;
        }
        attributes.push(Attribute {
            key: entry.key.clone(),
            value: scalar.text.clone(),
        });
    }
    attributes.sort();
    Some(attributes)
}

fn signed_by(node: &Node, path: &Path<'_>, problems: &mut Problems) -> Option<SignedBy> {
    const EXPECTED: &str = "a list of auditors";
    let fields = Fields::read(node, path, &["allOf", "anyOf"], problems)?;
    let mut auditors = |key: &str| match fields.get(key) {
        None => Some(Vec::new()),
        Some(node) => {
            let path = path.key(key);
            let found = reader::texts(node, &path, EXPECTED, problems)?;
            if found.iter().any(String::is_empty) {
                problems.add(
                    node.mark,
                    &path,
                    "expected addresses of auditors, got an empty one",
                );
            }
            Some(found)
        }
    };
    let all_of = auditors("allOf");
    let any_of = auditors("anyOf");
    Some(SignedBy {
        all_of: all_of?,
        any_of: any_of?,
    })
}

fn price(entry: &Entry, path: &Path<'_>, problems: &mut Problems) -> Option<Decimal> {
    const EXPECTED: &str = "a price in plain decimal digits, such as 50 or 0.25";
    let fields = Fields::read(&entry.value, path, &["denom", "amount"], problems)?;
    if let Some(node) = fields.required("denom", path, problems) {
        // The chain takes no other denomination.
        reader::word(node, &path.key("denom"), &["uact"], problems);
    }
    let node = fields.required("amount", path, problems)?;
    let path = path.key("amount");
    let scalar = reader::scalar(node, &path, EXPECTED, problems)?;
    let amount = quantity::is_decimal(&scalar.text)
        .then(|| scalar.text.parse::<Decimal>().ok())
        .flatten();
    let Some(amount) = amount else {
        reader::unexpected(node, &path, EXPECTED, problems);
        return None;
    };
    if amount == Decimal::ZERO || amount > Decimal::from_whole(MAX_PRICE) {
        let problem = format!("expected more than 0 and at most {MAX_PRICE} uact, got {amount}");
        problems.add(node.mark, &path, problem);
        return None;
    }
    Some(amount)
}
