//! The audit log: can it be written, as this user.

use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::net::UnixDatagram,
    path::Path,
};

use rustix::{
    fs::{Access, AtFlags, CWD, accessat},
    io::Errno,
};

use super::{Finding, Verdict};
use crate::audit::{Sink, file};

const CHECK: &str = "log";

/// Looks at where lines go, and writes none. Of PHP's own log nothing can be said from here.
#[must_use]
pub fn examine_log(sink: &Sink) -> Finding {
    let found = match sink {
        Sink::Off => Ok("off: nothing is told to anybody".to_owned()),
        Sink::Php => Ok("lines go to PHP's own log (error_log)".to_owned()),
        Sink::Syslog(socket) => syslog(socket),
        Sink::File(path) => at(path),
    };
    match found {
        Ok(what) => Finding::ok(CHECK, what),
        Err(text) => Finding::of(CHECK, Verdict::Warning, &text),
    }
}

/// Connecting sends nothing.
fn syslog(socket: &Path) -> Result<String, String> {
    let socket_path = socket.display();
    match UnixDatagram::unbound().and_then(|sender| sender.connect(socket)) {
        Ok(()) => Ok(format!("lines go to the system's log, {socket_path}")),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(format!(
            "there is no {socket_path}, and so no system log; start its service (or bind its socket into the container), or set secure_dispatch.log to a file"
        )),
        Err(error) => Err(format!(
            "{socket_path} takes nothing from this user ({}); start the system's log, or set secure_dispatch.log to a file",
            reason(&error)
        )),
    }
}

fn at(path: &Path) -> Result<String, String> {
    let name = path.display();
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(format!(
            "{name} is a link, and none is followed; set secure_dispatch.log to the file's own path"
        )),
        Ok(found) if !found.is_file() => {
            Err(format!("{name} is no regular file; set secure_dispatch.log to the path of one"))
        }
        Ok(_) => match file::open_existing(path) {
            Ok(_) => Ok(format!("lines go to {name}, as this user")),
            Err(error) => Err(format!(
                "{name} cannot be written as this user ({}); chown it to the user that PHP runs as, and have logrotate make it so",
                reason(&error)
            )),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => to_be_made(path),
        Err(error) => Err(format!(
            "{name} cannot be reached as this user ({}); its directory must be one of the user that PHP runs as",
            reason(&error)
        )),
    }
}

fn to_be_made(path: &Path) -> Result<String, String> {
    let name = path.display();
    let directory = path.parent().unwrap_or(path);
    let shown = directory.display();
    if !directory.is_dir() {
        return Err(format!(
            "{shown}, the directory of secure_dispatch.log, does not exist; make one of the user that PHP runs as, with mode 0750"
        ));
    }
    // By root's way, which is another than that of access(2).
    let can_be_made = match file::open_existing(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => accessat(CWD, directory, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
            .map_err(io::Error::from),
    };
    match can_be_made {
        Ok(()) => Ok(format!("lines go to {name}, which is made for the first one, as this user")),
        Err(error) => Err(format!(
            "no file can be made in {shown} as this user ({}); chown it to the user that PHP runs as",
            reason(&error)
        )),
    }
}

fn reason(error: &io::Error) -> String {
    match Errno::from_io_error(error) {
        Some(Errno::LOOP) => {
            "on the way is a link that others may have put there, which root does not follow".to_owned()
        }
        Some(Errno::MLINK) => "it has a second name, and may be another's file".to_owned(),
        Some(Errno::CONNREFUSED) => "nobody listens".to_owned(),
        Some(Errno::ACCESS | Errno::PERM) => "not permitted".to_owned(),
        Some(Errno::ROFS) => "the file system is read-only".to_owned(),
        _ => error.kind().to_string(),
    }
}
