//! Random numbers, from the system's generator: forks share the state of any other.

use aws_lc_rs::rand;

/// A number from 0 to 1; 1 when the system gives none, as the longest wait is still right.
pub(crate) fn share() -> f64 {
    let mut bytes = [0; 4];
    rand::fill(&mut bytes).map_or(1.0, |()| f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX))
}

/// A number that nobody else has.
pub(crate) fn token() -> Option<i64> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).ok().map(|()| i64::from_ne_bytes(bytes))
}
