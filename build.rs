//! Link arguments, and what `secure_dispatch_status()` tells of the build.

use std::{env, fs, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    // Apache unloads and reloads its modules' modules on a graceful restart. Rust's thread-locals have destructors that would
    // then point into an unmapped library, so this one stays mapped once it is loaded.
    println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete");
    lay_out();
    println!("cargo::rustc-env=BUILD_RUSTC={}", rustc_version());
    let lock = fs::read_to_string("Cargo.lock").expect("the workspace has a Cargo.lock");
    let [rustls, provider] = ["rustls", "aws-lc-rs"].map(|name| locked(&lock, name));
    println!("cargo::rustc-env=BUILD_TLS=rustls {rustls} with aws-lc-rs {provider}");
}

/// Half of what a worker has mapped, a tenth of its first dispatch's time (docs/performance.md): the functions that run lie side by side, and
/// the loader is told in 10 KB in place of 750 which addresses it has to relocate. It knows that form since glibc 2.36, so a library that is
/// built on an older one does without.
fn lay_out() {
    println!("cargo::rerun-if-changed=text-order.ld");
    let order = format!("{}/text-order.ld", variable("CARGO_MANIFEST_DIR"));
    link_with(&["-T", &order]);
    if variable("HOST") == variable("TARGET") && glibc().is_some_and(|version| version >= (2, 36)) {
        link_with(&["-Wl,-z,pack-relative-relocs"]);
    }
}

/// If the linker that cargo, rustc and the C compiler have agreed on takes these: GNU's and LLVM's do, mold and gold do not, nor do other systems'.
fn link_with(arguments: &[&str]) {
    let (source, built) =
        (format!("{}/probe.rs", variable("OUT_DIR")), format!("{}/probe.so", variable("OUT_DIR")));
    fs::write(&source, "").expect("OUT_DIR is there to be written to");
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.args(["--crate-type=cdylib", "--target", &variable("TARGET"), "-o", &built, &source]);
    rustc.args(variable("CARGO_ENCODED_RUSTFLAGS").split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    rustc.args(arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    if rustc.output().is_ok_and(|output| output.status.success()) {
        for argument in arguments {
            println!("cargo::rustc-link-arg-cdylib={argument}");
        }
    } else {
        println!(
            "cargo::warning=this linker does not take {}: the extension works as well, and takes more memory",
            arguments.join(" ")
        );
    }
}

/// What cargo tells each build script.
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
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
    let output =
        Command::new(variable("RUSTC")).arg("--version").output().expect("the rustc that compiled this runs");
    let version = String::from_utf8_lossy(&output.stdout);
    version.trim().trim_start_matches("rustc ").to_owned()
}

/// The version of a crate that Cargo.lock has one of.
fn locked<'a>(lock: &'a str, name: &str) -> &'a str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) = lock.split_once(&entry).expect("Cargo.lock has the crate");
    rest.split('"').next().unwrap_or_default()
}
