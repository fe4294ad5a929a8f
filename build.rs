//! Link arguments, nothing else.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Apache unloads and reloads its modules' modules on a graceful restart. Rust's thread-locals have destructors that would
    // then point into an unmapped library, so this one stays mapped once it is loaded.
    println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
}
