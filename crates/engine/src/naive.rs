//! For the attack suite alone (feature `naive`): panics that carry data, to see that none of it comes out.

/// Panics with the data in its message, if the environment variable `PANIC_IN` names this layer.
///
/// # Panics
/// That is what it is for.
pub fn panic_in(layer: &str, data: &[u8]) {
    assert!(
        std::env::var("PANIC_IN").as_deref() != Ok(layer),
        "a defect of {layer}: {}",
        String::from_utf8_lossy(data)
    );
}
