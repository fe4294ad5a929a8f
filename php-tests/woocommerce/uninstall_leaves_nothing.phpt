--TEST--
WooCommerce: deactivated, the plugin plans nothing more; uninstalled, also when WooCommerce is off, it leaves no option, meta row, action, event or transient behind; orders and the outbox stay
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
const PLUGIN = 'secure-dispatch/secure-dispatch.php';

foreach (['hpos' => true, 'legacy' => false] as $storage => $woocommerce) {
    echo "== $storage, WooCommerce is ", $woocommerce ? 'on' : 'off', "\n";
    $shop = new Shop(storage: $storage);
    /** Rows that speak of us, by table. */
    $left = function (string $what) use ($shop): void {
        $found = [];
        foreach (array_column($shop->query("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'shop'"), 'name') as $table) {
            $columns = array_column($shop->query("SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = '$table'
                AND data_type IN ('varchar', 'char', 'text', 'mediumtext', 'longtext', 'tinytext')"), 'name');
            // WordPress itself remembers which plugins were on, when they were switched off or deleted, and what its policy guide said.
            $itself = $table === 'wp_options' ? " AND option_name NOT IN ('recently_activated', 'active_plugins', 'uninstall_plugins', '_site_transient_update_plugins')" : ($table === 'wp_postmeta' ? " AND meta_key != '_wp_suggested_privacy_policy_content'" : '');
            $count = $columns ? $shop->query("SELECT COUNT(*) AS n FROM $table WHERE (" . implode(' OR ', array_map(fn ($column) => "`$column` LIKE '%secure\\\\_dispatch%' OR `$column` LIKE '%secure-dispatch%'", $columns)) . ")$itself")[0]['n'] : 0;
            // What is in there is the path of this test.
            $count = $table === 'wp_wc_product_download_directories' ? 0 : $count;
            $count && $found[] = "$table ($count)";
        }
        sort($found);
        echo "$what: ", implode(', ', $found) ?: 'nothing', "\n";
    };
    $in_admin = fn (string $code) => $shop->php("require_once ABSPATH . 'wp-admin/includes/admin.php'; wp_set_current_user(1); $code");
    $shop->checkout();
    $shop->cron(60);
    $shop->apiDown();
    $shop->checkout();
    $shop->cron(60);
    $manager = new WpAdmin($shop, 'shop_manager');
    $page = $manager->statusPage();
    $page->submit('//input[@value="drain"]');
    preg_match_all('/wp_\w+/', (function () use ($left) { ob_start(); $left(''); return ob_get_clean(); })(), $tables);
    echo 'in use: ', implode(', ', $tables[0]), "\n";

    $in_admin('deactivate_plugins("' . PLUGIN . '");');
    echo 'deactivated: ', $in_admin('echo wp_next_scheduled("secure_dispatch_watchdog") ? "an event" : "no event", ", ",
        as_has_scheduled_action("secure_dispatch_work") ? "an action" : "no action";'), "\n";
    $shop->checkout();
    $woocommerce || $in_admin('deactivate_plugins("woocommerce/woocommerce.php");');
    echo $in_admin('$result = delete_plugins(["' . PLUGIN . '"]); echo is_wp_error($result) ? $result->get_error_message() : ($result ? "" : "not deleted");');
    $left('uninstalled');
    echo 'its log: ', count(glob("$shop->root/wp-content/uploads/wc-logs/secure-dispatch-*")) ? 'there' : 'gone', "\n";
    echo 'its files: ', is_dir("$shop->root/wp-content/plugins/secure-dispatch") ? 'THERE' : 'gone', '; the outbox: ', $shop->php('echo count(SecureDispatch\Outbox::list());'), " kept\n";
    $woocommerce || $shop->activate('woocommerce/woocommerce.php');
    echo 'orders: ', $shop->php('echo count(wc_get_orders(["limit" => -1, "status" => "processing"]));'), "\n";
    echo $shop->debugLog();
}
?>
--EXPECT--
== hpos, WooCommerce is on
in use: wp_actionscheduler_actions, wp_actionscheduler_groups, wp_options, wp_wc_orders_meta
deactivated: no event, no action
uninstalled: nothing
its log: gone
its files: gone; the outbox: 1 kept
orders: 3
== legacy, WooCommerce is off
in use: wp_actionscheduler_actions, wp_actionscheduler_groups, wp_options, wp_postmeta
deactivated: no event, no action
uninstalled: nothing
its log: there
its files: gone; the outbox: 1 kept
orders: 3
