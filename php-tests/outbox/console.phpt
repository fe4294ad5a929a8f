--TEST--
bin/secure-dispatch: starts as root, drains as the web server's user; lists, retries, discards
--SKIPIF--
<?php if (fileowner('/proc/self') !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$settings = outbox_settings(['secure_dispatch.log' => 'off'], 'www-data');
chown($settings['secure_dispatch.outbox_key_file'], 'root');
$outbox = $settings['secure_dispatch.outbox'];
// Only root reads the keys, as under a master that is root.
$ini = scratch('.ini');
$settings += ['secure_dispatch.wait_ms' => 0, 'more lines' => "extension=posix\n"];
file_put_contents($ini, php_ini($settings));
chmod($ini, 0644);
$console = function (string ...$arguments) use ($ini): string {
    $command = array_map(escapeshellarg(...), [PHP_BINARY, '-c', $ini, __DIR__ . '/../../bin/secure-dispatch', ...$arguments]);
    exec('PHP_INI_SCAN_DIR=/nonexistent ' . implode(' ', $command) . ' 2>&1 </dev/null', $lines, $exit);
    return implode("\n", $lines) . " (exit code $exit)\n";
};
$hidden = fn (string $text) => preg_replace(['/[0-9a-f]{8}-[0-9a-f-]{27}/', '/\d{4}-\d\d-\d\dT[0-9:+-]+/'], ['ID', 'TIME'], $text);
$queue = fn (string $key, int $id) => trim(php(<<<PHP
    posix_setgid(posix_getpwnam('www-data')['gid']) && posix_setuid(posix_getpwnam('www-data')['uid']);
    echo secure_dispatch_order(['order_id' => $id], '$key')->id;
    PHP, $settings));
echo $console('outbox', 'list');
$queue($rejected = treated('status:422'), 1001);
$queue($down = treated('status:401'), 1002);
$queue($up = unique_key(), 1003);
$discarded = $queue($never = unique_key(), 1004);
$owner = fn (string $file) => trim(shell_exec('stat -c "%U %a" ' . escapeshellarg($file)));
echo $owner($outbox), "\n";
echo $hidden($console('outbox', 'drain')), $hidden($console('outbox', 'drain', '--user=nobody-at-all'));
echo $hidden($console('outbox', 'discard', $discarded, '--user=www-data'));
echo $hidden($console('outbox', 'drain', '--user=www-data', '--seconds=5'));
echo $hidden($console('outbox', 'list', '--user=www-data'));
control('POST', '/rules', ['key' => $down, 'behaviour' => '']);
control('POST', '/rules', ['key' => $rejected, 'behaviour' => '']);
echo $console('outbox', 'retry', '--all=rejected', '--user=www-data'), $console('outbox', 'retry', '--all=queued', '--user=www-data');
echo $hidden($console('outbox', 'drain', '--user=www-data'));
echo $hidden($console('outbox', 'retry', $discarded, '--user=www-data'));
echo count(requests($rejected)), count(requests($down)), count(requests($up)), count(requests($never)), "\n";
echo implode(', ', array_unique(array_map($owner, glob("$outbox*")))), "\n";
foreach ([[], ['outbox'], ['outbox', 'dance'], ['outbox', 'list', '--limit=x'], ['outbox', 'retry'], ['outbox', 'list', '--state=x', '--user=www-data']] as $wrong) {
    echo explode("\n", $console(...$wrong))[0], ' … ', substr($console(...$wrong), -15, 14), "\n";
}
?>
--EXPECT--
secure-dispatch: the outbox (secure_dispatch.outbox) is not used: its file (or the directory, as long as there is no file) belongs to another user than this process runs as; run PHP's web server and its drainers as one user (bin/secure-dispatch has --user), and chown the directory and all that is in it to that user (exit code 1)
www-data 600
secure-dispatch: the outbox (secure_dispatch.outbox) is not used: its file (or the directory, as long as there is no file) belongs to another user than this process runs as; run PHP's web server and its drainers as one user (bin/secure-dispatch has --user), and chown the directory and all that is in it to that user (exit code 1)
secure-dispatch: --user names no user of this system
secure-dispatch doctor [--json] [--send-test[=FILE.json]]           look at everything between an order and the API, and say what to do;
                                                                    no order is sent but by --send-test
secure-dispatch status [--json]                                     what is going on
secure-dispatch outbox drain [--user=NAME] [--seconds=N] [--loop]   send what is due (20 seconds at most; --loop: for ever)
secure-dispatch outbox list [--state=STATE] [--limit=N] [--json]    what is kept: queued, unconfirmed, held, rejected, dead, delivered
secure-dispatch outbox retry ID [--force]                           make one due; --force: even after a later one of its order
secure-dispatch outbox retry --all=STATE                            make all of a state due
secure-dispatch outbox discard ID                                   forget one: it is never sent
secure-dispatch outbox discard --all=STATE [--yes]                  forget all of a state; --yes: without asking
All take --user=NAME: started as root, go on as the user of the web server. (exit code 2)
 (exit code 0)
TIME 1 delivered, 1 deferred, 1 rejected, 0 dead, 1 remaining (exit code 0)
ID  rejected     order "1001"  1 attempts  HTTP 422  since TIME
ID  queued       order "1002"  1 attempts  HTTP 401  since TIME  due TIME (exit code 0)
1 are due now (exit code 0)
2 are due now (exit code 0)
TIME 2 delivered, 0 deferred, 0 rejected, 0 dead, 0 remaining (exit code 0)
secure-dispatch: ID is not due now: there is none of this id, it is delivered or being sent, it cannot be opened, or it needs --force because a later dispatch of its order was delivered (see: outbox list) (exit code 1)
2210
www-data 600
secure-dispatch doctor [--json] [--send-test[=FILE.json]]           look at everything between an order and the API, and say what to do; …  (exit code 2)
secure-dispatch doctor [--json] [--send-test[=FILE.json]]           look at everything between an order and the API, and say what to do; …  (exit code 2)
secure-dispatch doctor [--json] [--send-test[=FILE.json]]           look at everything between an order and the API, and say what to do; …  (exit code 2)
secure-dispatch: --limit must be a whole number …  (exit code 2)
secure-dispatch doctor [--json] [--send-test[=FILE.json]]           look at everything between an order and the API, and say what to do; …  (exit code 2)
secure-dispatch: SecureDispatch\Outbox::list(): Argument #2 ($state) must be one of "queued", "unconfirmed", "held", "rejected" or "dead" …  (exit code 2)
