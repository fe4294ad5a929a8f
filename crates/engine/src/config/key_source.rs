//! Where the key comes from: the first source that is set, in the order file, ini, systemd credential, environment. A source
//! that is set and unusable is a problem, not a reason to try the next.

use super::{Problem, SecretBytes, files};
use crate::key::ApiKey;

/// Which source the key came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// `secure_dispatch.api_key_file`.
    File,
    /// `secure_dispatch.api_key`.
    Ini,
    /// `$CREDENTIALS_DIRECTORY/secure_dispatch_api_key`.
    Credential,
    /// `SECURE_DISPATCH_API_KEY`.
    Environment,
}

impl KeySource {
    /// The source's name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "secure_dispatch.api_key_file",
            Self::Ini => "secure_dispatch.api_key",
            Self::Credential => "systemd credential secure_dispatch_api_key",
            Self::Environment => "environment variable SECURE_DISPATCH_API_KEY",
        }
    }
}

/// What the sources other than the file held when the process started.
#[derive(Default)]
pub struct KeySources {
    /// The value of `secure_dispatch.api_key`.
    pub ini: Option<SecretBytes>,
    /// The value of `$CREDENTIALS_DIRECTORY`.
    pub credentials_directory: Option<String>,
    /// The value of `SECURE_DISPATCH_API_KEY`.
    pub environment: Option<SecretBytes>,
}

impl KeySources {
    /// Whether none of them is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ini.is_none() && self.environment.is_none() && self.credential().is_none()
    }

    /// The credential's path, if systemd passed one.
    pub(super) fn credential(&self) -> Option<String> {
        let path = format!("{}/secure_dispatch_api_key", self.credentials_directory.as_deref()?);
        std::path::Path::new(&path).exists().then_some(path)
    }
}

/// Every source that is set, the one that is used first.
pub(super) fn set(api_key_file: &str, sources: &KeySources) -> Vec<KeySource> {
    [
        (!api_key_file.is_empty(), KeySource::File),
        (sources.ini.is_some(), KeySource::Ini),
        (sources.credential().is_some(), KeySource::Credential),
        (sources.environment.is_some(), KeySource::Environment),
    ]
    .into_iter()
    .filter_map(|(is_set, source)| is_set.then_some(source))
    .collect()
}

/// The key of the first source that is set.
pub(super) fn pick(api_key_file: &str, sources: &KeySources) -> Result<(ApiKey, KeySource), Problem> {
    if !api_key_file.is_empty() {
        let content = files::read("secure_dispatch.api_key_file", api_key_file)?;
        return parse(&content, KeySource::File);
    }
    if let Some(value) = &sources.ini {
        return parse(value, KeySource::Ini);
    }
    if let Some(path) = sources.credential() {
        let content = files::read(KeySource::Credential.name(), &path)?;
        return parse(&content, KeySource::Credential);
    }
    if let Some(value) = &sources.environment {
        return parse(value, KeySource::Environment);
    }
    Err(Problem::new(
        "secure_dispatch.api_key",
        "is not set, nor is any other source of the key: set secure_dispatch.api_key_file (best to a file that only root can read), secure_dispatch.api_key, a \
         systemd credential or SECURE_DISPATCH_API_KEY",
    ))
}

fn parse(value: &SecretBytes, source: KeySource) -> Result<(ApiKey, KeySource), Problem> {
    ApiKey::parse(value).map(|key| (key, source)).map_err(|fault| {
        Problem::new(source.name(), format!("{fault}; a key is one line of visible ASCII characters"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretBytes {
        SecretBytes::new(text.as_bytes().to_vec())
    }

    #[test]
    fn the_first_source_that_is_set_wins_and_a_broken_one_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        std::fs::write(&file, "from-file\n").unwrap();
        std::fs::write(dir.path().join("secure_dispatch_api_key"), "from-credential\n").unwrap();
        let file = file.to_str().unwrap();
        let mut sources = KeySources {
            ini: Some(secret("from-ini")),
            credentials_directory: Some(dir.path().to_str().unwrap().to_owned()),
            environment: Some(secret("from-environment")),
        };
        let picked = |file: &str, sources: &KeySources| {
            pick(file, sources)
                .map(|(key, source)| (String::from_utf8(key.expose().to_vec()).unwrap(), source))
        };
        assert_eq!(picked(file, &sources), Ok(("from-file".to_owned(), KeySource::File)));
        assert!(picked("/no/such/key", &sources).is_err());
        assert_eq!(picked("", &sources), Ok(("from-ini".to_owned(), KeySource::Ini)));
        sources.ini = None;
        assert_eq!(picked("", &sources), Ok(("from-credential".to_owned(), KeySource::Credential)));
        sources.credentials_directory = None;
        assert_eq!(picked("", &sources), Ok(("from-environment".to_owned(), KeySource::Environment)));
        sources.environment = Some(secret("a\nb"));
        assert!(picked("", &sources).unwrap_err().to_string().contains("line break"));
        sources.environment = None;
        assert!(sources.is_empty());
        assert!(picked("", &sources).unwrap_err().to_string().contains("any other source of the key"));
    }
}
