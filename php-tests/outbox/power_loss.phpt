--TEST--
A power loss at any moment, whatever of the unsynced writes and names it leaves: every acknowledged order is in the outbox afterwards
--SKIPIF--
<?php if (!function_exists('pcntl_fork')) die('skip needs pcntl'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/disk.inc';
$shim = disk_shim();
$prefix = unique_key();
$trace = scratch('.trace');
$directory = outbox_directory();
$start = fn (string $call, string $directory, array $settings = []) => start_on_disk($shim, $directory, 'power_loss.inc', $call, $settings);
echo finish($start("live('$trace', '$prefix')", $directory));
echo finish($start("live_queueing('$trace', '$prefix')", $directory, ['secure_dispatch.wait_ms' => 0]));
$calls = iterator_to_array(trace($trace), false);
echo count(array_keys(array_column($calls, 0), 'mark')), " orders were acknowledged\n";
$losses = [
    ['power losses', 300, "lose_power('$trace', '%s', %d, 2)", []],
    ['after a kill', 300, "lose_power_after_kills('%s', '$prefix', %d, 2)", []],
    // Nobody tries to send.
    ['after a failure', 200, "lose_power_after_failures('%s', '$prefix', false, %d, 2)", ['secure_dispatch.wait_ms' => 0]],
    ['after one as the log is begun anew', 200, "lose_power_after_failures('%s', '$prefix', true, %d, 2)", ['secure_dispatch.wait_ms' => 0]],
];
foreach ($losses as [$what, $least, $call, $settings]) {
    $processes = [];
    for ($part = 0; $part < 2; $part++) {
        $processes[] = $start(sprintf($call, $mine = outbox_directory(), $part), $mine, $settings);
    }
    $moments = 0;
    $wrong = [];
    foreach ($processes as $process) {
        $told = json_decode($output = finish($process), true) ?? exit($output);
        $moments += $told['moments'];
        array_push($wrong, ...$told['wrong']);
    }
    echo $moments > $least ? 'hundreds of' : $moments, " $what, ", count($wrong), " with something wrong\n";
    echo implode("\n", array_slice($wrong, 0, 20)), $wrong ? "\n" : '';
}
?>
--EXPECT--
18 orders were acknowledged
hundreds of power losses, 0 with something wrong
hundreds of after a kill, 0 with something wrong
hundreds of after a failure, 0 with something wrong
hundreds of after one as the log is begun anew, 0 with something wrong
