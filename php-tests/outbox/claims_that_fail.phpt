--TEST--
A drainer whose claim does not reach the disk sends nothing, and leaves the row to be sent, also where unconfirmed ones are not sent again
--SKIPIF--
<?php if (!function_exists('pcntl_fork')) die('skip needs pcntl'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/disk.inc';
$directory = outbox_directory();
$prefix = unique_key();
$log = scratch('.log');
touch($log);
$process = start_on_disk(disk_shim(), $directory, 'faults.inc', "claims_that_fail('$directory', '$prefix')", ['secure_dispatch.resend_unconfirmed' => 0, 'error_log' => $log]);
$told = json_decode($output = finish($process), true) ?? exit($output);
foreach (['sent then', 'sent next'] as $what) {
    echo $what, ($told[$what] ?? 0) > 0 ? '' : ': never', "\n";
    unset($told[$what]);
}
var_dump($told);
?>
--EXPECT--
sent then
sent next
array(0) {
}
