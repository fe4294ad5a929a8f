--TEST--
Shops and drainers that are killed at random, and an API that fails in every way: no acknowledged order is lost, doubled, or out of its sequence
--CONFLICTS--
all
--SKIPIF--
<?php if (!function_exists('pcntl_fork')) die('skip needs pcntl'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/torture.inc';
$torture = new Torture(['workers' => 3, 'drainers' => 2, 'lanes' => 5, 'pause' => 0.3, 'seconds' => 14, 'kills' => 25, 'orders' => 300]);
$torture->run();
$torture->settle();
echo implode("\n", $torture->told()), "\n";
?>
--EXPECTF--
%d kills, %d stops, %d orders, %d returned, %d refused, %d sent past the outbox, %d exceptions, %d requests: 0 lost, 0 doubled, 0 out of order
