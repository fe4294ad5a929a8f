--TEST--
Apache prefork, 4 children: at most 4 connections for 400 requests, every order once, also after a graceful restart
--SKIPIF--
<?php require __DIR__ . "/../harness/apache.inc"; if (!Apache::module()) die("skip needs Apache with mod_php"); ?>
--FILE--
<?php
require __DIR__ . '/../harness/apache.inc';
$apache = new Apache();
$apache->put('index.php', '<?php echo secure_dispatch_order(["order_id" => 1], $_GET["key"])->state->value;');
foreach (['before', 'after graceful', 'after another'] as $when) {
    $prefix = unique_key();
    $bodies = $apache->getAll('index.php', array_map(fn ($n) => "key=$prefix-$n", range(1, 400)));
    [$connections, $times] = arrivals($prefix);
    echo "$when: ", json_encode(array_count_values($bodies)), ' ', count($times), ' orders, at most ', max($times), ' time each, ',
        $connections <= 4 ? "at most 4 connections\n" : "$connections connections\n";
    $apache->restart();
}
echo $apache->log();
?>
--EXPECT--
before: {"delivered":400} 400 orders, at most 1 time each, at most 4 connections
after graceful: {"delivered":400} 400 orders, at most 1 time each, at most 4 connections
after another: {"delivered":400} 400 orders, at most 1 time each, at most 4 connections
