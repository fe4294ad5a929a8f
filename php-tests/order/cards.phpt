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
echo json_encode($receipt->changed, JSON_UNESCAPED_SLASHES), "\n";
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
{"order_id":1001,"customer_note":"Bitte abbuchen von **** **** **** 1111, gültig bis 12/27 – danke!","number":"************1111","float":"************4444","phone":"+49 30 12345678","iban":"DE89 3704 0044 0532 0130 00","ean":"4006381333931","lines":[{"sku":"A-1","meta":{"cvc":"***","card_number":"***","note":"***********０００５"}}],"hidden":"************1111","****-****-****-1117":"a key","cvv":"","object":{"pan":"***"}}
{"/****-****-****-1117":{"masked":1},"/customer_note":{"masked":1},"/float":{"masked":1},"/hidden":{"invisible":3,"masked":1},"/lines/0/meta/card_number":{"masked":1},"/lines/0/meta/cvc":{"masked":1},"/lines/0/meta/note":{"masked":1},"/number":{"masked":1},"/object/pan":{"masked":1}}
array(0) {
}
[["\/note","card_number"]] the order was not sent: /note holds a payment card's number or security code, which never leaves (secure_dispatch.card_numbers=reject)
[["\/a\/0\/b","card_number"]] the order was not sent: /a/0/b holds a payment card's number or security code, which never leaves (secure_dispatch.card_numbers=reject)
[["\/payment\/cvc","card_number"]] the order was not sent: /payment/cvc holds a payment card's number or security code, which never leaves (secure_dispatch.card_numbers=reject)
[["\/************1111","card_number"]] the order was not sent: /************1111 holds a payment card's number or security code, which never leaves (secure_dispatch.card_numbers=reject)
delivered
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.card_numbers must be mask or reject
