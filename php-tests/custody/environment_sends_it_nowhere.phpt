--TEST--
Proxies, CA files, key logs and resolver options that PHP code puts into the environment before the first dispatch send the key nowhere
--CONFLICTS--
proxy
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); is_file(ini_get('extension_dir') . '/curl.so') || die('skip needs ext/curl, for the naive way'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
require __DIR__ . '/../harness/naive_client.inc';
// The attacker's server, with a CA of its own, which the environment recommends; the attacker's proxy, which sees where an order is to go.
copy(testbed()['other_ca'], $ca = scratch('.pem'));
$theirs = ['SSL_CERT_FILE' => $ca, 'SSL_CERT_DIR' => dirname($ca), 'CURL_CA_BUNDLE' => $ca];
$proxies = array_fill_keys(['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'], testbed()['proxy']);
$others = ['SSLKEYLOGFILE' => '/tmp/' . unique_key(), 'RES_OPTIONS' => 'ndots:15', 'LOCALDOMAIN' => 'example.test', 'HOSTALIASES' => '/tmp/none', 'NO_PROXY' => '', 'no_proxy' => ''];
$put = fn (array $environment) => 'foreach (' . var_export($environment, true) . ' as $name => $value) { putenv("$name=$value"); $_ENV[$name] = $_SERVER[$name] = $value; }';
$sent = '; try { secure_dispatch_order(["order_id" => 1], KEY); echo "sent"; } catch (Throwable $thrown) { echo "refused"; }';
foreach (SCENES as $scene) {
    // To the right server, past the proxy.
    control('POST', '/proxy', ['mode' => 'ok']);
    $stage = new Stage($scene, getenv('EXTENSION'), 'environment');
    $key = unique_key();
    $outcome = $stage->run('<?php ' . $put($theirs + $proxies + $others) . str_replace('KEY', "'$key'", $sent));
    echo "$scene: $outcome, ", count(requests($key)), ' arrived with the key, ', count(control('GET', '/proxy')['requests']), ' at the proxy, ',
        file_exists($others['SSLKEYLOGFILE']) ? 'KEY LOG WRITTEN' : 'no key log', '; ';
    // To a server whose CA only the environment vouches for.
    $before = traffic('unknown_ca')['app_bytes'];
    $stage = new Stage($scene, getenv('EXTENSION'), 'environment', ['secure_dispatch.endpoint' => endpoint('unknown_ca'), 'secure_dispatch.ca_file' => null]);
    $outcome = $stage->run('<?php ' . $put($theirs) . str_replace('KEY', 'null', $sent));
    echo "to their server: $outcome, ", traffic('unknown_ca')['app_bytes'] - $before, " bytes\n";
}
// What a shop has today: PHP's streams and cURL.
control('POST', '/proxy', ['mode' => 'ok']);
echo 'naive, by cURL through their proxy: ', php($put($proxies) . 'require "' . dirname(__DIR__) . '/harness/naive_client.inc"; echo by_curl("' . endpoint() . '", "' . testbed()['ca'] . '");',
    ['more lines' => "extension=curl\n"]), ', ', count(control('GET', '/proxy')['requests']), " at the proxy\n";
$key = unique_key();
echo 'naive, by a stream to their server: ', php('require "' . dirname(__DIR__) . '/harness/naive_client.inc"; echo by_stream("' . endpoint('unknown_ca') . '", "' . $key . '");',
    [], $theirs), ', ', requests($key)[0]['headers']['x-api-key'] ?? 'no key', "\n";
?>
--EXPECT--
cli: sent, 1 arrived with the key, 0 at the proxy, no key log; to their server: refused, 0 bytes
fpm: sent, 1 arrived with the key, 0 at the proxy, no key log; to their server: refused, 0 bytes
fpm rootless: sent, 1 arrived with the key, 0 at the proxy, no key log; to their server: refused, 0 bytes
apache: sent, 1 arrived with the key, 0 at the proxy, no key log; to their server: refused, 0 bytes
naive, by cURL through their proxy: 200, 1 at the proxy
naive, by a stream to their server: 200, the naive key
