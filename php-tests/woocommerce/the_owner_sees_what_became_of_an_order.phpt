--TEST--
WooCommerce: the list of orders, an order's page and its notes say in plain words what became of an order: sent, waiting, refused, not fit to be sent, unanswered, held back, discarded; with either storage
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

foreach (['hpos', 'legacy'] as $storage) {
    echo "== $storage\n";
    $shop = new Shop(['secure_dispatch.resend_unconfirmed' => 0, 'secure_dispatch.unknown_fields' => 'reject', 'secure_dispatch.schema_file' => null], storage: $storage);
    // A plugin that adds what the schema does not name, to one kind of order.
    $shop->php('mkdir(WPMU_PLUGIN_DIR); file_put_contents(WPMU_PLUGIN_DIR . "/add.php", "<?php add_filter(\'secure_dispatch_order\', fn (\$content) => \$content + (\'unfit\' === \$content[\'customer_note\'] ? [\'loyalty_card\' => 7] : []));");');
    $admin = new WpAdmin($shop, 'shop_manager');
    $see = function (string $what, int $id) use ($shop, $admin) {
        $notes = array_filter($shop->order($id)['notes'], fn ($note) => str_contains($note, 'Secure Dispatch'));
        echo "-- $what\n  list: ", $admin->orders()->column($id), "\n  box:  ", implode("\n        ", $admin->order($id)->box()), "\n",
            implode(array_map(fn ($note) => "  note: $note\n", $notes));
    };
    $draft = (int) $shop->php('$order = wc_create_order(); $order->save(); echo $order->get_id();');
    $see('nothing told of it yet', $draft);

    $order = $shop->checkout()['id'];
    $see('on its way', $order);
    $shop->cron(60);
    $see('sent', $order);

    $outcome = function (string $what, string $behaviour, array $options = []) use ($shop, $see): int {
        $shop->api($behaviour);
        $id = $shop->checkout($options)['id'];
        $shop->cron(60);
        $see($what, $id);
        $shop->api('');
        return $id;
    };
    $refused = $outcome('refused', 'status:422');
    $outcome('not fit', '', ['note' => 'unfit']);
    $outcome('unanswered', 'after:reset');

    // By an operator of the server, which is seen within an hour.
    $shop->php('SecureDispatch\Outbox::discard(SecureDispatch\Outbox::list(50, "rejected")[0]["id"]); delete_option("secure_dispatch_followed_up");');
    $shop->cron(60);
    $see('discarded', $refused);

    // Its host chooses another service while one waits.
    $shop->apiDown();
    $waits = $shop->checkout()['id'];
    $shop->cron(60);
    $ini = $shop->fpm()->dir() . '/php.ini';
    file_put_contents($ini, preg_replace('~(secure_dispatch.endpoint="https://[^/]+/)~', '$1other/', file_get_contents($ini)));
    $shop->fpm()->restart();
    $shop->apiUp();
    sleep(6);
    $shop->cron(60);
    $see('held', $waits);
    echo $shop->debugLog();
}
?>
--EXPECT--
== hpos
-- nothing told of it yet
  list: –
  box:  Nothing was sent of this order yet. "Send again", under Order actions, sends it now.
-- on its way
  list: On its way
  box:  On its way Processing TIME On its way. It is sent within minutes, and until it is taken.
-- sent
  list: Sent
  box:  Sent Processing TIME Sent, and taken (HTTP 200).
  note: Secure Dispatch, order status "Processing", to localhost: sent, and taken (HTTP 200).
-- refused
  list: Refused
  box:  Refused Processing TIME Refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".
  note: Secure Dispatch, order status "Processing", to localhost: refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".
-- not fit
  list: Not sent
  box:  Not sent Processing TIME Not sent, as the order does not fit what may be sent: /loyalty_card unknown_field. Correct the order, then "Send again".
  note: Secure Dispatch, order status "Processing", to localhost: not sent, as the order does not fit what may be sent: /loyalty_card unknown_field. Correct the order, then "Send again".
-- unanswered
  list: No answer
  box:  No answer Processing TIME Sent, but the answer was lost, so that it is not known whether it was taken. It is not sent again by itself. Ask the service whether it has the order; if not, "Send again".
  note: Secure Dispatch, order status "Processing", to localhost: sent, but the answer was lost, so that it is not known whether it was taken. It is not sent again by itself. Ask the service whether it has the order; if not, "Send again".
-- discarded
  list: Not in the outbox
  box:  Not in the outbox Processing TIME The outbox does not have it any more: it was discarded, or the outbox was replaced. If the service should know of the order, "Send again".
  note: Secure Dispatch, order status "Processing", to localhost: refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".
  note: Secure Dispatch, order status "Processing", to localhost: the outbox does not have it any more: it was discarded, or the outbox was replaced. If the service should know of the order, "Send again".
-- held
  list: Held
  box:  Held Processing TIME Held back: it was accepted for another endpoint. It is kept. Ask your host to look at it (secure-dispatch doctor); "Send again" sends it to the service that is set now.
  note: Secure Dispatch, order status "Processing", to localhost: held back: it was accepted for another endpoint. It is kept. Ask your host to look at it (secure-dispatch doctor); "Send again" sends it to the service that is set now.
== legacy
-- nothing told of it yet
  list: –
  box:  Nothing was sent of this order yet. "Send again", under Order actions, sends it now.
-- on its way
  list: On its way
  box:  On its way Processing TIME On its way. It is sent within minutes, and until it is taken.
-- sent
  list: Sent
  box:  Sent Processing TIME Sent, and taken (HTTP 200).
  note: Secure Dispatch, order status "Processing", to localhost: sent, and taken (HTTP 200).
-- refused
  list: Refused
  box:  Refused Processing TIME Refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".
  note: Secure Dispatch, order status "Processing", to localhost: refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".
-- not fit
  list: Not sent
  box:  Not sent Processing TIME Not sent, as the order does not fit what may be sent: /loyalty_card unknown_field. Correct the order, then "Send again".
  note: Secure Dispatch, order status "Processing", to localhost: not sent, as the order does not fit what may be sent: /loyalty_card unknown_field. Correct the order, then "Send again".
-- unanswered
  list: No answer
  box:  No answer Processing TIME Sent, but the answer was lost, so that it is not known whether it was taken. It is not sent again by itself. Ask the service whether it has the order; if not, "Send again".
  note: Secure Dispatch, order status "Processing", to localhost: sent, but the answer was lost, so that it is not known whether it was taken. It is not sent again by itself. Ask the service whether it has the order; if not, "Send again".
-- discarded
  list: Not in the outbox
  box:  Not in the outbox Processing TIME The outbox does not have it any more: it was discarded, or the outbox was replaced. If the service should know of the order, "Send again".
  note: Secure Dispatch, order status "Processing", to localhost: refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".
  note: Secure Dispatch, order status "Processing", to localhost: the outbox does not have it any more: it was discarded, or the outbox was replaced. If the service should know of the order, "Send again".
-- held
  list: Held
  box:  Held Processing TIME Held back: it was accepted for another endpoint. It is kept. Ask your host to look at it (secure-dispatch doctor); "Send again" sends it to the service that is set now.
  note: Secure Dispatch, order status "Processing", to localhost: held back: it was accepted for another endpoint. It is kept. Ask your host to look at it (secure-dispatch doctor); "Send again" sends it to the service that is set now.
