--TEST--
WooCommerce: Site Health tells whether the extension is ready, the key well kept, orders waiting for long, and the service reachable; the latter by REST for whoever may see Site Health; the privacy policy guide has a text
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
/** The tests as Site Health runs them, also its asynchronous one, as its weekly cron job does. */
function site_health(Shop $shop): array
{
    return json_decode($shop->php('
        require_once ABSPATH . "wp-admin/includes/admin.php";
        wp_set_current_user(1);
        $tests = WP_Site_Health::get_tests();
        foreach ([...$tests["direct"], ...$tests["async"]] as $name => $test) {
            if (str_starts_with($name, "secure_dispatch")) {
                $results[substr($name, 16)] = call_user_func($test["async_direct_test"] ?? $test["test"]);
            }
        }
        echo json_encode($results);'), true, flags: JSON_THROW_ON_ERROR);
}
function show(string $what, array $results): void
{
    echo "-- $what\n";
    foreach ($results as $name => $result) {
        echo "  $name: $result[status], $result[label]\n";
        $whole = array_keys($result) === ['label', 'status', 'badge', 'description', 'actions', 'test'] && $result['test'] === "secure_dispatch_$name";
        echo $whole ? '' : '  NOT WHOLE: ' . implode(', ', array_keys($result)) . "\n";
    }
}
$text = fn (array $result) => html_entity_decode(strip_tags(str_replace('</p>', ' ', $result['description'])), ENT_QUOTES);

$shop = new Shop();
$well = 'header:Date=' . rawurlencode(gmdate('D, d M Y H:i:s \G\M\T'));
$shop->api($well);
show('all is well', $results = site_health($shop));
echo '  ', preg_replace(['/port \d+/', '/until \S+ \d+ days/', '/is [\d.:, ]+/'], ['port N', 'until … N days', 'is … '], $text($results['connection'])), "\n";
echo '  a link to the status page: ', str_contains(html_entity_decode($results['queue']['actions']), 'page=wc-status&tab=secure-dispatch') ? 'yes' : 'no', "\n";
echo '  key anywhere: ', str_contains(json_encode($results), API_KEY) ? 'YES' : 'no', "\n";

$shop->apiDown();
$order = $shop->checkout();
sleep(11); // The API is asked once in 10 s.
show('the API is down', $down = site_health($shop));
echo '  ', preg_replace('/localhost.*/', 'localhost …', $text($down['connection'])), "\n";
$shop->apiUp();
$shop->api('status:422');
sleep(6);
$shop->cron(3600);
$shop->api($well);
show('refused', $refused = ['queue' => site_health($shop)['queue']]);
sleep(11);
echo '  ', $text($refused['queue']), "\n";

echo "-- by REST\n";
foreach (['administrator', 'shop_manager', 'editor', 'customer'] as $role) {
    $user = new WpAdmin($shop, $role);
    $answer = $user->open("$shop->url/wp-json/secure-dispatch/v1/site-health/connection?_wpnonce=" . $user->nonce('wp_rest'));
    echo "  $role: $answer->status ", json_decode($answer->body, true)['label'] ?? json_decode($answer->body, true)['code'], "\n";
}
$answer = $shop->request('GET', '/wp-json/secure-dispatch/v1/site-health/connection');
echo "  nobody: $answer[status]\n";
echo "  the page itself: ", (new WpAdmin($shop))->open('site-health.php')->status, "\n";

echo "-- wrong settings, no outbox\n";
$broken = new Shop(['secure_dispatch.endpoint' => 'http://localhost/', 'secure_dispatch.outbox' => null]);
show('wrong settings', $results = site_health($broken));
echo '  ', $text($results['extension']), "\n  ", $text($results['queue']), "\n";

echo "-- privacy\n";
$guide = (new WpAdmin($shop))->open('options-privacy.php?tab=policyguide');
echo '  ', preg_replace('/.*(When you order)/s', '$1', strip_tags(preg_replace('~.*(<[^>]*>[^<]*When you order.*?</p>).*~s', '$1', $guide->body))), "\n";
echo $shop->debugLog(), $broken->debugLog();
?>
--EXPECT--
-- all is well
  extension: good, Secure Dispatch is ready to send orders
  custody: recommended, The API key could be better protected
  queue: good, No order waits for long
  connection: good, The service can be reached over verified TLS
  dns: localhost is … tcp: connected to localhost, port N tls: TLS 1.3, and the chain is good for localhost certificate: the server's certificate is valid until … N days more http: the API answers (OPTIONS: HTTP status 200) clock: within 60 s of the API's 
  a link to the status page: yes
  key anywhere: no
-- the API is down
  extension: good, Secure Dispatch is ready to send orders
  custody: recommended, The API key could be better protected
  queue: good, No order waits for long
  connection: critical, The service cannot be reached
  tcp: the connection to localhost …
-- refused
  queue: recommended, Orders need somebody to look at them
  1 order was refused, given up, held back, not answered, does not fit what may be sent, or is not in the outbox any more. Its notes say which. 
-- by REST
  administrator: 200 The service can be reached over verified TLS
  shop_manager: 403 rest_forbidden
  editor: 403 rest_forbidden
  customer: 403 rest_forbidden
  nobody: 401
  the page itself: 200
-- wrong settings, no outbox
-- wrong settings
  extension: critical, Secure Dispatch cannot send orders
  custody: recommended, The API key could be better protected
  queue: critical, No orders are sent
  connection: recommended, The connection to the service should be looked at
  The settings of the PHP extension secure_dispatch (php.ini) are not right: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text. Whoever runs the server has to correct them and restart PHP; until then orders wait here, and are sent afterwards. 
  The settings of the PHP extension secure_dispatch (php.ini) are not right: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text. Whoever runs the server has to correct them and restart PHP; until then orders wait here, and are sent afterwards. 
-- privacy
  When you order, and when the state of your order changes, we send your order to localhost over an encrypted connection: order number, state, amounts and products, names, addresses, e-mail, telephone number and your note on the order. Payment card numbers are not sent. Until that service has confirmed an order, a copy of it is kept, encrypted, on our server.
