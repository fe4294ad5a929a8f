--TEST--
Parent and children go on dispatching after fork: every order arrives once, none hangs, each process on a connection of its own
--SKIPIF--
<?php if (!function_exists('pcntl_fork')) die('skip needs pcntl'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
function send(string $who, int $count): void
{
    global $prefix;
    for ($i = 0; $i < $count; $i++) {
        secure_dispatch_order(['who' => $who, 'i' => $i], "$prefix-$who-$i");
        usleep(1000);
    }
}
$prefix = unique_key();
send('parent before', 0);
secure_dispatch_order(['who' => 'parent'], "$prefix-parent-first");
$children = [];
for ($child = 0; $child < 4; $child++) {
    if (($pid = pcntl_fork()) === 0) {
        if ($child === 3) {
            // Never dispatches: its end must not end the parent's connection.
            exit(0);
        }
        send("child$child", 25);
        if ($child === 0) {
            if (($grandchild = pcntl_fork()) === 0) {
                send('grandchild', 25);
                exit(0);
            }
            send('child0-again', 25);
            pcntl_waitpid($grandchild, $status);
        }
        exit(0);
    }
    $children[] = $pid;
}
send('parent', 50);
foreach ($children as $pid) {
    pcntl_waitpid($pid, $status);
    echo pcntl_wifexited($status) ? pcntl_wexitstatus($status) : 'signal', "\n";
}
send('parent-after', 25);
$seen = $connections = [];
foreach (control('GET', '/requests') as $request) {
    if (str_starts_with($request['idempotency_key'] ?? '', "$prefix-")) {
        $seen[$request['idempotency_key']] = ($seen[$request['idempotency_key']] ?? 0) + 1;
        $who = preg_replace(['/-again$/', '/-after$/', '/^parent-first/'], '', json_decode($request['body'], true)['who']);
        $connections[$who][$request['connection']] = true;
    }
}
ksort($connections);
echo count($seen), ' orders, at most ', max($seen), " time each\n";
foreach ($connections as $who => $numbers) {
    echo "$who: ", count($numbers), " connection\n";
}
echo count(array_unique(array_merge(...array_map('array_keys', array_values($connections))))), " in all\n";
?>
--EXPECT--
0
0
0
0
201 orders, at most 1 time each
child0: 1 connection
child1: 1 connection
child2: 1 connection
grandchild: 1 connection
parent: 1 connection
5 in all
