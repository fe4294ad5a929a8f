--TEST--
WooCommerce: the settings section saves the statuses that are told about, and whether to wait; both are obeyed; it shows nothing of the key and cannot change where orders go
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
$manager = new WpAdmin($shop, 'shop_manager');
$path = 'admin.php?page=wc-settings&tab=advanced&section=secure-dispatch';
$link = (new WpAdmin($shop))->open('plugins.php')->text('//tr[@data-slug="secure-dispatch-for-woocommerce"]//a[.="Settings"]/@href');
echo 'linked from the list of plugins: ', str_ends_with($link, $path) ? 'yes' : $link, "\n";
$page = $manager->open($path);
$chosen = fn (Page $page) => implode(', ', (array) ($page->fields('//select[@id="secure_dispatch_statuses"]')['secure_dispatch_statuses'] ?? [])) ?: 'none';
$waits = fn (Page $page) => isset($page->fields('//input[@id="secure_dispatch_waits"]')['secure_dispatch_waits']) ? 'waits' : 'does not wait';
echo 'at first: ', $chosen($page), '; ', $waits($page), "\n";
echo 'goes to: ', $page->text('//div[@id="secure-dispatch-description"]//strong'), "\n";
echo 'fields: ', implode(', ', array_filter(array_keys($page->fields('//select[@id="secure_dispatch_statuses"]')), fn ($name) => str_contains($name, 'secure'))), "\n";
echo 'the key: ', str_contains($page->body, API_KEY) ? 'IS THERE' : 'is not there', "\n";

$orders = [];
$buy = function (string $payment) use ($shop, &$orders): string {
    $order = $shop->checkout(['payment' => $payment]);
    $orders[] = $order['id'];
    return "$order[status], " . (count(array_filter($shop->dispatches(), fn ($request) => $request['order']['id'] === $order['id'])) ? 'sent' : 'not sent') . ' at once, '
        . $shop->php('echo SecureDispatch\Outbox::list(1) ? "kept" : "not kept";');
};
echo 'transfer: ', $buy('bacs'), "\n";
$saved = $page->submit('//select[@id="secure_dispatch_statuses"]', ['secure_dispatch_statuses' => ['on-hold'], 'secure_dispatch_waits' => '1', 'save' => 'Save changes']);
echo $saved->text('//div[@id="message"]'), ' Now: ', $chosen($saved), '; ', $waits($saved), "\n";
echo 'transfer: ', $buy('bacs'), "\n";
echo 'cash: ', $buy('cod'), "\n";
$none = $saved->submit('//select[@id="secure_dispatch_statuses"]', ['secure_dispatch_statuses' => null, 'secure_dispatch_waits' => null, 'save' => 'Save changes']);
echo 'Now: ', $chosen($none), '; ', $waits($none), '; the status page: ', $manager->statusPage()->text('//th[.="Sent when the status becomes"]/following-sibling::td'), "\n";
echo 'transfer: ', $buy('bacs'), "\n";

$other = new WpAdmin($shop, 'editor');
$other->post($path, ['secure_dispatch_statuses' => ['on-hold'], 'save' => 'Save changes', '_wpnonce' => $other->nonce('woocommerce-settings')]);
$saved->submit('//select[@id="secure_dispatch_statuses"]', ['secure_dispatch_statuses' => ['on-hold'], 'save' => 'Save changes', '_wpnonce' => 'guessed']);
echo 'by an editor, and without a nonce: ', $chosen($manager->open($path)), "\n";
echo $shop->debugLog();
?>
--EXPECT--
linked from the list of plugins: yes
at first: processing, completed, cancelled, refunded; does not wait
goes to: localhost
fields: secure_dispatch_statuses
the key: is not there
transfer: on-hold, not sent at once, not kept
Your settings have been saved. Now: on-hold; waits
transfer: on-hold, sent at once, not kept
cash: processing, not sent at once, not kept
Now: none; does not wait; the status page: none: nothing is sent
transfer: on-hold, not sent at once, not kept
by an editor, and without a nonce: none
