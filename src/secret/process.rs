//! The process's arguments and environment, as `/proc/self/cmdline` and `/proc/self/environ` show them for as long as it lives:
//! unsetenv(3) takes a variable out of a list, and leaves its bytes where execve(2) put them.

use std::{
    ffi::{CStr, c_char},
    fs::{self, File, OpenOptions},
    io,
    ops::Range,
    os::unix::fs::FileExt,
};

use zeroize::Zeroizing;

/// What [`erase`] found.
pub struct Erased {
    /// The setting was among the arguments.
    pub on_command_line: bool,
    /// Places that could not be erased.
    pub left: Vec<&'static str>,
}

/// The value of a variable, the one that getenv(3) finds.
pub fn variable(name: &str) -> Option<Zeroizing<Vec<u8>>> {
    use std::os::unix::ffi::OsStringExt;
    std::env::var_os(name).map(|value| Zeroizing::new(value.into_vec()))
}

/// Overwrites the values of a setting among the arguments and of a variable in the environment, and unsets the variable. `values`:
/// what was found already, and is overwritten among the arguments however it is written there.
pub fn erase(setting: &str, variable: &str, values: &[&[u8]]) -> Erased {
    let mut erased = Erased { on_command_line: false, left: Vec::new() };
    let memory = Memory::open();
    let areas = Areas::of_this_process();
    let (Ok(memory), Some(areas)) = (memory, areas) else {
        // Without /proc nobody reads it there, and the kernel has no other way to show it.
        if fs::exists("/proc/self").unwrap_or(true) {
            erased.left.push("/proc/self/cmdline and /proc/self/environ (this process may not write to its own /proc/self/mem)");
        }
        unset(variable);
        return erased;
    };
    let assignment = format!("{variable}=");
    // The list that getenv(3) reads: PHP's CLI has moved it elsewhere (save_ps_args in sapi/cli/ps_title.c).
    for entry in listed() {
        // SAFETY: an entry of the environment is a terminated string; nothing changes it while MINIT runs.
        let text = unsafe { CStr::from_ptr(entry) }.to_bytes();
        if text.starts_with(assignment.as_bytes()) {
            let value = entry.addr() + assignment.len()..entry.addr() + text.len();
            if memory.overwrite(value).is_err() {
                erased.left.push("the environment");
            }
        }
    }
    unset(variable);
    let original = memory.overwrite_in(&areas.environment, |entry| {
        entry.starts_with(assignment.as_bytes()).then_some(assignment.len())
    });
    if original.is_err() {
        erased.left.push("/proc/self/environ");
    }
    let in_argument = |argument: &[u8]| {
        let by_value = values
            .iter()
            .filter(|value| value.len() >= MIN_VALUE)
            .find_map(|value| position(argument, value));
        value_of(argument, setting).or(by_value)
    };
    match memory.overwrite_in(&areas.arguments, in_argument) {
        Ok(found) => erased.on_command_line = found,
        Err(_) => erased.left.push("/proc/self/cmdline"),
    }
    erased
}

/// A shorter value is found where it means nothing.
const MIN_VALUE: usize = 8;

/// Where else a value is for PHP code to read: other variables, and the environment of the process that started this one, if it is of
/// the same user (a container's entry script, say).
pub fn elsewhere(values: &[&[u8]]) -> Vec<String> {
    let mut places = Vec::new();
    for entry in listed() {
        // SAFETY: as in `erase`.
        let text = unsafe { CStr::from_ptr(entry) }.to_bytes();
        if let Some(equals) = text.iter().position(|byte| *byte == b'=')
            && holds(text, values)
        {
            places.push(format!(
                "the environment variable {}",
                String::from_utf8_lossy(text.get(..equals).unwrap_or_default())
            ));
        }
    }
    let parent = std::os::unix::process::parent_id();
    let is_root = engine::key::process::is_root();
    if !is_root
        && fs::read(format!("/proc/{parent}/environ")).is_ok_and(|text| holds(&Zeroizing::new(text), values))
    {
        places.push("the environment of the process that started PHP".to_owned());
    }
    places
}

/// Whether a text has one of the values in it.
pub fn holds(text: &[u8], values: &[&[u8]]) -> bool {
    values.iter().any(|value| value.len() >= MIN_VALUE && contains(text, value))
}

/// Whether a text has a value in it.
pub fn contains(text: &[u8], value: &[u8]) -> bool {
    position(text, value).is_some()
}

fn position(text: &[u8], value: &[u8]) -> Option<usize> {
    (!value.is_empty()).then(|| text.windows(value.len()).position(|window| window == value)).flatten()
}

/// Whether an ini text (or an argument) has a setting in it, at the beginning of a line or after `-d`.
pub fn names(text: &[u8], setting: &str) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| {
        let line = line.trim_ascii_start();
        line.get(..setting.len()).is_some_and(|name| name.eq_ignore_ascii_case(setting.as_bytes()))
            && line.get(setting.len()).is_none_or(|next| matches!(next, b'=' | b' ' | b'\t' | b'[' | b'\r'))
    })
}

/// Where the value begins in an argument that sets a setting: `-dNAME=VALUE`, or `NAME=VALUE` after a `-d` of its own.
fn value_of(argument: &[u8], setting: &str) -> Option<usize> {
    let prefix =
        if argument.starts_with(b"-") { argument.iter().position(|byte| *byte == b'd')? + 1 } else { 0 };
    let assignment = argument.get(prefix..)?;
    let equals = assignment.iter().position(|byte| *byte == b'=')?;
    names(assignment, setting).then_some(prefix + equals + 1)
}

fn listed() -> Vec<*const c_char> {
    // environ(7)
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    let mut entries = Vec::new();
    // SAFETY: NULL, or a list that ends with a NULL; nothing changes it while MINIT runs.
    unsafe {
        let mut at = environ;
        while !at.is_null() && !(*at).is_null() {
            entries.push(*at);
            at = at.add(1);
        }
    }
    entries
}

fn unset(variable: &str) {
    // SAFETY: in MINIT, where the process has one thread yet that could read the environment.
    unsafe { std::env::remove_var(variable) };
}

/// Where execve(2) put arguments and environment.
struct Areas {
    arguments: Range<usize>,
    environment: Range<usize>,
}

impl Areas {
    fn of_this_process() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // proc(5): fields 48 to 51 are arg_start, arg_end, env_start, env_end; what follows the name's ")" begins with field 3.
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let field =
            |number: usize| fields.get(number - 3)?.parse::<usize>().ok().filter(|address| *address != 0);
        Some(Self { arguments: field(48)?..field(49)?, environment: field(50)?..field(51)? })
    }
}

/// The process's own memory by way of `/proc/self/mem`, where a wrong address is an error and not a crash.
struct Memory(File);

impl Memory {
    fn open() -> io::Result<Self> {
        OpenOptions::new().read(true).write(true).open("/proc/self/mem").map(Self)
    }

    fn overwrite(&self, range: Range<usize>) -> io::Result<()> {
        self.0.write_all_at(&vec![0; range.len()], range.start as u64)
    }

    /// Overwrites a part of those NUL-terminated strings in an area of which `find` says where it begins. Whether there was any.
    fn overwrite_in(&self, area: &Range<usize>, find: impl Fn(&[u8]) -> Option<usize>) -> io::Result<bool> {
        let mut content = Zeroizing::new(vec![0; area.len()]);
        self.0.read_exact_at(&mut content, area.start as u64)?;
        let mut any = false;
        let mut at = area.start;
        for text in content.split(|byte| *byte == 0) {
            if let Some(value) = find(text) {
                any = true;
                self.overwrite(at + value..at + text.len())?;
            }
            at += text.len() + 1;
        }
        Ok(any)
    }
}
