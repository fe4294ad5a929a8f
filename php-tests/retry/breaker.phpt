--TEST--
One breaker for all workers of a php-fpm: opened by any, obeyed by all, probed by one at a time, closed by recovery; a probe that is killed does not wedge it
--SKIPIF--
<?php require __DIR__ . "/../harness/fpm.inc"; if (!Fpm::binary()) die("skip needs php-fpm"); if (!exec("command -v cgi-fcgi")) die("skip needs cgi-fcgi"); ?>
--FILE--
<?php
require __DIR__ . '/../harness/fpm.inc';
$path = '/' . unique_key();
$treat = fn (string $behaviour) => control('POST', '/rules', ['path' => $path, 'behaviour' => $behaviour]);
$seen = fn () => count(array_filter(control('GET', '/requests'), fn ($request) => $request['path'] === $path));
$script = <<<'PHP'
    <?php
    try {
        echo secure_dispatch_order(['order_id' => $_GET['n']])->state->value;
    } catch (SecureDispatch\Exception\UnavailableException $exception) {
        echo $exception->status ?? 'refused, retryAfter ' . $exception->retryAfter;
    } catch (SecureDispatch\Exception\TimeoutException) {
        echo 'timeout';
    }
    PHP;
$status = '<?php $s = secure_dispatch_status(); echo "$s[breaker], $s[scope], ", json_encode(array_intersect_key($s["counters"], ["accepted" => 1, "breaker_opened" => 1]));';
$start = function (array $settings) use ($path, $script, $status): Fpm {
    $fpm = new Fpm($settings + ['secure_dispatch.endpoint' => endpoint('main', $path), 'secure_dispatch.breaker_min_calls' => 5,
        'secure_dispatch.breaker_open_ms' => 700, 'secure_dispatch.timeout_ms' => 400, 'secure_dispatch.connect_timeout_ms' => 400]);
    $fpm->put('order.php', $script);
    $fpm->put('status.php', $status);
    return $fpm;
};
$orders = fn (Fpm $fpm, int $count) => $fpm->getAll('order.php', array_map(fn ($n) => "n=$n", range(1, $count)));

$treat('status:503');
$fpm = $start([]);
$outcomes = array_count_values($orders($fpm, 40));
ksort($outcomes);
// Those that were under way as it opened may be among them.
echo $outcomes[503] >= 5 && $outcomes[503] <= 8 ? 'the first few' : $outcomes[503], ' got 503, all others: ', implode(', ', array_diff(array_keys($outcomes), [503])), "\n";
echo $seen() === $outcomes[503] ? "nothing else reached the API\n" : "the API saw {$seen()}\n";
echo $fpm->get('status.php'), "\n";
usleep(800_000);
// The probe hangs, and its worker is killed in the midst of it.
$treat('hang');
$before = $seen();
$fpm->getAll('order.php', (function () use ($seen, $before, $fpm) {
    yield from ['n=1', 'n=2', 'n=3', 'n=4'];
    // All four have begun.
    for ($i = 0; $i < 200 && $seen() === $before; $i++, usleep(5_000));
    exec('pkill -KILL -P ' . $fpm->pid());
})());
echo $seen() - $before, " probe\n";
$treat('');
// Its turn ends by itself: timeout_ms and a second.
for ($i = 0; $i < 100 && ($outcome = $fpm->get('order.php', 'n=1')) !== 'delivered'; $i++, usleep(50_000));
echo $outcome, ', then ', json_encode(array_count_values($orders($fpm, 20))), "\n";
echo explode(',', $fpm->get('status.php'))[0], "\n";
unset($fpm);

// With an outbox: queued at once, and all of it arrives.
$treat('status:401');
$fpm = $start(outbox_settings([], 'www-data') + ['secure_dispatch.drain_rate' => 10000]);
$before = $seen();
echo json_encode(array_count_values($orders($fpm, 40))), $seen() - $before <= 8 ? ', few sent' : $seen() - $before, "\n";
$treat('');
$fpm->put('drain.php', '<?php SecureDispatch\Outbox::retryAll("queued"); echo json_encode(SecureDispatch\Outbox::drain(5));');
echo $fpm->get('drain.php'), "\n", $fpm->get('order.php', 'n=41'), "\n";
?>
--EXPECT--
the first few got 503, all others: refused, retryAfter 1
nothing else reached the API
open, all workers of this master, {"accepted":40,"breaker_opened":1}
1 probe
delivered, then {"delivered":20}
closed
{"queued":40}, few sent
{"delivered":40,"deferred":0,"rejected":0,"dead":0,"remaining":0,"next_ms":null}
delivered
