--TEST--
The first dispatch of a process waits for no entropy: it costs little more CPU than a later connection
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
// CPU time, which other work on the machine does not lengthen, of the first connection against that of a later one in the
// same process: some 3 times as much. Jitter entropy alone would make it 40 times.
$ratios = [];
for ($i = 0; $i < 9; $i++) {
    [$first, $later] = array_map(fn () => treated('close'), [1, 2]);
    $ratios[] = (float) php('
        $cpu = function (string $key) {
            $now = function () { $u = getrusage(); return ($u["ru_utime.tv_sec"] + $u["ru_stime.tv_sec"]) * 1e6 + $u["ru_utime.tv_usec"] + $u["ru_stime.tv_usec"]; };
            $before = $now();
            secure_dispatch_order(["order_id" => 1], $key);
            return $now() - $before;
        };
        $first = $cpu("' . $first . '");
        echo $first / max(1, $cpu("' . $later . '"));');
}
sort($ratios);
echo $ratios[4] < 12 ? "ok\n" : 'median ratio ' . $ratios[4] . "\n";
?>
--EXPECT--
ok
