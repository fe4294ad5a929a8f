//! Whatever a stranger wrote into the outbox's file, as values of rows or as bytes: no panic, no hang, and nothing is sent that was not
//! sealed here.
#![no_main]

use std::{
    cell::RefCell, fs, ops::ControlFlow, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc, time::Duration,
};

use engine::{
    config::{Config, KeySources, SETTINGS},
    dispatch::{Dispatcher, IdempotencyKey},
    order::{Order, OrderWriter, Outcome},
};
use libfuzzer_sys::fuzz_target;
use rusqlite::{Connection, types::Value};
use testbed::Testbed;
use zeroize::Zeroizing;

struct Kept {
    testbed: Testbed,
    dispatcher: Dispatcher,
    config: Arc<Config>,
    path: PathBuf,
    /// The file with three orders in it.
    template: Vec<u8>,
    _dir: tempfile::TempDir,
}

const KEYS: [&str; 3] = ["first", "second", "third"];

impl Kept {
    fn open() -> Self {
        let testbed = Testbed::start().expect("a testbed");
        // In memory, where there is such a directory: thousands of files a second.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory");
        fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o700)).expect("chmod");
        let key = dir.path().join("key");
        fs::write(&key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("a key");
        let path = dir.path().join("outbox.sqlite");
        let text = |name: &str| match name {
            "endpoint" => testbed.door("main").url("/orders"),
            "ca_file" => testbed.ca_file().to_str().expect("a path").to_owned(),
            "outbox" => path.to_str().expect("a path").to_owned(),
            "outbox_key_file" => key.to_str().expect("a path").to_owned(),
            "wait_ms" => "0".to_owned(),
            "drain_rate" => "10000".to_owned(),
            name => SETTINGS.iter().find(|s| s.name == name).map_or("", |s| s.default).to_owned(),
        };
        let sources = KeySources { ini: Some(Zeroizing::new(b"k".to_vec())), ..KeySources::default() };
        let config = Arc::new(Config::load(text, &sources).config.ok().expect("a configuration"));
        let mut dispatcher = Dispatcher::new(Arc::clone(&config), Arc::default()).expect("a dispatcher");
        for (n, key) in (1..).zip(KEYS) {
            dispatcher.dispatch(&order(&config, n / 2 + 1), IdempotencyKey::parse(key.as_bytes()).ok(), None).expect("queued");
        }
        let connection = Connection::open(&path).expect("a database");
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())).expect("a checkpoint");
        drop(connection);
        let template = fs::read(&path).expect("a file");
        Self { testbed, dispatcher, config, path, template, _dir: dir }
    }

    fn restore(&self) {
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{suffix}", self.path.display()));
        }
        fs::write(&self.path, &self.template).expect("a file");
    }
}

fn order(config: &Config, id: i64) -> Order {
    let mut writer = OrderWriter::new(&config.policy);
    let whole = (|| {
        writer.begin_object()?;
        writer.key(b"order_id")?;
        writer.int(id)?;
        writer.end_object()
    })();
    let Outcome::Order(order) = writer.finish(whole) else { panic!("an order") };
    order
}

thread_local!(static KEPT: RefCell<Kept> = RefCell::new(Kept::open()));

fuzz_target!(|edits: &[u8]| {
    KEPT.with_borrow_mut(|kept| {
        kept.restore();
        let outbox = kept.config.outbox.as_ref().expect("an outbox");
        // The last round's handle is given up: SQLite would go by its index in this round's edits too.
        let _ = outbox.list(1, None);
        let Some((how, edits)) = edits.split_first() else { return };
        if how % 2 == 0 { edit_bytes(&kept.path, edits) } else { edit_rows(&kept.path, edits) }
        let rows = outbox.list(10, None).unwrap_or_default();
        let _ = outbox.tally();
        for row in &rows {
            let _ = outbox.retry(row.id, true);
        }
        for state in ["held", "dead", "unconfirmed"] {
            let _ = outbox.retry_all(state, |_| ());
        }
        let _ = kept.dispatcher.dispatch(&order(&kept.config, 2), IdempotencyKey::parse(b"second").ok(), None);
        let _ = kept.dispatcher.drain(Duration::from_millis(300), || ControlFlow::Continue(()));
        if let Some(row) = rows.first() {
            let _ = outbox.discard(row.id);
        }
        assert!(kept.testbed.taken_keys().iter().all(|key| KEYS.contains(&key.as_str())));
        kept.testbed.reset();
    });
});

/// Offset and byte, again and again.
fn edit_bytes(path: &PathBuf, edits: &[u8]) {
    let mut file = fs::read(path).expect("a file");
    for edit in edits.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % file.len();
        file[at] = edit[2];
    }
    fs::write(path, file).expect("a file");
}

/// Column, row, type and value, again and again.
fn edit_rows(path: &PathBuf, edits: &[u8]) {
    const COLUMNS: [&str; 13] = [
        "id", "key", "body", "endpoint", "lane", "state", "due", "lease", "attempts", "deferrals", "status", "since", "sealed",
    ];
    let connection = Connection::open(path).expect("a database");
    for edit in edits.chunks(12) {
        let [column, row, kind, value @ ..] = edit else { continue };
        let value = match kind % 5 {
            0 => Value::Null,
            1 => Value::Integer(value.iter().fold(0_i64, |number, byte| number << 8 | i64::from(*byte))),
            2 => Value::Integer(i64::from(value.first().copied().unwrap_or_default()) - 2),
            3 => Value::Text(String::from_utf8_lossy(value).into_owned()),
            _ => Value::Blob(value.to_vec()),
        };
        // What the table does not take, it does not take.
        let _ = match column % 16 {
            13 => connection.execute("UPDATE meta SET value = ?1 WHERE rowid = rowid", [value]),
            14 => connection.execute("DELETE FROM meta WHERE name > ?1", [value]),
            15 => connection.execute("DELETE FROM dispatch WHERE seq = ?1", [row % 4]),
            column => {
                let sql = format!("UPDATE dispatch SET {} = ?1 WHERE seq = ?2", COLUMNS[usize::from(column)]);
                connection.execute(&sql, (value, row % 4))
            }
        };
    }
}
