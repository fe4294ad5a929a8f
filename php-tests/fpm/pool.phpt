--TEST--
php-fpm, 4 workers, 1,000 requests of one dispatch each: at most 4 connections, every order once
--SKIPIF--
<?php require __DIR__ . "/../harness/fpm.inc"; if (!Fpm::binary()) die("skip needs php-fpm"); if (!exec("command -v cgi-fcgi")) die("skip needs cgi-fcgi"); ?>
--FILE--
<?php
require __DIR__ . '/../harness/fpm.inc';
$fpm = new Fpm();
$fpm->put('index.php', '<?php echo secure_dispatch_order(["order_id" => 1], $_GET["key"])->state->value;');
$prefix = unique_key();
$bodies = $fpm->getAll('index.php', array_map(fn ($n) => "key=$prefix-$n", range(1, 1000)));
[$connections, $times] = arrivals($prefix);
print_r(array_count_values($bodies));
echo count($times), ' orders, at most ', max($times), " time each\n";
echo $connections <= 4 ? "at most 4 connections\n" : "$connections connections\n";
?>
--EXPECT--
Array
(
    [delivered] => 1000
)
1000 orders, at most 1 time each
at most 4 connections
