--TEST--
An outbox that cannot be used: a clear line in the log, the order sent directly, an exception only when that fails too
--SKIPIF--
<?php if (fileowner('/proc/self') !== 0) die('skip needs root, to be another user'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/log.inc';
$told = function (string $what, array $settings, array $wrapper = [], string $before = ''): void {
    $log = scratch('.log');
    touch($log);
    chmod($log, 0666);
    [$up, $down] = [unique_key(), treated('status:503')];
    echo "$what: ", php(<<<PHP
        $before
        foreach (['$up', '$down'] as \$key) {
            echo outcome(fn () => secure_dispatch_order(['order_id' => 1], \$key)), '; ';
        }
        echo outcome(fn () => SecureDispatch\\Outbox::drain(0)), "\\n";
        PHP, ['error_log' => $log, 'secure_dispatch.api_key_file' => null, 'secure_dispatch.api_key' => API_KEY] + $settings, [], $wrapper);
    $lines = array_column(array_filter(log_lines(file_get_contents($log)), fn ($line) => $line['event'] === 'outbox_fault'), 'message');
    echo count($lines), ' lines: ', $lines[0] ?? 'none', "\n", count(requests($up)), ' and ', count(requests($down)), " sent\n";
};
$settings = outbox_settings();
$told('another user', $settings + ['more lines' => "extension=posix\n"], [], 'posix_setgid(33); posix_setuid(posix_getpwnam("www-data")["uid"]);');
$told('own user', $settings);
chown($settings['secure_dispatch.outbox'], 'www-data');
$told('root on the file of another', $settings);
chown($settings['secure_dispatch.outbox'], 'root');
foreach (['', '-wal', '-shm'] as $suffix) {
    @unlink($settings['secure_dispatch.outbox'] . $suffix);
}
file_put_contents($settings['secure_dispatch.outbox'], random_bytes(8192));
chmod($settings['secure_dispatch.outbox'], 0600);
$told('damaged', $settings);
$ro = outbox_settings();
mkdir($mount = scratch(), 0700);
// A file system without room for anything, and then one that is read-only.
$small = ['sh', '-c', 'mount -t tmpfs -o size=16k,mode=0700 none "$0" && exec "$@"', $mount];
$told('full disk', ['secure_dispatch.outbox' => "$mount/outbox.sqlite"] + $ro, ['unshare', '-m', ...$small]);
$read_only = ['sh', '-c', 'mount -t tmpfs -o ro,mode=0700 none "$0" && exec "$@"', $mount];
$told('read-only', ['secure_dispatch.outbox' => "$mount/outbox.sqlite"] + $ro, ['unshare', '-m', ...$read_only]);
?>
--EXPECTF--
another user: delivered 200; UnavailableException: the API could not take the order now: HTTP status 503 (Service Unavailable). Send it again later under the same idempotency key.; UnavailableException: the outbox (secure_dispatch.outbox) cannot be written: the file system or its permissions do not allow it
3 lines: the outbox (secure_dispatch.outbox) cannot be written: the file system or its permissions do not allow it. The order was sent directly: that it leaves once, and in its sequence, is not proven
1 and 1 sent
own user: delivered 200; queued 503; array
0 lines: none
1 and 1 sent
root on the file of another: delivered 200; UnavailableException: %s; UnavailableException: the outbox (secure_dispatch.outbox) is not used: its file (or the directory, as long as there is no file) belongs to another user than this process runs as; %s
3 lines: the outbox (secure_dispatch.outbox) is not used: its file (or the directory, as long as there is no file) belongs to another user than this process runs as; run PHP's web server and its drainers as one user (bin/secure-dispatch has --user), and chown the directory and all that is in it to that user. The order was sent directly: that it leaves once, and in its sequence, is not proven
1 and 1 sent
damaged: delivered 200; UnavailableException: %s; UnavailableException: the outbox (secure_dispatch.outbox) is damaged or no SQLite database; %s
3 lines: the outbox (secure_dispatch.outbox) is damaged or no SQLite database; %s
1 and 1 sent
full disk: delivered 200; UnavailableException: %s; UnavailableException: the outbox (secure_dispatch.outbox) cannot be written: the disk (or a quota) is full
3 lines: the outbox (secure_dispatch.outbox) cannot be written: the disk (or a quota) is full. %s
1 and 1 sent
read-only: delivered 200; UnavailableException: %s; UnavailableException: the outbox (secure_dispatch.outbox) cannot be written: the file system or its permissions do not allow it
3 lines: the outbox (secure_dispatch.outbox) cannot be written: the file system or its permissions do not allow it. %s
1 and 1 sent
