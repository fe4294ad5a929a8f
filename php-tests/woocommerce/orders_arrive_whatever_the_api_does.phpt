--TEST--
Whatever the API does, a checkout goes through: stock is reduced, mails are sent, and every order arrives in the end, none twice; with four shoppers at a time
--EXTENSIONS--
curl
mysqlnd
mysqli
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/sales.inc';
foreach (['hpos', 'legacy'] as $storage) {
    $shop = new Shop(['secure_dispatch.timeout_ms' => 1000, 'secure_dispatch.connect_timeout_ms' => 500, 'secure_dispatch.breaker_open_ms' => 2000], storage: $storage);
    $stock = fn () => (int) $shop->query("SELECT stock_quantity FROM wp_wc_product_meta_lookup WHERE sku = 'TEAPOT'")[0]['stock_quantity'];
    $before = $stock();
    $orders = [];
    foreach (['' => 'healthy', 'delay:2000' => 'slow', 'hang' => 'hanging', 'status:500,echo' => 'failing', 'after:reset' => 'answers lost', 'down' => 'down'] as $behaviour => $name) {
        $behaviour === 'down' ? $shop->apiDown() : $shop->api($behaviour);
        $placed = $shop->checkouts(4, 4);
        // While it is as bad as that, background work goes on.
        $shop->cron(70);
        $orders += array_column($placed, null, 'id');
        echo "$storage, $name: ", implode(', ', array_unique(array_map(fn ($order) => "$order[http] $order[status]", $placed))), "\n";
    }
    echo 'stock ', $stock() - $before, ', mails to customers ', count(array_intersect(array_column($orders, 'email'), array_column($shop->mails(), 'to'))), "\n";
    $shop->apiUp();
    $shop->api('');
    $shop->php('SecureDispatch\Outbox::retryAll("queued"); SecureDispatch\Outbox::retryAll("unconfirmed");');
    // An open breaker is tried when its time is over, by a drainer.
    for ($i = 0; $i < 40 && count(arrived($shop)) < count($orders); $i++, sleep(1)) {
        $shop->cron(70);
    }
    $shop->cron(70);
    $arrived = arrived($shop);
    echo 'arrived ', count(array_intersect_key($arrived, $orders)), ' of ', count($orders), ', twice ', count(array_filter($arrived, fn ($statuses) => count($statuses) > 1)), "\n";
    $states = $told = [];
    foreach (array_keys($orders) as $id) {
        $order = $shop->order($id);
        $states[] = $order['meta']['_secure_dispatch_receipt']['state'] ?? 'open';
        $notes = notes($shop, $id);
        $told[] = str_replace("Secure Dispatch, order status \"Processing\", to localhost: ", '', end($notes));
    }
    echo json_encode(array_count_values($states)), ' ', json_encode(array_count_values($told)), "\n", $shop->debugLog();
}
?>
--EXPECT--
hpos, healthy: 200 processing
hpos, slow: 200 processing
hpos, hanging: 200 processing
hpos, failing: 200 processing
hpos, answers lost: 200 processing
hpos, down: 200 processing
stock -24, mails to customers 24
arrived 24 of 24, twice 0
{"delivered":24} {"sent, and taken (HTTP 200).":24}
legacy, healthy: 200 processing
legacy, slow: 200 processing
legacy, hanging: 200 processing
legacy, failing: 200 processing
legacy, answers lost: 200 processing
legacy, down: 200 processing
stock -24, mails to customers 24
arrived 24 of 24, twice 0
{"delivered":24} {"sent, and taken (HTTP 200).":24}
