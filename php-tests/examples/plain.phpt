--TEST--
examples/plain.php sends the order of its standard input under the order's key, and says for each outcome what to do
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
require __DIR__ . '/../harness/examples.inc';

function plain(string $title, string $behaviour = '', array $settings = [], array $order = []): void
{
    $order += ['order_id' => unique_order(), 'status' => 'paid', 'total' => '9.90'];
    if ($behaviour !== '') treat("order-$order[order_id]/paid", $behaviour);
    file_put_contents($ini = scratch('.ini'), php_ini($settings));
    $command = [PHP_BINARY, '-c', $ini, '-d', 'log_errors=0', EXAMPLES . '/plain.php'];
    $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes, null, ['PHP_INI_SCAN_DIR' => '/nonexistent'] + getenv());
    fwrite($pipes[0], json_encode($order));
    fclose($pipes[0]);
    $output = stream_get_contents($pipes[1]);
    echo "$title: exit code ", proc_close($process), "\n    ", str_replace((string) $order['order_id'], 'ID', $output);
    echo '    requests: ', count(requests("order-$order[order_id]/paid")), "\n";
}

plain('taken');
plain('outbox', 'status:503', outbox_settings());
plain('unavailable', 'status:503');
plain('unavailable, and says for how long', 'status:429,retry-after:7');
plain('no answer', 'before:close');
plain('refused', 'status:422');
plain('wrong order', settings: ['secure_dispatch.schema_file' => null], order: ['total' => 0.5]);
plain('wrong settings', settings: ['secure_dispatch.endpoint' => 'http://localhost/']);
?>
--EXPECT--
taken: exit code 0
    order-ID/paid: delivered
    requests: 1
outbox: exit code 0
    order-ID/paid: queued
    requests: 1
unavailable: exit code 75
    order-ID/paid, again in 60 s: the API could not take the order now: HTTP status 503 (Service Unavailable). Send it again later under the same idempotency key.
    requests: 1
unavailable, and says for how long: exit code 75
    order-ID/paid, again in 7 s: the API could not take the order now: HTTP status 429 (Too Many Requests). Send it again later under the same idempotency key.
    requests: 1
no answer: exit code 75
    order-ID/paid, again in 60 s: the connection ended before the answer was whole; the API may have taken the order. Send it again under the same idempotency key.
    requests: 0
refused: exit code 76
    order-ID/paid: the API refused it with 422
    requests: 1
wrong order: exit code 65
    order-ID/paid: /total: float
    requests: 0
wrong settings: exit code 78
    no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text
    requests: 0
