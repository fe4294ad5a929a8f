//! `testbed STATE_FILE [PARENT_PID]`: runs the testbed until SIGTERM or SIGINT, or until the parent is gone. Once it
//! listens, `STATE_FILE` holds its description as JSON.
#![forbid(unsafe_code)]

use std::{error::Error, fs, path::Path, process::ExitCode, time::Duration};

use testbed::Testbed;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (state_file, parent) = match arguments.as_slice() {
        [state_file] => (state_file, None),
        [state_file, parent] if parent.parse::<u32>().is_ok() => (state_file, Some(parent)),
        _ => return fail("usage: testbed STATE_FILE [PARENT_PID]"),
    };
    match run(state_file, parent.map(String::as_str)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("testbed: {error}")),
    }
}

#[expect(clippy::print_stderr, reason = "a program's way to say why it failed")]
fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}

fn run(state_file: &str, parent: Option<&str>) -> Result<(), Box<dyn Error + Send + Sync>> {
    let testbed = Testbed::start()?;
    // Whoever waits for the file finds it whole.
    let unfinished = format!("{state_file}.unfinished");
    fs::write(&unfinished, testbed.description().to_string())?;
    fs::rename(&unfinished, state_file)?;
    let waiting = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    waiting.block_on(async {
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
            () = gone(parent) => {}
        }
        Ok(())
    })
}

async fn gone(parent: Option<&str>) {
    let Some(parent) = parent else { return std::future::pending().await };
    let parent = Path::new("/proc").join(parent);
    while parent.exists() {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
