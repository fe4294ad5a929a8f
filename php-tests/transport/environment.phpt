--TEST--
No environment variable changes where an order goes, whom it trusts or what is written down; not by putenv() either
--CONFLICTS--
proxy
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$trap = testbed()['proxy'];
$hostaliases = scratch('.hostaliases');
file_put_contents($hostaliases, "localhost example.test\n");
$log = scratch('.keylog');
$environment = [
    'http_proxy' => $trap, 'https_proxy' => $trap, 'HTTP_PROXY' => $trap, 'HTTPS_PROXY' => $trap, 'all_proxy' => $trap, 'ALL_PROXY' => $trap,
    'no_proxy' => '', 'NO_PROXY' => '', 'REQUEST_METHOD' => 'GET', 'CURL_CA_BUNDLE' => '/dev/null',
    'SSL_CERT_FILE' => testbed()['ca'], 'SSL_CERT_DIR' => dirname(testbed()['ca']), 'SSLKEYLOGFILE' => $log, 'OPENSSL_CONF' => '/dev/null',
    'RES_OPTIONS' => 'ndots:15 timeout:30 attempts:9', 'LOCALDOMAIN' => 'example.test', 'HOSTALIASES' => $hostaliases,
    'RESOLV_HOST_CONF' => '/dev/null', 'RUST_LOG' => 'trace', 'RUST_BACKTRACE' => 'full', 'TOKIO_WORKER_THREADS' => '7',
];
control('POST', '/proxy', ['mode' => 'ok']);
$code = 'echo outcome(fn () => secure_dispatch_order(["order_id" => 1])), "\n";';
$putenv = 'foreach (' . var_export($environment, true) . ' as $name => $value) { putenv("$name=$value"); $_ENV[$name] = $_SERVER[$name] = $value; }';
$untrusting = ['secure_dispatch.ca_file' => null];
echo 'from the start: ', php($code, [], $environment);
echo 'by putenv(): ', php("$putenv $code");
echo 'by putenv(), on a later connection: ', php(str_replace('=> 1])', "=> 1], '" . treated('close') . "')", $code) . "$putenv $code");
echo 'roots from the start: ', php($code, $untrusting, $environment);
echo 'roots by putenv(): ', php("$putenv $code", $untrusting);
echo count(control('GET', '/proxy')['requests']), " requests to the proxy\n";
var_dump(file_exists($log));
?>
--EXPECT--
from the start: delivered 200
by putenv(): delivered 200
by putenv(), on a later connection: delivered 200
delivered 200
roots from the start: TransportException: TLS failed: the server's certificate is not signed by an accepted root, or its intermediate was not sent; check secure_dispatch.ca_file. The API did not take the order.
roots by putenv(): TransportException: TLS failed: the server's certificate is not signed by an accepted root, or its intermediate was not sent; check secure_dispatch.ca_file. The API did not take the order.
0 requests to the proxy
bool(false)
