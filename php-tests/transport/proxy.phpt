--TEST--
An explicit proxy is asked for a tunnel; one that opens none is not gone around
--CONFLICTS--
proxy
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$code = 'echo outcome(fn () => secure_dispatch_order([1])), "\n";';
foreach (['ok', 'authenticate', 'garbage', 'close', 'hang'] as $mode) {
    control('POST', '/proxy', ['mode' => $mode]);
    echo "$mode: ", php($code, ['secure_dispatch.proxy' => testbed()['proxy'], 'secure_dispatch.connect_timeout_ms' => 800]);
    $head = control('GET', '/proxy')['requests'][0];
    echo strtok(str_replace(testbed()['doors']['main']['port'], 'PORT', $head), "\r"), "\n";
    echo str_contains($head, API_KEY) || str_contains($head, 'orders') ? "IT SEES MORE\n" : '';
}
control('POST', '/proxy', ['mode' => 'ok']);
echo 'nothing there: ', php($code, ['secure_dispatch.proxy' => 'http://127.0.0.1:1']);
?>
--EXPECT--
ok: delivered 200
CONNECT localhost:PORT HTTP/1.1
authenticate: TransportException: the proxy did not open a tunnel to the endpoint; check secure_dispatch.proxy and what it allows. Nothing was sent.
CONNECT localhost:PORT HTTP/1.1
garbage: TransportException: the proxy did not open a tunnel to the endpoint; check secure_dispatch.proxy and what it allows. Nothing was sent.
CONNECT localhost:PORT HTTP/1.1
close: TransportException: the proxy did not open a tunnel to the endpoint; check secure_dispatch.proxy and what it allows. Nothing was sent.
CONNECT localhost:PORT HTTP/1.1
hang: TimeoutException: connecting to the API took longer than secure_dispatch.connect_timeout_ms or .timeout_ms allow. Nothing was sent.
CONNECT localhost:PORT HTTP/1.1
nothing there: TransportException: the connection was refused: nothing listens at the endpoint's (or proxy's) address and port. Nothing was sent.
