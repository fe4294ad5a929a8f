--TEST--
doctor --send-test: a test order goes the orders' way, and what came of it is told
--FILE--
<?php
require __DIR__ . '/../harness/console.inc';
$orders = fn (array $settings) => array_map(
    fn ($request) => $request['body'] . (str_starts_with($request['idempotency_key'], 'secure-dispatch-test-') ? '' : ' under another key'),
    array_filter(control('GET', '/requests'), fn ($request) => $request['method'] === 'POST' && str_ends_with($settings['secure_dispatch.endpoint'], $request['path'])),
);
$told = function (string $what, array $settings, string $argument = '--send-test') use ($orders) {
    [$text, $exit] = console($settings, ['doctor', '--json', $argument]);
    foreach (json_decode($text, true)['findings'] as $finding) {
        if ($finding['check'] === 'send_test') {
            echo "$what: $exit $finding[verdict]: ", preg_replace(['/[\d.]+ ms/', '/[0-9a-f]{8}-[0-9a-f-]{27}/'], ['… ms', 'ID'], "$finding[what] -> $finding[remedy]"), "\n";
        }
    }
    echo preg_replace('/\d{8}-\d{6}/', 'TIME', implode("\n", $orders($settings))), "\n";
};
$told('good', ['secure_dispatch.schema_file' => null] + treated_path(dated()));
$told('refused', treated_path('status:401,' . dated()));
$told('queued', outbox_settings(treated_path('status:503,' . dated())));
file_put_contents($file = scratch('.json'), '{"order_id": 7, "reference": "A test"}');
$told('of a file', treated_path(dated()), "--send-test=$file");
$told('against the schema', ['secure_dispatch.schema_file' => null, 'secure_dispatch.unknown_fields' => 'reject'] + treated_path(dated()), "--send-test=$file");
doctor('wrong settings', ['secure_dispatch.timeout_ms' => 'soon'], ['--send-test']);
?>
--EXPECT--
good: 0 ok: the API took the test order (HTTP status 200, … ms) -> 
{"order_id":"secure-dispatch-test-TIME","customer_note":"A test by secure-dispatch doctor: please ignore."}
refused: 1 failure: the API refused the order with HTTP status 401 (Unauthorized). Check the API key and its header, secure_dispatch.api_key_header. -> 
{"order_id":"secure-dispatch-test-TIME","customer_note":"A test by secure-dispatch doctor: please ignore."}
queued: 0 warning: the test order is queued in the outbox (HTTP status 503) -> secure-dispatch outbox list; outbox discard ID
{"order_id":"secure-dispatch-test-TIME","customer_note":"A test by secure-dispatch doctor: please ignore."}
of a file: 0 ok: the API took the test order (HTTP status 200, … ms) -> 
{"order_id":7,"reference":"A test"}
against the schema: 1 failure: the order was not sent: /reference is not named by the schema (secure_dispatch.unknown_fields=reject) -> give a file that fits the schema: /reference unknown_field

== wrong settings: exit code 1
failure settings: secure_dispatch.timeout_ms must be a whole number of milliseconds, 1 to 3600000
failure send_test: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.timeout_ms must be a whole number of milliseconds, 1 to 3600000
warning, not checked: dns, tcp, tls, certificate, http, clock, outbox
