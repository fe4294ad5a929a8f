//! What protects the key, and whether it does here: told in `phpinfo()` and `secure_dispatch_status()`, and logged at start where it
//! does not.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::{
    config::{KeySource, SecretFile},
    key::{Shelter, process},
};

use crate::{
    ini,
    secret::{self, Traces},
    zend::{self, Sapi},
};

/// What is known since start.
pub struct Custody {
    /// Where the key was found.
    pub traces: Traces,
    /// `secure_dispatch.harden` is on.
    pub hardened: bool,
    /// Every source of the key that is set.
    pub key_sources: Vec<KeySource>,
    /// The files that hold secrets.
    pub secret_files: Vec<SecretFile>,
    /// Where the key lies; None when there is none.
    pub shelter: Option<Shelter>,
    /// This process was found open to others of its user, though the one that it was forked from was closed.
    pub was_opened: AtomicBool,
    /// php-fpm's master has the user of its PHP code, and is open to it between its execve(2) and MINIT, so at each reload.
    pub reload_opens: bool,
}

/// One protection. It holds when there is nothing to say against it.
pub struct Protection {
    /// Its name, for programs.
    pub name: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// Why it does not hold, and what to do.
    pub faults: Vec<String>,
}

impl Protection {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.faults.is_empty()
    }
}

impl Custody {
    /// All of it, as it is in this process now.
    pub fn now(&self) -> Vec<Protection> {
        vec![
            self.sources_erased(),
            self.source_private(),
            self.one_source(),
            self.supported_source(),
            self.memory_secret(),
            self.process_closed(),
            self.no_core_dump(),
            no_native_code(),
        ]
    }

    /// What is worth a line in the log.
    pub fn warnings(&self) -> Vec<String> {
        let worth = |protection: &Protection| protection.name != NO_NATIVE_CODE;
        let mut warnings: Vec<_> =
            self.now().into_iter().filter(worth).flat_map(|protection| protection.faults).collect();
        // One fault may undo two protections.
        warnings.sort();
        warnings.dedup();
        warnings
    }

    fn sources_erased(&self) -> Protection {
        let left = self.traces.left.iter();
        let left = left.map(|place| {
            format!("the key could not be erased from {place}; give it by api_key_file instead")
        });
        let elsewhere = self.traces.elsewhere.iter();
        let elsewhere = elsewhere.map(|place| {
            format!("the key stands in {place} too, where PHP code can read it; remove it there")
        });
        Protection {
            name: "sources_erased",
            what: "the key is erased from PHP's configuration, arguments and environment",
            faults: left.chain(elsewhere).collect(),
        }
    }

    fn source_private(&self) -> Protection {
        // Root reads every file: a master at start, whose workers' user is not known yet, or an operator on the command line.
        let by_php_code = !process::is_root();
        let files = self.secret_files.iter().chain(&self.traces.ini_files);
        Protection {
            name: "source_private",
            what: "no file with a secret in it can be read by PHP code",
            faults: files
                .filter_map(|file| {
                    let mode = file.mode()?;
                    let SecretFile { setting, path } = file;
                    if let Some(others) = file.readable_by() {
                        return Some(format!(
                            "the file of {setting} ({path}, mode {mode:04o}) can be read by {others}; chown it to root and chmod it to 0600"
                        ));
                    }
                    let reached = by_php_code.then(|| file.reached_here()).flatten()?;
                    Some(format!(
                        "the file of {setting} ({path}, mode {mode:04o}) {reached} the user that PHP runs as (any PHP code, then); under \
                         php-fpm or Apache started by root, put it into a directory of root's, chown it to root and chmod it to 0600"
                    ))
                })
                .collect(),
        }
    }

    fn one_source(&self) -> Protection {
        let mut faults = Vec::new();
        if let [used, others @ ..] = self.key_sources.as_slice()
            && !others.is_empty()
        {
            let others: Vec<_> = others.iter().map(|source| source.name()).collect();
            faults.push(format!(
                "the key is set in several places: {} is used; remove it from {}",
                used.name(),
                others.join(", ")
            ));
        }
        Protection { name: "one_source", what: "the key is set in one place only", faults }
    }

    /// The sources that would leave the key where PHP code sees it, or lose it at a reload.
    fn supported_source(&self) -> Protection {
        let traces = &self.traces;
        let mut faults = Vec::new();
        if traces.on_command_line && Sapi::current() == Sapi::Fpm {
            faults.push(
                "the key is among php-fpm's arguments (-d), where every user of this host saw it, and where the next reload will not find it; set \
                 secure_dispatch.api_key_file instead"
                    .to_owned(),
            );
        }
        if traces.misplaced {
            faults.push(
                "secure_dispatch.api_key stands in php.ini where it has no effect (in a [PATH=] or [HOST=] section, as an array, or in other \
                 letter case); move it before the first section, or set secure_dispatch.api_key_file"
                    .to_owned(),
            );
        }
        if ini::pool_sets_key() {
            faults.push(
                "a php-fpm pool (or a FastCGI request) sets php_admin_value[secure_dispatch.api_key], which comes too late and is not used; set \
                 secure_dispatch.api_key_file in php.ini"
                    .to_owned(),
            );
        }
        if secret::is_in_environment() {
            faults.push(
                "SECURE_DISPATCH_API_KEY was put into the environment after PHP's start (env[] of a php-fpm pool, fastcgi_param, SetEnv or PassEnv of Apache?), where any PHP code reads it; \
                 it is not used: set secure_dispatch.api_key_file in php.ini"
                    .to_owned(),
            );
        }
        Protection { name: "supported_source", what: "the key is in no place that PHP code sees", faults }
    }

    fn memory_secret(&self) -> Protection {
        let faults = match self.shelter {
            None | Some(Shelter::Secret) => Vec::new(),
            Some(Shelter::Locked) => vec![
                "the key lies in ordinary (locked, never dumped) memory, since this kernel has no memfd_secret or does not allow it; root and \
                 debuggers can read it: use Linux 6.5, or secretmem.enable=1 since 5.14"
                    .to_owned(),
            ],
            Some(Shelter::Ordinary) => vec![
                "the key lies in ordinary memory that could not even be locked, and may be swapped; raise RLIMIT_MEMLOCK (LimitMEMLOCK= in a \
                 systemd unit)"
                    .to_owned(),
            ],
        };
        Protection {
            name: "memory_secret",
            what: "the key lies in memory that no debugger and no /proc/self/mem can read",
            faults,
        }
    }

    fn process_closed(&self) -> Protection {
        Protection {
            name: "process_closed",
            what: "other processes of the same user cannot look into this one",
            faults: self
                .process_wide(
                    process::is_closed(),
                    "this process is dumpable: others of its user can read its memory",
                )
                .into_iter()
                .chain(self.openings())
                .collect(),
        }
    }

    /// Times when a process that is closed now was or will be open.
    fn openings(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.was_opened.load(Ordering::Relaxed) {
            faults.push(
                "something (process.dumpable of a php-fpm pool, CoreDumpDirectory of Apache) makes workers dumpable as they start: until its first \
                 request each is open to others of its user, who can then take the key; remove that setting"
                    .to_owned(),
            );
        }
        if self.reload_opens {
            faults.push(
                "php-fpm's master runs as the user of its PHP code, which can have it reload, and look into it before it is closed again; start \
                 it as root, or take the reading of its program from this user (chown root and chmod 0711 the php-fpm file), which has the \
                 kernel close it from the start"
                    .to_owned(),
            );
        }
        faults
    }

    fn no_core_dump(&self) -> Protection {
        Protection {
            name: "no_core_dump",
            what: "a crash leaves no core dump",
            faults: self.process_wide(process::dumps_no_core(), "this process may leave a core dump"),
        }
    }

    fn process_wide(&self, holds: bool, fault: &str) -> Vec<String> {
        match (holds, self.hardened) {
            (true, true) => Vec::new(),
            (false, true) => vec![format!("{fault}; something has changed it after PHP's start")],
            (_, false) => vec![
                "secure_dispatch.harden is off, so that debuggers and core dumps of this process may show what passes through it; set it to 1 when \
                 debugging is done"
                    .to_owned(),
            ],
        }
    }
}

const NO_NATIVE_CODE: &str = "no_native_code";

/// Nothing in the process can keep native code from its memory.
fn no_native_code() -> Protection {
    let cli = matches!(Sapi::current(), Sapi::Cli | Sapi::Other);
    let ffi = zend::ini_string("ffi.enable");
    let ffi_in_scripts = match ffi.as_str() {
        // Scripts of the command line count as preloaded ones (ext/ffi/ffi.c).
        "preload" => cli,
        other => engine::config::is_on(other),
    };
    let mut faults = Vec::new();
    if ffi_in_scripts {
        faults.push(format!(
            "PHP's FFI is enabled here (ffi.enable={ffi}): with it PHP code reads all of this process's memory; set ffi.enable=0"
        ));
    }
    if cli && zend::function_exists("dl") && engine::config::is_on(&zend::ini_string("enable_dl")) {
        faults.push(
            "dl() is available: with it PHP code loads native code, FFI for one; set enable_dl=0".to_owned(),
        );
    }
    if zend::function_exists("curl_setopt") && zend::function_exists("putenv") {
        faults.push(
            "putenv() and ext/curl are available: with OPENSSL_ENGINES and CURLOPT_SSLENGINE PHP code loads a library of its own; set \
             disable_functions=putenv"
                .to_owned(),
        );
    }
    Protection { name: NO_NATIVE_CODE, what: "no known way for PHP code to load native code is open", faults }
}
