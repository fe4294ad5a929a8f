--TEST--
No news of an order is lost, sent twice, or sent out of order by kills, slow plugins, stumbling filters, failing queries, throwing logs, a clock that was ahead, or a broken outbox; orders from before the plugin stay untold
--EXTENSIONS--
curl
mysqlnd
mysqli
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/sales.inc';
/** Other plugins, as bad as options say. */
const OTHERS = <<<'PHP'
    <?php
    // Plugin Name: Others
    $kill = function ($query = null) { exec('kill -KILL ' . getmypid()); sleep(5); return $query; };
    match (get_option('bad')) {
        'refund' => add_action('woocommerce_order_refunded', $kill, 999),
        // What is to be told is written down, and is about to be sent.
        'sending' => add_filter('query', function ($query) use ($kill) {
            static $announced = false;
            // announce() looks whether it was the first when it has written it down.
            $announced && str_contains($query, 'wc_orders_meta') && $kill();
            $announced = $announced || str_contains($query, '_secure_dispatch_open');
            return $query;
        }),
        'slow' => add_action('woocommerce_order_status_processing', function ($id) { wc_get_order($id)->get_items(); sleep(3); }, 20),
        'filter' => add_filter('secure_dispatch_order', fn () => throw new class('x') extends Exception {}),
        'log' => add_filter('woocommerce_logger_log_message', fn ($message, $level, $context) => ($context['source'] ?? '') === 'secure-dispatch' ? throw new TypeError('log') : $message, 10, 3),
        'query' => add_filter('query', fn ($query) => str_contains($query, 'date_updated_gmt >=') ? 'SELECT what fails' : $query) && $GLOBALS['wpdb']->suppress_errors(),
        default => null,
    };
    add_action('rest_api_init', fn () => register_rest_route('others', '/status', ['methods' => 'POST', 'permission_callback' => '__return_true',
        'callback' => fn ($request) => wc_get_order($request['order'])->update_status($request['to'])]));
    PHP;
$open = function (array $settings = []): Shop {
    $shop = new Shop($settings);
    file_put_contents("$shop->root/wp-content/plugins/others.php", OTHERS);
    $shop->activate('others.php');
    return $shop;
};
$bad = fn (Shop $shop, string $what) => $shop->php("update_option('bad', '$what');");
$well = fn (Shop $shop) => $shop->query("DELETE FROM wp_options WHERE option_name = 'bad'");
$later = function (Shop $shop): void {
    for ($i = 0; $i < 3; $i++) {
        two_minutes_pass($shop);
    }
};
$switch = fn (Shop $shop, bool $on) => $on ? $shop->activate('secure-dispatch/secure-dispatch.php')
    : $shop->php('require_once ABSPATH . "wp-admin/includes/plugin.php"; deactivate_plugins("secure-dispatch/secure-dispatch.php");');

$shop = $open();
$id = $shop->checkout()['id'];
$later($shop);
$bad($shop, 'sending');
$shop->php("wc_get_order($id)->update_status('cancelled');");
$well($shop);
echo 'killed before sending "cancelled": the shop has it ', $shop->order($id)['status'], "\n";
$shop->php("wc_get_order($id)->update_status('processing');");
$later($shop);
echo '  and back: ', story($shop, $id), "\n";

$bad($shop, 'refund');
$shop->php("wc_create_refund(['order_id' => $id, 'amount' => 1]);");
$well($shop);
$later($shop);
echo 'killed at a refund: ', story($shop, $id), ', refunds told: ', count(array_reverse(array_filter($shop->dispatches(), fn ($request) => $request['order']['id'] === $id))[0]['order']['refunds']), "\n";

$id = $shop->checkout(['payment' => 'bacs'])['id'];
$bad($shop, 'slow');
$to = fn (string $status) => $shop->request('POST', '/wp-json/others/status', ['order' => $id, 'to' => $status]);
side_by_side([fn () => $to('processing'), function () use ($shop, $to) {
    $shop->request('GET', '/wp-json/others');
    usleep(800_000);
    return $to('completed');
}], 2);
$well($shop);
$later($shop);
echo 'completed while a slow plugin holds up "processing": ', story($shop, $id), "\n";

$id = $shop->checkout()['id'];
$shop->cron(70);
$bad($shop, 'filter');
$shop->php("do_action('woocommerce_order_status_processing', $id, wc_get_order($id));");
echo 'the hook fires again while a filter stumbles: ', str_replace("\0", 'NUL', json_encode(array_slice(notes($shop, $id), 1))), "\n";
$well($shop);
$later($shop);
echo '  afterwards: ', story($shop, $id), "\n";

$bad($shop, 'log');
$order = $shop->checkout();
$well($shop);
$later($shop);
echo "the log throws: $order[http] $order[status], ", story($shop, $order['id']), "\n";

$switch($shop, false);
$id = $shop->checkout()['id'];
$switch($shop, true);
$bad($shop, 'query');
$later($shop);
echo 'missed, and the query fails: ', story($shop, $id);
$well($shop);
$later($shop);
echo ', then ', story($shop, $id), "\n";

$switch($shop, false);
$id = $shop->checkout()['id'];
$switch($shop, true);
$shop->query("UPDATE wp_options SET option_value = UTC_TIMESTAMP() + INTERVAL 1 DAY WHERE option_name = 'secure_dispatch_reconciled_until'");
$shop->query('UPDATE wp_wc_orders SET date_updated_gmt = date_updated_gmt - INTERVAL 2 MINUTE');
$shop->cron(70);
$shop->cron(70);
echo 'the clock was a day ahead: ', story($shop, $id), "\n";

$switch($shop, false);
$shop->query("DELETE FROM wp_options WHERE option_name LIKE 'secure_dispatch_%'");
$id = $shop->checkout()['id'];
$shop->php("wc_get_order($id)->update_status('completed');");
$shop->query("UPDATE wp_wc_orders SET date_created_gmt = date_created_gmt - INTERVAL 400 DAY WHERE id = $id");
$shop->query("UPDATE wp_wc_order_operational_data SET date_completed_gmt = date_completed_gmt - INTERVAL 400 DAY, date_paid_gmt = date_paid_gmt - INTERVAL 400 DAY WHERE order_id = $id");
$switch($shop, true);
$shop->php("WC_Privacy_Erasers::remove_order_personal_data(wc_get_order($id));");
$later($shop);
echo 'from before the plugin, anonymised: ', story($shop, $id), "\n";

$outbox = $shop->php('echo ini_get("secure_dispatch.outbox");');
file_put_contents($outbox, str_repeat('garbage!', 5000));
array_map(fn ($suffix) => @unlink("$outbox$suffix"), ['-wal', '-shm']);
$shop->api('hang');
$order = $shop->checkout();
echo 'the outbox is broken and the API hangs: ', $order['status'], ', ', $order['elapsed'] < 4000 ? 'not waited for' : "took $order[elapsed] ms", "\n";
$shop->api('');
$later($shop);
echo '  the API is well: ', story($shop, $order['id']), "\n", $shop->debugLog();
?>
--EXPECT--
killed before sending "cancelled": the shop has it cancelled
  and back: processing, processing
killed at a refund: processing, processing, processing, refunds told: 1
completed while a slow plugin holds up "processing": completed
the hook fires again while a filter stumbles: ["Secure Dispatch, order status \"Processing\", to localhost: not sent yet: it was stopped by an error in other code of the shop; the log (source secure-dispatch) says where. It is tried again every minute."]
  afterwards: processing
the log throws: 200 processing, processing
missed, and the query fails: nothing, then processing
the clock was a day ahead: processing
from before the plugin, anonymised: nothing
the outbox is broken and the API hangs: processing, not waited for
  the API is well: processing
