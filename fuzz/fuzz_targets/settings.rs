//! Whatever php.ini says: a configuration or problems that can be told, no panic.
#![no_main]

use engine::config::{Config, KeySources, SETTINGS};
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

fuzz_target!(|texts: Vec<String>| {
    let text = |name: &str| {
        let at = SETTINGS.iter().position(|s| s.name == name).expect("a setting");
        match texts.get(at) {
            // No file of this machine is opened, and reading the system's roots each time would be all that is measured.
            Some(text) if !name.ends_with("_file") => text.clone(),
            _ => if name == "ca_file" { "relative".to_owned() } else { String::new() },
        }
    };
    let key = texts.last().map(|text| Zeroizing::new(text.clone().into_bytes()));
    let loaded = Config::load(text, &KeySources { ini: key, ..KeySources::default() });
    for problem in loaded.config.err().into_iter().flatten() {
        assert!(problem.to_string().starts_with("secure_dispatch."));
    }
});
