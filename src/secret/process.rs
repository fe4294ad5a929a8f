//! The process's arguments and environment, as `/proc/self/cmdline` and `/proc/self/environ` show them for as long as it lives:
//! unsetenv(3) takes a variable out of a list, and leaves its bytes where execve(2) put them.

use std::{ffi::CStr, fs, ops::Range, ptr, slice};

use zeroize::{Zeroize, Zeroizing};

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
    let assignment = format!("{variable}=");
    let in_environment = |entry: &[u8]| entry.starts_with(assignment.as_bytes()).then_some(assignment.len());
    // The list that getenv(3) reads: PHP's CLI has moved it elsewhere (save_ps_args in sapi/cli/ps_title.c).
    for entry in listed() {
        // SAFETY: an entry of the environment is a terminated string in memory of this process's own; nothing else reads it while MINIT
        // runs.
        let text = unsafe { slice::from_raw_parts_mut(entry, CStr::from_ptr(entry.cast()).count_bytes()) };
        overwrite(text, in_environment);
    }
    unset(variable);
    let Some(mut areas) = Areas::of_this_process() else {
        // Without /proc nobody reads it there, and the kernel has no other way to show it.
        let shown = fs::exists("/proc/self").unwrap_or(true);
        let left = shown.then_some(
            "/proc/self/cmdline and /proc/self/environ (/proc/self/stat does not say where they are)",
        );
        return Erased { on_command_line: false, left: left.into_iter().collect() };
    };
    overwrite(areas.environment(), in_environment);
    let on_command_line = overwrite(areas.arguments(), |argument| {
        let by_value = values
            .iter()
            .filter(|value| value.len() >= MIN_VALUE)
            .find_map(|value| position(argument, value));
        value_of(argument, setting).or(by_value)
    });
    Erased { on_command_line, left: Vec::new() }
}

/// Overwrites a part of those NUL-terminated strings in an area of which `find` says where it begins. Whether there was any.
fn overwrite(area: &mut [u8], find: impl Fn(&[u8]) -> Option<usize>) -> bool {
    let mut any = false;
    for text in area.split_mut(|byte| *byte == 0) {
        if let Some(value) = find(text).and_then(|at| text.get_mut(at..)) {
            value.zeroize();
            any = true;
        }
    }
    any
}

/// A shorter value is found where it means nothing.
const MIN_VALUE: usize = 8;

/// Where else a value is for PHP code to read: other variables, and the environment of the process that started this one, if it is of
/// the same user (a container's entry script, say).
pub fn elsewhere(values: &[&[u8]]) -> Vec<String> {
    let mut places = Vec::new();
    for entry in listed() {
        // SAFETY: an entry of the environment is a terminated string; nothing changes it while MINIT runs.
        let text = unsafe { CStr::from_ptr(entry.cast()) }.to_bytes();
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

fn listed() -> Vec<*mut u8> {
    // environ(7)
    unsafe extern "C" {
        static environ: *const *mut u8;
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

/// Where execve(2) put arguments and environment, and where `/proc` shows them from. Not by way of `/proc/self/mem`: a process that
/// may not read its own program is closed to itself from the start.
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
        let area = |from, to| Some(field(from)?..field(to)?).filter(|area| area.start <= area.end);
        Some(Self { arguments: area(48, 49)?, environment: area(50, 51)? })
    }

    fn arguments(&mut self) -> &mut [u8] {
        // SAFETY: the kernel's bounds of what it wrote to this process's stack, which stays mapped and writable as long as the process
        // lives (and what prctl(PR_SET_MM) puts in their place must be mapped too). In MINIT nothing else reads it.
        unsafe { bytes(&self.arguments) }
    }

    fn environment(&mut self) -> &mut [u8] {
        // SAFETY: as above.
        unsafe { bytes(&self.environment) }
    }
}

/// # Safety
/// The range is mapped and writable for as long as the slice is used, and nothing else uses it meanwhile.
unsafe fn bytes<'a>(range: &Range<usize>) -> &'a mut [u8] {
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts_mut(ptr::with_exposed_provenance_mut(range.start), range.len()) }
}
