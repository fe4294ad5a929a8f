--TEST--
An API that restarts after it has read an order: the order is never told as not sent
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$key = treated('after:reset');
secure_dispatch_order([1]);
control('POST', '/door', ['name' => 'main', 'open' => false]);
echo outcome(fn () => secure_dispatch_order(['paid' => 1], $key)), "\n";
control('POST', '/door', ['name' => 'main', 'open' => true]);
echo count(requests($key)), " time seen\n";

$key = treated('fail:1:after:reset');
usleep(100_000);
secure_dispatch_order([1]);
echo secure_dispatch_order(['paid' => 1], $key)->attempts, ' attempts, ', count(requests($key)), " times seen under one key\n";
?>
--EXPECT--
TransportException: the connection ended before the answer was whole; the API may have taken the order. Send it again under the same idempotency key.
1 time seen
2 attempts, 2 times seen under one key
