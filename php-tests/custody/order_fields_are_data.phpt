--TEST--
Fields of an order that look like options, and idempotency keys that look like headers, change nothing: one endpoint, the same headers, the key in its place
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
require __DIR__ . '/../harness/naive_client.inc';
$elsewhere = endpoint('tls12');
$key = unique_key();
secure_dispatch_order(['order_id' => 1], $plain = unique_key());
secure_dispatch_order([
    'endpoint' => $elsewhere, 'url' => $elsewhere, 'headers' => ['X-API-KEY' => 'x', 'Host' => 'elsewhere.example.test'], 'method' => 'GET', 'proxy' => testbed()['proxy'],
    'ca_file' => '/etc/passwd', 'verify' => false, 'api_key' => '${secure_dispatch.api_key}', 'secure_dispatch.endpoint' => $elsewhere, 'the key goes here' => "the key goes here\r\n",
    "X-Api-Key: the key goes here\r\n" => 1, 'curl' => [10002 => $elsewhere], 'options' => ['allow_redirects' => true],
], $key);
[$request] = requests($key);
[$other] = requests($plain);
echo "$request[door] $request[method] $request[path]\n";
var_dump($request['headers']['x-api-key'] === API_KEY, !str_contains($request['body'], API_KEY));
unset($request['headers']['content-length'], $other['headers']['content-length'], $request['headers']['idempotency-key'], $other['headers']['idempotency-key']);
var_dump($request['headers'] === $other['headers']);
foreach (['the key goes here', "the key goes here\r\n", "x\r\nX-Api-Key: y", "\x00", ' ', 'the%20key%20goes%20here'] as $idempotencyKey) {
    echo json_encode($idempotencyKey), ': ', outcome_class(fn () => secure_dispatch_order([1], $idempotencyKey)), "\n";
}
// What PHP's streams make of such a key, and a client that takes options out of what it is given: attacks that work there.
by_stream(endpoint(), ($key = unique_key()) . "\r\nX-Injected: of the caller's", ['cafile' => testbed()['ca']]);
echo 'naive, a key with a header in it: ', requests($key)[0]['headers']['x-injected'], "\n";
$order = ['order_id' => 1, 'url' => endpoint('rsa')];
by_stream(...['url' => endpoint(), ...array_intersect_key($order, ['url' => 1]), 'idempotencyKey' => $key = unique_key(), 'tls' => ['cafile' => testbed()['ca']]]);
echo 'naive, a url in an order: ', requests($key)[0]['door'], ' has ', requests($key)[0]['headers']['x-api-key'], "\n";
?>
--EXPECT--
main POST /orders
bool(true)
bool(true)
bool(true)
"the key goes here": ValidationException
"the key goes here\r\n": ValidationException
"x\r\nX-Api-Key: y": ValidationException
"\u0000": ValidationException
" ": ValidationException
"the%20key%20goes%20here": delivered 200
naive, a key with a header in it: of the caller's
naive, a url in an order: rsa has the naive key
