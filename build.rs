//! Link arguments, and what `secure_dispatch_status()` tells of the build.

use std::{env, fs, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    // Apache unloads and reloads its modules' modules on a graceful restart. Rust's thread-locals have destructors that would
    // then point into an unmapped library, so this one stays mapped once it is loaded.
    println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    if links_as_usual() {
        lay_out();
    }
    println!("cargo::rustc-env=BUILD_RUSTC={}", rustc_version());
    let lock = fs::read_to_string("Cargo.lock").expect("the workspace has a Cargo.lock");
    let [rustls, provider] = ["rustls", "aws-lc-rs"].map(|name| locked(&lock, name));
    println!("cargo::rustc-env=BUILD_TLS=rustls {rustls} with aws-lc-rs {provider}");
}

/// Whether the linker is GNU's or LLVM's, for the machine that it runs on: the ones whose options these are. Who chose another knows its own.
fn links_as_usual() -> bool {
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|it| it == value);
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let chosen =
        flags.contains("linker") || flags.contains("-fuse-ld") || env::var_os("RUSTC_LINKER").is_some();
    let gnu = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    gnu && !chosen && env::var_os("HOST") == env::var_os("TARGET")
}

/// Half of a worker's memory, a tenth of its first dispatch's time (docs/performance.md): the functions that run lie side by side, and the
/// loader is told in 10 KB in place of 750 which addresses it has to relocate. It knows that form since glibc 2.36, so a library that is
/// built on an older one does without.
fn lay_out() {
    let package = env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    println!("cargo::rerun-if-changed=text-order.ld");
    println!("cargo::rustc-link-arg-cdylib=-T");
    println!("cargo::rustc-link-arg-cdylib={package}/text-order.ld");
    if glibc().is_some_and(|version| version >= (2, 36)) {
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,pack-relative-relocs");
    }
}

/// This machine's, as getconf(1) says: `glibc 2.36`.
fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = said.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
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
