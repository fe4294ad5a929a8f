--TEST--
WooCommerce: what waited for long: Site Health says so; without an outbox it is given up after a week; what only an operator can change is looked at hourly, and at once when the owner has changed it
--EXTENSIONS--
curl
mysqlnd
mysqli
sqlite3
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(wpCli: true); ?>
--FILE--
<?php
require __DIR__ . '/../harness/sales.inc';
$queue = fn (Shop $shop) => $shop->php('require_once ABSPATH . "wp-admin/includes/admin.php"; $result = SecureDispatch\WooCommerce\Site_Health::queue(); echo "$result[status]: $result[label]";');

$shop = new Shop();
$shop->apiDown();
$id = $shop->checkout()['id'];
$shop->cron(70);
$outbox = new SQLite3($shop->php('echo ini_get("secure_dispatch.outbox");'));
$outbox->busyTimeout(5000);
foreach ([59, 61] as $minutes) {
    $outbox->exec('UPDATE dispatch SET since = (strftime("%s") - 60 * ' . $minutes . ') * 1000');
    echo "$minutes minutes: ", $queue($shop), "\n";
}
$outbox->close();

echo "-- refused, and made due by an operator of the server\n";
$shop->apiUp();
$shop->api('status:422');
$shop->php('SecureDispatch\Outbox::retryAll("queued");');
$shop->cron(70);
$shop->api('');
echo implode(' | ', notes($shop, $id)), "\n";
$shop->php('SecureDispatch\Outbox::retryAll("rejected");');
$shop->cron(70);
echo 'arrived: ', story($shop, $id), '; after a minute: ', count(notes($shop, $id)), " note\n";
$shop->php('$cursor = get_option("secure_dispatch_followed_up"); $cursor["was_all"] -= 3600; update_option("secure_dispatch_followed_up", $cursor);');
$shop->cron(70);
echo 'after an hour: ', notes($shop, $id)[1] ?? 'no note', "\n";

echo "-- refused, and made due by the owner\n";
$shop->api('status:422');
$id = $shop->checkout()['id'];
$shop->cron(70);
$shop->cron(70);
$shop->api('');
echo $shop->wpAsRoot('secure-dispatch', 'retry', '--state=rejected')[0], "\n";
$shop->cron(70);
echo implode("\n", notes($shop, $id)), "\n";

echo $shop->debugLog();

echo "-- without an outbox\n";
$shop = new Shop(['secure_dispatch.outbox' => null, 'secure_dispatch.timeout_ms' => 500, 'secure_dispatch.breaker_open_ms' => 1000]);
$shop->api('status:503');
$id = $shop->checkout()['id'];
two_minutes_pass($shop);
$shop->php("foreach (wc_get_order($id)->get_meta_data() as \$meta) {
    if (\$meta->key === '_secure_dispatch_open') {
        \$GLOBALS['wpdb']->update('wp_wc_orders_meta', ['meta_value' => serialize(['tried' => time() - 7 * DAY_IN_SECONDS - 1] + \$meta->value)], ['id' => \$meta->id]);
    }
}");
$shop->cron(70);
echo implode("\n", notes($shop, $id)), "\n", $shop->debugLog();
?>
--EXPECT--
59 minutes: good: No order waits for long
61 minutes: critical: Orders wait for too long
-- refused, and made due by an operator of the server
Secure Dispatch, order status "Processing", to localhost: refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".
arrived: processing; after a minute: 1 note
after an hour: Secure Dispatch, order status "Processing", to localhost: sent, and taken (HTTP 200).
-- refused, and made due by the owner
Success: 1 due now.
Secure Dispatch, order status "Processing", to localhost: refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".
Secure Dispatch, order status "Processing", to localhost: sent, and taken (HTTP 200).
-- without an outbox
Secure Dispatch, order status "Processing", to localhost: not sent yet: the service could not be reached (HTTP 503). It is tried again every minute.
Secure Dispatch, order status "Processing", to localhost: given up: the service could not be reached for days (HTTP 503). It is kept. When the service works again, "Send again".
