//! Where lines go. Nothing here can fail a dispatch, or make it wait: what cannot be written at once is counted.

use std::{
    borrow::Cow,
    collections::HashMap,
    io::{self, Write},
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, ThreadId},
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use super::file;
use crate::shared::{Counter, Shared};

/// `secure_dispatch.log`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sink {
    /// Nowhere.
    Off,
    /// PHP's own log, by way of the binding.
    Php,
    /// The system's: the socket that syslog(3) writes to.
    Syslog(PathBuf),
    /// A file, which is opened for each line: so whoever rotates it need not tell us.
    File(PathBuf),
}

impl Sink {
    /// The system's log.
    #[must_use]
    pub fn syslog() -> Self {
        Self::Syslog("/dev/log".into())
    }
}

/// A line for PHP's own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its severity, in RFC 5424's numbers.
    pub severity: u8,
    /// JSON, without a line feed.
    pub text: String,
}

/// How many lines of a thread wait for PHP at most. They are a single row's or call's, if whoever is to write them does.
const MAX_WAITING: usize = 10_000;

/// What the subscriber writes to.
pub(super) struct Outlet {
    sink: Sink,
    /// Each thread's own: under ZTS it is the request's that the lines tell of, with its own `error_log`.
    lines: Mutex<HashMap<ThreadId, Vec<Line>>>,
    shared: Arc<Shared>,
}

impl Outlet {
    pub(super) fn new(sink: Sink, shared: Arc<Shared>) -> Self {
        Self { sink, lines: Mutex::default(), shared }
    }

    pub(super) fn take_lines(&self) -> Vec<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.remove(&thread::current().id()).unwrap_or_default()
    }

    pub(super) fn lose(&self, lines: usize) {
        self.shared.counters.add(Counter::LogLinesLost, lines.try_into().unwrap_or(u64::MAX));
    }

    fn put(&self, severity: u8, line: &[u8]) {
        #[cfg(feature = "naive")]
        crate::naive::panic_in("audit", line);
        let put = match &self.sink {
            Sink::Off => Ok(()),
            Sink::Php => self.keep(severity, line),
            Sink::Syslog(socket) => send(socket, severity, line),
            Sink::File(path) => append(path, line, &self.shared.log_is_torn),
        };
        self.lose(put.is_err().into());
    }

    fn keep(&self, severity: u8, line: &[u8]) -> io::Result<()> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = lines.entry(thread::current().id()).or_default();
        if lines.len() >= MAX_WAITING {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        lines.push(Line { severity, text });
        Ok(())
    }
}

/// One write(2) with `O_APPEND`: lines of several processes do not mix.
///
/// A disk that fills up may take half a line. To truncate the file could take others' lines away; so the next line, of whichever process of
/// this master's, ends that one first. (Another master's, or the console's, does not know, and may be read as a part of it.)
fn append(path: &Path, line: &[u8], is_torn: &AtomicBool) -> io::Result<()> {
    let mut file = file::open(path)?;
    // Not at the beginning of the next file.
    let was_torn = is_torn.swap(false, Relaxed) && file.metadata().is_ok_and(|file| file.len() > 0);
    let text: Cow<'_, [u8]> = if was_torn { [b"\n", line].concat().into() } else { line.into() };
    let written = file.write(&text);
    if written.as_ref().is_ok_and(|written| *written == text.len()) {
        return Ok(());
    }
    if was_torn || matches!(written, Ok(1..)) {
        is_torn.store(true, Relaxed);
    }
    Err(written.err().unwrap_or_else(|| io::ErrorKind::WriteZero.into()))
}

/// As syslog(3) does, whose own connection and name are PHP's. Without a time: the log's own is as good.
fn send(socket: &Path, severity: u8, line: &[u8]) -> io::Result<()> {
    /// RFC 5424, section 6.2.1: "user-level messages", PHP's own default.
    const FACILITY: u8 = 1;
    let sender = UnixDatagram::unbound()?;
    sender.set_nonblocking(true)?;
    let mut message =
        format!("<{}>secure_dispatch[{}]: ", FACILITY * 8 + severity, process::id()).into_bytes();
    message.extend_from_slice(line.trim_ascii_end());
    sender.send_to(&message, socket).map(drop)
}

/// The subscriber's hold on it.
pub(super) struct Pen(pub(super) Arc<Outlet>);

impl<'a> MakeWriter<'a> for Pen {
    type Writer = LineWriter<'a>;

    fn make_writer(&'a self) -> LineWriter<'a> {
        LineWriter { outlet: &self.0, severity: severity(Level::INFO) }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> LineWriter<'a> {
        LineWriter { outlet: &self.0, severity: severity(*metadata.level()) }
    }
}

/// RFC 5424, section 6.2.1.
fn severity(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

/// Takes one line, in one piece.
pub(super) struct LineWriter<'a> {
    outlet: &'a Outlet,
    severity: u8,
}

impl Write for LineWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.outlet.put(self.severity, line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
