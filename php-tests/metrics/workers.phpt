--TEST--
Counters, bytes and the histogram are one for all workers of a php-fpm, and right: what four of them sent side by side is told by any
--SKIPIF--
<?php require __DIR__ . "/../harness/fpm.inc"; if (!Fpm::binary()) die("skip needs php-fpm"); if (!exec("command -v cgi-fcgi")) die("skip needs cgi-fcgi"); ?>
--FILE--
<?php
require __DIR__ . '/../harness/fpm.inc';
$path = '/' . unique_key();
$treat = fn (string $behaviour) => control('POST', '/rules', ['path' => $path, 'behaviour' => $behaviour]);
$fpm = new Fpm(['secure_dispatch.endpoint' => endpoint('main', $path), 'secure_dispatch.timeout_ms' => 3000]);
$fpm->put('order.php', <<<'PHP'
    <?php
    try { secure_dispatch_order(['order_id' => $_GET['n']]); } catch (SecureDispatch\Exception\SecureDispatchException) {}
    echo getmypid();
    PHP);
$fpm->put('told.php', '<?php echo json_encode([getmypid(), secure_dispatch_status(), SecureDispatch\Metrics::prometheus()], JSON_PRESERVE_ZERO_FRACTION);');
$send = fn (int $count) => $fpm->getAll('order.php', array_map(fn ($n) => "n=$n", range(1, $count)));
$told = fn () => json_decode($fpm->get('told.php'), true);
$counted = fn (array $status) => array_intersect_key($status['counters'], array_flip(['accepted', 'delivered', 'rejected', 'timeouts', 'connections_opened']));

// Each takes at least 30 ms, and nothing here takes 2.5 s.
$treat('delay:30');
$pids = array_unique($send(40));
$treat('delay:30,status:400');
$pids = array_unique([...$pids, ...$send(8)]);
$treat('hang');
$send(1);
echo count($pids), " workers\n";
[, $status] = $told();
$connections = $status['counters']['connections_opened'];
echo json_encode($counted($status)), "\n", $connections === count($pids) ? 'one connection each' : "$connections connections", "\n";
$at = fn (?float $le) => array_column(array_filter($status['latency']['buckets'], fn ($bucket) => $bucket['le'] === $le), 'count')[0];
echo "{$status['latency']['count']} calls, in ", count($status['latency']['buckets']), " buckets: {$at(0.025)} to 25 ms, {$at(2.5)} to 2.5 s, {$at(5.0)} to 5 s, {$at(null)} in all\n";
$sum = $status['latency']['sum_seconds'];
echo $sum > 48 * 0.03 + 3 && $sum < 48 * 2.5 + 5 ? "the sum fits\n" : "$sum s\n";
$counts = array_column($status['latency']['buckets'], 'count');
$sorted = $counts;
sort($sorted);
echo $counts === $sorted ? "cumulative\n" : print_r($counts, true);

// What the API got; the key counts as what stands in its place.
$key = strlen(API_KEY) - strlen('the key goes here');
$requests = array_filter(control('GET', '/requests'), fn ($request) => $request['path'] === $path);
$bodies = array_sum(array_map(fn ($request) => strlen($request['body']), $requests));
['bytes_sent' => $sent, 'bytes_received' => $received] = $status['counters'];
echo count($requests), ' requests, ', $sent > $bodies + 49 * 200 && $sent < $bodies + 49 * 600 ? 'bytes sent fit' : "$sent bytes sent", ', ',
    $received > 48 * 40 && $received < 48 * 600 ? 'bytes received fit' : "$received bytes received", "\n";

// All tell the same.
for ($i = 0, $by = []; $i < 200 && count($by) < 2; $i++) {
    foreach ($fpm->getAll('told.php', array_fill(0, 8, '')) as $answer) {
        [$pid, $status, $page] = json_decode($answer, true);
        $by[$pid] = [$counted($status), $status['latency'], preg_replace('/^#.*/m', '', $page)];
    }
}
echo count($by) > 1 && count(array_unique($by, SORT_REGULAR)) === 1 ? "all workers tell the same\n" : print_r($by, true);
preg_match_all('/^secure_dispatch_(?:accepted_total|call_duration_seconds_count|call_duration_seconds_bucket{le="(?:0.025|2.5|\+Inf)"}) .*/m', $page, $lines);
echo implode("\n", $lines[0]), "\n", preg_match('/Orders that passed the schema.*/', $page, $help) ? $help[0] : '', "\n";
?>
--EXPECT--
4 workers
{"accepted":49,"delivered":40,"rejected":8,"timeouts":1,"connections_opened":4}
one connection each
49 calls, in 14 buckets: 0 to 25 ms, 48 to 2.5 s, 49 to 5 s, 49 in all
the sum fits
cumulative
49 requests, bytes sent fit, bytes received fit
all workers tell the same
secure_dispatch_accepted_total 49
secure_dispatch_call_duration_seconds_count 49
secure_dispatch_call_duration_seconds_bucket{le="0.025"} 0
secure_dispatch_call_duration_seconds_bucket{le="2.5"} 48
secure_dispatch_call_duration_seconds_bucket{le="+Inf"} 49
Orders that passed the schema, by all workers of this master since start
