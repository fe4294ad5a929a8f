--TEST--
An order as WooCommerce was recorded to give it is mapped so that it fits the built-in schema, nothing dropped; the same order has the same digest, whenever it was paid
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
require __DIR__ . '/../harness/recorded.inc';
$key = unique_key();
echo php('
    require "' . __DIR__ . '/../harness/recorded.inc";
    stand_in();
    define("ABSPATH", "/");
    require "' . __DIR__ . '/../../integrations/woocommerce/includes/class-order-map.php";
    use SecureDispatch\WooCommerce\Order_Map;
    $recorded = json_decode(file_get_contents(RECORDED), true);
    $content = Order_Map::of(played_back($recorded));
    $receipt = secure_dispatch_order($content, "' . $key . '");
    echo json_encode([$receipt->state, $receipt->dropped]), "\n";
    $paid = ["get_date_paid" => ["class" => "WC_DateTime", "time" => "2026-12-01T00:00:00Z"]];
    $same = fn (array $other) => json_encode(Order_Map::digest($content) === Order_Map::digest(Order_Map::of(played_back($other + $recorded)))) . "\n";
    echo "paid at another moment: ", $same($paid), "not paid: ", $same(["get_date_paid" => null]), "another town: ", $same(["get_billing_city" => "Kiel"]), "a refund less: ", $same(["refunds" => []]);
', ['secure_dispatch.schema_file' => null]);
$order = json_decode(received($key), true);
echo implode(' ', [$order['id'], $order['total'], $order['line_items'][1]['price'], $order['refunds'][0]['line_items'][0]['quantity'], $order['tax_lines'][0]['rate_percent'], $order['shipping']['city']]), "\n";
?>
--EXPECT--
["delivered",[]]
paid at another moment: true
not paid: false
another town: false
a refund less: false
14 78.44 5.56 -1 19 Köln
