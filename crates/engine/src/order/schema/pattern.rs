//! Regular expressions of ECMA 262, as `jsonschema` itself reads them.

use regex::Regex;
use regex_automata::{
    Anchored,
    dfa::{Automaton, StartKind, dense},
    nfa::thompson::{self, WhichCaptures},
    util::{primitives::StateID, start},
};

/// A pattern that is searched for anywhere in a text.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(&jsonschema_regex::to_rust_regex(pattern).ok()?).ok()
}

/// A pattern that is one table: a few nanoseconds for a short text, where `Regex` needs some ten times as much to begin.
pub(super) struct Table {
    dfa: dense::DFA<Vec<u32>>,
    /// Where a text begins.
    start: StateID,
}

/// Bytes. A schema has tens of patterns; one that needs more is left to `jsonschema`.
const MAX_TABLE: usize = 64 << 10;

impl Table {
    /// The table of a pattern that matches nowhere but at a text's beginning. None for others, and for those that are too large.
    pub(super) fn compile(pattern: &str) -> Option<Self> {
        let pattern = jsonschema_regex::to_rust_regex(pattern).ok()?;
        let config =
            thompson::Config::new().which_captures(WhichCaptures::None).nfa_size_limit(Some(16 * MAX_TABLE));
        let nfa = thompson::Compiler::new().configure(config).build(&pattern).ok()?;
        if !nfa.is_always_start_anchored() {
            return None;
        }
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(MAX_TABLE))
            .determinize_size_limit(Some(16 * MAX_TABLE));
        let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        Some(Self { dfa, start })
    }

    /// Whether it matches; None: it cannot tell.
    pub(super) fn matches(&self, text: &str) -> Option<bool> {
        let mut state = self.start;
        for byte in text.bytes() {
            state = self.dfa.next_state(state, byte);
            if self.dfa.is_special_state(state) {
                if self.dfa.is_match_state(state) {
                    return Some(true);
                } else if self.dfa.is_dead_state(state) {
                    return Some(false);
                } else if self.dfa.is_quit_state(state) {
                    return None;
                }
            }
        }
        Some(self.dfa.is_match_state(self.dfa.next_eoi_state(state)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATTERNS: [&str; 8] = [
        "^-?[0-9]{1,15}(\\.[0-9]{1,8})?$",
        "^[A-Z]{2}$",
        "^$",
        "^\\d+\\s\\w$",
        "^[^<]*$",
        "^a.c",
        "^(a|b-)c?",
        "^a|^[bc]$",
    ];

    #[test]
    fn a_table_is_not_made_of_everything() {
        assert!(Table::compile("[0-9]").is_none());
        assert!(Table::compile("^a|b$").is_none());
        assert!(Table::compile("^(").is_none());
        assert!(Table::compile("^\\p{L}{1,500}$").is_none());
    }

    proptest! {
        #[test]
        fn a_table_says_what_the_pattern_says(text in "[-0-9.A-Z a-cé\\n]{0,12}", i in 0..PATTERNS.len()) {
            let (table, regex) = (Table::compile(PATTERNS[i]).unwrap(), compile(PATTERNS[i]).unwrap());
            prop_assert_eq!(table.matches(&text), Some(regex.is_match(&text)));
        }
    }
}
