//! Where lines go. Nothing here can fail a dispatch, or make it wait: what cannot be written at once is counted.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    mem,
    os::unix::{
        fs::{MetadataExt, OpenOptionsExt, fchown},
        net::UnixDatagram,
    },
    path::{Path, PathBuf},
    process,
    sync::{Arc, Mutex, PoisonError},
};

use rustix::{fs::OFlags, process::geteuid};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

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

/// How many lines wait for PHP at most: a drainer's, which may be at work for long.
const MAX_WAITING: usize = 10_000;

/// What the subscriber writes to.
pub(super) struct Outlet {
    sink: Sink,
    lines: Mutex<Vec<Line>>,
    shared: Arc<Shared>,
}

impl Outlet {
    pub(super) fn new(sink: Sink, shared: Arc<Shared>) -> Self {
        Self { sink, lines: Mutex::default(), shared }
    }

    pub(super) fn take_lines(&self) -> Vec<Line> {
        mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn is_php(&self) -> bool {
        self.sink == Sink::Php
    }

    fn put(&self, severity: u8, line: &[u8]) {
        #[cfg(feature = "naive")]
        crate::naive::panic_in("audit", line);
        let put = match &self.sink {
            Sink::Off => Ok(()),
            Sink::Php => self.keep(severity, line),
            Sink::Syslog(socket) => send(socket, severity, line),
            Sink::File(path) => append(path, line),
        };
        self.shared.counters.add(Counter::LogLinesLost, put.is_err().into());
    }

    fn keep(&self, severity: u8, line: &[u8]) -> io::Result<()> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= MAX_WAITING {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        lines.push(Line { severity, text });
        Ok(())
    }
}

/// One write(2) with `O_APPEND`: lines of several processes do not mix. A link is not followed, since root writes here too, and a FIFO that
/// nobody reads is not waited for.
fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = OpenOptions::new().append(true).create(true).mode(0o640).custom_flags(flags).open(path)?;
    if geteuid().is_root() {
        give_to_owner_of_directory(&file, path)?;
    }
    let written = (&file).write(line)?;
    if written == line.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// A file that root makes, before the workers do, must be theirs.
fn give_to_owner_of_directory(file: &File, path: &Path) -> io::Result<()> {
    let made = file.metadata()?;
    if let Some(directory) = path.parent().filter(|_| made.is_file() && made.len() == 0 && made.uid() == 0) {
        let directory = fs::metadata(directory)?;
        fchown(file, Some(directory.uid()), Some(directory.gid()))?;
    }
    Ok(())
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
