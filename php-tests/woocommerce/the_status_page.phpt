--TEST--
WooCommerce: the status page tells what waits and why; its buttons send, try again and discard for whoever may manage the shop, with a nonce; for nobody else, and nothing hostile comes through
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
$shop = new Shop(['secure_dispatch.breaker_min_calls' => 5, 'secure_dispatch.breaker_open_ms' => 5000]);
$manager = new WpAdmin($shop, 'shop_manager');
$rows = fn (Page $page) => $page->texts('//table[contains(@class, "secure-dispatch-outbox")]/tbody/tr');
$show = function (string $what, Page $page) use ($rows, &$names): void {
    echo "-- $what\n";
    foreach ([...$page->texts('//div[contains(@class, "inline")]'), ...$rows($page)] as $line) {
        echo '  ', preg_replace(['/\d+ (second|minute)s?(?=\d)/', '/SPAN\d+(in \d+ (second|minute)s?|within a minute)/'], ['SPAN', 'SPAN, N times, SOON'], strtr($line, $names ?? [])), "\n";
    }
};
$press = fn (Page $page, string $what, int $n = 1, array $changes = []) => $page->submit("(//input[@name='what' and @value='$what'])[$n]", $changes);
$show('nothing waits', $manager->statusPage());

$shop->apiDown();
$orders = array_column($shop->checkouts(3, 1), 'id');
$names = array_combine(array_map(fn ($id) => "#$id", $orders), ['#1', '#2', '#3']);
$shop->cron(60);
$page = $manager->statusPage();
$show('the API is down', $page);
$link = $manager->open($page->text('(//table[contains(@class, "outbox")]//a/@href)[1]'));
echo '  the order is a link: ', str_contains($link->text('//h2[contains(@class, "heading")]'), "Order #$orders[0]") ? 'yes' : $link->url, "\n";
// It depends on when they were tried last.
echo '  send what is due: ', str_ends_with($press($page, 'drain')->text('//div[contains(@class, "notice-info")]'), '; 3 still wait.') ? 'they still wait' : 'NOT TOLD', "\n";
$page = $press($page, 'retry_all');
echo '  try all again: ', preg_match('/^\d not taken, to be tried again later; 3 still wait\.$/', $page->text('//div[contains(@class, "notice-info")]')) ? 'they still wait' : 'NOT TOLD', "\n";
$show('tried too often', $manager->statusPage());

echo "-- who may not\n";
$ids = array_column(json_decode($shop->php('echo json_encode(SecureDispatch\Outbox::list());'), true), 'id');
$kept = fn () => (int) $shop->php('echo count(SecureDispatch\Outbox::list());') . ' kept, ' . count($shop->dispatches()) . ' sent';
foreach (['customer', 'editor'] as $role) {
    $other = new WpAdmin($shop, $role);
    $nonce = $other->nonce('secure_dispatch_do');
    $answers = [];
    foreach (['drain', 'retry_all', 'retry', 'discard'] as $what) {
        $answers[] = $other->post('admin-post.php', ['action' => 'secure_dispatch_do', 'what' => $what, 'id' => $ids[0], '_wpnonce' => $nonce])->status;
    }
    echo "  $role: ", implode(' ', $answers), ', sees the page: ', str_contains($other->statusPage()->body, 'secure-dispatch-outbox') ? 'yes' : 'no', ', ', $kept(), "\n";
}
$answers = array_map(fn ($nonce) => $press($manager->statusPage(), 'discard', 1, ['_wpnonce' => $nonce])->status, ['guessed', null, $manager->nonce('other')]);
echo '  a manager without a nonce: ', implode(' ', $answers), ', ', $kept(), "\n";
$guest = $shop->request('POST', '/wp-admin/admin-post.php', http_build_query(['action' => 'secure_dispatch_do', 'what' => 'drain']));
echo "  nobody: $guest[status] ", strlen($guest['body']), " bytes, ", $kept(), "\n";

echo "-- hostile\n";
foreach ([['discard', '0193c5a0-0000-7000-8000-000000000000'], ['discard', "' OR 1=1 --"], ['discard', ''], ['retry', '<script>alert(1)</script>'], ['discard', [$ids[0]]],
    ['no such thing', $ids[0]], [['drain'], $ids[0]], ['discard', str_repeat('9', 100000)]] as [$what, $id]) {
    $answer = $press($manager->statusPage(), 'discard', 1, ['what' => $what, 'id' => $id]);
    echo "  $answer->status ", $answer->text('//div[contains(@class, "notice-info")]'), str_contains($answer->body, '<script>alert(1)') ? ' SCRIPT' : '', ' ', $kept(), "\n";
}

$show('discard one', $press($manager->statusPage(), 'discard'));
echo '  its note: ', preg_replace('/.*: the/', 'the', array_slice($shop->order($orders[0])['notes'], -1)[0]), "\n";
$show('again, on an old page', $press($page, 'discard'));
$shop->apiUp();
sleep(6);
$show('all of them, as the API is up', $press($manager->statusPage(), 'retry_all'));

$shop->apiDown();
$names['#' . $orders[] = $shop->checkout()['id']] = '#4';
$shop->cron(60);
$shop->apiUp();
sleep(6);
$show('send one', $press($manager->statusPage(), 'retry'));
$names['#' . $orders[] = $shop->checkout()['id']] = '#5';
$shop->api('status:422');
$show('a refusal', $press($manager->statusPage(), 'retry'));
$shop->api('');
$page = $manager->statusPage();
// Newer news of the same order are told, and taken.
$shop->php("wc_get_order($orders[4])->update_status('completed');");
$show('newer news', $press($page, 'drain'));
$page = $manager->statusPage();
echo '  asks first: ', str_contains($page->text('//form[.//input[@value="retry_old"]]/@onsubmit'), 'Newer news of order') ? 'yes' : 'no', "\n";
$show('older news after all', $press($page, 'retry_old'));
echo 'arrived: ', implode(', ', array_map(fn ($request) => array_search($request['order']['id'], $orders, true) + 1 . " {$request['order']['status']}", $shop->dispatches())), "\n";
echo $shop->debugLog();
?>
--EXPECT--
-- nothing waits
  All is well: every order has been sent to localhost.
-- the API is down
  3 orders wait, and are sent by themselves.
  #1On its waySPAN, N times, SOONSend now Discard
  #2On its waySPAN, N times, SOONSend now Discard
  #3On its waySPAN, N times, SOONSend now Discard
  the order is a link: yes
  send what is due: they still wait
  try all again: they still wait
-- tried too often
  The service does not answer at the moment. Orders are kept, and sent when it answers again: there is nothing that you have to do.
  #1On its waySPAN, N times, SOONSend now Discard
  #2On its waySPAN, N times, SOONSend now Discard
  #3On its waySPAN, N times, SOONSend now Discard
-- who may not
  customer: 403 403 403 403, sees the page: no, 3 kept, 0 sent
  editor: 403 403 403 403, sees the page: no, 3 kept, 0 sent
  a manager without a nonce: 403 403 403, 3 kept, 0 sent
  nobody: 400 2520 bytes, 3 kept, 0 sent
-- hostile
  200 The outbox does not have it any more: it was sent or discarded meanwhile. 3 kept, 0 sent
  200 The outbox does not have it any more: it was sent or discarded meanwhile. 3 kept, 0 sent
  200 The outbox does not have it any more: it was sent or discarded meanwhile. 3 kept, 0 sent
  200 The outbox does not have it any more: it was sent or discarded meanwhile. 3 kept, 0 sent
  200 The outbox does not have it any more: it was sent or discarded meanwhile. 3 kept, 0 sent
  200 There is nothing like that to be done. 3 kept, 0 sent
  200 There is nothing like that to be done. 3 kept, 0 sent
  200 The outbox does not have it any more: it was sent or discarded meanwhile. 3 kept, 0 sent
-- discard one
  It is discarded, and will not be sent.
  2 orders wait, and are sent by themselves.
  #2On its waySPAN, N times, SOONSend now Discard
  #3On its waySPAN, N times, SOONSend now Discard
  its note: Secure Dispatch, order status "Processing", to localhost: discarded by a shop manager. If the service should know of it after all, "Send again".
-- again, on an old page
  The outbox does not have it any more: it was sent or discarded meanwhile.
  2 orders wait, and are sent by themselves.
  #2On its waySPAN, N times, SOONSend now Discard
  #3On its waySPAN, N times, SOONSend now Discard
-- all of them, as the API is up
  2 sent.
  All is well: every order has been sent to localhost.
-- send one
  1 sent.
  All is well: every order has been sent to localhost.
-- a refusal
  1 refused by the service.
  Orders need somebody to look at them. 1 order was refused, given up, held back, not answered, does not fit what may be sent, or is not in the outbox any more. Its notes say which.
  #5Refused Refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".SPAN1not by itselfSend now Discard
-- newer news
  1 sent.
  Orders need somebody to look at them. 1 order was refused, given up, held back, not answered, does not fit what may be sent, or is not in the outbox any more. Its notes say which.
  #5Refused Refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".SPAN1not by itselfSend now Discard
  asks first: yes
-- older news after all
  1 sent.
  All is well: every order has been sent to localhost.
arrived: 2 processing, 3 processing, 4 processing, 5 processing, 5 completed, 5 processing
