//! Whatever text: after masking there is no card number in it, and nothing but digits has changed.
#![no_main]

use engine::order::card;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = card::is_named(text);
    let Some(masked) = card::mask(text) else {
        assert!(!card::is_in(text));
        return;
    };
    assert!(!card::is_in(&masked), "{masked:?}");
    assert_eq!(masked.chars().count(), text.chars().count());
    assert!(masked.chars().zip(text.chars()).all(|(new, old)| new == old || new == '*'));
});
