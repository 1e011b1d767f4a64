//! An installed module: its instance, kept alive between messages, and its committed state.

use crate::memory;
use crate::message::{Closure, Host, Message, Trap};
use crate::module::{Compiled, MEMORY, START, TABLE};
use crate::raw::{Mapping, heap_file, with_heap};
use std::fs::File;
use std::sync::Arc;
use wasmtime::{Global, Instance, Memory, Ref, Store, Table, Val};

/// Where a message begins.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Export(String),
    Callback(Closure),
    Start,
}

/// What became of a message. The message's own changes are in it; the heap's are uncommitted.
pub(crate) struct Ran {
    pub(crate) message: Box<Message>,
    pub(crate) result: Result<(), Trap>,
    pub(crate) instructions: u64,
}

struct Live {
    store: Store<Host>,
    instance: Instance,
    memory: Option<Memory>,
    table: Option<Table>,
    globals: Vec<Global>,
    mapping: Option<Arc<Mapping>>,
}

/// See the head of this file.
pub(crate) struct Machine {
    pub(crate) compiled: Arc<Compiled>,
    live: Option<Live>,
    file: Arc<File>,
    /// Committed size of the heap in bytes.
    heap_bytes: u64,
    /// Committed values of the mutable globals.
    globals: Vec<Val>,
}

impl Machine {
    /// A fresh instance, uncommitted: a failed installation simply drops it.
    pub(crate) fn new(compiled: Arc<Compiled>) -> Result<Self, Trap> {
        let file = heap_file().map_err(host_failure)?;
        let live = instantiate(&compiled, &file)?;
        Ok(Self {
            compiled,
            live: Some(live),
            file,
            heap_bytes: 0,
            globals: Vec::new(),
        })
    }

    /// A fresh instance that keeps the heap of `old`, uncommitted changes included.
    pub(crate) fn with_heap_of(compiled: Arc<Compiled>, old: &mut Self) -> Result<Self, Trap> {
        let mut machine = Self::new(compiled)?;
        let Some(old_live) = &mut old.live else {
            return Ok(machine);
        };
        let Some(old_memory) = old_live.memory else {
            return Ok(machine);
        };
        let heap = old_memory.data(&old_live.store);
        machine.file = memory::copy(heap).map_err(host_failure)?;
        machine.heap_bytes = wide(heap.len());
        if let Some(mut live) = machine.live.take() {
            let store = &mut live.store;
            machine
                .globals
                .extend(live.globals.iter().map(|global| global.get(&mut *store)));
        }
        machine.live()?;
        Ok(machine)
    }

    pub(crate) fn heap_bytes(&self) -> u64 {
        self.heap_bytes
    }

    /// Runs one entry point. Nothing is committed or rolled back here.
    pub(crate) fn run(&mut self, entry: &Entry, message: Box<Message>) -> Ran {
        let limit = message.limit;
        let live = match self.live() {
            Ok(live) => live,
            Err(trap) => {
                return Ran {
                    message,
                    result: Err(trap),
                    instructions: 0,
                };
            }
        };
        live.store.data_mut().message = Some(message);
        let result = live
            .store
            .set_fuel(limit)
            .map_err(|error| Trap::Wasm(error.to_string()))
            .and_then(|()| live.call(entry, limit));
        let left = live.store.get_fuel().unwrap_or(0);
        let message = live
            .store
            .data_mut()
            .message
            .take()
            .expect("put there above");
        let spent = limit - left.min(limit) + message.uncounted;
        Ran {
            message,
            result,
            instructions: spent.min(limit),
        }
    }

    /// Makes the changes of the messages since the last commit permanent.
    pub(crate) fn commit(&mut self) -> std::io::Result<()> {
        let Some(live) = &mut self.live else {
            return Ok(());
        };
        if let (Some(memory), Some(mapping)) = (live.memory, &live.mapping) {
            let heap = memory.data(&live.store);
            memory::commit(&self.file, mapping, heap)?;
            self.heap_bytes = wide(heap.len());
        }
        let store = &mut live.store;
        self.globals.clear();
        self.globals
            .extend(live.globals.iter().map(|global| global.get(&mut *store)));
        if self.compiled.renew {
            // A module that changes its tables finds them fresh in the next message.
            self.live = None;
        }
        Ok(())
    }

    /// Undoes the changes since the last commit.
    pub(crate) fn rollback(&mut self) {
        let committed = self.heap_bytes;
        let same_size = self
            .live
            .as_ref()
            .is_some_and(|live| live.heap_bytes() == committed);
        if !same_size || self.compiled.renew || self.restore().is_err() {
            // A grown memory cannot shrink: the next message gets a new instance.
            self.live = None;
        }
    }

    fn live(&mut self) -> Result<&mut Live, Trap> {
        if self.live.is_none() {
            let mut live = instantiate(&self.compiled, &self.file)?;
            live.grow_to(self.heap_bytes)?;
            self.live = Some(live);
            self.restore()?;
        }
        Ok(self.live.as_mut().expect("made above"))
    }

    /// Sets heap and globals of the live instance to the committed ones.
    fn restore(&mut self) -> Result<(), Trap> {
        let Some(live) = &mut self.live else {
            return Ok(());
        };
        if let Some(mapping) = &live.mapping {
            mapping.discard().map_err(host_failure)?;
        }
        for (global, value) in live.globals.iter().zip(&self.globals) {
            global
                .set(&mut live.store, *value)
                .map_err(|error| Trap::Wasm(format!("cannot restore a global: {error}")))?;
        }
        Ok(())
    }
}

impl Live {
    fn heap_bytes(&self) -> u64 {
        self.memory
            .map_or(0, |memory| wide(memory.data_size(&self.store)))
    }

    fn grow_to(&mut self, bytes: u64) -> Result<(), Trap> {
        let Some(memory) = self.memory else {
            return Ok(());
        };
        let missing = bytes.saturating_sub(self.heap_bytes()) / crate::stable::WASM_PAGE;
        if missing > 0 {
            memory
                .grow(&mut self.store, missing)
                .map_err(|error| Trap::Wasm(format!("cannot grow the heap: {error}")))?;
        }
        Ok(())
    }

    fn call(&mut self, entry: &Entry, limit: u64) -> Result<(), Trap> {
        let called = match entry {
            Entry::Export(name) => self
                .instance
                .get_typed_func::<(), ()>(&mut self.store, name)
                .and_then(|function| function.call(&mut self.store, ())),
            Entry::Start => self
                .instance
                .get_typed_func::<(), ()>(&mut self.store, START)
                .and_then(|function| function.call(&mut self.store, ())),
            Entry::Callback(closure) => return self.call_back(*closure, limit),
        };
        called.map_err(|error| explain(&error, limit))
    }

    /// Calls a table entry of type `(env) -> ()`; the env has the width of pointers.
    fn call_back(&mut self, closure: Closure, limit: u64) -> Result<(), Trap> {
        let table = self.table.ok_or_else(|| no_callback(closure))?;
        let Some(Ref::Func(Some(function))) = table.get(&mut self.store, closure.fun) else {
            return Err(no_callback(closure));
        };
        let wide = function.typed::<u64, ()>(&self.store);
        let called = match (wide, u32::try_from(closure.env)) {
            (Ok(function), _) => function.call(&mut self.store, closure.env),
            (Err(_), Ok(env)) => function
                .typed::<u32, ()>(&self.store)
                .and_then(|function| function.call(&mut self.store, env)),
            (Err(error), Err(_)) => Err(error),
        };
        called.map_err(|error| explain(&error, limit))
    }
}

fn no_callback(closure: Closure) -> Trap {
    Trap::Wasm(format!(
        "expected a function at table entry {}, got none",
        closure.fun
    ))
}

fn host_failure(error: std::io::Error) -> Trap {
    Trap::Wasm(format!("the host has no memory for the heap: {error}"))
}

fn instantiate(compiled: &Compiled, file: &Arc<File>) -> Result<Live, Trap> {
    let mut store = Store::new(compiled.pre.module().engine(), Host::default());
    store.limiter(|host| host);
    // Constant expressions of segments may burn fuel; they are part of the installation.
    store
        .set_fuel(u64::MAX >> 1)
        .map_err(|error| Trap::Wasm(error.to_string()))?;
    let (made, mapping) = with_heap(Arc::clone(file), || compiled.pre.instantiate(&mut store));
    let instance = made.map_err(|error| explain(&error, 0))?;
    let memory = instance.get_memory(&mut store, MEMORY);
    store.data_mut().memory = memory;
    let table = instance.get_table(&mut store, TABLE);
    let globals = compiled
        .globals
        .iter()
        .filter_map(|name| instance.get_global(&mut store, name))
        .collect();
    Ok(Live {
        store,
        instance,
        memory,
        table,
        globals,
        mapping,
    })
}

fn explain(error: &wasmtime::Error, limit: u64) -> Trap {
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return trap.clone();
    }
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(wasmtime::Trap::OutOfFuel) => Trap::Instructions(limit),
        Some(trap) => Trap::Wasm(trap.to_string()),
        None => Trap::Wasm(format!("{error:#}")),
    }
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("addresses have at most 64 bits")
}
