//! What keeping an order costs (`wait_ms=0`), beside what SQLite itself takes to put the same bytes durably into a table of a database that
//! stays open: medians of one interleaved run; with 8 processes at once; and with many rows. Run it by `make bench-outbox`.
//!
//! The plain side is this same build of SQLite with its own defaults: WAL, synchronous=FULL, 4 KiB pages, a checkpoint after 1,000 pages.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::{
    env, fs,
    io::{self, Read, Write},
    ops::ControlFlow,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use engine::{
    config::{Config, KeySources, SETTINGS, SecretBytes},
    dispatch::{Dispatcher, State},
    order::{Order, OrderWriter, Outcome},
};
use rusqlite::{Connection, config::DbConfig, params};

/// Bytes of an order's JSON, about.
const ORDER_BYTES: usize = 800;

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["writer", kind, dir, count] => {
            write(kind, Path::new(dir), count.parse().expect("a number"));
        }
        rows => {
            let rows = rows.first().map_or(100_000, |rows| rows.parse().expect("a number of rows"));
            let dir =
                tempfile::tempdir_in(env::var_os("BENCH_DIR").map_or_else(env::temp_dir, PathBuf::from))
                    .expect("a directory");
            fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o700)).expect("chmod");
            alone(dir.path());
            together(dir.path());
            with_rows(dir.path(), rows);
        }
    }
}

/// One process: medians of turns taken by both sides.
fn alone(dir: &Path) {
    let (mut plain, mut kept) = (Plain::open(dir), Kept::open(dir));
    let (mut of_plain, mut of_reopened, mut of_kept) = (Vec::new(), Vec::new(), Vec::new());
    let reopened = dir.join("reopened.sqlite");
    drop(Plain::open_at(&reopened));
    for _ in 0..20 {
        of_plain.extend((0..100).map(|_| plain.insert()));
        of_reopened.extend((0..100).map(|n| insert_at(&reopened, n)));
        of_kept.extend((0..100).map(|_| kept.enqueue()));
    }
    let (plain, reopened, kept) = (median(of_plain), median(of_reopened), median(of_kept));
    println!("alone: plain insert {plain} µs, enqueue {kept} µs: {:.2} times", ratio(kept, plain));
    println!(
        "alone: plain open, insert, close {reopened} µs: {:.2} times plain insert; enqueue {:.2} times that",
        ratio(reopened, plain),
        ratio(kept, reopened)
    );
}

/// Eight processes: orders a second, and how long the slowest ones took.
fn together(dir: &Path) {
    let (mut ratios, mut of_plain, mut of_kept) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        let plain = eight_writers(dir, "plain", &mut of_plain);
        let kept = eight_writers(dir, "kept", &mut of_kept);
        println!("8 at once: plain {plain:.0} a second, enqueue {kept:.0} a second");
        ratios.push(kept / plain);
    }
    ratios.sort_by(f64::total_cmp);
    println!("8 at once: {:.2} times plain", ratios[ratios.len() / 2]);
    for (kind, mut times) in [("plain", of_plain), ("enqueue", of_kept)] {
        times.sort_unstable();
        let at = |permille: usize| times[(times.len() * permille / 1000).min(times.len() - 1)];
        println!("8 at once, {kind}: median {} µs, p99 {} µs, longest {} µs", at(500), at(990), at(1000));
    }
}

/// How many orders a second they write; adds what each took, in microseconds.
fn eight_writers(dir: &Path, kind: &str, times: &mut Vec<u64>) -> f64 {
    let program = env::current_exe().expect("this program");
    let dir = dir.to_str().expect("a path");
    let mut writers: Vec<_> = (0..8)
        .map(|_| {
            Command::new(&program)
                .args(["writer", kind, dir, "250"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("a process")
        })
        .collect();
    for writer in &mut writers {
        writer.stdout.as_mut().expect("a pipe").read_exact(&mut [0]).expect("that it is ready");
    }
    let start = Instant::now();
    for writer in &mut writers {
        drop(writer.stdin.take());
    }
    let took: Vec<_> =
        writers.into_iter().map(|writer| writer.wait_with_output().expect("a process")).collect();
    let elapsed = start.elapsed();
    for writer in took {
        assert!(writer.status.success());
        let text = String::from_utf8(writer.stdout).expect("numbers");
        times.extend(text.lines().map(|micros| micros.parse::<u64>().expect("a number")));
    }
    2000.0 / elapsed.as_secs_f64()
}

/// With few rows in the outbox, and with many.
fn with_rows(dir: &Path, rows: usize) {
    let few = dir.join("few");
    let many = dir.join("many");
    for dir in [&few, &many] {
        fs::create_dir(dir).expect("a directory");
        fs::set_permissions(dir, PermissionsExt::from_mode(0o700)).expect("chmod");
        Kept::open(dir).enqueue();
    }
    fill(&many.join("outbox.sqlite"), rows);
    let (mut few, mut many) = (Kept::open(&few), Kept::open(&many));
    let (mut enqueue_few, mut enqueue_many, mut claim_few, mut claim_many) = (vec![], vec![], vec![], vec![]);
    for _ in 0..5 {
        for _ in 0..20 {
            enqueue_few.extend((0..50).map(|_| few.enqueue()));
            enqueue_many.extend((0..50).map(|_| many.enqueue()));
        }
        claim_few.push(few.claim());
        claim_many.push(many.claim());
    }
    let [a, b, c, d] = [enqueue_few, enqueue_many, claim_few, claim_many].map(median);
    println!("{rows} rows: enqueue {b} µs, without {a} µs: {:.2} times", ratio(b, a));
    println!("{rows} rows: draining one of 1,000 {d} µs, without {c} µs: {:.2} times", ratio(d, c));
}

/// Copies of the one row that is there, each in a lane of its own, due a day from now but for the first ones.
fn fill(path: &Path, rows: usize) {
    let connection = Connection::open(path).expect("a database");
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
        INSERT INTO dispatch SELECT NULL, randomblob(16), randomblob(16), body, endpoint, random(), state, since + 86400000 + i, lease, attempts,
            deferrals, status, since, sealed FROM n, (SELECT * FROM dispatch LIMIT 1)";
    connection.execute(sql, [rows]).expect("rows");
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())).expect("a checkpoint");
}

/// Says that it is ready, and begins when its input ends: that a process starts is not measured.
fn write(kind: &str, dir: &Path, count: usize) {
    let mut insert: Box<dyn FnMut() -> Duration> = if kind == "plain" {
        let mut plain = Plain::open(dir);
        Box::new(move || plain.insert())
    } else {
        let mut kept = Kept::open(dir);
        Box::new(move || kept.enqueue())
    };
    print!(".");
    io::stdout().flush().expect("a pipe");
    io::stdin().read_to_end(&mut Vec::new()).expect("a pipe");
    let times: Vec<_> = (0..count).map(|_| insert()).collect();
    for time in times {
        println!("{}", time.as_micros());
    }
}

/// A table in a database that stays open.
struct Plain {
    connection: Connection,
    bytes: Vec<u8>,
}

impl Plain {
    fn open(dir: &Path) -> Self {
        Self::open_at(&dir.join("plain.sqlite"))
    }

    fn open_at(path: &Path) -> Self {
        let connection = Connection::open(path).expect("a database");
        connection.busy_timeout(Duration::from_mins(1)).expect("a timeout");
        connection
            .execute_batch(
                "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000;
                 CREATE TABLE IF NOT EXISTS plain (seq INTEGER PRIMARY KEY, bytes BLOB)",
            )
            .expect("a table");
        Self { connection, bytes: vec![7; ORDER_BYTES + 100] }
    }

    fn insert(&mut self) -> Duration {
        let start = Instant::now();
        let mut statement =
            self.connection.prepare_cached("INSERT INTO plain (bytes) VALUES (?1)").expect("a statement");
        statement.execute(params![self.bytes]).expect("a row");
        start.elapsed()
    }
}

/// The least that any database costs that is opened and closed in each call: one table, no index; the log stays, and is begun anew now and
/// then, since whoever opens it alone reads all of it.
fn insert_at(path: &Path, n: usize) -> Duration {
    let bytes = vec![7_u8; ORDER_BYTES + 100];
    let start = Instant::now();
    let connection = Connection::open(path).expect("a database");
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("a setting");
    connection.execute_batch("PRAGMA synchronous = FULL").expect("a setting");
    if n.is_multiple_of(8) {
        connection.query_row("PRAGMA wal_checkpoint(RESTART)", (), |_| Ok(())).expect("a checkpoint");
    }
    connection.execute("INSERT INTO plain (bytes) VALUES (?1)", params![bytes]).expect("a row");
    drop(connection);
    start.elapsed()
}

/// An outbox.
struct Kept {
    dispatcher: Dispatcher,
    config: Arc<Config>,
    id: i64,
}

impl Kept {
    fn open(dir: &Path) -> Self {
        for (name, text) in [
            ("key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
            ("schema.json", r#"{"properties": {"order_id": {}, "note": {}}}"#),
        ] {
            // Whole or not at all: other processes begin at the same time.
            let whole = dir.join(format!("{name}.{}", std::process::id()));
            fs::write(&whole, text).expect("a file");
            fs::rename(&whole, dir.join(name)).expect("a name");
        }
        let path = |name: &str| dir.join(name).to_str().expect("a path").to_owned();
        let text = |name: &str| match name {
            // Nothing listens there, so that what is claimed comes back.
            "endpoint" => "https://127.0.0.1:9/".to_owned(),
            "outbox" => path("outbox.sqlite"),
            "outbox_key_file" => path("key"),
            "schema_file" => path("schema.json"),
            "wait_ms" => "0".to_owned(),
            "outbox_max_bytes" => "16G".to_owned(),
            "drain_rate" | "breaker_min_calls" => "10000".to_owned(),
            name => SETTINGS.iter().find(|s| s.name == name).map_or("", |s| s.default).to_owned(),
        };
        let sources = KeySources { ini: Some(SecretBytes::new(b"k".to_vec())), ..KeySources::default() };
        let config =
            Arc::new(Config::load(text, &sources).config.unwrap_or_else(|problems| panic!("{problems:?}")));
        let dispatcher = Dispatcher::new(Arc::clone(&config), Arc::default()).expect("a dispatcher");
        // Other processes' orders are others.
        let id = i64::from(std::process::id()) << 32;
        Self { dispatcher, config, id }
    }

    fn enqueue(&mut self) -> Duration {
        self.id += 1;
        let order = order(&self.config, self.id);
        let start = Instant::now();
        let receipt = self.dispatcher.dispatch(&order, None, None).expect("a receipt");
        let elapsed = start.elapsed();
        assert_eq!(receipt.state, State::Queued);
        elapsed
    }

    /// What each of the orders that are due takes: claimed, refused by nobody there, put off.
    fn claim(&mut self) -> Duration {
        let start = Instant::now();
        let drained =
            self.dispatcher.drain(Duration::from_mins(1), || ControlFlow::Continue(())).expect("a drain");
        start.elapsed() / u32::try_from(drained.deferred).expect("a count").max(1)
    }
}

fn order(config: &Config, id: i64) -> Order {
    let mut writer = OrderWriter::new(&config.policy);
    let whole = (|| {
        writer.begin_object()?;
        writer.key(b"order_id")?;
        writer.int(id)?;
        writer.key(b"note")?;
        writer.string("x".repeat(ORDER_BYTES - 40).as_bytes())?;
        writer.end_object()
    })();
    let Outcome::Order(order) = writer.finish(whole) else { panic!("an order") };
    order
}

fn median(mut times: Vec<Duration>) -> u128 {
    times.sort();
    times[times.len() / 2].as_micros()
}

fn ratio(one: u128, other: u128) -> f64 {
    Duration::from_micros(u64::try_from(one).unwrap_or_default()).as_secs_f64()
        / Duration::from_micros(u64::try_from(other).unwrap_or_default()).as_secs_f64()
}
