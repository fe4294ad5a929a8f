//! Link arguments, and what `secure_dispatch_status()` tells of the build.

use std::{env, fs, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    // Apache unloads and reloads its modules' modules on a graceful restart. Rust's thread-locals have destructors that would
    // then point into an unmapped library, so this one stays mapped once it is loaded.
    println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    println!("cargo::rustc-env=BUILD_RUSTC={}", rustc_version());
    let lock = fs::read_to_string("Cargo.lock").expect("the workspace has a Cargo.lock");
    let [rustls, provider] = ["rustls", "aws-lc-rs"].map(|name| locked(&lock, name));
    println!("cargo::rustc-env=BUILD_TLS=rustls {rustls} with aws-lc-rs {provider}");
}

/// As `rustc --version` says, without its name.
fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").expect("cargo says which rustc it uses");
    let output = Command::new(rustc).arg("--version").output().expect("the rustc that compiled this runs");
    let version = String::from_utf8_lossy(&output.stdout);
    version.trim().trim_start_matches("rustc ").to_owned()
}

/// The version of a crate that Cargo.lock has one of.
fn locked<'a>(lock: &'a str, name: &str) -> &'a str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) = lock.split_once(&entry).expect("Cargo.lock has the crate");
    rest.split('"').next().unwrap_or_default()
}
