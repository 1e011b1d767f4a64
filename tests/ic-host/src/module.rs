//! From the bytes of a module to something that runs.
//!
//! The module runs as it was written. Three additions let the host keep state around it, as the
//! replica does too: globals, memory and table are exported under names of our own, and the start
//! function is exported instead of run, because an instance is made more often than installed.

use crate::certificate::leaf_hash;
use crate::instructions::operator_cost;
use crate::message::Host;
use crate::raw::{HeapCreator, load_compiled};
use crate::reject::{ErrorCode, Reject};
use crate::system_api;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use wasmparser::{ExternalKind, Operator, Parser, Payload, TypeRef};
use wasmtime::{Config, Engine, InstancePre, Linker, Module};

/// Prefix of the exports that are added.
const OURS: &str = "ic-host:";
pub(crate) const MEMORY: &str = "ic-host:memory";
pub(crate) const TABLE: &str = "ic-host:table";
pub(crate) const START: &str = "ic-host:start";
/// Largest module after decompression. **Source** resource limits: 100 MiB.
const MAX_MODULE_BYTES: u64 = 100 << 20;
/// **Source** interface specification, module format.
const MAX_FUNCTIONS: u32 = 50_000;
const MAX_GLOBALS: u32 = 1_000;
const MAX_METHODS: usize = 1_000;
const MAX_METHOD_NAMES_BYTES: usize = 20_000;
const MAX_METADATA_SECTIONS: usize = 16;
const MAX_METADATA_BYTES: usize = 1 << 20;
const MAX_CODE_BYTES: usize = 10 << 20;
/// Part of the key of a compiled module: change it when compilation settings change.
const SETTINGS: &str = "wasmtime 48.0.8, settings 1";

/// How a method is to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MethodKind {
    Update,
    Query,
    CompositeQuery,
}

impl MethodKind {
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Update => "canister_update ",
            Self::Query => "canister_query ",
            Self::CompositeQuery => "canister_composite_query ",
        }
    }
}

/// A custom section that callers may read.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) public: bool,
    pub(crate) content: Arc<Vec<u8>>,
    /// As a leaf of the certified state.
    pub(crate) hash: [u8; 32],
}

/// A module, ready to be instantiated.
pub(crate) struct Compiled {
    /// SHA-256 of the bytes as they were handed in.
    pub(crate) hash: [u8; 32],
    pub(crate) wasm_bytes: usize,
    pub(crate) memory64: bool,
    pub(crate) has_start: bool,
    /// Names under which the mutable globals are exported.
    pub(crate) globals: Vec<String>,
    pub(crate) methods: BTreeMap<String, MethodKind>,
    pub(crate) hooks: Vec<String>,
    pub(crate) metadata: BTreeMap<String, Metadata>,
    /// The module changes its tables or drops segments: the host renews it for each message.
    pub(crate) renew: bool,
    pub(crate) pre: InstancePre<Host>,
}

impl Compiled {
    pub(crate) fn has_hook(&self, name: &str) -> bool {
        self.hooks.iter().any(|hook| hook == name)
    }
}

fn invalid(why: impl std::fmt::Display) -> Reject {
    Reject::new(
        ErrorCode::INVALID_WASM,
        format!("Canister's Wasm module is not valid: {why}"),
    )
}

/// Checks, completes and compiles a module (raw or gzip).
///
/// Modules are kept for the life of the process; with a `cache` folder also beyond it.
pub(crate) fn compile(bytes: &[u8], cache: Option<&Path>) -> Result<Arc<Compiled>, Reject> {
    static KNOWN: Mutex<BTreeMap<[u8; 32], Arc<Compiled>>> = Mutex::new(BTreeMap::new());
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let known = KNOWN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&hash)
        .cloned();
    if let Some(compiled) = known {
        return Ok(compiled);
    }
    let wasm = decompress(bytes)?;
    let survey = survey(&wasm)?;
    let engine = engine(survey.memory64);
    let module = load_or_compile(engine, &survey.instrumented, survey.memory64, cache)?;
    let linker = if survey.memory64 {
        &*LINKER_64
    } else {
        &*LINKER_32
    };
    let pre = linker
        .instantiate_pre(&module)
        .map_err(|error| invalid(format!("{error:#}")))?;
    let compiled = Arc::new(Compiled {
        hash,
        wasm_bytes: bytes.len(),
        memory64: survey.memory64,
        has_start: survey.has_start,
        globals: survey.globals,
        methods: survey.methods,
        hooks: survey.hooks,
        metadata: survey.metadata,
        renew: survey.renew,
        pre,
    });
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.insert(hash, Arc::clone(&compiled));
    Ok(compiled)
}

fn decompress(bytes: &[u8]) -> Result<Vec<u8>, Reject> {
    if !bytes.starts_with(&[0x1f, 0x8b, 0x08]) {
        return Ok(bytes.to_vec());
    }
    let mut wasm = Vec::new();
    flate2::read::GzDecoder::new(bytes)
        .take(MAX_MODULE_BYTES + 1)
        .read_to_end(&mut wasm)
        .map_err(|error| invalid(format!("cannot decompress: {error}")))?;
    if u64::try_from(wasm.len()).is_ok_and(|length| length > MAX_MODULE_BYTES) {
        return Err(invalid("larger than 100 MiB"));
    }
    Ok(wasm)
}

static ENGINE_32: LazyLock<Engine> = LazyLock::new(|| new_engine(false));
static ENGINE_64: LazyLock<Engine> = LazyLock::new(|| new_engine(true));
static LINKER_32: LazyLock<Linker<Host>> =
    LazyLock::new(|| system_api::linker::<u32>(&ENGINE_32).expect("names are unique"));
static LINKER_64: LazyLock<Linker<Host>> =
    LazyLock::new(|| system_api::linker::<u64>(&ENGINE_64).expect("names are unique"));

fn engine(memory64: bool) -> &'static Engine {
    if memory64 { &ENGINE_64 } else { &ENGINE_32 }
}

fn new_engine(memory64: bool) -> Engine {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .operator_cost(operator_cost(memory64))
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(memory64)
        .wasm_multi_memory(false)
        .memory_init_cow(false)
        .max_wasm_stack(1 << 20)
        .with_host_memory(Arc::new(HeapCreator));
    Engine::new(&config).expect("the settings fit together on this machine")
}

fn load_or_compile(
    engine: &Engine,
    wasm: &[u8],
    memory64: bool,
    cache: Option<&Path>,
) -> Result<Module, Reject> {
    let fresh = || Module::new(engine, wasm).map_err(|error| invalid(format!("{error:#}")));
    let Some(folder) = cache else { return fresh() };
    let mut key = Sha256::new();
    key.update(SETTINGS.as_bytes());
    key.update([u8::from(memory64)]);
    key.update(wasm);
    let path = folder.join(format!("{}.compiled", hex::encode(key.finalize())));
    if path.exists()
        && let Ok(module) = load_compiled(engine, &path)
    {
        return Ok(module);
    }
    let module = fresh()?;
    // A cache that cannot be written costs time, nothing else.
    if let Ok(serialized) = module.serialize() {
        // Other processes and other threads of this one may be storing the same module.
        let draft = path.with_extension(format!(
            "{}-{:?}.draft",
            std::process::id(),
            std::thread::current().id()
        ));
        let stored = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&draft, serialized))
            .and_then(|()| std::fs::rename(&draft, &path));
        debug_assert!(
            stored.is_ok(),
            "the module cache {folder:?} cannot be written: {stored:?}"
        );
    }
    Ok(module)
}

struct Survey {
    instrumented: Vec<u8>,
    memory64: bool,
    has_start: bool,
    globals: Vec<String>,
    methods: BTreeMap<String, MethodKind>,
    hooks: Vec<String>,
    metadata: BTreeMap<String, Metadata>,
    renew: bool,
}

const SECTION_GLOBAL: u8 = 6;
const SECTION_EXPORT: u8 = 7;
const SECTION_START: u8 = 8;
const SECTION_CUSTOM: u8 = 0;

/// Reads what the host must know, and adds the exports that the host needs.
fn survey(wasm: &[u8]) -> Result<Survey, Reject> {
    let mut out = Survey {
        instrumented: Vec::with_capacity(wasm.len() + 256),
        memory64: false,
        has_start: false,
        globals: Vec::new(),
        methods: BTreeMap::new(),
        hooks: Vec::new(),
        metadata: BTreeMap::new(),
        renew: false,
    };
    let mut added: Vec<(String, u8, u32)> = Vec::new();
    let mut exports = (0u32, Vec::new());
    let mut global_count = 0;
    let mut functions = 0u32;
    let mut sections: Vec<(u8, std::ops::Range<usize>)> = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(invalid)?;
        if let Some((id, range)) = payload.as_section() {
            sections.push((id, range));
        }
        match payload {
            Payload::ImportSection(reader) => {
                for import in reader.into_imports() {
                    let import = import.map_err(invalid)?;
                    if import.module != "ic0" {
                        return Err(invalid(format!(
                            "expected imports from ic0, got {}.{}",
                            import.module, import.name
                        )));
                    }
                    if !matches!(import.ty, TypeRef::Func(_)) {
                        return Err(invalid("expected imports of functions only"));
                    }
                }
            }
            Payload::FunctionSection(reader) => functions = reader.count(),
            Payload::TableSection(reader) if reader.count() > 0 => {
                added.push((TABLE.to_owned(), 1, 0));
            }
            Payload::MemorySection(reader) => {
                for memory in reader {
                    out.memory64 = memory.map_err(invalid)?.memory64;
                    added.push((MEMORY.to_owned(), 2, 0));
                }
            }
            Payload::GlobalSection(reader) => {
                for global in reader {
                    let ty = global.map_err(invalid)?.ty;
                    if ty.mutable && !ty.content_type.is_reference_type() {
                        let name = format!("{OURS}global {global_count}");
                        added.push((name.clone(), 3, global_count));
                        out.globals.push(name);
                    }
                    global_count += 1;
                }
            }
            Payload::ExportSection(reader) => {
                exports.0 = reader.count();
                for export in reader {
                    let export = export.map_err(invalid)?;
                    note_export(&mut out, export.name, export.kind)?;
                }
            }
            Payload::StartSection { func, .. } => {
                out.has_start = true;
                added.push((START.to_owned(), 0, func));
            }
            Payload::CodeSectionEntry(body) if !out.renew => {
                out.renew = changes_tables(&body)?;
            }
            Payload::CodeSectionStart { size, .. }
                if usize::try_from(size).is_ok_and(|size| size > MAX_CODE_BYTES) =>
            {
                return Err(invalid("the code section is larger than 10 MiB"));
            }
            Payload::CustomSection(section) => {
                note_custom(&mut out, section.name(), section.data())?;
            }
            _ => {}
        }
    }
    check_limits(&out, functions, global_count)?;
    if let Some((_, range)) = sections.iter().find(|(id, _)| *id == SECTION_EXPORT) {
        let content = &wasm[range.clone()];
        let count_bytes = content.iter().take_while(|byte| **byte >= 0x80).count() + 1;
        exports.1 = content[count_bytes..].to_vec();
    }
    write_sections(&mut out.instrumented, wasm, &sections, exports, &added);
    Ok(out)
}

fn note_export(out: &mut Survey, name: &str, kind: ExternalKind) -> Result<(), Reject> {
    const HOOKS: [&str; 7] = [
        "canister_init",
        "canister_pre_upgrade",
        "canister_post_upgrade",
        "canister_inspect_message",
        "canister_heartbeat",
        "canister_global_timer",
        "canister_on_low_wasm_memory",
    ];
    if name.starts_with(OURS) {
        return Err(invalid(format!("the export name {name} is reserved")));
    }
    if !name.starts_with("canister_") {
        return Ok(());
    }
    if kind != ExternalKind::Func {
        return Err(invalid(format!("expected {name} to be a function")));
    }
    if HOOKS.contains(&name) {
        out.hooks.push(name.to_owned());
        return Ok(());
    }
    let kinds = [
        MethodKind::Update,
        MethodKind::Query,
        MethodKind::CompositeQuery,
    ];
    for kind in kinds {
        if let Some(method) = name.strip_prefix(kind.prefix()) {
            if out.methods.insert(method.to_owned(), kind).is_some() {
                return Err(invalid(format!("the method {method} is exported twice")));
            }
            return Ok(());
        }
    }
    Err(invalid(format!(
        "unknown export {name}: names in canister_ are reserved"
    )))
}

fn note_custom(out: &mut Survey, name: &str, content: &[u8]) -> Result<(), Reject> {
    let Some(rest) = name.strip_prefix("icp:") else {
        return Ok(());
    };
    let (public, key) = match rest.split_once(' ') {
        Some(("public", key)) => (true, key),
        Some(("private", key)) => (false, key),
        _ => {
            return Err(invalid(format!(
                "expected `icp:public` or `icp:private`, got {name}"
            )));
        }
    };
    let section = Metadata {
        public,
        content: Arc::new(content.to_vec()),
        hash: leaf_hash(content),
    };
    if out.metadata.insert(key.to_owned(), section).is_some() {
        return Err(invalid(format!("the section {key} occurs twice")));
    }
    Ok(())
}

fn check_limits(out: &Survey, functions: u32, globals: u32) -> Result<(), Reject> {
    let names: usize = out.methods.keys().map(String::len).sum();
    let metadata: usize = out
        .metadata
        .values()
        .map(|section| section.content.len())
        .sum();
    for (within, what) in [
        (functions <= MAX_FUNCTIONS, "more than 50000 functions"),
        (globals <= MAX_GLOBALS, "more than 1000 globals"),
        (out.methods.len() <= MAX_METHODS, "more than 1000 methods"),
        (
            names <= MAX_METHOD_NAMES_BYTES,
            "more than 20000 bytes of method names",
        ),
        (
            out.metadata.len() <= MAX_METADATA_SECTIONS,
            "more than 16 icp: sections",
        ),
        (
            metadata <= MAX_METADATA_BYTES,
            "more than 1 MiB of icp: sections",
        ),
    ] {
        if !within {
            return Err(invalid(what));
        }
    }
    Ok(())
}

/// Whether an instance of this module holds state besides memory and globals.
fn changes_tables(body: &wasmparser::FunctionBody<'_>) -> Result<bool, Reject> {
    for operator in body.get_operators_reader().map_err(invalid)? {
        let stateful = matches!(
            operator.map_err(invalid)?,
            Operator::TableSet { .. }
                | Operator::TableGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. }
                | Operator::ElemDrop { .. }
                | Operator::DataDrop { .. }
        );
        if stateful {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Copies the module without its start section and custom sections, with more exports.
fn write_sections(
    out: &mut Vec<u8>,
    wasm: &[u8],
    sections: &[(u8, std::ops::Range<usize>)],
    exports: (u32, Vec<u8>),
    added: &[(String, u8, u32)],
) {
    let count = exports.0 + u32::try_from(added.len()).expect("few globals, see the limits");
    let mut export_section = Vec::new();
    leb128(&mut export_section, count);
    export_section.extend(exports.1);
    for (name, kind, index) in added {
        leb128(&mut export_section, length(name.as_bytes()));
        export_section.extend(name.as_bytes());
        export_section.push(*kind);
        leb128(&mut export_section, *index);
    }
    out.extend(&wasm[..8]);
    let mut exported = false;
    for (id, range) in sections {
        // Exports stand behind globals (6), and behind tags (13), which come before globals.
        let behind = *id > SECTION_GLOBAL && *id != 13 || *id == SECTION_EXPORT;
        if behind && !exported {
            section(out, SECTION_EXPORT, &export_section);
            exported = true;
        }
        if ![SECTION_EXPORT, SECTION_START, SECTION_CUSTOM].contains(id) {
            section(out, *id, &wasm[range.clone()]);
        }
    }
    if !exported {
        section(out, SECTION_EXPORT, &export_section);
    }
}

fn section(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    leb128(out, length(content));
    out.extend(content);
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("modules are at most 100 MiB")
}

fn leb128(out: &mut Vec<u8>, mut value: u32) {
    loop {
        let low = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        out.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return;
        }
    }
}
