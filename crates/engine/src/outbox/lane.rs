//! Lanes: the rows of one order leave in the sequence in which they were accepted. Only the first unfinished one is ever due.

use rusqlite::{Connection, Transaction, params};

use super::fault::Fault;

const HEAD: &str = "SELECT min(seq) FROM dispatch WHERE lane = ?1 AND state < 2";

/// Has what [`head`] asks ready.
pub(super) fn prepare_head(connection: &Connection) -> Result<(), Fault> {
    Ok(connection.prepare_cached(HEAD).map(drop)?)
}

/// The first unfinished row.
pub(super) fn head(transaction: &Transaction<'_>, lane: i64) -> Result<Option<i64>, Fault> {
    Ok(transaction.prepare_cached(HEAD)?.query_row([lane], |row| row.get(0))?)
}

/// After a row of a lane is done, put back, or taken out: the first one is due, unless one of them is being sent, and no other is.
pub(super) fn settle(transaction: &Transaction<'_>, lane: i64, now: i64) -> Result<(), Fault> {
    let Some(head) = head(transaction, lane)? else { return Ok(()) };
    transaction.execute(
        "UPDATE dispatch SET due = NULL
         WHERE lane = ?1 AND state < 2 AND seq > ?2 AND due IS NOT NULL AND lease IS NULL",
        params![lane, head],
    )?;
    transaction.execute(
        "UPDATE dispatch SET due = ?3 WHERE seq = ?2 AND due IS NULL
         AND NOT EXISTS (SELECT 1 FROM dispatch WHERE lane = ?1 AND state < 2 AND lease IS NOT NULL)",
        params![lane, head, now],
    )?;
    Ok(())
}
