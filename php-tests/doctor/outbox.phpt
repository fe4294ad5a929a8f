--TEST--
doctor: the outbox's modes, integrity, key, and what is left in it; looking changes nothing
--SKIPIF--
<?php
exec(PHP_BINARY . ' -n -d extension=sqlite3 -r "exit((int) !class_exists(\'SQLite3\'));"', $output, $status);
if ($status !== 0) die('skip needs PHP\'s extension sqlite3');
?>
--FILE--
<?php
require __DIR__ . '/../harness/console.inc';
/** What a stranger does to the file; the first value of the last row. */
$sql = fn (string $file, string $sql) => shell_exec(implode(' ', array_map(escapeshellarg(...), [PHP_BINARY, '-n', '-d', 'extension=sqlite3', '-r',
    '$db = new SQLite3($argv[1]); echo $db->querySingle($argv[2]);', $file, $sql])));
$fine = treated_path(dated());
$new = function () use ($fine): array {
    $settings = outbox_settings($fine);
    php('secure_dispatch_order(["order_id" => 1], "' . unique_key() . '");', $settings);
    return $settings;
};
$file = fn (array $settings) => $settings['secure_dispatch.outbox'];

$settings = $new();
chmod(dirname($file($settings)), 0755);
doctor('directory open', $settings);
chmod(dirname($file($settings)), 0700);
chmod($file($settings), 0640);
doctor('file open', $settings);
chmod($file($settings), 0600);
doctor('no directory', ['secure_dispatch.outbox' => '/no/such/outbox'] + $settings);
doctor('fine', $settings);
doctor('too little room', ['secure_dispatch.outbox_max_bytes' => '900000G'] + $settings);

[$key, $old] = [$settings['secure_dispatch.outbox_key_file'], file_get_contents($settings['secure_dispatch.outbox_key_file'])];
$before = array_map(md5_file(...), glob($file($settings) . '*'));
file_put_contents($key, $new_key = base64_encode(random_bytes(32)));
doctor('another key', $settings);
file_put_contents($key, "$new_key\n$old");
doctor('a newer key', $settings);
$told = array_column(json_decode(console($settings, ['doctor', '--json'])[0], true)['findings'], 'what', 'check');
echo $told['outbox_key'], "\n";
file_put_contents($key, $old);
doctor('the old key', $settings);
echo array_map(md5_file(...), glob($file($settings) . '*'))[0] === $before[0] ? "the file is the same\n" : "THE FILE WAS CHANGED\n";

$down = treated('status:503');
$refused = treated('status:422');
php("secure_dispatch_order(['order_id' => 2], '$down'); outcome(fn () => secure_dispatch_order(['order_id' => 3], '$refused'));", $settings);
doctor('one queued, one rejected', $settings);
$sql($file($settings), 'UPDATE dispatch SET since = since - 3600000 WHERE state < 2');
doctor('an hour later', $settings);

$sql($file($settings), "UPDATE meta SET value = substr(value, 1, length(value) - 1) WHERE name = 'index_key'");
doctor('an altered index key', $settings);
$damaged = $new();
php('foreach (range(1, 99) as $i) secure_dispatch_order(["order_id" => $i]);', ['secure_dispatch.wait_ms' => 0] + $damaged);
$sql($file($damaged), 'PRAGMA wal_checkpoint(TRUNCATE)');
$page = $sql($file($damaged), "SELECT rootpage FROM sqlite_schema WHERE name = 'dispatch_due'");
$handle = fopen($file($damaged), 'r+');
fseek($handle, ($page - 1) * 1024 + 200);
fwrite($handle, random_bytes(800));
fclose($handle);
doctor('a page overwritten', $damaged);
file_put_contents($file($damaged), random_bytes(8192));
doctor('no database', $damaged);
$foreign = outbox_settings($fine);
$sql($file($foreign), 'CREATE TABLE somebody_elses (x)');
chmod($file($foreign), 0600);
doctor('another program', $foreign);
?>
--EXPECTF--
== directory open: exit code 1
failure outbox: the outbox is not used: its directory is open to others -> chmod it to 0700
== file open: exit code 1
failure outbox: the outbox is not used: its file is open to others -> chmod it to 0600
== no directory: exit code 1
failure outbox: the outbox cannot be opened: its directory does not exist -> make one of PHP's user, with mode 0700
== fine: exit code 0
== too little room: exit code 0
warning outbox_room: the disk has %d MiB left, and the outbox may grow by %d MiB -> make room, or lower secure_dispatch.outbox_max_bytes
== another key: exit code 1
failure outbox_key: no key of outbox_key_file opens the outbox's own: what it keeps cannot be sent, and no idempotency key is known again -> put the old key into the file, on a line after the new one, and restart PHP before the next order
== a newer key: exit code 0
an older key of outbox_key_file opens the outbox's own, which the next order seals anew; keep the older one for outbox_retention_days
== the old key: exit code 0
the file is the same
== one queued, one rejected: exit code 0
warning outbox_left: 1 rejected, 0 dead, 0 held -> they wait for somebody to retry or discard them: secure-dispatch outbox list
== an hour later: exit code 0
warning outbox_queue: 1 queued, 0 unconfirmed, the oldest for 60 minutes -> is anything draining? Have cron run, each minute: secure-dispatch outbox drain --user=www-data --seconds=50. If it does: secure-dispatch outbox list
warning outbox_left: 1 rejected, 0 dead, 0 held -> they wait for somebody to retry or discard them: secure-dispatch outbox list
== an altered index key: exit code 1
failure outbox_key: the outbox's own key is not what was sealed: somebody has changed the file -> restore it from a backup, or move it out of the way
warning outbox_left: 1 rejected, 0 dead, 1 held -> they wait for somebody to retry or discard them: secure-dispatch outbox list
== a page overwritten: exit code 1
failure outbox_integrity: the outbox is damaged -> move it (with its -wal and -shm) out of the way, so that a new one is made, and try sqlite3's .recover on it
== no database: exit code 1
failure outbox: the outbox is damaged or no SQLite database -> move it (with its -wal and -shm) out of the way, so that a new one is made, and try sqlite3's .recover on it
== another program: exit code 1
failure outbox: the outbox is a database of another program, or of a newer secure_dispatch -> set secure_dispatch.outbox to a file of its own
