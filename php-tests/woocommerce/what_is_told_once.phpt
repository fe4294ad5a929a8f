--TEST--
An order is told of in the statuses that were chosen, once for each time that it comes into one, by whatever way; its content again when it has changed; with either storage
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
    $shop = new Shop(storage: $storage);
    $in = function (int $id, string $code) use ($shop): void {
        echo $shop->php("\$order = wc_get_order($id); $code");
    };
    $tell = function (string $what, int $id) use ($shop): void {
        $shop->cron(70);
        echo "$what: ", story($shop, $id), "\n";
    };
    echo "$storage\n";

    $id = $shop->checkout(['payment' => 'bacs'])['id'];
    $tell('by bank transfer, not yet paid', $id);
    $in($id, '$order->payment_complete("T-1");');
    $tell('paid', $id);
    $in($id, 'do_action("woocommerce_order_status_processing", $order->get_id(), $order, []);');
    $tell('the hook fires twice', $id);
    $in($id, '$order->update_status("on-hold"); $order->update_status("processing");');
    $tell('left and entered again, unchanged', $id);
    $in($id, '$order->update_status("on-hold"); $order->set_billing_city("Kiel"); $order->save(); $order->update_status("processing");');
    $tell('left and entered again, to another town', $id);
    $in($id, '$order->update_status("completed"); $order->update_status("processing"); $order->update_status("completed");');
    $tell('A, B, A', $id);
    $in($id, 'wc_create_refund(["order_id" => $order->get_id(), "amount" => 1, "reason" => "late"]);');
    $tell('a part was given back', $id);
    $in($id, 'wc_create_refund(["order_id" => $order->get_id(), "amount" => $order->get_total() - 1]);');
    $tell('all was given back', $id);

    $id = $shop->checkout(['product' => 'download'])['id'];
    $in($id, '$order->payment_complete();');
    $tell('a download, paid', $id);

    $id = $shop->checkout(['classic' => true])['id'];
    $tell('classic checkout', $id);
    $in($id, '$order->update_status("cancelled");');
    $tell('cancelled', $id);

    // What nobody saved since stays out, and another plugin that goes on to the next status at once is right.
    $in($id, 'add_action("woocommerce_order_status_processing", fn ($id) => wc_get_order($id)->update_status("completed"), 20);
        $order->set_billing_company("not saved"); $order->set_status("processing"); $order->save();');
    $tell('another plugin completes it at once', $id);

    $id = (int) $shop->php('wp_set_current_user(1);
        $request = new WP_REST_Request("POST", "/wc/v3/orders");
        $request->set_body_params(["status" => "processing", "billing" => ["first_name" => "Ada", "email" => "ada@customer.test"], "line_items" => [["product_id" => ' . $shop->products['simple'] . ', "quantity" => 2]]]);
        echo rest_do_request($request)->get_data()["id"];');
    $tell('by the REST API', $id);
    $in($id, 'wp_set_current_user(1); $request = new WP_REST_Request("PUT", "/wc/v3/orders/" . $order->get_id()); $request->set_body_params(["status" => "completed"]); rest_do_request($request);');
    $tell('completed by the REST API', $id);

    // WooCommerce Subscriptions copies meta data to the renewal order.
    $renewal = (int) $shop->php("\$order = wc_get_order($id); \$renewal = wc_create_order(); \$renewal->set_total(5);
        foreach (\$order->get_meta_data() as \$meta) { \$renewal->add_meta_data(\$meta->key, \$meta->value); }
        \$renewal->save(); \$renewal->update_status('processing'); echo \$renewal->get_id();");
    $tell('a renewal order that got a copy of the receipts', $renewal);
    $in($renewal, 'echo count($order->get_refunds()), " ", $order->get_meta("_secure_dispatch_receipt", true) ? "receipts" : "none", ", ";
        echo count(apply_filters("wc_subscriptions_object_data", ["_secure_dispatch_receipt" => [], "_secure_dispatch_open" => [], "other" => 1])), " left\n";');

    $keys = array_column($shop->dispatches(), 'idempotency_key');
    echo 'requests beyond one a key: ', count($keys) - count(array_unique($keys)), ', personal data in keys: ', count(preg_grep('/^\d+-[a-z-]+-[0-9a-f]{40}$/', $keys, PREG_GREP_INVERT)), "\n", $shop->debugLog();
}
?>
--EXPECT--
hpos
by bank transfer, not yet paid: nothing
paid: processing
the hook fires twice: processing
left and entered again, unchanged: processing
left and entered again, to another town: processing, processing
A, B, A: processing, processing, completed, processing, completed
a part was given back: processing, processing, completed, processing, completed, completed
all was given back: processing, processing, completed, processing, completed, completed, refunded
a download, paid: completed
classic checkout: processing
cancelled: processing, cancelled
another plugin completes it at once: processing, cancelled, completed
by the REST API: processing
completed by the REST API: processing, completed
a renewal order that got a copy of the receipts: processing
0 receipts, 1 left
requests beyond one a key: 0, personal data in keys: 0
legacy
by bank transfer, not yet paid: nothing
paid: processing
the hook fires twice: processing
left and entered again, unchanged: processing
left and entered again, to another town: processing, processing
A, B, A: processing, processing, completed, processing, completed
a part was given back: processing, processing, completed, processing, completed, completed
all was given back: processing, processing, completed, processing, completed, completed, refunded
a download, paid: completed
classic checkout: processing
cancelled: processing, cancelled
another plugin completes it at once: processing, cancelled, completed
by the REST API: processing
completed by the REST API: processing, completed
a renewal order that got a copy of the receipts: processing
0 receipts, 1 left
requests beyond one a key: 0, personal data in keys: 0
