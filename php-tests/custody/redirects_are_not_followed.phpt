--TEST--
An API (or who has taken it over) that redirects to another host gets neither key nor order sent there
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
$there = str_replace('localhost', '127.0.0.1', endpoint('rsa'));
foreach ([301, 302, 303, 307, 308] as $status) {
    $key = treated("status:$status,header:Location=" . rawurlencode($there));
    $stage = new Stage('cli', getenv('EXTENSION'), 'environment');
    echo "$status: ", $stage->run('<?php try { secure_dispatch_order(["order_id" => 1], "' . $key . '"); } catch (SecureDispatch\Exception\RejectedException $thrown) { echo $thrown->status; }'),
        ', doors: ', implode(' ', array_column(requests($key), 'door')), '; ';
    $key = treated("fail:1:status:$status+header:Location=" . rawurlencode($there));
    php('require "' . dirname(__DIR__) . '/harness/naive_client.inc"; by_stream("' . endpoint() . '", "' . $key . '", ["cafile" => "' . testbed()['ca'] . '"]);');
    echo 'naive: ', implode(' ', array_map(fn ($request) => $request['door'] . ' with ' . $request['headers']['x-api-key'], requests($key))), "\n";
}
?>
--EXPECT--
301: 301, doors: main; naive: main with the naive key rsa with the naive key
302: 302, doors: main; naive: main with the naive key rsa with the naive key
303: 303, doors: main; naive: main with the naive key rsa with the naive key
307: 307, doors: main; naive: main with the naive key rsa with the naive key
308: 308, doors: main; naive: main with the naive key rsa with the naive key
