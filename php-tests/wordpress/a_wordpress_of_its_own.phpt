--TEST--
WordPress without WooCommerce: php-fpm dispatches, the command line cannot read the key; what comes while the API is down arrives when it is up again; nothing is logged
--EXTENSIONS--
curl
mysqlnd
mysqli
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(woocommerce: false); ?>
--FILE--
<?php
require __DIR__ . '/../harness/shop.inc';
$shop = new Shop(woocommerce: false, plugin: false);
$page = $shop->request('GET', '/');
echo "the front page: $page[status] ", preg_match('~<title>(.*)</title>~', $page['body'], $title) ? html_entity_decode($title[1]) : 'without a title', "\n";
$dispatch = fn (int $id) => "echo secure_dispatch_order(['order_id' => $id])->state->value;";
echo 'php-fpm: ', $shop->php($dispatch(1)), "\n";
echo 'command line: ', $shop->cli('try { secure_dispatch_order(["order_id" => 2]); echo "HAS THE KEY"; } catch (SecureDispatch\Exception\ConfigurationException) { echo "has no key"; }'), "\n";
$shop->apiDown();
echo 'down: ', $shop->php($dispatch(3)), ', ', count($shop->dispatches()), " there\n";
$shop->apiUp();
// What is due anyway, and what a plugin plans for later.
$shop->php('wp_schedule_single_event(time() + 3600, "drain");
    file_put_contents(WP_CONTENT_DIR . "/plugins/drain.php", "<?php /* Plugin Name: Drain */ add_action(\'drain\', fn () => SecureDispatch\Outbox::retryAll(\'queued\') . SecureDispatch\Outbox::drain()[\'delivered\']);");');
$shop->activate('drain.php');
$shop->cron();
echo 'up, at once: ', count($shop->dispatches()), " there\n";
sleep(2);
$shop->cron(3600);
echo 'up, later: ', implode(', ', array_map(fn ($request) => "order {$request['order']['order_id']}", $shop->dispatches())), "\n";
$jar = $shop->login();
echo 'wp-admin: ', $shop->request('GET', '/wp-admin/plugins.php', jar: $jar)['status'], ', without a login ', $shop->request('GET', '/wp-admin/plugins.php')['status'], "\n";
echo $shop->debugLog();
?>
--EXPECT--
the front page: 200 Test shop
php-fpm: delivered
command line: has no key
down: queued, 1 there
up, at once: 1 there
up, later: order 1, order 3
wp-admin: 200, without a login 302
