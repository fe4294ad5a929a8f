--TEST--
The outbox stays open between calls, and whatever happens to its files, its locks or the process meanwhile, no order is lost
--SKIPIF--
<?php
if (!function_exists('pcntl_fork')) die('skip needs pcntl');
exec(PHP_BINARY . ' -n -d extension=ffi -d extension=sqlite3 -r "exit((int) !(class_exists(\'FFI\') && class_exists(\'SQLite3\')));"', $output, $status);
if ($status !== 0) die('skip needs FFI and sqlite3');
foreach (['sqlite3', 'cc'] as $command) if (!exec("command -v $command")) die("skip needs $command");
?>
--FILE--
<?php
require __DIR__ . '/../harness/disk.inc';
/** Runs PHP code that has $outbox, queue(), and what is open of the outbox: open(). Tells what other processes find in it then. */
$told = function (string $what, string $code, array $environment = [], array $more = []): void {
    $log = scratch('.log');
    $settings = $more + outbox_settings(['secure_dispatch.wait_ms' => 0, 'secure_dispatch.log' => $log, 'secure_dispatch.log_level' => 'warning']);
    $outbox = var_export($settings['secure_dispatch.outbox'], true);
    echo "$what: ", php(<<<PHP
        \$outbox = $outbox;
        function queue(int \$id): string {
            try {
                return secure_dispatch_order(['order_id' => \$id])->state->value . ' ';
            } catch (SecureDispatch\\Exception\\SecureDispatchException \$e) {
                return get_class(\$e) . ' ';
            }
        }
        /** Which of the outbox's files this process has open: their names, or more with their places. */
        function open(bool \$places = false): string {
            global \$outbox;
            \$open = [];
            foreach (scandir('/proc/self/fd') as \$fd) {
                \$link = (string) @readlink("/proc/self/fd/\$fd");
                if (str_starts_with(\$link, \$outbox)) {
                    \$open[] = substr(\$link, strlen(dirname(\$outbox)) + 1) . (\$places ? " \$fd " . fstat(fopen("/proc/self/fd/\$fd", 'r'))['ino'] : '');
                }
            }
            sort(\$open);
            return implode(', ', \$open) ?: 'nothing';
        }
        $code
        PHP, $settings, $environment);
    $found = json_decode(php('echo json_encode(array_column(SecureDispatch\\Outbox::list(), "order_id"));', ['secure_dispatch.log' => 'off'] + $settings), true);
    sort($found);
    $faults = array_count_values(array_filter(array_map(fn ($line) => json_decode($line, true)['error'] ?? null, @file($log) ?: [])));
    echo '; found: ', implode(' ', $found), '; ', exec('sqlite3 ' . escapeshellarg($settings['secure_dispatch.outbox']) . ' "PRAGMA integrity_check" 2>&1');
    echo $faults ? '; ' . json_encode($faults) : '', "\n";
};

$told('opened once', 'echo queue(1), queue(2), open(); $before = open(true); echo "; ", queue(3), $before === open(true) ? "the same" : "OTHERS";');

// Read and closed by a plugin, and then by another process, which would take the log away if it found nobody's lock.
$told('read, and closed', <<<'PHP'
    echo queue(1), queue(2);
    $log = fileinode("$outbox-wal");
    foreach (['', '-wal', '-shm'] as $suffix) {
        file_get_contents($outbox . $suffix);
        fclose(fopen($outbox . $suffix, 'r+'));
    }
    echo exec('sqlite3 ' . escapeshellarg($outbox) . ' "SELECT count(*) FROM dispatch"'), ' rows, ';
    clearstatcache();
    echo fileinode("$outbox-wal") === $log ? 'the log is there; ' : 'THE LOG IS GONE; ', queue(3);
    PHP);

$removed = 'echo queue(1), queue(2); foreach (%s as $suffix) { unlink("$outbox$suffix"); } echo queue(3), queue(4), open();';
$told('its index removed', sprintf($removed, '["-shm"]'));
$told('all of it removed', sprintf($removed, '["", "-wal", "-shm"]'));
$told('its index emptied', 'echo queue(1), queue(2); file_put_contents("$outbox-shm", ""); echo queue(3), queue(4);');

// Another one who has it open goes by the index, and so does everybody: what is written then is lost. It is not written.
$told('its log emptied', 'echo queue(1), queue(2); file_put_contents("$outbox-wal", ""); echo queue(3), queue(4);');
$told('its log emptied beside others', <<<'PHP'
    echo queue(1), queue(2);
    $other = proc_open(['sqlite3', $outbox], [['pipe', 'r'], ['pipe', 'w']], $pipes);
    fwrite($pipes[0], "SELECT count(*) FROM dispatch;\n");
    fgets($pipes[1]);
    file_put_contents("$outbox-wal", '');
    echo queue(3), queue(4);
    fclose($pipes[0]);
    proc_close($other);
    echo queue(5);
    PHP);
$told('put back in place', <<<'PHP'
    foreach (range(1, 20) as $id) queue($id);
    SecureDispatch\Outbox::drain(10);
    copy($outbox, "$outbox.copy");
    foreach (range(21, 60) as $id) queue($id);
    SecureDispatch\Outbox::drain(10);
    file_put_contents($outbox, file_get_contents("$outbox.copy"));
    foreach (range(61, 90) as $id) queue($id);
    echo count(SecureDispatch\Outbox::list(1000, 'queued')), ' queued';
    SecureDispatch\Outbox::drain(10);
    PHP);

// PHP's own SQLite has the process's locks, which any close(2) of ours would drop: a fork's, or a fault's. Then others would write too, and
// the last one of them take the log away.
$told('in a transaction of PHP\'s own', <<<'PHP'
    echo queue(1), queue(2);
    $other = new SQLite3($outbox);
    $log = fileinode("$outbox-wal");
    $look = function () use ($outbox, $log) {
        exec('sqlite3 ' . escapeshellarg($outbox) . ' "SELECT count(*) FROM dispatch"');
        clearstatcache();
        return exec('sqlite3 ' . escapeshellarg($outbox) . ' "BEGIN IMMEDIATE" 2>&1') . (fileinode("$outbox-wal") === $log ? '' : ', THE LOG IS GONE') . '; ';
    };
    $other->exec('BEGIN');
    $other->querySingle('SELECT count(*) FROM dispatch');
    proc_close(proc_open(['true'], [], $pipes));
    echo $look();
    $other->exec('COMMIT; BEGIN IMMEDIATE');
    proc_close(proc_open(['true'], [], $pipes));
    echo $look(), queue(3), $look(), queue(4), $look();
    $other->exec('COMMIT');
    $other->close();
    // What stayed open is closed when the next one is.
    proc_close(proc_open(['true'], [], $pipes));
    echo queue(5), queue(6), open();
    PHP, more: ['more lines' => "extension=sqlite3\n"]);

$told('moved, and back', <<<'PHP'
    echo queue(1), queue(2);
    rename(dirname($outbox), dirname($outbox) . '.moved');
    mkdir(dirname($outbox), 0700);
    echo queue(3);
    exec('rm -r ' . escapeshellarg(dirname($outbox)));
    rename(dirname($outbox) . '.moved', dirname($outbox));
    echo queue(4);
    PHP);

// A child inherits nothing of it.
$told('forked', <<<'PHP'
    echo queue(1), queue(2);
    if (($child = pcntl_fork()) === 0) {
        echo '(', open(), ' ', queue(3), open(), ') ';
        exit(0);
    }
    pcntl_waitpid($child, $status);
    echo queue(4), '(', exec('ls -l /proc/self/fd | grep -c ' . escapeshellarg(basename($outbox))), ' in a program)';
    PHP);

// Past pthread_atfork(3): the child has the parent's handle, and leaves it alone, at its end too.
$told('forked past fork(3)', <<<'PHP'
    echo queue(1), queue(2);
    $libc = FFI::cdef('long syscall(long, ...); int waitpid(int, int *, int);');
    $number = ['x86_64' => [57], 'aarch64' => [220, 17, 0, 0, 0, 0]][php_uname('m')];
    if (($child = $libc->syscall(...$number)) === 0) {
        echo '(', queue(3), ') ';
        exit(0);
    }
    $libc->waitpid($child, null, 0);
    $log = fileinode("$outbox-wal");
    exec('sqlite3 ' . escapeshellarg($outbox) . ' "SELECT 1"');
    clearstatcache();
    echo fileinode("$outbox-wal") === $log ? 'the log is there; ' : 'THE LOG IS GONE; ', queue(4);
    PHP, more: ['ffi.enable' => 1, 'more lines' => "extension=ffi\n"]);

// Without locks of the open file it is closed at each call's end.
$shim = disk_shim();
$told('an old kernel', 'echo queue(1), queue(2), open();', ['LD_PRELOAD' => $shim, 'DISK_OLD' => '1']);
?>
--EXPECT--
opened once: queued queued outbox.sqlite, outbox.sqlite-shm, outbox.sqlite-wal; queued the same; found: 1 2 3; ok
read, and closed: queued queued 2 rows, the log is there; queued ; found: 1 2 3; ok
its index removed: queued queued queued queued outbox.sqlite, outbox.sqlite-shm, outbox.sqlite-wal; found: 1 2 3 4; ok
all of it removed: queued queued queued queued outbox.sqlite, outbox.sqlite-shm, outbox.sqlite-wal; found: 3 4; ok
its index emptied: queued queued queued queued ; found: 1 2 3 4; ok
its log emptied: queued queued queued queued ; found: 3 4; ok
its log emptied beside others: queued queued delivered delivered queued ; found: 5; ok; {"outbox_io":2}
put back in place: 30 queued; found: ; ok
in a transaction of PHP's own: queued queued ; Error: stepping, database is locked (5); delivered Error: stepping, database is locked (5); delivered Error: stepping, database is locked (5); queued queued outbox.sqlite, outbox.sqlite-shm, outbox.sqlite-wal; found: 1 2 5 6; ok; {"outbox_locked":2}
moved, and back: queued queued queued queued ; found: 1 2 4; ok
forked: queued queued (nothing queued outbox.sqlite, outbox.sqlite-shm, outbox.sqlite-wal) queued (0 in a program); found: 1 2 3 4; ok
forked past fork(3): queued queued (delivered ) the log is there; queued ; found: 1 2 4; ok; {"outbox_forked":1}
an old kernel: queued queued nothing; found: 1 2; ok
