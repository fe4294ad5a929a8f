//! What each process (and, under ZTS, each thread) has of its own: the dispatcher with its connection, made at
//! the first dispatch.

use std::{cell::RefCell, mem::ManuallyDrop, ops::ControlFlow, sync::Arc, time::Duration};

use engine::{
    audit::{self, Audit, Event, What},
    config::Config,
    dispatch::{Dispatcher, Drained},
    error::Error,
    fork::ForkMark,
    shared::{Counter, Shared},
};

use crate::{
    posture::Posture,
    zend::{self, Interrupted},
};

thread_local! {
    static WORKER: RefCell<Option<Worker>> = const { RefCell::new(None) };
}

/// Does something with this process's dispatcher, and has it told to the log.
pub fn with<R>(
    posture: &Posture,
    config: &Arc<Config>,
    work: impl FnOnce(&mut Dispatcher) -> Result<R, Error>,
) -> Result<Result<R, Error>, Interrupted> {
    take(posture, config, |dispatcher| Ok(work(dispatcher)))
}

/// Drains the outbox, and has each row told to the log when it is done: what comes later may be long in coming.
pub fn drain(
    posture: &Posture,
    config: &Arc<Config>,
    duration: Duration,
) -> Result<Result<Drained, Error>, Interrupted> {
    take(posture, config, |dispatcher| {
        let mut told = Ok(());
        let drained = dispatcher.drain(duration, || {
            told = log_lines(&posture.audit);
            if told.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        told.map(|()| drained)
    })
}

/// The dispatcher is taken out while it works, so that a panic leaves none behind rather than a broken one.
fn take<R>(
    posture: &Posture,
    config: &Arc<Config>,
    work: impl FnOnce(&mut Dispatcher) -> Result<Result<R, Error>, Interrupted>,
) -> Result<Result<R, Error>, Interrupted> {
    let kept = WORKER.with(|slot| slot.try_borrow_mut().ok()?.take()).filter(|worker| worker.serves(config));
    let mut worker = match kept {
        Some(worker) => worker,
        None => match Worker::new(config, &posture.shared) {
            Ok(worker) => worker,
            Err(error) => {
                tell_failure(posture, What::Failed, &error)?;
                return Ok(Err(error));
            }
        },
    };
    let done = posture.audit.scope(|| work(&mut worker.dispatcher));
    WORKER.with(|slot| {
        if let Ok(mut slot) = slot.try_borrow_mut() {
            *slot = Some(worker);
        }
    });
    if done.is_err() {
        // PHP is to do nothing more before it has ended the request.
        posture.audit.lose(posture.audit.take_lines().len());
    } else {
        log_lines(&posture.audit)?;
    }
    done
}

/// Tells what did not take a dispatcher.
pub fn tell(posture: &Posture, work: impl FnOnce()) -> Result<(), Interrupted> {
    posture.audit.scope(work);
    log_lines(&posture.audit)
}

/// Tells and counts a call that ends in an exception before a dispatcher knows of it.
pub fn tell_failure(posture: &Posture, what: What, error: &Error) -> Result<(), Interrupted> {
    posture.shared.counters.add(Counter::Failed, 1);
    let message = matches!(error, Error::Internal).then(|| error.to_string());
    let event = || Event { error: Some(error.code()), message: message.as_deref(), ..Event::default() };
    tell(posture, || audit::tell(what, event))
}

/// Writes the lines that are for PHP's own log.
fn log_lines(audit: &Audit) -> Result<(), Interrupted> {
    let lines = audit.take_lines();
    for (written, line) in lines.iter().enumerate() {
        zend::log(line.severity, &format!("secure_dispatch: {}", line.text))
            .inspect_err(|_| audit.lose(lines.len() - written))?;
    }
    Ok(())
}

/// Closes this process's connection.
pub fn stop() {
    // try_with: PHP may shut down after this thread's locals are gone, and then there is nothing left to stop.
    let _ = WORKER.try_with(|slot| slot.try_borrow_mut().map(|mut slot| slot.take()));
}

struct Worker {
    mark: ForkMark,
    config: Arc<Config>,
    dispatcher: ManuallyDrop<Dispatcher>,
}

impl Worker {
    fn new(config: &Arc<Config>, shared: &Arc<Shared>) -> Result<Self, Error> {
        let dispatcher = ManuallyDrop::new(Dispatcher::new(Arc::clone(config), Arc::clone(shared))?);
        Ok(Self { mark: ForkMark::new(), config: Arc::clone(config), dispatcher })
    }

    /// Whether it was made in this process, and of these settings (an Apache graceful restart reads them again).
    fn serves(&self, config: &Arc<Config>) -> bool {
        self.is_ours() && Arc::ptr_eq(&self.config, config)
    }

    fn is_ours(&self) -> bool {
        self.mark.is_of_this_process()
    }
}

impl Drop for Worker {
    /// What a fork inherited is forgotten, not dropped: no library promises that dropping a connection writes nothing to it, and this
    /// one is the parent's. Its descriptor stays open in the child for as long as that lives, and is never used.
    fn drop(&mut self) {
        if self.is_ours() {
            // SAFETY: dropped here and nowhere else; `self` is gone after this.
            unsafe { ManuallyDrop::drop(&mut self.dispatcher) }
        }
    }
}
