//! A row's columns as they are read. Whatever a stranger wrote there is some value: a wrong one makes its row one that does not open, and
//! stops no other.

use rusqlite::{Result, Row};
use uuid::Uuid;

use super::State;

/// The nil id, which no row of ours has, for what is none.
pub(super) fn id(row: &Row<'_>, index: usize) -> Result<Uuid> {
    Ok(Uuid::from_slice(&row.get::<_, Vec<u8>>(index)?).unwrap_or_default())
}

/// Held, for what is none.
pub(super) fn state(row: &Row<'_>, index: usize) -> Result<State> {
    Ok(State::of(row.get(index)?).unwrap_or(State::Held))
}

/// The nearest number that can be.
pub(super) fn count(row: &Row<'_>, index: usize) -> Result<u32> {
    Ok(u32::try_from(row.get::<_, i64>(index)?.max(0)).unwrap_or(u32::MAX))
}

/// None, for what is none.
pub(super) fn status(row: &Row<'_>, index: usize) -> Result<Option<u16>> {
    Ok(row.get::<_, Option<i64>>(index)?.and_then(|status| u16::try_from(status).ok()))
}
