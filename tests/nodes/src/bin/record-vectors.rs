//! Records anew what a real node says: `src/akash/vectors/node/`.

use real_nodes::{go, record};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = match std::env::args().nth(1) {
        Some(folder) => folder.into(),
        None => root.join("src/akash/vectors/node"),
    };
    let program = match go::cosmos_node() {
        Ok(program) => program,
        Err(skip) => {
            println!("{skip}");
            return ExitCode::FAILURE;
        }
    };
    match record::record(&program, &folder) {
        Ok(()) => {
            println!("recorded: {}", folder.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
