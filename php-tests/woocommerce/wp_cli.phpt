--TEST--
WooCommerce: wp secure-dispatch status, drain, retry, reconcile and doctor do what they say, and end with 1 if they could not; as a user who cannot read the key they say so
--EXTENSIONS--
curl
mysqlnd
mysqli
--SKIPIF--
<?php require __DIR__ . '/../harness/shop.inc'; Shop::skip(wpCli: true); ?>
--FILE--
<?php
require __DIR__ . '/../harness/shop.inc';
$shop = new Shop();
$wp = function (string ...$arguments) use ($shop, &$ids): void {
    [$text, $exit] = $shop->wpAsRoot('secure-dispatch', ...$arguments);
    $text = preg_replace(['/\d{4}-\d\d-\d\d\w\d\d:\d\d:\d\d\+00:00/', '/localhost, port \d+/', '~/\S+~', '/until \S+ \d+ days/', '/localhost is .*/'], ['TIME', 'localhost, port N', 'PATH', 'until … N days', 'localhost is …'], $text);
    // The custody of this command line is what this machine's PHP is.
    echo '$ wp secure-dispatch ', implode(' ', str_replace($ids, ['FIRST', 'SECOND'], $arguments)), "\n", preg_replace('/^\w+ +custody.*\n( {26}.*\n)*/m', '', $text), "\n[$exit]\n";
};
$shop->cron(60);
$shop->apiDown();
$ids = array_map(strval(...), array_column($shop->checkouts(2, 1), 'id'));
$wp('status');
$wp('drain', '--seconds=1');
$shop->apiUp();
$wp('retry', '--state=queued');
$wp('drain');
$wp('status', '--format=json');
echo 'arrived: ', count($shop->dispatches()), "\n";
$wp('retry');
$wp('retry', $ids[0], '999999');
$wp('retry', '--state=nonsense');
echo 'arrived: ', count($shop->dispatches()), "\n";

// One that nobody told about.
$shop->php("\$order = wc_create_order(['status' => 'pending']); remove_all_actions('woocommerce_order_status_processing'); \$order->update_status('processing');");
$shop->query('UPDATE wp_wc_orders SET date_updated_gmt = date_updated_gmt - INTERVAL 1 HOUR');
$wp('reconcile');
$until = fn () => $shop->query("SELECT option_value FROM wp_options WHERE option_name = 'secure_dispatch_reconciled_until'")[0]['option_value'];
$before = $until();
$wp('reconcile', '--since=2 hours ago');
echo $until() === $before ? 'the schedule is where it was' : 'MOVED', "\n";
$wp('reconcile', '--since=whenever');
$wp('drain');
echo 'arrived: ', count($shop->dispatches()), "\n";
$wp('doctor');
echo "-- as the shop's own user\n";
foreach (['drain', 'reconcile', 'doctor'] as $command) {
    $output = $shop->wp('secure-dispatch', $command);
    echo preg_match('/^Error: .*/m', $output, $error) ? preg_replace('~ \(/[^)]*\)~', '', $error[0]) : $output, ' ', strrchr(trim($output), "\n") === "\nexit code 1" ? '[1]' : '[0]', "\n";
}
echo "-- the web server's PHP can use what was made\n", $shop->php('echo count(SecureDispatch\Outbox::list()), " kept";'), "\n";
echo $shop->debugLog();
?>
--EXPECT--
$ wp secure-dispatch status
what	is
ready	yes
service	localhost
statuses	processing, completed, cancelled, refunded
breaker	closed
last work	TIME
reconciled until	TIME
outbox queued	2
outbox unconfirmed	0
outbox held	0
outbox rejected	0
outbox dead	0
[0]
$ wp secure-dispatch drain --seconds=1
Success: 0 sent, 2 to be tried later, 0 refused, 0 given up, 2 left; 0 orders have news.
[0]
$ wp secure-dispatch retry --state=queued
Success: 2 due now.
[0]
$ wp secure-dispatch drain
Success: 2 sent, 0 to be tried later, 0 refused, 0 given up, 0 left; 2 orders have news.
[0]
$ wp secure-dispatch status --format=json
{"ready":"yes","service":"localhost","statuses":"processing, completed, cancelled, refunded","breaker":"closed","last work":"TIME","reconciled until":"TIME","outbox queued":0,"outbox unconfirmed":0,"outbox held":0,"outbox rejected":0,"outbox dead":0}
[0]
arrived: 2
$ wp secure-dispatch retry
Error: Name orders, or a state: wp secure-dispatch retry 1001, or wp secure-dispatch retry --state=rejected
[1]
$ wp secure-dispatch retry FIRST 999999
Warning: Order 999999: there is none.
Error: 1 sent or on their way, 1 not.
[1]
$ wp secure-dispatch retry --state=nonsense
Error: Parameter errors:
 Invalid value specified for 'state' (Instead: all that the outbox holds in this state.)
[1]
arrived: 2
$ wp secure-dispatch reconcile
Success: Orders looked at: 0; missed, and sent now: 0.
[0]
$ wp secure-dispatch reconcile --since=2 hours ago
Success: Orders looked at: 3; missed, and sent now: 1.
[0]
the schedule is where it was
$ wp secure-dispatch reconcile --since=whenever
Error: --since is no date in the past. Give one such as 2026-11-01, or "3 days ago".
[1]
$ wp secure-dispatch drain
Success: 2 sent, 0 to be tried later, 0 refused, 0 given up, 0 left; 2 orders have news.
[0]
arrived: 4
$ wp secure-dispatch doctor
ok       settings         right; orders go to localhost, the key comes from secure_dispatch.api_key_file
ok       file_modes       no file with a secret in it can be read by PHP code
ok       dns              localhost is …
ok       tcp              connected to localhost, port N
ok       tls              TLS 1.3, and the chain is good for localhost
ok       certificate      the server's certificate is valid until … N days more
ok       http             the API answers (OPTIONS: HTTP status 200)
warning  clock            not checked: the API's answer has no Date
ok       outbox           its file is this user's, and closed to others
ok       outbox_integrity SQLite's integrity check finds nothing
ok       outbox_key       the first key of outbox_key_file opens the outbox's own
ok       outbox_queue     0 queued, 0 unconfirmed
ok       outbox_left      0 rejected, 0 dead, 0 held
ok       outbox_room      it may grow by 1023 MiB, and the disk has that
ok       log              lines go to PATH as this user
Success: Orders can be sent.
[0]
-- as the shop's own user
Error: The settings of the PHP extension secure_dispatch (php.ini) are not right: secure_dispatch.api_key_file cannot be read by the user that PHP starts as; php-fpm and Apache start as root, the CLI as whoever calls it; secure_dispatch.outbox_key_file cannot be read by the user that PHP starts as; php-fpm and Apache start as root, the CLI as whoever calls it. Whoever runs the server has to correct them and restart PHP; until then orders wait here, and are sent afterwards. [1]
Error: The settings of the PHP extension secure_dispatch (php.ini) are not right: secure_dispatch.api_key_file cannot be read by the user that PHP starts as; php-fpm and Apache start as root, the CLI as whoever calls it; secure_dispatch.outbox_key_file cannot be read by the user that PHP starts as; php-fpm and Apache start as root, the CLI as whoever calls it. Whoever runs the server has to correct them and restart PHP; until then orders wait here, and are sent afterwards. [1]
Error: There are 2 failures. [1]
-- the web server's PHP can use what was made
0 kept
