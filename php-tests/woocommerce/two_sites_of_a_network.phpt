--TEST--
WooCommerce: two sites of a network whose orders have the same ids share an outbox and do not disturb each other; a site's shop manager touches only that site's orders; the plugin is switched on, off and deleted for all sites
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
require __DIR__ . '/../harness/network.inc';
require __DIR__ . '/../harness/wp_admin.inc';
const PLUGIN = 'secure-dispatch/secure-dispatch.php';
$shop = new Shop(plugin: false);
$shop->installPlugin();
[$first, $second] = $sites = network($shop);
// A third one, which nobody has visited: WooCommerce has no tables there.
$shop->php("wpmu_create_blog('$first', '/third/', 'Third', 1); file_put_contents(WP_DEBUG_LOG, '');");
echo 'switched on: ', $shop->php('require_once ABSPATH . "wp-admin/includes/plugin.php"; $e = activate_plugin("' . PLUGIN . '", "", true); echo is_wp_error($e) ? $e->get_error_message() : "for the network";'), "\n";
$on_both = fn (string $code) => implode(', ', array_map(fn ($site) => $shop->php($code, $site), $sites));
echo 'planned: ', $on_both('echo wp_next_scheduled("secure_dispatch_watchdog") ? "yes" : "no";'), "\n";

$shop->query('ALTER TABLE wp_posts AUTO_INCREMENT = 5000');
$shop->query('ALTER TABLE wp_2_posts AUTO_INCREMENT = 5000');
$sell = fn (string $site) => (int) $shop->php('$order = wc_create_order(["status" => "pending"]); $order->set_billing_last_name("Of " . get_bloginfo("name")); $order->save(); $order->update_status("processing"); echo $order->get_id();', $site);
$work = fn (string $site) => $shop->php('do_action("secure_dispatch_work");', $site);
$arrived = fn () => implode(', ', array_map(fn ($request) => "{$request['order']['order_id']} {$request['order']['billing']['last_name']}", $shop->dispatches())) ?: 'nothing';
$states = fn (int $id) => $on_both("echo implode('+', array_map(fn (\$receipt) => \$receipt->state, SecureDispatch\\WooCommerce\\Receipts::of(wc_get_order($id)))) ?: 'none';");

$shop->apiDown();
$id = $sell($first);
$work($first);
$shop->apiUp();
echo 'the same id: ', $sell($second) === $id ? 'yes' : 'NO', "\n";
$work($second);
echo 'the first waits for its next time, the second does not wait for it: ', $arrived(), "\n";
echo "  $id: ", $states($id), "\n";
$shop->php('SecureDispatch\Outbox::retryAll("queued");', $first);
$work($first);
echo 'then: ', $arrived(), "\n  $id: ", $states($id), "\n";
echo '  keys: ', count(array_unique(array_column($shop->dispatches(), 'idempotency_key'))), "\n";
echo '  notes: ', $on_both("echo count(array_filter(wc_get_order_notes(['order_id' => $id]), fn (\$note) => str_contains(\$note->content, 'Secure Dispatch')));"), "\n";

// One outbox, two shop managers.
$shop->api('status:422');
$id = $sell($first);
$sell($second);
$work($first);
$work($second);
$shop->php("\$id = wp_insert_user(['user_login' => 'shop_manager', 'user_pass' => 'password', 'user_email' => 'm@shop.test']); add_user_to_blog(1, \$id, 'shop_manager');");
$rows = function (WpAdmin $user): Page {
    $page = $user->statusPage();
    foreach ($page->texts('//table[contains(@class, "secure-dispatch-outbox")]/tbody/tr') as $row) {
        echo '  ', preg_replace(['/Refused.*not by itself */', '/#\d+/', '/\d-\d+/'], ['… ', '#N', 'S-N'], $row), "\n";
    }
    echo '  try all: ', $page->texts('//input[@value="retry_all"]') ? 'yes' : 'no', "\n";
    return $page;
};
$manager = new WpAdmin($shop, user: 'shop_manager');
echo "the first site's manager sees\n";
$page = $rows($manager);
$others = array_column(json_decode($shop->php('echo json_encode(SecureDispatch\Outbox::list());'), true), 'id', 'order_id')["2-$id"];
foreach (['discard', 'retry', 'retry_all'] as $what) {
    echo "  $what of the second's: ", $page->submit('//input[@value="drain"]', ['what' => $what, 'id' => $others])->text('//div[contains(@class, "notice-info")]'), "\n";
}
echo '  discard of the own: ', $page->submit('//input[@value="discard"]')->text('//div[contains(@class, "notice-info")]'), "\n";
echo "the super admin sees\n";
$page = $rows(new WpAdmin($shop));
echo '  discard: ', $page->submit('//input[@value="discard"]')->text('//div[contains(@class, "notice-info")]'), "\n";

$shop->php('require_once ABSPATH . "wp-admin/includes/plugin.php"; deactivate_plugins("' . PLUGIN . '", false, true);');
echo 'switched off, planned: ', $on_both('echo wp_next_scheduled("secure_dispatch_watchdog") ? "yes" : "no";'), "\n";
echo $shop->php('require_once ABSPATH . "wp-admin/includes/admin.php"; wp_set_current_user(1); $e = delete_plugins(["' . PLUGIN . '"]); echo is_wp_error($e) ? $e->get_error_message() : "";');
foreach (['wp_', 'wp_2_'] as $prefix) {
    $left = array_sum(array_map(fn ($sql) => count($shop->query($sql)), ["SELECT 1 FROM {$prefix}options WHERE option_name LIKE 'secure\\_dispatch%' OR option_name = 'cron' AND option_value LIKE '%secure\\_dispatch%'",
        "SELECT 1 FROM {$prefix}wc_orders_meta WHERE meta_key LIKE '%secure\\_dispatch%'", "SELECT 1 FROM {$prefix}actionscheduler_actions WHERE hook LIKE 'secure\\_dispatch%'"]));
    echo "deleted, left in $prefix: $left\n";
}
echo $shop->debugLog();
?>
--EXPECT--
switched on: for the network
planned: yes, yes
the same id: yes
the first waits for its next time, the second does not wait for it: 2-5000 Of Second shop
  5000: queued, delivered
then: 2-5000 Of Second shop, 1-5000 Of Test shop
  5000: delivered, delivered
  keys: 2
  notes: 1, 1
the first site's manager sees
  #N… Send now Discard
  S-N… Of another site
  try all: no
  discard of the second's: That is another site's order.
  retry of the second's: That is another site's order.
  retry_all of the second's: That is another site's order.
  discard of the own: It is discarded, and will not be sent.
the super admin sees
  S-N… Send now Discard
  try all: yes
  discard: It is discarded, and will not be sent.
switched off, planned: no, no
deleted, left in wp_: 0
deleted, left in wp_2_: 0
