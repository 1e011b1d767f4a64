//! What the Internet Computer counts as instructions.
//!
//! **Source** dfinity/ic, `embedders/src/wasm_utils/instrumentation.rs` (operators) and
//! `system_api_complexity.rs` (system calls).

use wasmtime::OperatorCost;

/// Limit of an update call, heartbeat, timer or callback.
pub const LIMIT_UPDATE: u64 = 40_000_000_000;
/// Limit of a query and of each part of a composite query.
pub const LIMIT_QUERY: u64 = 5_000_000_000;
/// Limit of an installation or upgrade.
pub const LIMIT_INSTALL: u64 = 300_000_000_000;
/// Limit of `canister_inspect_message`.
pub const LIMIT_INSPECT: u64 = 200_000_000;
/// No message begins in a round that has spent this much.
pub const LIMIT_ROUND: u64 = 4_000_000_000;

/// Most system calls.
pub(crate) const SYSTEM_CALL: u64 = 500;
pub(crate) const CALL_NEW: u64 = 1_500;
pub(crate) const CALL_PERFORM: u64 = 5_000;
pub(crate) const IS_CONTROLLER: u64 = 1_000;
pub(crate) const PERFORMANCE_COUNTER: u64 = 200;
pub(crate) const DEBUG_PRINT: u64 = 100;
pub(crate) const STABLE_ACCESS: u64 = 20;
pub(crate) const COST_HTTP_V2: u64 = 10_000;
/// Each page of 4 KiB of stable memory that a message makes dirty.
pub(crate) const STABLE_DIRTY_PAGE: u64 = 1_000;
/// `memory.grow` and `table.grow` cost 300, the fuel table holds at most 255.
pub(crate) const GROW_REMAINDER: u64 = 45;

macro_rules! set {
    ($table:ident, $cost:literal: $($operator:ident)*) => { $($table.$operator = $cost;)* };
}

/// What wasmtime charges at the entry of each function of a module. The table has calls cheaper by
/// it; imports have no such entry and are charged for it with the system call.
pub(crate) const FUNCTION_ENTRY: u64 = 1;

/// The cost table. All that is not named costs 1; structure (`block`, `loop`, `else`, `end`)
/// costs nothing. `data.drop` and `elem.drop` are 45 too cheap: the table holds bytes.
pub(crate) fn operator_cost(memory64: bool) -> OperatorCost {
    let mut t = OperatorCost::new();
    set!(t, 1: Nop Drop Return Unreachable);
    set!(t, 2: If Br BrIf BrTable GlobalGet GlobalSet);
    set!(t, 2: F32Add F32Sub F32Mul F32Ceil F32Floor F32Trunc F32Nearest F32Copysign);
    set!(t, 2: F64Add F64Sub F64Mul F64Ceil F64Floor F64Trunc F64Nearest);
    set!(t, 3: F32Eq F32Ne F32Lt F32Gt F32Le F32Ge F64Eq F64Ne F64Lt F64Gt F64Le F64Ge);
    set!(t, 3: F32ConvertI32S F32ConvertI64S F64ConvertI32S F64ConvertI64S);
    set!(t, 3: F32Div F64Copysign I8x16Shuffle);
    set!(t, 5: F64Div F32Sqrt TableGet TableSet RefIsNull);
    set!(t, 8: F64Sqrt);
    set!(t, 10: I32DivS I32DivU I32RemS I32RemU I64DivS I64DivU I64RemS I64RemU);
    set!(t, 16: F32ConvertI32U F32ConvertI64U F64ConvertI32U F64ConvertI64U);
    set!(t, 18: F32Min F32Max F64Min F64Max);
    set!(t, 20: I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U);
    set!(t, 20: I64TruncF32S I64TruncF32U I64TruncF64S I64TruncF64U);
    set!(t, 20: I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U);
    set!(t, 20: I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S I64TruncSatF64U MemorySize);
    // Calls: 5, 10, 3 and 60, less the entry of the function.
    set!(t, 4: Call);
    set!(t, 9: CallIndirect);
    set!(t, 2: ReturnCall);
    set!(t, 59: ReturnCallIndirect);
    set!(t, 100: TableSize MemoryFill MemoryCopy MemoryInit TableFill TableCopy TableInit);
    set!(t, 130: RefFunc);
    set!(t, 255: MemoryGrow TableGrow DataDrop ElemDrop);
    if memory64 {
        set!(t, 2: I32Load I64Load F32Load F64Load I32Load8S I32Load8U I32Load16S I32Load16U);
        set!(t, 2: I64Load8S I64Load8U I64Load16S I64Load16U I64Load32S I64Load32U);
        set!(t, 2: I32Store I64Store F32Store F64Store I32Store8 I32Store16);
        set!(t, 2: I64Store8 I64Store16 I64Store32);
    }
    t.variable.table_grow_per_element = 0;
    t
}
