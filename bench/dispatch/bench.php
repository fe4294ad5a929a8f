<?php

/** Every way to send an order, in turns, in one run on one machine: medians, 99th percentiles, CPU time, and ratios to the floor. */

declare(strict_types=1);

require __DIR__ . '/order.php';
require __DIR__ . '/sender.php';
require __DIR__ . '/table.php';

$rounds = (int) (getenv('ROUNDS') ?: 40);
$perRound = (int) (getenv('PER_ROUND') ?: 50);
$field = new Field();
echo about(), "\n\n";
foreach ([833, 16000] as $bytes) {
    $order = order_of($bytes);
    table('An order of ' . strlen($order) . " bytes, µs per dispatch, $rounds rounds of $perRound", ['median' => '%9.1f', 'floors' => '%7.2f', 'p99' => '%9.1f', 'CPU' => '%9.1f'],
        measure($field, [...Field::WITHOUT_PHP, ...Field::SHOPS, ...Field::LIBRARIES], $order, $rounds, $perRound));
}
$order = order_of(833);
table('An order of ' . strlen($order) . " bytes kept on disk (wait_ms=0), µs, $rounds rounds of $perRound", ['median' => '%9.1f', 'inserts' => '%7.2f', 'p99' => '%9.1f', 'CPU' => '%9.1f'],
    measure($field, Field::ON_DISK, $order, $rounds, $perRound));

/** Rows of the table: median, its ratio to the first name's, 99th percentile, CPU time. */
function measure(Field $field, array $names, string $order, int $rounds, int $perRound): array
{
    $order = Field::file('order.json', $order);
    $senders = $times = $cpu = [];
    foreach ($names as $name) {
        $senders[$name] = new Sender($field, $name, $order);
        // Connections are made, caches filled.
        $senders[$name]->send(Field::share($name, 200));
    }
    foreach (Field::turns($names, $rounds) as $name) {
        $answer = $senders[$name]->send(Field::share($name, $perRound));
        $times[$name] = [...$times[$name] ?? [], ...$answer['times']];
        $cpu[$name] = ($cpu[$name] ?? 0) + $answer['cpu'];
    }
    $base = quantile($times[$names[0]], 0.5);
    $rows = [];
    foreach ($times as $name => $all) {
        $median = quantile($all, 0.5);
        $rows[$name] = [$median / 1000, $median / $base, quantile($all, 0.99) / 1000, $cpu[$name] / count($all)];
    }
    return $rows;
}
