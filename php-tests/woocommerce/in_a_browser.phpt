--TEST--
WooCommerce, in Chromium: a shop manager sees what became of orders, sends one again, opens the status page while the API is down, sends, discards (and is asked before), and sees what came of it; no script of ours fails
--EXTENSIONS--
curl
mysqlnd
mysqli
--SKIPIF--
<?php
require __DIR__ . '/../harness/shop.inc';
require __DIR__ . '/../harness/browser.inc';
Shop::skip();
Browser::skip();
?>
--FILE--
<?php
require __DIR__ . '/../harness/shop.inc';
require __DIR__ . '/../harness/browser.inc';
$shop = new Shop(['secure_dispatch.breaker_min_calls' => 5, 'secure_dispatch.breaker_open_ms' => 5000]);
$shop->php("wp_insert_user(['user_login' => 'manager', 'user_pass' => 'password', 'user_email' => 'manager@shop.test', 'role' => 'shop_manager']);");
$orders = array_column($shop->checkouts(2, 1), 'id');
$shop->cron(60);
$shop->api('status:422');
$orders[] = $shop->checkout()['id'];
$shop->cron(60);
$shop->apiDown();
$orders = [...$orders, ...array_column($shop->checkouts(3, 1), 'id')];
$shop->cron(60);

$browser = new Browser();
$plain = fn (?string $text) => preg_replace(['/\d+ (second|minute)s?/', '/\w+ \d+, \d{4} \d+:\d\d [ap]m/'], ['TIME', 'DATE'], strtr((string) $text, array_combine(array_map(fn ($id) => "#$id", $orders), ['#1', '#2', '#3', '#4', '#5', '#6'])));
$browser->open("$shop->url/wp-login.php");
$browser->type('//input[@id="user_login"]', 'manager');
$browser->type('//input[@id="user_pass"]', 'password');
$browser->press('//input[@id="wp-submit"]');
$browser->await('//*[@id="wpadminbar"]');

$browser->open("$shop->url/wp-admin/admin.php?page=wc-orders");
$browser->await('//td[contains(@class, "column-secure_dispatch")]');
echo 'list: ', implode(', ', array_reverse($browser->texts('//td[contains(@class, "column-secure_dispatch")]'))), "\n";
$browser->screenshot('orders');

$browser->open("$shop->url/wp-admin/admin.php?page=wc-orders&action=edit&id=$orders[2]");
$browser->await('//*[@id="secure-dispatch"]');
echo 'order #3: ', $plain($browser->text('//*[@id="secure-dispatch"]//div[@class="inside"]')), "\n";
$browser->screenshot('order');
$shop->api('');
$shop->apiUp();
$browser->choose('//select[@name="wc_order_action"]', 'Send again (Secure Dispatch)');
$browser->press('//button[contains(@class, "wc-reload")]');
$browser->await('//*[@id="message"]');
echo 'sent again: ', $plain($browser->text('//*[@id="secure-dispatch"]//div[@class="inside"]')), "\n";
echo '  its note: ', $plain($browser->text('//ul[contains(@class, "order_notes")]//div[contains(., "Secure Dispatch")]')), "\n";
$browser->screenshot('order-sent-again');

$shop->apiDown();
$orders = [...$orders, ...array_column($shop->checkouts(3, 1), 'id')];
$shop->cron(60);
$browser->open("$shop->url/wp-admin/admin.php?page=wc-status&tab=secure-dispatch");
$browser->await('//div[@class="secure-dispatch"]');
echo 'status: ', $plain(implode(' / ', $browser->texts('//div[contains(@class, "inline")]'))), "\n";
echo '  rows: ', count($browser->texts('//table[contains(@class, "secure-dispatch-outbox")]/tbody/tr')), "\n";
$browser->screenshot('status-down');
$browser->size(420, 900);
$browser->screenshot('status-down-phone');
// Nothing is wider than the screen.
echo '  fits a phone: ', $browser->run('return document.documentElement.scrollWidth <= window.innerWidth') ? 'yes' : 'no', "\n";
$browser->size(1280, 1000);

$rows = fn () => count($browser->texts('//table[contains(@class, "secure-dispatch-outbox")]/tbody/tr'));
$browser->press('(//button[.="Discard"])[1]');
echo 'discard: ', preg_replace('/#\d+/', '#N', (string) $browser->dialog(false)), ' no: ', $rows(), " rows\n";
$browser->press('(//button[.="Discard"])[1]');
$browser->dialog(true);
$browser->await('//div[contains(@class, "notice-info") and contains(., "discarded")]');
echo 'discard: yes: ', $browser->text('//div[contains(@class, "notice-info")]'), ' ', $rows(), " rows\n";
$browser->screenshot('status-discarded');
$shop->apiUp();
sleep(6);
$browser->press('//button[.="Try all again now"]');
$browser->await('//div[contains(@class, "notice-info") and contains(., "sent")]');
echo 'all again: ', preg_replace('/\d+ sent/', 'N sent', (string) $browser->text('//div[contains(@class, "notice-info")]')), ' ', $browser->text('//div[contains(@class, "notice-success")]'), "\n";
$browser->screenshot('status-well');
$ours = array_filter($browser->console(), fn ($line) => preg_match('/^SEVERE .*secure[-_]dispatch/', $line));
echo 'errors of ours: ', implode("\n", $ours) ?: 'none', "\n";
echo $shop->debugLog();
?>
--EXPECT--
list: Sent, Sent, Refused, On its way, On its way, On its way
order #3: Refused Processing DATE Refused by the service (HTTP 422). It is kept, and not tried again by itself. Correct the order, or ask the service what is wrong with it, then "Send again".
sent again: Sent Processing DATE Sent, and taken (HTTP 200).
  its note: Secure Dispatch, order status “Processing”, to localhost: sent, and taken (HTTP 200).
status: The service does not answer at the moment. Orders are kept, and sent when it answers again: there is nothing that you have to do.
  rows: 3
  fits a phone: yes
discard: The service will never be told of this news of order #N. Discard it? no: 3 rows
discard: yes: It is discarded, and will not be sent. 2 rows
all again: N sent. All is well: every order has been sent to localhost.
errors of ours: none
