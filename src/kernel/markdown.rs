//! Markdown that strangers cannot bend.
//!
//! Voters read what validators write, and proposers write a part of it. Text from outside gets
//! into Markdown only through [`code`] and [`block`]: inside a code span and inside a fence
//! nothing is a heading, a link, HTML or another fence, in every dialect, and dialects that turn
//! bare addresses into links leave both alone. Escaping character by character was ruled out: it
//! does not stop those links.
//!
//! Characters that cannot be seen, or that turn the reading direction, are shown by number.
//! Neither helper is for cells of tables: a bar would end the cell.

use std::fmt::Write;

/// Shown for a text without characters: a code span cannot be empty.
pub const EMPTY: &str = "(empty)";

/// Characters that no reader sees, or that change how their neighbours are read: format
/// characters, separators, fillers, blanks and tags. First and last of each range, sorted.
///
/// **Source** Unicode 16, general categories Cf, Zl and Zp, property
/// `Default_Ignorable_Code_Point`, and U+2800.
const UNSEEN: [(char, char); 26] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// A code span that shows `text` as it is, on one line.
#[must_use]
pub fn code(text: &str) -> String {
    if text.is_empty() {
        return EMPTY.to_string();
    }
    let shown = visible(text, false);
    let fence = "`".repeat(longest_run(&shown) + 1);
    // One space on each side is taken away again by the reader, so it is put where the text
    // itself begins or ends with a space or would lengthen the fence.
    let edge = |c: Option<char>| matches!(c, Some('`' | ' '));
    let pad = if edge(shown.chars().next()) || edge(shown.chars().next_back()) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// A fenced block that shows the lines of `text` as they are. It begins and ends with an empty
/// line of its own, so that it joins nothing. `language` is ours, never the proposer's.
#[must_use]
pub fn block(text: &str, language: &str) -> String {
    let shown = visible(text, true);
    let fence = "`".repeat(longest_run(&shown).max(2) + 1);
    let end = if shown.is_empty() || shown.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("\n{fence}{language}\n{shown}{end}{fence}\n\n")
}

/// Whether a text is made of characters that can be seen, on one line.
#[must_use]
pub fn is_printable(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_unseen(c))
}

fn visible(text: &str, lines: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' if lines => shown.push('\n'),
            '\r' if lines && rest.peek() == Some(&'\n') => {}
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if c.is_control() || is_unseen(c) => {
                write!(shown, "\\u{{{:x}}}", u32::from(c)).expect("no write fails in memory");
            }
            c => shown.push(c),
        }
    }
    shown
}

fn is_unseen(c: char) -> bool {
    UNSEEN
        .iter()
        .any(|(first, last)| (first..=last).contains(&&c))
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn should_show_text_in_a_span_that_it_cannot_leave() {
        for (desc, text, shown) in [
            ("plain", "nginx:1.27", "`nginx:1.27`"),
            ("nothing", "", "(empty)"),
            ("heading", "a\n\n## Payload", "`a\\n\\n## Payload`"),
            ("carriage return", "a\r# b", "`a\\r# b`"),
            ("tab", "a\tb", "`a\\tb`"),
            ("link", "[pay](https://x.y)", "`[pay](https://x.y)`"),
            ("HTML", "<img src=x>", "`<img src=x>`"),
            ("span", "a`b", "``a`b``"),
            ("longer span", "a``` b `", "```` a``` b ` ````"),
            ("only a backtick", "`", "`` ` ``"),
            ("edges of spaces", " a ", "`  a  `"),
            ("right to left", "a\u{202e}b", "`a\\u{202e}b`"),
            ("joiner", "a\u{200d}b", "`a\\u{200d}b`"),
            ("next line", "a\u{85}b", "`a\\u{85}b`"),
            ("line separator", "a\u{2028}b", "`a\\u{2028}b`"),
            ("tag", "a\u{e0041}b", "`a\\u{e0041}b`"),
            ("zero", "a\0b", "`a\\u{0}b`"),
            ("other scripts", "Überfluß 漢字 🚀", "`Überfluß 漢字 🚀`"),
        ] {
            assert_eq!(code(text), shown, "{desc}");
        }
    }

    #[test]
    fn should_show_lines_in_a_block_that_they_cannot_close() {
        for (desc, text, shown) in [
            ("plain", "a: b\n", "\n```yaml\na: b\n```\n\n"),
            ("no end of line", "a", "\n```yaml\na\n```\n\n"),
            ("nothing", "", "\n```yaml\n```\n\n"),
            (
                "fence",
                "```\n### Fake\n````\n",
                "\n`````yaml\n```\n### Fake\n````\n`````\n\n",
            ),
            ("tildes", "~~~\n# Fake\n", "\n```yaml\n~~~\n# Fake\n```\n\n"),
            ("both ends of line", "a\r\nb", "\n```yaml\na\nb\n```\n\n"),
            ("carriage return alone", "a\rb", "\n```yaml\na\\rb\n```\n\n"),
            (
                "hidden",
                "a\u{200b}\u{feff}\u{7}",
                "\n```yaml\na\\u{200b}\\u{feff}\\u{7}\n```\n\n",
            ),
        ] {
            assert_eq!(block(text, "yaml"), shown, "{desc}");
        }
    }

    #[test]
    fn should_tell_what_can_be_printed() {
        for (text, printable) in [
            ("Site of the DAO", true),
            ("漢字", true),
            ("a\nb", false),
            ("a\u{202e}", false),
            ("\u{3164}", false),
            ("", true),
        ] {
            assert_eq!(is_printable(text), printable, "{text:?}");
        }
    }

    #[test]
    fn should_keep_the_ranges_sorted_and_apart() {
        for pair in UNSEEN.windows(2) {
            assert!(pair[0].1 < pair[1].0, "{pair:?}");
        }
        assert!(UNSEEN.iter().all(|(first, last)| first <= last));
    }
}
