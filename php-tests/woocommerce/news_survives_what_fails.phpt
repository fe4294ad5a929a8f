--TEST--
WooCommerce: no news of an order is lost, sent twice or out of order by a plugin's files that vanish in a checkout, an order that ends PHP, a status that nobody is told about in between, an outbox that cannot be used for a while, a clock that is set back, receipts that cannot be read or are written back by a client, a slow filter, a refund that is undone, a shop's move from posts to tables, an outage of a week
--EXTENSIONS--
curl
mysqlnd
mysqli
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/sales.inc';
/** Other plugins' code, until the next one's. */
$others = function (Shop $shop, string $code = ''): void {
    @mkdir("$shop->root/wp-content/mu-plugins");
    file_put_contents("$shop->root/wp-content/mu-plugins/others.php", "<?php\n$code");
};
$to = fn (Shop $shop, int $id, string $status) => $shop->php("wc_get_order($id)->update_status('$status');");
$states = fn (Shop $shop, int $id) => $shop->php("echo implode(', ', array_map(fn (\$receipt) => \"\$receipt->status \$receipt->state\", SecureDispatch\\WooCommerce\\Receipts::of(wc_get_order($id))));");
$requests = fn (Shop $shop, int $id) => implode(', ', array_map(fn ($request) => "{$request['order']['status']} " . count($request['order']['refunds'] ?? []),
    array_values(array_filter($shop->dispatches(), fn ($request) => $request['order']['id'] === $id))));
/** As often as it takes for what is due to be done. */
$later = function (Shop $shop, string $storage = 'hpos'): void {
    for ($i = 0; $i < 3; $i++) {
        two_minutes_pass($shop, $storage);
    }
};
$rewrite = fn (Shop $shop, int $id, string $change) => $shop->php("foreach (wc_get_order($id)->get_meta_data() as \$meta) {
    if (str_starts_with(\$meta->key, '_secure_dispatch')) {
        \$GLOBALS['wpdb']->update('wp_wc_orders_meta', ['meta_value' => serialize([$change] + \$meta->value)], ['id' => \$meta->id]);
    }
}");
$extension = function (Shop $shop, bool $on): void {
    static $ini;
    $ini ??= file_get_contents($shop->fpm()->dir() . '/php.ini');
    file_put_contents($shop->fpm()->dir() . '/php.ini', $on ? $ini : preg_replace('~^extension=\S*secure_dispatch.so~m', '', $ini));
    $shop->fpm()->restart();
};

$shop = new Shop();
$plugin = "$shop->root/wp-content/plugins/secure-dispatch";
$others($shop, 'add_action("woocommerce_order_status_processing", fn () => rename(WP_PLUGIN_DIR . "/secure-dispatch", WP_CONTENT_DIR . "/away"), 20);');
$order = $shop->checkout();
rename("$shop->root/wp-content/away", $plugin);
$others($shop);
$later($shop);
echo "files vanish in a checkout: HTTP $order[http], told ", story($shop, $order['id']), "\n";

$shop->php('require_once ABSPATH . "wp-admin/includes/plugin.php"; deactivate_plugins("secure-dispatch/secure-dispatch.php");');
$ids = [$shop->checkout()['id'], $shop->checkout()['id']];
$shop->activate('secure-dispatch/secure-dispatch.php');
$others($shop, "add_filter('secure_dispatch_order', fn (\$content, \$order) => \$order->get_id() === $ids[0] ? exit : \$content, 10, 2);");
$shop->query('UPDATE wp_wc_orders SET date_updated_gmt = date_updated_gmt - INTERVAL 2 MINUTE');
$shop->query("UPDATE wp_options SET option_value = option_value - INTERVAL 2 MINUTE WHERE option_name = 'secure_dispatch_reconciled_until'");
for ($i = 0; $i < 4; $i++) {
    $shop->php('SecureDispatch\WooCommerce\Schedule::work();');
}
$others($shop);
echo 'one order ends PHP: told ', story($shop, $ids[0]), ', the next one ', story($shop, $ids[1]), "\n";

$id = $shop->checkout()['id'];
$later($shop);
$rewrite($shop, $id, '"since" => microtime(true) + 3600');
foreach (['cancelled', 'processing', 'cancelled'] as $status) {
    $to($shop, $id, $status);
    $later($shop);
}
echo 'the clock was ahead: told ', story($shop, $id), "\n";

$outbox = dirname($shop->php('echo ini_get("secure_dispatch.outbox");'));
$id = $shop->checkout()['id'];
chmod($outbox, 0755);
$to($shop, $id, 'cancelled');
$later($shop);
echo 'outbox away while it has older news: told ', story($shop, $id), ' (', $states($shop, $id), ')';
$other = $shop->checkout()['id'];
$later($shop);
echo ', another order ', story($shop, $other);
echo '; looked at in ', $shop->php('$looks = 0;
    foreach ([1, 2] as $pass) {
        try { SecureDispatch\WooCommerce\Follow_Up::run(microtime(true) + 5); } catch (SecureDispatch\Exception\UnavailableException) { $looks++; }
    }
    echo $looks;'), ' of 2 passes';
chmod($outbox, 0700);
$later($shop);
echo '; back: told ', $requests($shop, $id), "\n";

$others($shop, 'add_filter("secure_dispatch_order", fn ($content) => sleep($content["status"] === "processing" ? 3 : 0) ? $content : $content);
    add_action("rest_api_init", fn () => register_rest_route("others", "/status", ["methods" => "POST", "permission_callback" => "__return_true",
        "callback" => fn ($request) => wc_get_order($request["order"])->update_status($request["to"])]));');
$id = $shop->checkout(['payment' => 'bacs'])['id'];
$slow = proc_open([PHP_BINARY, '-n', '-r', 'file_get_contents($argv[1], false, stream_context_create(["http" => ["method" => "POST"]]));', "$shop->url/wp-json/others/status?order=$id&to=processing"], [], $pipes);
sleep(1);
$to($shop, $id, 'completed');
proc_close($slow);
$others($shop);
$later($shop);
echo 'a slow filter: told ', $requests($shop, $id), "\n";

$others($shop, 'add_filter("query", fn ($query) => is_file(WP_CONTENT_DIR . "/failing") && str_contains($query, "wc_orders_meta") && str_starts_with(ltrim($query), "SELECT") ? "SELECT what fails" : $query) && $GLOBALS["wpdb"]->suppress_errors();');
touch("$shop->root/wp-content/failing");
$shop->query("UPDATE wp_wc_orders SET date_updated_gmt = UTC_TIMESTAMP() WHERE id = $id");
$later($shop);
unlink("$shop->root/wp-content/failing");
$others($shop);
$later($shop);
echo 'receipts cannot be read: told ', $requests($shop, $id), "\n";

$id = $shop->checkout()['id'];
$rest = fn (string $method, string $what) => $shop->php("wp_set_current_user(1); \$request = new WP_REST_Request('$method', '/wc/v3/orders/$id'); $what echo json_encode(rest_do_request(\$request)->get_data());");
$read = json_decode($rest('GET', ''), true);
$row = $shop->query("SELECT meta_value FROM wp_wc_orders_meta WHERE order_id = $id AND meta_key = '_secure_dispatch_open'")[0]['meta_value'];
$later($shop);
echo 'by REST: ', count(array_filter($read['meta_data'], fn ($meta) => str_starts_with($meta['key'], '_secure_dispatch'))), ' receipts told';
$shop->query("INSERT INTO wp_wc_orders_meta (order_id, meta_key, meta_value) VALUES ($id, '_secure_dispatch_open', '$row')");
$later($shop);
echo '; one written back: told ', $requests($shop, $id), ', ', count(notes($shop, $id)), ' note, open ', count($shop->query("SELECT * FROM wp_wc_orders_meta WHERE order_id = $id AND meta_key = '_secure_dispatch_open'")), "\n";

$refund = $shop->php("echo wc_create_refund(['order_id' => $id, 'amount' => 1])->get_id();");
$later($shop);
$shop->php("wc_get_order($refund)->delete(true);");
$later($shop);
echo 'a refund that is undone: told ', $requests($shop, $id), "\n";

$others($shop, 'add_filter("secure_dispatch_order", fn ($content) => ["currency" => "none"] + $content);');
$shop->checkout();
$others($shop);
echo $shop->php('require_once ABSPATH . "wp-admin/includes/admin.php"; echo SecureDispatch\WooCommerce\Site_Health::queue()["label"];'), "\n";

$extension($shop, false);
$id = $shop->checkout()['id'];
$rewrite($shop, $id, '"since" => microtime(true) - 8 * DAY_IN_SECONDS');
$extension($shop, true);
$later($shop);
echo 'the extension was off for a week: told ', story($shop, $id), ' | ', implode(' | ', notes($shop, $id)), "\n", $shop->debugLog();

echo "without an outbox\n";
$shop = new Shop(['secure_dispatch.outbox' => null]);
$id = $shop->checkout()['id'];
$to($shop, $id, 'on-hold');
$later($shop);
$to($shop, $id, 'processing');
$later($shop);
echo 'on hold in between: told ', story($shop, $id), "\n";
$id = $shop->checkout()['id'];
$shop->php("wc_get_order($id)->delete(false);");
$later($shop);
$shop->php("wc_get_container()->get(Automattic\\WooCommerce\\Internal\\DataStores\\Orders\\OrdersTableDataStore::class)->untrash_order(wc_get_order($id));");
$later($shop);
echo 'in the trash in between: told ', story($shop, $id), "\n", $shop->debugLog();

$shop = new Shop(storage: 'legacy');
$shop->php('update_option("woocommerce_custom_orders_table_data_sync_enabled", "yes");');
$shop->cron(70);
$id = $shop->checkout()['id'];
$later($shop, 'legacy');
$to($shop, $id, 'completed');
$later($shop, 'legacy');
$shop->php('update_option("woocommerce_custom_orders_table_enabled", "yes");');
$shop->php("\$order = wc_get_order($id); \$order->set_billing_phone('123'); \$order->save();");
$later($shop);
echo 'moved from posts to tables: told ', $requests($shop, $id), "\n", $shop->debugLog();
?>
--EXPECT--
files vanish in a checkout: HTTP 200, told processing
one order ends PHP: told nothing, the next one processing
the clock was ahead: told processing, cancelled, processing, cancelled
outbox away while it has older news: told nothing (processing announced, cancelled failed), another order processing; looked at in 2 of 2 passes; back: told processing 0, cancelled 0
a slow filter: told completed 0
receipts cannot be read: told completed 0
by REST: 0 receipts told; one written back: told processing 0, 1 note, open 0
a refund that is undone: told processing 0, processing 1, processing 0
Orders need somebody to look at them
the extension was off for a week: told processing | Secure Dispatch, order status "Processing", to localhost: sent, and taken (HTTP 200).
without an outbox
on hold in between: told processing
in the trash in between: told processing
moved from posts to tables: told processing 0, completed 0
