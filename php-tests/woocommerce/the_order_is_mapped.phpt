--TEST--
An order with everything that an order can have fits the built-in schema: nothing is dropped, nothing refused; a filter cannot add what the schema does not name; the recorded shapes are WooCommerce's
--EXTENSIONS--
curl
mysqlnd
mysqli
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/sales.inc';
require __DIR__ . '/../harness/recorded.inc';
$shop = new Shop();
$id = (int) $shop->php(RICH_ORDER);
$recorded = $shop->php(RECORD . " echo json_encode(recorded(wc_get_order($id)), JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);");
if (getenv('RECORD_ORDER')) {
    file_put_contents(RECORDED, "$recorded\n");
}
/** Which getters there are, and the types of what they give. */
$shape = function (mixed $value) use (&$shape): mixed {
    return is_array($value) ? array_map($shape, array_is_list($value) || !isset($value['class']) ? array_values($value) : $value) : get_debug_type($value);
};
var_dump($shape(json_decode($recorded, true)) === $shape(json_decode(file_get_contents(RECORDED), true)));
echo $shop->php("\$receipt = secure_dispatch_order(SecureDispatch\\WooCommerce\\Order_Map::of(wc_get_order($id)), 'all-of-it');
    echo json_encode([\$receipt->state, \$receipt->dropped, \$receipt->changed]);"), "\n";
echo json_encode($shop->dispatches()[0]['order'] ?? [], JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE), "\n";
echo $shop->php("add_filter('secure_dispatch_order', fn (\$order) => ['customer_ip' => '192.0.2.1', 'secret' => 'x', 'note' => 'fragile', 'id' => 99999, 'status' => 'paid'] + \$order);
    \$receipt = secure_dispatch_order(\$content = SecureDispatch\\WooCommerce\\Order_Map::of(wc_get_order($id)), 'filtered');
    echo json_encode([\$content['id'] === $id, \$content['status'], \$receipt->dropped]);"), "\n";
// Another plugin's filter throws, with data of the customer's in the message.
$shop->php("file_put_contents(WP_PLUGIN_DIR . '/thrower.php', '<?php /* Plugin Name: Thrower */ add_filter(\"secure_dispatch_order\", function (\$order) { throw new Error(\$order[\"billing\"][\"email\"]); });');");
$shop->activate('thrower.php');
$order = $shop->checkout();
$shop->cron(70);
echo "$order[http] $order[status], ", $shop->order($order['id'])['data']['order_stock_reduced'] ? 'stock reduced' : 'STOCK', ', ', array_sum(array_map(fn ($mail) => $mail['to'] === $order['email'], $shop->mails())), " mail\n";
$log = $shop->php('foreach (glob(WC_LOG_DIR . "secure-dispatch-*.log") as $file) readfile($file);');
echo preg_replace(['/^\S+ /m', '~ in /\S+~'], ['', ' in …'], $log), str_contains($log, '@') ? 'PRIVATE DATA' : 'nothing private', "\n", implode("\n", notes($shop, $order['id'])), "\n";
$shop->php("file_put_contents(WP_PLUGIN_DIR . '/thrower.php', '<?php /* Plugin Name: Thrower */');");
$shop->cron(70);
$shop->cron(70);
echo 'when it is mended: ', story($shop, $order['id']), ', ', json_encode(array_column($shop->query("SELECT meta_key FROM wp_wc_orders_meta WHERE order_id = $order[id] AND meta_key LIKE '_secure_dispatch%'"), 'meta_key')), "\n", $shop->debugLog();
?>
--EXPECT--
bool(true)
["delivered",[],{"\/customer_note":{"markup":7}}]
{
    "id": 14,
    "number": "14",
    "parent_id": 0,
    "status": "pending",
    "currency": "EUR",
    "prices_include_tax": false,
    "date_created": "2026-11-27T09:00:00Z",
    "date_paid": "2026-11-27T09:05:00Z",
    "date_completed": null,
    "discount_total": "5.97",
    "discount_tax": "1.13",
    "shipping_total": "4.90",
    "shipping_tax": "0.00",
    "cart_tax": "11.75",
    "total": "78.44",
    "total_tax": "11.75",
    "payment_method": "cod",
    "payment_method_title": "Cash on delivery",
    "customer_id": 0,
    "billing": {
        "first_name": "Zoë",
        "last_name": "O'Neill",
        "company": "Ünit & Söhne",
        "address_1": "Hauptstraße 1",
        "address_2": "",
        "city": "Köln",
        "state": "",
        "postcode": "50667",
        "country": "DE",
        "phone": "+49 221 1",
        "email": "zoe@customer.test"
    },
    "shipping": {
        "first_name": "Zoë",
        "last_name": "O'Neill",
        "company": "Ünit & Söhne",
        "address_1": "Hauptstraße 1",
        "address_2": "",
        "city": "Köln",
        "state": "",
        "postcode": "50667",
        "country": "DE",
        "phone": "+49 221 1"
    },
    "customer_note": "Ring twice.\nThank you – Zoë 3rd floor",
    "line_items": [
        {
            "id": 1,
            "name": "Tea pot",
            "sku": "TEAPOT",
            "product_id": 10,
            "variation_id": 0,
            "quantity": 3,
            "price": "17.91",
            "subtotal": "59.70",
            "subtotal_tax": "11.34",
            "total": "53.73",
            "total_tax": "10.21",
            "tax_class": ""
        },
        {
            "id": 2,
            "name": "Engraving",
            "sku": "",
            "product_id": 0,
            "variation_id": 0,
            "quantity": 1,
            "price": "5.56",
            "subtotal": "5.56",
            "subtotal_tax": "1.06",
            "total": "5.56",
            "total_tax": "1.06",
            "tax_class": ""
        }
    ],
    "shipping_lines": [
        {
            "id": 4,
            "method_title": "Parcel",
            "method_id": "flat_rate",
            "instance_id": "1",
            "total": "4.90",
            "total_tax": "0.00"
        }
    ],
    "coupon_lines": [
        {
            "id": 6,
            "code": "spring",
            "discount": "5.97",
            "discount_tax": "1.13"
        }
    ],
    "fee_lines": [
        {
            "id": 5,
            "name": "Gift wrap",
            "tax_class": "",
            "total": "2.50",
            "total_tax": "0.48"
        }
    ],
    "tax_lines": [
        {
            "id": 3,
            "rate_code": "DE-VAT-1",
            "label": "VAT",
            "rate_percent": 19,
            "compound": false,
            "tax_total": "11.75",
            "shipping_tax_total": "0.00"
        }
    ],
    "refunds": [
        {
            "id": 15,
            "date_created": "2026-11-28T09:00:00Z",
            "reason": "broken",
            "amount": "19.90",
            "total": "-19.90",
            "total_tax": "-3.18",
            "line_items": [
                {
                    "id": 7,
                    "name": "Tea pot",
                    "sku": "TEAPOT",
                    "product_id": 10,
                    "variation_id": 0,
                    "quantity": -1,
                    "price": "16.72",
                    "subtotal": "-16.72",
                    "subtotal_tax": "-3.18",
                    "total": "-16.72",
                    "total_tax": "-3.18",
                    "tax_class": ""
                }
            ]
        }
    ]
}
[true,"pending",["\/customer_ip","\/secret"]]
200 processing, stock reduced, 1 mail
ERROR Order 16: Error in …
WARNING Order 16, status processing: failed (an error in other code of the shop)
nothing private
Secure Dispatch, order status "Processing", to localhost: not sent yet: it was stopped by an error in other code of the shop; the log (source secure-dispatch) says where. It is tried again every minute.
when it is mended: processing, ["_secure_dispatch_receipt","_secure_dispatch_receipt"]
