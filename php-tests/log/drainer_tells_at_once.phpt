--TEST--
A drainer tells PHP's log of each order when it is done: killed, it leaves a line of each
--FILE--
<?php
require __DIR__ . '/../harness/log.inc';
$settings = outbox_settings(['secure_dispatch.wait_ms' => 0, 'secure_dispatch.drain_rate' => 1]);
$keys = array_map(fn () => unique_key(), range(1, 4));
foreach ($keys as $n => $key) {
    php("secure_dispatch_order(['order_id' => $n], '$key');", $settings);
}
$log = scratch('.log');
$drainer = start_php('SecureDispatch\Outbox::drain(60);', ['error_log' => $log] + $settings);
for ($i = 0; $i < 1000 && substr_count((string) @file_get_contents($log), '"delivered"') < 2; $i++, usleep(10_000));
proc_terminate($drainer[0], 9);
finish($drainer);
$taken = count(array_filter($keys, fn ($key) => requests($key) !== []));
echo log_events(file_get_contents($log)), " of $taken\n";
?>
--EXPECT--
delivered, delivered of 2
