--TEST--
WooCommerce: without the extension, with wrong settings or without an outbox those who can do something about it are told, others are not; orders go on unharmed, and are sent when all is right again; the log has nothing of a customer
--EXTENSIONS--
curl
dom
mysqlnd
mysqli
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/shop.inc';
require __DIR__ . '/../harness/wp_admin.inc';
$shop = new Shop();
$users = ['administrator' => new WpAdmin($shop), 'shop_manager' => new WpAdmin($shop, 'shop_manager'), 'editor' => new WpAdmin($shop, 'editor')];
$ini = $shop->fpm()->dir() . '/php.ini';
$right = file_get_contents($ini);
$orders = [];
$with = function (string $what, ?callable $change) use ($shop, $users, $ini, $right, &$orders) {
    echo "-- $what\n";
    file_put_contents($ini, $change ? $change($right) : $right);
    $shop->fpm()->restart();
    foreach (['index.php', 'plugins.php'] as $path) {
        foreach ($users as $role => $user) {
            $told[$path][json_encode($user->open($path)->notices())][] = $role;
        }
        foreach ($told[$path] as $notices => $roles) {
            echo "  $path, ", implode(' and ', $roles), ': ', implode(' / ', json_decode($notices)) ?: 'nothing', "\n";
        }
    }
    $manager = $users['shop_manager'];
    $page = $manager->statusPage();
    echo "  status page: $page->status, ", implode(' / ', $page->texts('//div[contains(@class, "inline")]')) ?: 'nothing', "\n";
    // With what an owner does, too.
    $order = $shop->checkout();
    $orders[] = $order['id'];
    $shop->cron(60);
    $again = $manager->order($order['id'])->submit('//select[@name="wc_order_action"]', ['wc_order_action' => 'secure_dispatch_send_again']);
    echo "  an order: $order[http] $order[status], sent again: $again->status ", $again->text('//div[contains(@class, "updated")]/p'), '; ', implode(' / ', $again->box()), "\n";
};
$with('without the extension', fn ($ini) => preg_replace('/^extension=\S*(secure_dispatch|naive)\S*$/m', '', $ini));
$with('with a wrong setting', fn ($ini) => preg_replace('/^secure_dispatch.endpoint=.*$/m', 'secure_dispatch.endpoint="http://localhost/"', $ini));
$with('without an outbox', fn ($ini) => preg_replace('/^secure_dispatch.outbox.*$/m', '', $ini));
$with('all is right', null);
// Time passes: the reconciler leaves what changed within a minute to its own request.
$shop->query('UPDATE wp_wc_orders SET date_updated_gmt = date_updated_gmt - INTERVAL 1 HOUR');
$shop->php('update_option("secure_dispatch_reconciled_until", gmdate("Y-m-d H:i:s", time() - 7200));');
$shop->cron(120);
$shop->cron(120);
$sent = array_count_values(array_map(fn ($request) => array_search($request['order']['id'], $orders, true) + 1, $shop->dispatches()));
ksort($sent);
echo 'sent: ', implode(', ', array_map(fn ($order, $times) => "order $order, $times times", array_keys($sent), $sent)), "\n";

echo "-- the log\n";
$log = implode(array_map(file_get_contents(...), glob("$shop->root/wp-content/uploads/wc-logs/secure-dispatch-*.log")));
$names = array_combine($orders, array_map(fn ($i) => 'N' . $i + 1, array_keys($orders)));
$plain = fn (string $line) => preg_replace_callback(['/^\S+ /', '/:\d+:/', '/\d+/', '~\S+/includes/~'], fn ($found) => match (true) {
    is_numeric($found[0]) => $names[$found[0]] ?? $found[0], str_ends_with($found[0], ' ') => '', str_ends_with($found[0], ':') => ':', default => '…/',
}, $line);
echo '  ', implode("\n  ", array_unique(array_map($plain, explode("\n", trim($log))))), "\n";
foreach ([API_KEY, 'customer.test', 'Customer Street', 'Shopper-', 'Ada', '20095', '1234567'] as $private) {
    echo str_contains($log . $shop->debugLog() . $shop->dispatchLog(), $private) ? "PRIVATE: $private\n" : '';
}
echo $shop->debugLog();
?>
--EXPECT--
-- without the extension
  index.php, administrator and shop_manager: Secure Dispatch: No orders are sent. The PHP extension secure_dispatch is not loaded in this PHP, or older than 0.1.0. Ask your host to install it and to restart PHP; until then orders wait here, and are sent afterwards.
  index.php, editor: nothing
  plugins.php, administrator: Secure Dispatch: No orders are sent. The PHP extension secure_dispatch is not loaded in this PHP, or older than 0.1.0. Ask your host to install it and to restart PHP; until then orders wait here, and are sent afterwards.
  plugins.php, shop_manager and editor: nothing
  status page: 200, No orders are sent. The PHP extension secure_dispatch is not loaded in this PHP, or older than 0.1.0. Ask your host to install it and to restart PHP; until then orders wait here, and are sent afterwards.
  an order: 200 processing, sent again: 200 Order updated.; On its way Processing TIME On its way. It is sent within minutes, and until it is taken.
-- with a wrong setting
  index.php, administrator and shop_manager: Secure Dispatch: No orders are sent. The settings of the PHP extension secure_dispatch (php.ini) are not right: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text. Whoever runs the server has to correct them and restart PHP; until then orders wait here, and are sent afterwards.
  index.php, editor: nothing
  plugins.php, administrator: Secure Dispatch: No orders are sent. The settings of the PHP extension secure_dispatch (php.ini) are not right: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text. Whoever runs the server has to correct them and restart PHP; until then orders wait here, and are sent afterwards.
  plugins.php, shop_manager and editor: nothing
  status page: 200, No orders are sent. The settings of the PHP extension secure_dispatch (php.ini) are not right: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text. Whoever runs the server has to correct them and restart PHP; until then orders wait here, and are sent afterwards.
  an order: 200 processing, sent again: 200 Order updated.; On its way Processing TIME On its way. It is sent within minutes, and until it is taken.
-- without an outbox
  index.php, administrator and shop_manager and editor: nothing
  plugins.php, administrator: Secure Dispatch: Orders are sent in the background, but not kept on disk until they are taken, and each only as it is when its turn comes. Ask your host to set secure_dispatch.outbox in php.ini.
  plugins.php, shop_manager and editor: nothing
  status page: 200, Orders are not kept on disk until they are taken. Without an outbox an order waits in the database of the shop, and is sent as it is when its turn comes. Ask your host to set secure_dispatch.outbox in php.ini.
  an order: 200 processing, sent again: 200 Order updated.; Sent Processing TIME Sent, and taken (HTTP 200). / Sent Processing TIME Sent, and taken (HTTP 200).
-- all is right
  index.php, administrator and shop_manager and editor: nothing
  plugins.php, administrator and shop_manager and editor: nothing
  status page: 200, All is well: every order has been sent to localhost.
  an order: 200 processing, sent again: 200 Order updated.; Sent Processing TIME Sent, and taken (HTTP 200). / Sent Processing TIME Sent, and taken (HTTP 200).
sent: order 1, 1 times, order 2, 1 times, order 3, 2 times, order 4, 2 times
-- the log
  ERROR Order N2: SecureDispatch\Exception\ConfigurationException in …/class-extension.php: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text
  INFO Order N1, status processing: delivered, HTTP 200
  INFO Order N2, status processing: delivered, HTTP 200
  INFO Order N3, status processing: delivered, HTTP 200
  INFO Order N4, status processing: delivered, HTTP 200
