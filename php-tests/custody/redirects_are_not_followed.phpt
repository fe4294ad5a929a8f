--TEST--
An API (or who has taken it over) that redirects to another host gets neither key nor order sent there
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
$there = str_replace('localhost', '127.0.0.1', endpoint('rsa'));
$stages = array_map(fn ($scene) => new Stage($scene, getenv('EXTENSION'), 'environment'), SCENES);
foreach ([301, 302, 303, 307, 308] as $status) {
    echo "$status:";
    foreach ($stages as $stage) {
        $key = treated("status:$status,header:Location=" . rawurlencode($there));
        echo " $stage->scene: ", $stage->run('<?php try { secure_dispatch_order(["order_id" => 1], "' . $key . '"); } catch (SecureDispatch\Exception\RejectedException $thrown) { echo $thrown->status; }'),
            ' from ', implode(' ', array_column(requests($key), 'door')), ';';
    }
    $key = treated("fail:1:status:$status+header:Location=" . rawurlencode($there));
    php('require "' . dirname(__DIR__) . '/harness/naive_client.inc"; by_stream("' . endpoint() . '", "' . $key . '", ["cafile" => "' . testbed()['ca'] . '"]);');
    echo ' naive: ', implode(' ', array_map(fn ($request) => $request['door'] . ' with ' . $request['headers']['x-api-key'], requests($key))), "\n";
}
?>
--EXPECT--
301: cli: 301 from main; fpm: 301 from main; fpm rootless: 301 from main; apache: 301 from main; naive: main with the naive key rsa with the naive key
302: cli: 302 from main; fpm: 302 from main; fpm rootless: 302 from main; apache: 302 from main; naive: main with the naive key rsa with the naive key
303: cli: 303 from main; fpm: 303 from main; fpm rootless: 303 from main; apache: 303 from main; naive: main with the naive key rsa with the naive key
307: cli: 307 from main; fpm: 307 from main; fpm rootless: 307 from main; apache: 307 from main; naive: main with the naive key rsa with the naive key
308: cli: 308 from main; fpm: 308 from main; fpm rootless: 308 from main; apache: 308 from main; naive: main with the naive key rsa with the naive key
