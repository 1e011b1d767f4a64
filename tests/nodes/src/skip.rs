//! Why a part of the real world is missing.

/// A part that is not there, and why: said aloud instead of being replaced in silence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("skipped: {part}: {reason}")]
pub struct Skip {
    /// What is missing.
    pub part: &'static str,
    /// In words for people: the tool, the module or the file that is not there.
    pub reason: String,
}

impl Skip {
    /// A missing part.
    pub fn new(part: &'static str, reason: impl Into<String>) -> Self {
        Self {
            part,
            reason: reason.into(),
        }
    }
}

/// What a Go build says, in one line: the module that the proxy refuses, or the last words.
///
/// A refusal of the proxy is told apart because it is final: another try brings nothing.
#[must_use]
pub fn reason_of_build(output: &str) -> String {
    const REFUSED: &str = "403 Forbidden";
    let lines = || output.lines().map(str::trim).filter(|l| !l.is_empty());
    if let Some(line) = lines().find(|line| line.contains(REFUSED)) {
        return match refused_module(line) {
            Some(module) => format!("{module}: not served ({REFUSED})"),
            None => format!("a module is not served ({REFUSED})"),
        };
    }
    match lines().next_back() {
        Some(line) => format!("the build failed: {line}"),
        None => "the build failed and said nothing".into(),
    }
}

/// `module@version` of a refusal. The go command names it in several ways, but always as
/// `module@version` somewhere, or as the path of the request.
fn refused_module(line: &str) -> Option<String> {
    let words = || {
        line.split([' ', '\t', '"', '\''])
            .map(|word| word.trim_matches([':', ',', ';', '(', ')']))
    };
    let named = words().find(|word| {
        !word.contains("://")
            && word
                .split_once('@')
                .is_some_and(|(path, version)| path.contains('.') && version.starts_with('v'))
    });
    if let Some(module) = named {
        return Some(module.into());
    }
    // https://host/module/path/@v/v1.2.3.info
    let url = words().find(|word| word.contains("://"))?;
    let (_, path) = url.split_once("://")?;
    let (_, path) = path.split_once('/')?;
    let (module, version) = path.split_once("/@v/")?;
    let version = version.trim_end_matches(".info").trim_end_matches(".mod");
    Some(format!("{module}@{}", version.trim_end_matches(".zip")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_name_the_module_that_is_refused() {
        for (desc, output, expected) in [
            (
                "a module at a version",
                "go: example.dev/node/v2@v2.1.0: reading https://proxy.example/example.dev/node/v2/@v/v2.1.0.mod: 403 Forbidden\n\tserver response: not available",
                "example.dev/node/v2@v2.1.0: not served (403 Forbidden)",
            ),
            (
                "only the request",
                "reading https://proxy.example/example.dev/node/v2/@v/v2.1.0.info: 403 Forbidden",
                "example.dev/node/v2@v2.1.0: not served (403 Forbidden)",
            ),
            (
                "an answer in JSON",
                "\t\"Error\": \"example.dev/go@v0.2.14: reading https://p/x/@v/list: 403 Forbidden\"",
                "example.dev/go@v0.2.14: not served (403 Forbidden)",
            ),
            (
                "nothing that can be named",
                "403 Forbidden",
                "a module is not served (403 Forbidden)",
            ),
            (
                "another failure",
                "# example\nmain.go:3: syntax error\n",
                "the build failed: main.go:3: syntax error",
            ),
            ("silence", "\n", "the build failed and said nothing"),
        ] {
            assert_eq!(reason_of_build(output), expected, "{desc}");
        }
    }
}
