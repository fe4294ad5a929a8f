//! The engine against a real API over real TLS, which misbehaves.

mod audit;
mod counted;
mod deadline;
mod hostile;
mod outbox;
mod proxy;
mod records;
mod retry;
mod reuse;
mod shop;
mod tls;
