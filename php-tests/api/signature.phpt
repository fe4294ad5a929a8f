--TEST--
secure_dispatch_order() is what its documentation says, and takes named arguments
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
echo new ReflectionFunction('secure_dispatch_order');
$key = unique_key();
$receipt = secure_dispatch_order(idempotency_key: $key, order: ['order_id' => 1]);
var_dump($receipt->idempotencyKey === $key, received($key));
foreach ([
    fn () => secure_dispatch_order(),
    fn () => secure_dispatch_order('order'),
    fn () => secure_dispatch_order([], []),
    fn () => secure_dispatch_order([], null, []),
    fn () => secure_dispatch_order([], null, true, 4),
    fn () => secure_dispatch_order(['order_id' => 2], wait: false),
    fn () => secure_dispatch_order([], nonsense: 3),
    fn () => secure_dispatch_order([], ''),
    fn () => secure_dispatch_order([], "a\nb"),
    fn () => secure_dispatch_order([], str_repeat('k', 256)),
] as $call) {
    echo outcome($call), "\n";
}
var_dump(strlen(secure_dispatch_order([], str_repeat('k', 255))->idempotencyKey));
?>
--EXPECT--
Function [ <internal:secure_dispatch> function secure_dispatch_order ] {

  - Parameters [3] {
    Parameter #0 [ <required> array $order ]
    Parameter #1 [ <optional> ?string $idempotency_key = null ]
    Parameter #2 [ <optional> bool $wait = true ]
  }
  - Return [ SecureDispatch\Receipt ]
}
bool(true)
string(14) "{"order_id":1}"
ArgumentCountError: secure_dispatch_order() expects at least 1 argument, 0 given
TypeError: secure_dispatch_order(): Argument #1 ($order) must be of type array, string given
TypeError: secure_dispatch_order(): Argument #2 ($idempotency_key) must be of type ?string, array given
TypeError: secure_dispatch_order(): Argument #3 ($wait) must be of type bool, array given
ArgumentCountError: secure_dispatch_order() expects at most 3 arguments, 4 given
delivered 200
Error: Unknown named parameter $nonsense
ValidationException: the order was not sent: the idempotency key must be 1 to 255 visible ASCII characters
ValidationException: the order was not sent: the idempotency key must be 1 to 255 visible ASCII characters
ValidationException: the order was not sent: the idempotency key must be 1 to 255 visible ASCII characters
int(255)
