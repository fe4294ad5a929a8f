<?php

/** php-fpm's calls while the API hangs: one client, and as many at once as there are workers, each as fast as it can. The calls that ask whether the API is back are told apart. */

declare(strict_types=1);

require __DIR__ . '/order.php';
require __DIR__ . '/pool.php';
require __DIR__ . '/table.php';

$rounds = (int) (getenv('ROUNDS') ?: 20);
$perRound = (int) (getenv('PER_ROUND') ?: 100);
$field = new Field();
control('POST', '/rules', ['path' => Field::OUTAGE, 'behaviour' => 'hang']);
$order = Field::file('order.json', order_of(833));
chmod(Field::file('turns', str_repeat('.', 1 << 20)), 0666);
echo about(), "\n\n";
$pools = [];
foreach (Field::IN_AN_OUTAGE as $name) {
    $pools[$name] = new Pool($field, $name, $order);
}
foreach ($pools as $pool) {
    // The breaker opens.
    $pool->send(20, Pool::WORKERS);
}
foreach ([1 => 'one client', Pool::WORKERS => Pool::WORKERS . ' clients at once'] as $clients => $who) {
    $times = $rows = [];
    foreach (Field::turns(Field::IN_AN_OUTAGE, $rounds) as $name) {
        $times[$name][] = $pools[$name]->send($perRound, $clients);
    }
    foreach ($times as $name => $turns) {
        $all = array_map(fn (int $nanos) => $nanos / 1e6, array_merge(...$turns));
        $calls = array_filter($all, fn (float $millis) => $millis > 0) ?: exit("$name: the breaker did not open.\n");
        $rows[$name] = [quantile($calls, 0.5), quantile($calls, 0.99), max($calls), 1000 * count(array_filter($calls, fn (float $millis) => $millis > 5)) / count($calls), count($all) - count($calls)];
    }
    table(sprintf("php-fpm with %d workers while the API hangs, $who, ms, $rounds rounds of $perRound", Pool::WORKERS),
        ['median' => '%9.3f', 'p99' => '%9.3f', 'longest' => '%9.3f', 'over 5 ms in 1,000' => '%18.1f', 'probes' => '%7d'], $rows);
}
