--TEST--
A request's W3C traceparent is validated, sent on and logged; anything else is neither; an order that waits keeps it
--FILE--
<?php
require __DIR__ . '/../harness/log.inc';
$good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
$told = function (string $what, array $settings, array $environment, string $before = '') use ($good): void {
    $key = unique_key();
    $log = scratch('.log');
    php("$before secure_dispatch_order(['order_id' => 1], '$key'); if (ini_get('secure_dispatch.outbox')) { SecureDispatch\\Outbox::drain(5); }",
        $settings + ['error_log' => $log], $environment);
    $sent = requests($key)[0]['headers']['traceparent'] ?? 'none';
    $logged = array_values(array_unique(array_map(fn ($line) => $line['trace_id'] ?? 'none', log_lines(file_get_contents($log)))));
    echo "$what: ", $sent === $good ? 'sent on' : $sent, ', ', json_encode($logged), "\n";
};
$set = ['secure_dispatch.traceparent' => 'HTTP_TRACEPARENT'];
$told('good', $set, ['HTTP_TRACEPARENT' => $good]);
$told('not set up', [], ['HTTP_TRACEPARENT' => $good]);
$told('none', $set, []);
$told('wrong', $set, ['HTTP_TRACEPARENT' => "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7\r\nX-API-KEY: x"]);
$told('a later version', $set, ['HTTP_TRACEPARENT' => 'cc' . substr($good, 2) . '-more']);
$told('an array', $set, [], '$_SERVER["HTTP_TRACEPARENT"] = ["a"];');
$told('PHP code changed $_SERVER', $set, [], "\$_SERVER['HTTP_TRACEPARENT'] = '$good';");
$told('PHP code took $_SERVER away', $set, ['HTTP_TRACEPARENT' => $good], '$_SERVER = 1;');
$told('by the outbox', $set + outbox_settings(['secure_dispatch.wait_ms' => 0]), ['HTTP_TRACEPARENT' => $good]);
?>
--EXPECT--
good: sent on, ["4bf92f3577b34da6a3ce929d0e0e4736"]
not set up: none, ["none"]
none: none, ["none"]
wrong: none, ["none"]
a later version: sent on, ["4bf92f3577b34da6a3ce929d0e0e4736"]
an array: none, ["none"]
PHP code changed $_SERVER: sent on, ["4bf92f3577b34da6a3ce929d0e0e4736"]
PHP code took $_SERVER away: none, ["none"]
by the outbox: sent on, ["4bf92f3577b34da6a3ce929d0e0e4736"]
