--TEST--
WooCommerce: "Send again" sends an order, or many, at once, as often as the owner asks; without nonce, or by somebody who may not edit orders, nothing is done
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
const AGAIN = 'secure_dispatch_send_again';

foreach (['hpos' => 'id', 'legacy' => 'post'] as $storage => $field) {
    echo "== $storage\n";
    $shop = new Shop(storage: $storage);
    $manager = new WpAdmin($shop, 'shop_manager');
    $orders = array_column($shop->checkouts(3), 'id');
    $arrived = function (string $what) use ($shop, $orders) {
        static $before = 0;
        $all = $shop->dispatches();
        $new = array_map(fn ($request) => array_search($request['order']['id'], $orders, true) + 1, array_slice($all, $before));
        sort($new);
        echo "$what: ", $new ? 'order ' . implode(', order ', $new) : 'nothing', "\n";
        $before = count($all);
    };
    $shop->cron(60);
    $arrived('by themselves');

    // One order.
    $page = $manager->order($orders[0]);
    $after = $page->submit('//select[@name="wc_order_action"]', ['wc_order_action' => AGAIN]);
    $arrived('pressed');
    echo '  ', implode(' / ', $after->box()), "\n";
    $after->submit('//select[@name="wc_order_action"]', ['wc_order_action' => AGAIN]);
    $arrived('pressed once more');
    $keys = array_column($shop->dispatches(), 'idempotency_key');
    echo '  keys: ', count(array_unique($keys)), ' of ', count($keys), "\n";
    $after->submit('//select[@name="wc_order_action"]', ['wc_order_action' => AGAIN, '_wpnonce' => 'guessed', 'woocommerce_meta_nonce' => 'guessed']);
    $after->submit('//select[@name="wc_order_action"]', ['wc_order_action' => AGAIN, '_wpnonce' => null, 'woocommerce_meta_nonce' => null]);
    $arrived('without a nonce');

    // Many.
    $list = $manager->orders();
    $told = $list->submit('//select[@name="action"]', ['action' => AGAIN, $field => [$orders[1], $orders[2]]]);
    $arrived('many');
    echo '  ', implode(' / ', $told->notices()), "\n";
    $told = $list->submit('//select[@name="action"]', ['action' => AGAIN, $field => [$orders[1], 999999, "-1 OR 1=1"]]);
    $arrived('what is no order');
    echo '  ', implode(' / ', $told->notices()), "\n";
    $list->submit('//select[@name="action"]', ['action' => AGAIN, $field => [$orders[1]], '_wpnonce' => 'guessed']);
    $list->submit('//select[@name="action"]', ['action' => AGAIN, $field => [$orders[1]], '_wpnonce' => null]);
    $arrived('without a nonce');

    // Others, with nonces of their own.
    foreach (['customer', 'editor'] as $role) {
        $other = new WpAdmin($shop, $role);
        $sees = str_contains($other->orders()->body . $other->order($orders[0])->body, 'Secure Dispatch');
        $other->post('edit.php', ['post_type' => 'shop_order', 'action' => AGAIN, 'post' => [$orders[0]], '_wpnonce' => $other->nonce('bulk-posts')]);
        $other->post('admin.php?page=wc-orders', ['action' => AGAIN, 'id' => [$orders[0]], '_wpnonce' => $other->nonce('bulk-orders')]);
        $fields = ['wc_order_action' => AGAIN, 'woocommerce_meta_nonce' => $other->nonce('woocommerce_save_data'), 'post_ID' => $orders[0], 'post_type' => 'shop_order'];
        $other->post('post.php', $fields + ['action' => 'editpost', '_wpnonce' => $other->nonce("update-post_$orders[0]")]);
        $other->post("admin.php?page=wc-orders&action=edit&id=$orders[0]", $fields + ['action' => 'edit_order', '_wpnonce' => $other->nonce("update-order_$orders[0]")]);
        $arrived($role . ($sees ? ' sees it' : ''));
    }
    echo $shop->debugLog();
}
?>
--EXPECT--
== hpos
by themselves: order 1, order 2, order 3
pressed: order 1
  Sent Processing TIME Sent, and taken (HTTP 200). / Sent Processing TIME Sent, and taken (HTTP 200).
pressed once more: order 1
  keys: 5 of 5
without a nonce: nothing
many: order 2, order 3
  Secure Dispatch: 2 of 2 orders were sent, or are on their way; what became of each is in its notes.
what is no order: order 2
  Secure Dispatch: 1 of 3 orders were sent, or are on their way; what became of each is in its notes.
without a nonce: nothing
customer: nothing
editor: nothing
== legacy
by themselves: order 1, order 2, order 3
pressed: order 1
  Sent Processing TIME Sent, and taken (HTTP 200). / Sent Processing TIME Sent, and taken (HTTP 200).
pressed once more: order 1
  keys: 5 of 5
without a nonce: nothing
many: order 2, order 3
  Secure Dispatch: 2 of 2 orders were sent, or are on their way; what became of each is in its notes.
what is no order: order 2
  Secure Dispatch: 1 of 3 orders were sent, or are on their way; what became of each is in its notes.
without a nonce: nothing
customer: nothing
editor: nothing
