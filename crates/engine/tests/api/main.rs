//! The engine against a real API over real TLS, which misbehaves.

mod deadline;
mod hostile;
mod proxy;
mod reuse;
mod shop;
mod tls;
