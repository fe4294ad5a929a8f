--TEST--
A shop without the plugin: an order by cash on delivery is processing, stock goes down by one, customer and shop get their mails, and nothing is logged; with either storage of orders, by either checkout
--EXTENSIONS--
curl
mysqlnd
mysqli
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/shop.inc';
$stored = [
    'hpos' => "SELECT status FROM wp_wc_orders WHERE type = 'shop_order' AND id = ",
    'legacy' => "SELECT post_status AS status FROM wp_posts WHERE post_type = 'shop_order' AND ID = ",
];
foreach ($stored as $storage => $query) {
    $shop = new Shop(storage: $storage, plugin: false);
    $stock = fn () => (int) $shop->query("SELECT stock_quantity FROM wp_wc_product_meta_lookup WHERE sku = 'TEAPOT'")[0]['stock_quantity'];
    foreach (['block' => false, 'classic' => true] as $checkout => $classic) {
        $before = $stock();
        $sent = count($shop->mails());
        $order = $shop->checkout(['classic' => $classic]);
        echo "$storage, $checkout: $order[http] $order[status], stored as ", $shop->query($query . (int) $order['id'])[0]['status'] ?? 'nothing', ', stock ', $stock() - $before, "\n";
        foreach (array_slice($shop->mails(), $sent) as $mail) {
            $to = $mail['to'] === $order['email'] ? 'the customer' : $mail['to'];
            echo "  to $to: ", str_replace("#$order[id]", '#ID', $mail['subject']), str_contains($mail['body'], 'Tea pot') ? '' : ', WITHOUT THE PRODUCT', "\n";
        }
    }
    echo $shop->debugLog();
}
?>
--EXPECT--
hpos, block: 200 processing, stored as wc-processing, stock -1
  to admin@shop.test: [Test shop]: New order #ID
  to the customer: Your Test shop order has been received!
hpos, classic: 200 success, stored as wc-processing, stock -1
  to admin@shop.test: [Test shop]: New order #ID
  to the customer: Your Test shop order has been received!
legacy, block: 200 processing, stored as wc-processing, stock -1
  to admin@shop.test: [Test shop]: New order #ID
  to the customer: Your Test shop order has been received!
legacy, classic: 200 success, stored as wc-processing, stock -1
  to admin@shop.test: [Test shop]: New order #ID
  to the customer: Your Test shop order has been received!
