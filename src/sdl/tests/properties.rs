//! Reading never panics, whatever the text.

use super::vectors::texts;
use crate::sdl::{MAX_PROBLEMS, cross_check, parse};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Pieces that matter to YAML or to an SDL.
const PIECES: [&str; 40] = [
    "version",
    "services",
    "profiles",
    "deployment",
    ": ",
    "\n",
    "  ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "<<: ",
    "'",
    "\"",
    "|\n",
    ">\n",
    "#",
    "!!str ",
    "? ",
    "---\n",
    "...\n",
    "%YAML",
    "\t",
    "\u{0}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "~",
    "0777",
    "1e3",
    "1_000",
    "no",
    "2001-01-01",
    "18446744073709551616",
    "1Gi",
    ".inf",
    "é",
];

fn check(text: &str) {
    match parse(text) {
        Ok(sdl) => cross_check(&sdl.groups, &sdl.manifest.json).expect("consistent"),
        Err(errors) => {
            assert!((1..=MAX_PROBLEMS + 1).contains(&errors.0.len()));
            let lines = text.lines().count() + 1;
            for error in &errors.0 {
                assert!(
                    (1..=lines).contains(&error.line),
                    "{error} of {lines} lines"
                );
                assert!(error.column >= 1 && error.to_string().len() < 8_192);
            }
        }
    }
}

proptest! {
    #[test]
    fn should_survive_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn should_survive_any_pieces(pieces in proptest::collection::vec(select(&PIECES[..]), 0..60)) {
        check(&pieces.concat());
    }

    #[test]
    fn should_survive_mutated_sdls(
        text in select(texts()),
        changes in proptest::collection::vec((any::<Index>(), 0..20_usize, select(&PIECES[..])), 1..4),
    ) {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, gone, piece) in changes {
            let at = at.index(chars.len());
            let end = (at + gone).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        check(&chars.into_iter().collect::<String>());
    }

    #[test]
    fn should_survive_moved_lines(
        text in select(texts()),
        from in any::<Index>(),
        to in any::<Index>(),
        indent in 0..12_usize,
    ) {
        let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
        let line = lines.remove(from.index(lines.len()));
        let at = to.index(lines.len());
        lines.insert(at, format!("{}{}", " ".repeat(indent), line.trim_start()));
        check(&lines.join("\n"));
    }
}
