//! The sources of the key that only PHP's process knows: its configuration, its environment, systemd's credentials directory.

use std::os::unix::ffi::OsStringExt;

use engine::config::KeySources;
use zeroize::Zeroizing;

use crate::zend;

/// What the sources hold now. The file among them is the engine's to read.
pub fn sources() -> KeySources {
    KeySources {
        // Never registered as an ini entry: those are for anyone to read. PHP keeps what php.ini says of unknown names too.
        ini: zend::configuration_value("secure_dispatch.api_key").map(Zeroizing::new),
        credentials_directory: std::env::var("CREDENTIALS_DIRECTORY").ok(),
        environment: std::env::var_os("SECURE_DISPATCH_API_KEY")
            .map(|value| Zeroizing::new(value.into_vec())),
    }
}
