//! The cases on a real node, and on the stand-in: `cargo xtask test --real akash`.
//!
//! It has a `main` of its own, because one node serves all cases and has to be stopped at the end.

use anyhow::{Context, Result};
use real_nodes::cases::{self, Findings};
use real_nodes::go;
use real_nodes::node::{Kind, Node, Settings};
use real_nodes::pruned;
use real_nodes::world::{StandIn, genesis};
use std::process::ExitCode;

fn main() -> ExitCode {
    let program = match go::cosmos_node() {
        Ok(program) => program,
        Err(skip) => {
            println!("{skip}");
            return ExitCode::SUCCESS;
        }
    };
    let outcome = (|| -> Result<bool> {
        let actors = cases::actors();
        let mut node = Node::start(
            Kind::Cosmos,
            &program,
            &genesis(&actors),
            &Settings::default(),
        )?;
        let mut findings = cases::run(&mut node).context("on the Cosmos SDK node")?;
        drop(node);
        findings
            .rows
            .extend(pruned::run(&program).context("on a pruned node")?);
        let standin = cases::run(&mut StandIn::new(&actors)).context("on the stand-in")?;
        Ok(report(&findings, &standin))
    })();
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints what was found. Whether all of it holds.
fn report(node: &Findings, standin: &Findings) -> bool {
    let mut wrong = 0;
    for (name, findings) in [("Cosmos SDK node", node), ("stand-in", standin)] {
        for row in findings.rows.iter().filter(|row| !row.holds()) {
            wrong += 1;
            println!(
                "{name}: {}: expected {}, got {}",
                row.desc, row.expected, row.got
            );
        }
    }
    println!("gas that was taken, of what was asked for:");
    for row in &node.gas {
        println!("  {:>9} of {:>9}  {}", row.used, row.limit, row.desc);
        if row.used > row.limit {
            wrong += 1;
        }
    }
    println!(
        "Cosmos SDK node: {} rows; stand-in: {} rows; {wrong} do not hold",
        node.rows.len(),
        standin.rows.len()
    );
    wrong == 0
}
