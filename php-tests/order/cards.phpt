--TEST--
Payment card numbers never leave: masked wherever they stand and whatever type they have, or the order is refused
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$order = [
    'order_id' => 1001,
    'customer_note' => "Bitte abbuchen von 4111 1111 1111 1111, gültig bis 12/27 – danke!",
    'number' => 4111111111111111,
    'float' => 5555555555554444.0,
    'phone' => '+49 30 12345678',
    'iban' => 'DE89 3704 0044 0532 0130 00',
    'ean' => '4006381333931',
    'lines' => [['sku' => 'A-1', 'meta' => ['cvc' => '123', 'card_number' => '4111111111111111', 'note' => '３７８２８２２４６３１０００５']]],
    'hidden' => "4111\u{200b}1111\u{200b}1111\u{200b}1111",
    '6011-1111-1111-1117' => 'a key',
    'cvv' => '',
    'object' => new class implements JsonSerializable { public function jsonSerialize(): mixed { return ['pan' => 4111111111111111]; } },
];
$receipt = secure_dispatch_order($order, $key = unique_key());
$body = received($key);
echo $body, "\n";
print_r($receipt->changed);
foreach (['4111111111111111', '4111 1111', '5555555555554444', '３７８２８２', '6011-1111', '"123"'] as $part) {
    str_contains($body, $part) and print("$part LEFT\n");
}
var_dump(secure_dispatch_order(['order_id' => 1, 'note' => 'no card'])->changed);

echo php('
    foreach ([["note" => "card 4111-1111-1111-1111"], ["a" => [["b" => 4111111111111111]]], ["payment" => ["cvc" => "123"]], ["4111111111111111" => 1], ["order_id" => 1]] as $order) {
        try {
            echo secure_dispatch_order($order)->state->value, "\n";
        } catch (SecureDispatch\Exception\ValidationException $exception) {
            echo json_encode($exception->violations), " ", $exception->getMessage(), "\n";
        }
    }', ['secure_dispatch.card_numbers' => 'reject']);
echo php('echo outcome(fn () => secure_dispatch_order([1])), "\n";', ['secure_dispatch.card_numbers' => 'allow']);
?>
--EXPECT--
