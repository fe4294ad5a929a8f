--TEST--
The deadline holds in every misbehaviour; the outcome says how far the order got
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$started = [];
foreach (['hang', 'delay:60000', 'drops:100,size:1000', 'split:60000', 'size:5000000,drops:50', 'endless-head,drops:100', 'informational,hang'] as $behaviour) {
    $key = treated($behaviour);
    $started[$behaviour] = start_php("
        echo outcome(fn () => secure_dispatch_order([1], '$key')), \"\\n\";
        // What is left of that answer is not taken for the next one.
        echo outcome(fn () => secure_dispatch_order([2])), \"\\n\";
        ", ['secure_dispatch.timeout_ms' => 1000]);
}
foreach (['handshake_hang'] as $door) {
    $code = 'echo outcome(fn () => secure_dispatch_order([1])), "\n";';
    $started["$door, connect"] = start_php($code, ['secure_dispatch.endpoint' => endpoint($door), 'secure_dispatch.connect_timeout_ms' => 300]);
    $started["$door, whole"] = start_php($code, ['secure_dispatch.endpoint' => endpoint($door), 'secure_dispatch.connect_timeout_ms' => 60000,
        'secure_dispatch.timeout_ms' => 300]);
}
foreach ($started as $what => $process) {
    echo "$what: ", finish($process);
}
?>
--EXPECT--
hang: TimeoutException: the API did not answer within secure_dispatch.timeout_ms; it may have taken the order. Send it again under the same idempotency key.
delivered 200
delay:60000: TimeoutException: the API did not answer within secure_dispatch.timeout_ms; it may have taken the order. Send it again under the same idempotency key.
delivered 200
drops:100,size:1000: TimeoutException: the API did not answer within secure_dispatch.timeout_ms; it may have taken the order. Send it again under the same idempotency key.
delivered 200
split:60000: TimeoutException: the API's answer was not whole within secure_dispatch.timeout_ms; it may have taken the order. Send it again under the same idempotency key.
delivered 200
size:5000000,drops:50: TimeoutException: the API did not answer within secure_dispatch.timeout_ms; it may have taken the order. Send it again under the same idempotency key.
delivered 200
endless-head,drops:100: TransportException: what came back is not an HTTP answer; the API may have taken the order. Send it again under the same idempotency key.
delivered 200
informational,hang: TimeoutException: the API did not answer within secure_dispatch.timeout_ms; it may have taken the order. Send it again under the same idempotency key.
delivered 200
handshake_hang, connect: TimeoutException: connecting to the API took longer than secure_dispatch.connect_timeout_ms or .timeout_ms allow. Nothing was sent.
handshake_hang, whole: TimeoutException: connecting to the API took longer than secure_dispatch.connect_timeout_ms or .timeout_ms allow. Nothing was sent.
