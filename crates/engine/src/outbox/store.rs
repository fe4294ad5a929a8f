//! The database, one transaction at a time.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use aws_lc_rs::{hmac, rand};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::{
    Settings, connection, durable, epoch_millis,
    fault::Fault,
    file::Identity,
    handle::{self, Handle},
    seal::{self, Binding, Purpose, Unopenable},
};

/// Tells our files from other programs', and their versions from one another.
const USER_VERSION: i32 = 0x5D0B_0001;

/// The log is begun anew once it has so many pages: a new beginning costs a few more fdatasync(2), and has the others open the database
/// anew; whoever opens the log while nobody else has it open reads all of it first. The file keeps its size, since writing over it costs
/// half of what making it longer does.
const MAX_LOG_PAGES: u64 = 512;

/// The outbox, for the time of a call.
pub(crate) struct Store<'a> {
    settings: &'a Settings,
    /// Until when others' locks are waited for.
    patience: Instant,
    lost_index: Cell<bool>,
}

impl<'a> Store<'a> {
    /// Whatever is locked is waited for no longer than `lock_wait`.
    pub(crate) fn new(settings: &'a Settings, lock_wait: Duration) -> Self {
        Self { settings, patience: Instant::now() + lock_wait, lost_index: Cell::new(false) }
    }

    /// Whether the index key was made anew, since none of our keys opened the old one.
    pub(crate) fn has_lost_index(&self) -> bool {
        self.lost_index.get()
    }

    pub(super) fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// Runs a transaction that writes, and makes sure that what it wrote is on the disk, where the next process looks.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Keyring<'_>, i64) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.write_prepared(
            |_, _| Ok(()),
            |transaction, keyring, now, ()| work(transaction, keyring, now),
            |_, (), _| Ok(()),
        )
    }

    /// As [`Store::write`]; what `prepare` does, others need not wait for. `undo` takes back what others see already, and what the disk does
    /// not keep.
    pub(super) fn write_prepared<P, T>(
        &self,
        prepare: impl Fn(&Connection, &Keyring<'_>) -> Result<P, Fault>,
        work: impl FnOnce(&Transaction<'_>, &Keyring<'_>, i64, &P) -> Result<T, Fault>,
        undo: impl FnOnce(&Transaction<'_>, &P, &T) -> Result<(), Fault>,
    ) -> Result<T, Fault> {
        handle::with(&self.settings.path, self.patience, |handle| {
            self.keep_log_short(handle);
            let (mut keyring, log) = self.make_ready(handle)?;
            durable::prepare_end_of_doubt(&handle.connection)?;
            let mut prepared = prepare(&handle.connection, &keyring)?;
            let transaction = Transaction::new_unchecked(&handle.connection, TransactionBehavior::Immediate)?;
            if !keyring.index.is_current(&transaction)? {
                keyring = Keyring::load(&transaction, self.settings)?.ok_or(Fault::Moved)?;
                prepared = prepare(&transaction, &keyring)?;
            }
            keyring.index.keep_up(&transaction, self.settings)?;
            durable::end_doubt(&transaction, &self.settings.path, log)?;
            // Not before: a lock may have been waited for.
            let done = work(&transaction, &keyring, epoch_millis(), &prepared)?;
            transaction.commit()?;
            self.make_durable(handle, log, |transaction| undo(transaction, &prepared, &done))?;
            handle.verify(log)?;
            Ok(done)
        })
    }

    /// What was committed is on the disk, and has its name there; or else it is undone.
    fn make_durable(
        &self,
        handle: &mut Handle,
        log: Identity,
        undo: impl FnOnce(&Transaction<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        durable::sync(&handle.connection)
            .and_then(|()| self.make_names_durable(log))
            .or_else(|fault| self.make_durable_again(handle, log, fault, undo))
    }

    fn make_durable_again(
        &self,
        handle: &mut Handle,
        log: Identity,
        fault: Fault,
        undo: impl FnOnce(&Transaction<'_>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let again = |transaction: &Transaction<'_>| {
            durable::write_again(transaction, &self.settings.path, log)?;
            durable::sync(transaction)?;
            self.make_names_durable(log)
        };
        durable::again_or_undo(&mut handle.connection, fault, again, undo)
    }

    fn make_names_durable(&self, log: Identity) -> Result<(), Fault> {
        Ok(self.settings.durable_names.ensure(&self.settings.path, log)?)
    }

    /// Runs a transaction that reads; what it tells is on the disk.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Keyring<'_>, i64) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        handle::with(&self.settings.path, self.patience, |handle| {
            let (keyring, log) = self.make_ready(handle)?;
            let begin = |behavior| Transaction::new_unchecked(&handle.connection, behavior);
            let transaction = begin(TransactionBehavior::Deferred)?;
            let told = work(&transaction, &keyring, epoch_millis())?;
            let is_in_doubt = durable::is_in_doubt(&transaction)?;
            drop(transaction);
            if is_in_doubt {
                let transaction = begin(TransactionBehavior::Immediate)?;
                durable::end_doubt(&transaction, &self.settings.path, log)?;
                transaction.commit()?;
            }
            self.make_durable(handle, log, |_| Ok(()))?;
            Ok(told)
        })
    }

    /// The keys for what is in the file, which is made usable first if it is not, and the log.
    fn make_ready(&self, handle: &Handle) -> Result<(Keyring<'a>, Identity), Fault> {
        let connection = &*handle.connection;
        let load = || Ok::<_, Fault>((Keyring::load(connection, self.settings)?, handle.log()));
        match load()? {
            (Some(keyring), Some(log)) => return Ok((keyring, log)),
            // There is no log where making the file was cut short, or somebody has changed its mode.
            (Some(_), None) => self.patiently(|| use_wal(connection))?,
            (None, _) => {
                self.lost_index.set(self.patiently(|| make_usable(connection, self.settings))?);
            }
        }
        match load()? {
            (Some(keyring), Some(log)) => Ok((keyring, log)),
            _ => Err(Fault::Moved),
        }
    }

    /// Waits for locks for which SQLite does not ask its busy handler: who changes the mode of a file needs it for himself, and two who
    /// both read it already would wait for each other (`pagerExclusiveLock` in SQLite's pager.c).
    fn patiently<T>(&self, work: impl Fn() -> Result<T, Fault>) -> Result<T, Fault> {
        loop {
            match work() {
                Err(Fault::Locked) if Instant::now() < self.patience => connection::pause(),
                done => return done,
            }
        }
    }

    /// SQLite's own checkpoints are of no use here: who opens the log next does not know that they were made, and appends to it. What goes
    /// wrong here is the transaction's to find out: it may yet come to its end.
    fn keep_log_short(&self, handle: &mut Handle) {
        if handle.log_pages > MAX_LOG_PAGES {
            let _ = self.checkpoint(handle, "RESTART");
        }
    }

    /// Empties the log: what was deleted or overwritten is nowhere then.
    pub(crate) fn empty_log(&self) -> Result<(), Fault> {
        handle::with(&self.settings.path, self.patience, |handle| self.checkpoint(handle, "TRUNCATE"))
    }

    /// Unless others read or write just now: the next one will do. What is in doubt is not copied: half of it, after a power loss, would be in the database alone.
    fn checkpoint(&self, handle: &mut Handle, mode: &str) -> Result<(), Fault> {
        if durable::is_in_doubt(&handle.connection)? {
            return Ok(());
        }
        handle.connection.wait_until(Instant::now())?;
        let done = handle.connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), (), |_| Ok(()));
        let done = match (done.map_err(Fault::from), handle.log()) {
            (Err(Fault::Locked), _) => Ok(()),
            // It syncs the log first.
            (Err(Fault::Io), Some(log)) => self.make_durable_again(handle, log, Fault::Io, |_| Ok(())),
            (done, _) => done,
        };
        handle.connection.wait_until(self.patience)?;
        done
    }
}

/// Makes the tables and the index key where they are not there yet. True: none of the keys opens the index key that was there.
fn make_usable(connection: &Connection, settings: &Settings) -> Result<bool, Fault> {
    create(connection)?;
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let lost = match IndexKey::read(&transaction, settings)? {
        Some(Ok(_)) => return Ok(false),
        Some(Err(_)) => true,
        None => false,
    };
    let mut key = [0; 32];
    rand::fill(&mut key).map_err(|_| Fault::Io)?;
    IndexKey::write(&transaction, settings, &key)?;
    transaction.commit()?;
    Ok(lost)
}

fn create(connection: &Connection) -> Result<(), Fault> {
    // Before anything of another program's is changed.
    if !is_made(connection)? {
        use_wal(connection)?;
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        // Another process may have been faster.
        if !is_made(&transaction)? {
            transaction.execute_batch(include_str!("schema.sql"))?;
            transaction.pragma_update(None, "user_version", USER_VERSION)?;
        }
        transaction.commit()?;
    }
    use_wal(connection)
}

/// Whether the tables are there.
pub(super) fn is_made(connection: &Connection) -> Result<bool, Fault> {
    // In this sequence, as another process may be making them: it writes the version last.
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    let version: i32 = connection.query_row("PRAGMA user_version", (), |row| row.get(0))?;
    match (version, tables) {
        (USER_VERSION, _) => Ok(true),
        (0, 0) => Ok(false),
        _ => Err(Fault::Foreign),
    }
}

/// Has the file kept with a write-ahead log; the file itself says so from then on. Not within a transaction.
fn use_wal(connection: &Connection) -> Result<(), Fault> {
    // It is done by a rollback journal.
    connection.execute_batch("PRAGMA synchronous = FULL")?;
    // What cannot be changed is told by the mode that it stays, and by no error.
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
    connection.execute_batch("PRAGMA synchronous = NORMAL")?;
    if mode == "wal" { Ok(()) } else { Err(Fault::Io) }
}

/// The key of the hashes by which rows are found: made with the file, and sealed in it, so that it outlives the rotation of the keys that
/// seal.
pub(super) struct IndexKey {
    key: hmac::Key,
    /// As it is in the file.
    sealed: Vec<u8>,
    /// Sealed with an older key than the first one.
    is_behind: Option<Vec<u8>>,
}

const INDEX_KEY: Binding<'_> = Binding { purpose: Purpose::IndexKey, row: b"index", endpoint: 0 };

impl IndexKey {
    /// None: there is none yet.
    pub(super) fn read(
        connection: &Connection,
        settings: &Settings,
    ) -> Result<Option<Result<Self, Unopenable>>, Fault> {
        let open = |sealed: Vec<u8>| {
            let bytes = seal::open(&settings.keys, INDEX_KEY, &sealed)?;
            let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
            let is_behind = (!seal::is_by_first_key(&settings.keys, &sealed)).then_some(bytes);
            Ok(Self { key, sealed, is_behind })
        };
        Ok(Self::sealed(connection)?.map(open))
    }

    fn sealed(connection: &Connection) -> Result<Option<Vec<u8>>, Fault> {
        let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = 'index_key'")?;
        Ok(statement.query_row((), |row| row.get(0)).optional()?)
    }

    /// Whether it is still the one in the file: another process may have made it anew, or sealed it anew.
    fn is_current(&self, transaction: &Transaction<'_>) -> Result<bool, Fault> {
        Ok(Self::sealed(transaction)?.as_ref() == Some(&self.sealed))
    }

    /// Whether it is sealed with the first key.
    pub(super) fn is_up_to_date(&self) -> bool {
        self.is_behind.is_none()
    }

    /// Seals it with the first key, so that the older ones can be taken away when nothing else is sealed with them.
    fn keep_up(&self, connection: &Connection, settings: &Settings) -> Result<(), Fault> {
        self.is_behind.as_ref().map_or(Ok(()), |key| Self::write(connection, settings, key))
    }

    fn write(connection: &Connection, settings: &Settings, key: &[u8]) -> Result<(), Fault> {
        let sealed = seal::seal(&settings.keys, INDEX_KEY, key).ok_or(Fault::Io)?;
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('index_key', ?1)", params![sealed])?;
        Ok(())
    }
}

/// What the keys do: keyed hashes, equal for equal texts and nothing without the key; sealing and opening.
pub(super) struct Keyring<'a> {
    index: IndexKey,
    settings: &'a Settings,
}

impl<'a> Keyring<'a> {
    /// None: there is no index key yet, or none that our keys open.
    pub(super) fn load(connection: &Connection, settings: &'a Settings) -> Result<Option<Self>, Fault> {
        match IndexKey::read(connection, settings) {
            Ok(Some(Ok(index))) => Ok(Some(Self { index, settings })),
            // No such table: a new file, or one that is not ours.
            Ok(_) | Err(Fault::Corrupt) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    pub(super) fn seal(&self, binding: Binding<'_>, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        seal::seal(&self.settings.keys, binding, plain).ok_or(Fault::Io)
    }

    pub(super) fn open(&self, binding: Binding<'_>, record: &[u8]) -> Result<Vec<u8>, Unopenable> {
        seal::open(&self.settings.keys, binding, record)
    }

    pub(super) fn key(&self, idempotency_key: &str) -> [u8; 16] {
        self.hash(&[b"key", idempotency_key.as_bytes()])
    }

    pub(super) fn body(&self, body: &[u8]) -> [u8; 16] {
        self.hash(&[b"body", body])
    }

    pub(super) fn endpoint(&self) -> i64 {
        self.number(&[b"endpoint", self.settings.endpoint.as_bytes()])
    }

    /// A row without an order id has a lane of its own. Two orders with one number merely wait for each other.
    pub(super) fn lane(&self, endpoint: i64, id: Uuid, order_id: Option<&str>) -> i64 {
        match order_id {
            Some(order_id) => self.number(&[b"lane", &endpoint.to_be_bytes(), order_id.as_bytes()]),
            None => self.number(&[b"own lane", id.as_bytes()]),
        }
    }

    fn number(&self, parts: &[&[u8]]) -> i64 {
        self.hash(parts).first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes))
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.index.key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        let mut hash = [0; 16];
        hash.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        hash
    }
}
