--TEST--
What is missed is found and sent once: PHP was killed between saving an order and announcing it, or between announcing and sending; the plugin was off; the extension was off, or its settings wrong; there is no outbox
--EXTENSIONS--
curl
mysqlnd
mysqli
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/sales.inc';
/** A plugin that kills PHP at a moment that a test chooses. */
const KILLER = <<<'PHP'
    <?php
    // Plugin Name: Killer
    if ($moment = get_option('kill_at')) {
        $kill = function ($result = null) { exec('kill -KILL ' . getmypid()); sleep(5); };
        $moment === 'before' && add_action('woocommerce_order_status_processing', $kill, 999);
        // That it is to be told is about to be written.
        $moment === 'after' && add_filter('query', fn ($query) => str_contains($query, '_secure_dispatch_open') && str_starts_with($query, 'INSERT') ? $kill() : $query);
    }
    PHP;
foreach (['hpos', 'legacy'] as $storage) {
    $shop = new Shop(storage: $storage);
    file_put_contents("$shop->root/wp-content/plugins/killer.php", KILLER);
    $shop->activate('killer.php');
    $tell = function (string $what, int $id) use ($shop, $storage): void {
        $before = story($shop, $id);
        two_minutes_pass($shop, $storage);
        $shop->cron(70);
        $shop->cron(70);
        echo "  $what: $before, then ", story($shop, $id), ', ', count($shop->dispatches()) - count(array_unique(array_column($shop->dispatches(), 'idempotency_key'))), " repeated\n";
    };
    echo "$storage\n";
    foreach (['before' => 'killed before sending', 'after' => 'killed when it is announced'] as $moment => $name) {
        $id = $shop->checkout(['payment' => 'bacs'])['id'];
        $shop->php("update_option('kill_at', '$moment');");
        $shop->php("wc_get_order($id)->payment_complete();");
        $shop->query("DELETE FROM wp_options WHERE option_name = 'kill_at'");
        echo '  ', $shop->php('echo count(SecureDispatch\Outbox::list()), " in the outbox, ";'), isset($shop->order($id)['meta']['_secure_dispatch_open']) ? 'a receipt' : 'no receipt', "\n";
        $tell($name, $id);
    }
    $plugins = $shop->php('require_once ABSPATH . "wp-admin/includes/plugin.php"; echo get_option("secure_dispatch_reconciled_until"); deactivate_plugins("secure-dispatch/secure-dispatch.php");');
    $ids = [$shop->checkout()['id'], $shop->checkout()['id']];
    echo '  off: ', $shop->php('echo json_encode([function_exists("as_has_scheduled_action") && as_has_scheduled_action("secure_dispatch_work"), wp_next_scheduled("secure_dispatch_watchdog")]);'), "\n";
    $shop->activate('secure-dispatch/secure-dispatch.php');
    $tell('plugin was off', $ids[0]);
    echo '  the other one: ', story($shop, $ids[1]), "\n";

    $ini = file_get_contents($file = $shop->fpm()->dir() . '/php.ini');
    foreach (['the extension was off' => ['~^extension=\S*secure_dispatch.so~m', ''], 'the endpoint was wrong' => ['~https://~', 'http://']] as $name => [$pattern, $instead]) {
        file_put_contents($file, preg_replace($pattern, $instead, $ini));
        $shop->fpm()->restart();
        $order = $shop->checkout();
        $shop->cron(70);
        echo "  $order[status], ", array_sum(array_map(fn ($mail) => $mail['to'] === $order['email'], $shop->mails())), " mail\n";
        file_put_contents($file, $ini);
        $shop->fpm()->restart();
        $tell($name, $order['id']);
    }
    echo $shop->debugLog();
}

// Without an outbox the order waits in the shop, as long as the API is down.
$shop = new Shop(['secure_dispatch.outbox' => null, 'secure_dispatch.timeout_ms' => 500, 'secure_dispatch.breaker_open_ms' => 1000]);
$shop->api('status:503');
$ids = array_map(fn () => $shop->checkout()['id'], range(1, 3));
echo 'no outbox: ', count($shop->dispatches()), ' in the checkout';
two_minutes_pass($shop);
two_minutes_pass($shop);
echo ', API down: ', implode(' | ', array_unique(array_merge(...array_map(fn ($id) => notes($shop, $id), $ids)))), "\n";
// One of them goes on while it waits.
$shop->php("wc_get_order($ids[2])->update_status('completed');");
$shop->api('');
for ($i = 0; $i < 6; $i++, sleep(1)) {
    two_minutes_pass($shop);
}
echo 'API up: ', implode(' | ', array_map(fn ($id) => story($shop, $id), $ids)), ', open: ', count($shop->query("SELECT * FROM wp_wc_orders_meta WHERE meta_key = '_secure_dispatch_open'")), "\n";
echo implode("\n", notes($shop, $ids[0])), "\n", $shop->debugLog();
?>
--EXPECT--
hpos
  0 in the outbox, no receipt
  killed before sending: nothing, then processing, 0 repeated
  0 in the outbox, no receipt
  killed when it is announced: nothing, then processing, 0 repeated
  off: [false,false]
  plugin was off: nothing, then processing, 0 repeated
  the other one: processing
  processing, 1 mail
  the extension was off: nothing, then processing, 0 repeated
  processing, 1 mail
  the endpoint was wrong: nothing, then processing, 0 repeated
legacy
  0 in the outbox, no receipt
  killed before sending: nothing, then processing, 0 repeated
  0 in the outbox, no receipt
  killed when it is announced: nothing, then processing, 0 repeated
  off: [false,false]
  plugin was off: nothing, then processing, 0 repeated
  the other one: processing
  processing, 1 mail
  the extension was off: nothing, then processing, 0 repeated
  processing, 1 mail
  the endpoint was wrong: nothing, then processing, 0 repeated
no outbox: 0 in the checkout, API down: Secure Dispatch, order status "Processing", to localhost: not sent yet: the service could not be reached (HTTP 503). It is tried again every minute.
API up: processing | processing | completed, open: 0
Secure Dispatch, order status "Processing", to localhost: not sent yet: the service could not be reached (HTTP 503). It is tried again every minute.
Secure Dispatch, order status "Processing", to localhost: sent, and taken (HTTP 200).
