--TEST--
A disk that fills up in the middle of a line: that is counted, and the next line, another process's, stands on a line of its own
--SKIPIF--
<?php
if (fileowner('/proc/self') !== 0 || exec('unshare -m mount -t tmpfs none /mnt 2>&1; echo $?') !== '0') die('skip needs root that may mount');
if (!function_exists('pcntl_fork')) die('skip needs pcntl');
?>
--FILE--
<?php
require __DIR__ . '/../harness/log.inc';
mkdir($mount = scratch(), 0700);
$text = php(<<<'PHP'
    $directory = dirname(ini_get('secure_dispatch.log'));
    $lost = fn () => secure_dispatch_status()['counters']['log_lines_lost'];
    $order = fn (int $n) => secure_dispatch_order(['order_id' => $n]);
    file_put_contents("$directory/ballast", str_repeat('x', 8192));
    for ($n = 0; $n < 100 && $lost() === 0; $n++) $order($n);
    // Full for others too.
    $order(1000);
    unlink("$directory/ballast");
    if (pcntl_fork() === 0) exit($order(1001)->status - 200);
    pcntl_wait($status);
    $order(1002);
    fwrite(STDOUT, $lost() . "\n" . file_get_contents("$directory/audit.log"));
    PHP, ['secure_dispatch.log' => "$mount/audit.log"], [], ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs -o size=16k,mode=0700 none "$0" && exec "$@"', $mount]);
$lines = explode("\n", rtrim($text, "\n"));
echo array_shift($lines), " lost\n";
$seen = array_map(fn ($line) => json_decode($line, true), $lines);
$torn = array_keys($seen, null);
echo count($torn), ' torn, ', str_starts_with($lines[$torn[0]] ?? '', '{"timestamp"') ? 'from its beginning on' : 'not its beginning', "\n";
echo implode(', ', array_column(array_slice($seen, $torn[0] + 1), 'order_id')), " after it\n";
?>
--EXPECT--
2 lost
1 torn, from its beginning on
1001, 1002 after it
