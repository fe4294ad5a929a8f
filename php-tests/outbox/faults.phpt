--TEST--
kill -9 at, and a failure of, every call by which SQLite touches the disk: what was acknowledged arrives, in sequence, and the outbox works afterwards
--SKIPIF--
<?php if (!function_exists('pcntl_fork')) die('skip needs pcntl'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/disk.inc';
$shim = disk_shim();
$prefix = unique_key();
$parts = 2;
for ($part = 0; $part < $parts; $part++) {
    $directory = outbox_directory();
    $log = scratch('.log');
    touch($log);
    $processes[] = start_on_disk($shim, $directory, 'faults.inc', "faults('$directory', '$prefix-$part', $part, $parts)", ['error_log' => $log]);
}
$cases = $violations = $lines = [];
foreach ($processes as $process) {
    $output = finish($process);
    $told = json_decode($output, true) ?? exit($output);
    foreach ($told['cases'] as $name => $counts) {
        $cases[$name] = ['calls' => $counts['calls'], 'kills' => ($cases[$name]['kills'] ?? 0) + $counts['kills'],
            'failures' => ($cases[$name]['failures'] ?? 0) + $counts['failures']];
    }
    array_push($violations, ...$told['violations']);
    $lines += $told['log'];
}
foreach ($cases as $name => ['calls' => $calls, 'kills' => $kills, 'failures' => $failures]) {
    echo "$name: ", $calls > 50 ? 'dozens of calls' : $calls, ', ', $kills > 50 ? 'killed at each' : $kills, ', ', $failures > 50 ? "failed at each\n" : "$failures\n";
}
echo count($violations), " violations\n", implode("\n", array_slice($violations, 0, 20)), "\n";
// A disk that fails is no damaged file, and is told as what it is.
ksort($lines);
print_r(array_keys($lines));
print_r($cases);
?>
--EXPECT--
