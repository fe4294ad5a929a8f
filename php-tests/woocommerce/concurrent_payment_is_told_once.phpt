--TEST--
Two processes that pay one order at the same time tell of it once, whatever the API is doing; with an outbox, without one, and where the shopper waits
--EXTENSIONS--
curl
mysqlnd
mysqli
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/sales.inc';
const ORDERS = 10;
/** A payment gateway that tells the shop twice at once. */
const GATEWAY = <<<'PHP'
    <?php
    // Plugin Name: Gateway
    add_action('rest_api_init', fn () => register_rest_route('gateway', '/paid', ['methods' => 'POST', 'permission_callback' => '__return_true', 'callback' => function ($request) {
        $order = wc_get_order($request['order']);
        // Both have read the order before either writes it.
        while (microtime(true) < $request['at']) usleep(1000);
        $order->payment_complete("T-$request[order]-" . getmypid());
        return (string) $order->get_date_paid();
    }]));
    add_action('woocommerce_order_status_processing', fn ($id) => update_option("fired_{$id}_" . getmypid(), 1, false), 1);
    PHP;
foreach (['outbox' => [], 'no outbox' => ['secure_dispatch.outbox' => null], 'the shopper waits' => []] as $name => $settings) {
    $shop = new Shop($settings);
    file_put_contents("$shop->root/wp-content/plugins/gateway.php", GATEWAY);
    $shop->activate('gateway.php');
    $name === 'the shopper waits' && $shop->php('update_option("secure_dispatch_waits", "yes");');
    $ids = array_column($shop->checkouts(ORDERS, 2, ['payment' => 'bacs']), 'id');
    $shop->api($name === 'outbox' ? 'delay:300' : '');
    foreach ($ids as $n => $id) {
        // At the same instant, and so far apart that one pays in the next second, before the other has told.
        $apart = 0.008 * ($n % 2);
        $at = floor(microtime(true)) + 1.0;
        $pay = fn (float $later) => fn () => $shop->request('POST', '/wp-json/gateway/paid', ['order' => $id, 'at' => $at + $later])['body'];
        side_by_side([$pay(-$apart), $pay(0)], 2);
    }
    $fired = $shop->query("SELECT COUNT(*) AS n FROM wp_options WHERE option_name LIKE 'fired\\_%'")[0]['n'];
    $name === 'no outbox' && $shop->query('UPDATE wp_wc_orders SET date_updated_gmt = date_updated_gmt - INTERVAL 2 MINUTE');
    $name === 'no outbox' && $shop->query("UPDATE wp_options SET option_value = '2020-01-01 00:00:00' WHERE option_name = 'secure_dispatch_reconciled_until'");
    $shop->cron(70);
    $shop->cron(70);
    $arrived = arrived($shop);
    // Now and then one process is so late that it finds the order paid.
    echo "$name: the hook fired ", $fired >= 1.5 * ORDERS ? 'twice' : "$fired times", ' for ', count($ids), ' orders, ', count(array_intersect(array_keys($arrived), $ids)), ' arrived, ', count(array_filter($arrived, fn ($told) => count($told) > 1)), ' twice, ',
        count($shop->dispatches()) - count($arrived), " requests too many\n";
    $receipts = array_map(fn ($id) => count($shop->query("SELECT * FROM wp_wc_orders_meta WHERE order_id = $id AND meta_key LIKE '_secure_dispatch%'")), $ids);
    $open = $shop->query("SELECT COUNT(*) AS n FROM wp_wc_orders_meta WHERE meta_key = '_secure_dispatch_open'")[0]['n'];
    echo 'receipts of an order: ', implode(', ', array_unique($receipts)), "; open: $open; notes: ", implode(', ', array_unique(array_map(fn ($id) => count(notes($shop, $id)), $ids))), "\n", $shop->debugLog();
}
?>
--EXPECT--
outbox: the hook fired twice for 10 orders, 10 arrived, 0 twice, 0 requests too many
receipts of an order: 1; open: 0; notes: 1
no outbox: the hook fired twice for 10 orders, 10 arrived, 0 twice, 0 requests too many
receipts of an order: 1; open: 0; notes: 1
the shopper waits: the hook fired twice for 10 orders, 10 arrived, 0 twice, 0 requests too many
receipts of an order: 1; open: 0; notes: 1
