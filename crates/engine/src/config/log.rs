//! `secure_dispatch.log`, `.log_level` and `.traceparent`.

use tracing::Level;

use super::{Problem, Problems};
use crate::audit::{Settings, Sink};

/// What is wrong is told, and its default stands in for it: whatever else is wrong is to be told too.
pub(super) fn parse(setting: &impl Fn(&'static str) -> String, problems: &mut Problems) -> Settings {
    let default = Settings::default();
    Settings {
        sink: problems.keep(parse_sink(&setting("log"))).unwrap_or(default.sink),
        level: problems.keep(parse_level(&setting("log_level"))).unwrap_or(default.level),
    }
}

fn parse_sink(text: &str) -> Result<Sink, Problem> {
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "php" => Ok(Sink::Php),
        "syslog" => Ok(Sink::syslog()),
        // php.ini's parser makes nothing of an unquoted off.
        "off" | "" => Ok(Sink::Off),
        _ if text.starts_with('/') && !text.ends_with('/') && !text.contains('\0') => {
            Ok(Sink::File(text.into()))
        }
        _ => Err(Problem::new(
            "secure_dispatch.log",
            "must be php (PHP's error_log), syslog, off, or a file's absolute path",
        )),
    }
}

fn parse_level(text: &str) -> Result<Level, Problem> {
    match text.trim().to_ascii_lowercase().as_str() {
        "error" => Ok(Level::ERROR),
        "warning" | "warn" => Ok(Level::WARN),
        "info" => Ok(Level::INFO),
        "debug" => Ok(Level::DEBUG),
        "trace" => Ok(Level::TRACE),
        _ => Err(Problem::new("secure_dispatch.log_level", "must be error, warning, info, debug or trace")),
    }
}

/// The name of an entry of `$_SERVER`, if one is set.
pub(super) fn parse_traceparent(text: &str) -> Result<Option<String>, Problem> {
    let name = text.trim();
    if name.is_empty() {
        return Ok(None);
    }
    if name.len() <= 128 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(Some(name.to_owned()));
    }
    Err(Problem::new(
        "secure_dispatch.traceparent",
        "must be the name of an entry of $_SERVER, like HTTP_TRACEPARENT; or empty, and no trace is joined",
    ))
}
