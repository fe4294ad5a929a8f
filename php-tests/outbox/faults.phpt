--TEST--
kill -9 at, and a failure of, every call by which SQLite touches the disk: what was acknowledged arrives, in sequence, and the outbox works afterwards
--SKIPIF--
<?php if (!function_exists('pcntl_fork')) die('skip needs pcntl'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/disk.inc';
$shim = disk_shim();
$prefix = unique_key();
// Side by side.
foreach ([['a new outbox', 'a used one', 'a long log'], ['behind another', 'a drain']] as $part => $names) {
    $directory = outbox_directory();
    $log = scratch('.log');
    touch($log);
    $call = "faults('$directory', '$prefix-$part', '" . implode("', '", $names) . "')";
    $processes[] = start_on_disk($shim, $directory, 'faults.inc', $call, ['error_log' => $log]);
}
$violations = $reasons = [];
foreach ($processes as $process) {
    $output = finish($process);
    $told = json_decode($output, true) ?? exit($output);
    foreach ($told['cases'] as $name => ['calls' => $calls, 'kills' => $kills, 'failures' => $failures]) {
        // How many they are is SQLite's to say.
        echo $name, $calls > 40 && $kills > 40 && $failures > 80 ? '' : ": only $calls calls, $kills kills, $failures failures", "\n";
    }
    array_push($violations, ...$told['violations']);
    $reasons = array_replace_recursive($reasons, $told['reasons']);
}
echo count($violations), " violations\n", implode("\n", array_slice($violations, 0, 20)), $violations ? "\n" : '';
ksort($reasons);
foreach ($reasons as $failure => $told) {
    ksort($told);
    echo "$failure:\n  ", implode("\n  ", array_keys($told)), "\n";
}
?>
--EXPECT--
a new outbox
a used one
a long log
behind another
a drain
0 violations
EIO:
  cannot be used: the system reports an input/output error
  cannot be written: the disk
  cannot be written: the file system or its permissions do not allow it
  is damaged or no SQLite database
ENOSPC:
  cannot be used: the system reports an input/output error
  cannot be written: the disk
  cannot be written: the file system or its permissions do not allow it
EROFS:
  cannot be used: the system reports an input/output error
  cannot be written: the file system or its permissions do not allow it
short:
  cannot be used: the system reports an input/output error
  cannot be written: the disk
  cannot be written: the file system or its permissions do not allow it
