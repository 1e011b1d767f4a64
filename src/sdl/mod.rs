//! SDL: the text that says what runs.
//!
//! [`parse`] turns a text into its meaning, an [`Sdl`]: groups for the chain, a manifest for the
//! providers, and the hash that binds the two. Nothing here knows a chain message.
//!
//! The text comes from anybody. Reading it is pure, bounded by named limits, linear in the text
//! with its aliases expanded, and never panics. It is strict: what Akash's own readers ignore or
//! take differently is refused, so that what voters read is what runs. In a canister an SDL of a
//! kilobyte takes some 3 million instructions, and the most expensive text of 64 KB that the tests
//! know 200 million, a twenty-fifth of what a query may take.

mod build;
mod cross_check;
mod error;
pub mod limits;
mod manifest;
mod quantity;
mod reader;
mod rules;
mod schema;
pub mod types;
mod yaml;

#[cfg(test)]
mod tests;

pub use cross_check::{CrossCheckError, cross_check};
pub use error::{MAX_PROBLEMS, SdlError, SdlErrors};
pub use types::{
    Attribute, Cpu, Endpoint, EndpointKind, EnvVar, Gpu, Group, Image, Manifest, Memory, Mount,
    Port, Protocol, Reach, Replicas, Requirements, Sdl, Service, SignedBy, Unit, Volume,
};
pub use yaml::{MAX_DEPTH, MAX_EXPANDED_BYTES, MAX_KEY_BYTES, MAX_NODES};

use error::{Mark, Path, Problems};

/// Longest SDL. **Units** bytes.
pub const MAX_SDL_BYTES: usize = 65_536;

/// Reads an SDL of version 2.0 or 2.1.
///
/// # Errors
///
/// Every problem that can be told apart, in the order of the text; a text that is no YAML has
/// one.
///
/// # Examples
///
/// ```
/// let errors = orchestrator::sdl::parse("version: 2.0").unwrap_err();
/// assert_eq!(
///     errors.0[0].to_string(),
///     "line 1, column 1: deployment: expected `deployment`, got nothing of that name",
/// );
/// ```
pub fn parse(text: &str) -> Result<Sdl, SdlErrors> {
    let mut problems = Problems::default();
    if text.len() > MAX_SDL_BYTES {
        let problem = format!("expected at most {MAX_SDL_BYTES} bytes, got {}", text.len());
        problems.add(Mark::START, &Path::ROOT, problem);
        return Err(problems.into_errors());
    }
    match read(text, &mut problems) {
        Some(sdl) if problems.is_empty() => Ok(sdl),
        _ => Err(problems.into_errors()),
    }
}

fn read(text: &str, problems: &mut Problems) -> Option<Sdl> {
    let tree = yaml::read(text, problems)?;
    let document = schema::document(&tree, problems)?;
    rules::check(&document, problems);
    if !problems.is_empty() {
        return None;
    }
    build::sdl(&document, problems)
}
