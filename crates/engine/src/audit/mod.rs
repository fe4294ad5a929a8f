//! What happened to each order, one line of JSON an event, through `tracing`: `docs/operations.md` has the fields, and the closed lists of
//! events and error codes.
//!
//! An [`Event`] has room for an order's id, and for nothing else of the order, of the answer or of the key. What other crates say through
//! `tracing` goes nowhere.

mod event;
pub(crate) mod file;
mod sink;

use std::sync::{Arc, OnceLock};

use tracing::{Dispatch, Level, dispatcher};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, registry};

pub(crate) use event::tell_notice;
pub use event::{Event, OrderId, Subject, What, tell};
pub use sink::{Line, Sink};

use crate::shared::Shared;
use event::TARGET;
use sink::{Outlet, Pen};

/// `secure_dispatch.log` and `.log_level`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where lines go.
    pub sink: Sink,
    /// What is not worth a line: whatever is less than this.
    pub level: Level,
}

impl Default for Settings {
    fn default() -> Self {
        Self { sink: Sink::Php, level: Level::INFO }
    }
}

/// The log, for every process that is forked from here: it holds no descriptor.
pub struct Audit {
    settings: Settings,
    outlet: Arc<Outlet>,
    /// Made when something is told: most starts of PHP on the command line tell nothing.
    subscriber: OnceLock<Dispatch>,
}

impl Audit {
    /// Opens nothing. Lines that cannot be written are counted.
    #[must_use]
    pub fn new(settings: Settings, shared: Arc<Shared>) -> Self {
        let outlet = Arc::new(Outlet::new(settings.sink.clone(), shared));
        Self { settings, outlet, subscriber: OnceLock::new() }
    }

    /// Has whatever `work` tells written.
    pub fn scope<R>(&self, work: impl FnOnce() -> R) -> R {
        dispatcher::with_default(self.subscriber.get_or_init(|| self.subscriber()), work)
    }

    fn subscriber(&self) -> Dispatch {
        if self.settings.sink == Sink::Off {
            return Dispatch::none();
        }
        let lines = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_target(false)
            .log_internal_errors(false)
            .with_writer(Pen(Arc::clone(&self.outlet)));
        let filter = Targets::new().with_target(TARGET, self.settings.level);
        Dispatch::new(registry().with(lines).with(filter))
    }

    /// This thread's lines for PHP's own log since this was last asked: only the binding can write there.
    #[must_use]
    pub fn take_lines(&self) -> Vec<Line> {
        self.outlet.take_lines()
    }

    /// Counts lines that were taken, and could not be written.
    pub fn lose(&self, lines: usize) {
        self.outlet.lose(lines);
    }

    /// Where lines go.
    #[must_use]
    pub fn sink(&self) -> &Sink {
        &self.settings.sink
    }
}
