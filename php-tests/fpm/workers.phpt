--TEST--
php-fpm: workers that come and go, and a reload, lose no order; the key's file is for the master alone
--SKIPIF--
<?php require __DIR__ . "/../harness/fpm.inc"; if (!Fpm::binary()) die("skip needs php-fpm"); if (!exec("command -v cgi-fcgi")) die("skip needs cgi-fcgi"); ?>
--FILE--
<?php
require __DIR__ . '/../harness/fpm.inc';
file_put_contents($file = scratch('.key'), API_KEY . "\n");
chmod($file, 0600);
$fpm = new Fpm(['secure_dispatch.api_key_file' => $file], ['pm.max_requests' => 10]);
$fpm->put('index.php', '<?php echo secure_dispatch_order(["order_id" => 1], $_GET["key"])->state->value;');
$fpm->put('read.php', '<?php echo is_readable($_GET["file"]) ? "readable" : "not readable", " to ", fileowner("/proc/self") === 0 ? "root" : "the worker";');
echo fileowner('/proc/self') === 0 ? $fpm->get('read.php', "file=$file") : 'not readable to the worker', "\n";
foreach (['before', 'after a reload', 'after another'] as $when) {
    $prefix = unique_key();
    $bodies = $fpm->getAll('index.php', array_map(fn ($n) => "key=$prefix-$n", range(1, 100)));
    [, $times] = arrivals($prefix);
    echo "$when: ", json_encode(array_count_values($bodies)), ' ', count($times), ' orders, at most ', max($times), " time each\n";
    $fpm->restart();
}
?>
--EXPECT--
not readable to the worker
before: {"delivered":100} 100 orders, at most 1 time each
after a reload: {"delivered":100} 100 orders, at most 1 time each
after another: {"delivered":100} 100 orders, at most 1 time each
