--TEST--
A connection that the server closed while PHP was idle never surfaces: 200 of 200, each seen once
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
// 20 processes of 10 orders each for every limit, so that waiting is done side by side.
foreach ([['50', 50_000], ['1000', 1_000_000], ['50:fin', 50_000], ['50:reset', 50_000]] as [$limit, $microseconds]) {
    $processes = [];
    for ($n = 0; $n < 20; $n++) {
        $keys = [];
        for ($i = 0; $i < 10; $i++) {
            $keys[] = treated("idle:$limit");
        }
        // Gaps around the server's limit, from a little before it to a little after.
        $processes[$n] = [$keys, start_php('
            foreach (' . var_export($keys, true) . ' as $i => $key) {
                echo outcome(fn () => secure_dispatch_order(["order_id" => $i], $key)), "\n";
                usleep(' . $microseconds . ' + (' . $n . ' - 10 + $i) * 300);
            }')];
    }
    $delivered = $seen = 0;
    $twice = [];
    foreach ($processes as [$keys, $process]) {
        $output = finish($process);
        $delivered += substr_count($output, "delivered 200\n");
        if (trim(str_replace("delivered 200\n", '', $output)) !== '') {
            echo $output;
        }
        foreach ($keys as $key) {
            $count = count(requests($key));
            $seen += $count > 0 ? 1 : 0;
            if ($count > 1) {
                $twice[] = $key;
            }
        }
    }
    echo "idle limit $limit ms: $delivered of 200 delivered, $seen of 200 seen by the API, ", count($twice), " more than once\n";
}
?>
--EXPECT--
idle limit 50 ms: 200 of 200 delivered, 200 of 200 seen by the API, 0 more than once
idle limit 1000 ms: 200 of 200 delivered, 200 of 200 seen by the API, 0 more than once
idle limit 50:fin ms: 200 of 200 delivered, 200 of 200 seen by the API, 0 more than once
idle limit 50:reset ms: 200 of 200 delivered, 200 of 200 seen by the API, 0 more than once
