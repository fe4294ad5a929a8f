<?php

/** The ways in php-fpm, in turns, one dispatch in each request: with a client for each worker, and with one alone, since on few cores the former wait for each other. */

declare(strict_types=1);

require __DIR__ . '/order.php';
require __DIR__ . '/pool.php';
require __DIR__ . '/table.php';

$rounds = (int) (getenv('ROUNDS') ?: 40);
$perRound = (int) (getenv('PER_ROUND') ?: 50);
$field = new Field();
$order = Field::file('order.json', order_of(833));
echo about(), "\n\n";
foreach ([Pool::WORKERS => Pool::WORKERS . ' clients at once', 1 => 'one client'] as $clients => $who) {
    $pools = $times = [];
    foreach (Field::SHOPS as $name) {
        $pools[$name] = new Pool($field, $name, $order);
    }
    // Connections are made, caches filled. Not before all are there: one that starts beside others at work is slower ever after.
    foreach ($pools as $name => $pool) {
        $pool->send(Field::share($name, 1000), $clients);
    }
    foreach (Field::turns(Field::SHOPS, $rounds) as $name) {
        $times[$name][] = $pools[$name]->send(Field::share($name, $perRound), $clients);
    }
    $rows = [];
    foreach ($times as $name => $turns) {
        $all = array_merge(...$turns);
        $rows[$name] = [quantile($all, 0.5) / 1000, ratio($turns, $times['persistent stream']), quantile($all, 0.99) / 1000, $pools[$name]->connections()];
    }
    table(sprintf("An order of %d bytes in php-fpm with %d workers, $who, µs per dispatch, $rounds rounds of $perRound", filesize($order), Pool::WORKERS),
        ['median' => '%9.1f', 'streams' => '%7.2f', 'p99' => '%9.1f', 'connections per 1,000' => '%21.1f'], $rows);
}
