<?php

/** Every way to send an order, in turns, in one run on one machine: medians, 99th percentiles, CPU time, and ratios to the floor. Draws bench/chart.svg. */

declare(strict_types=1);

require __DIR__ . '/order.php';
require __DIR__ . '/sender.php';
require __DIR__ . '/table.php';
require __DIR__ . '/chart.php';

$field = new Field();
$names = [...Field::WITHOUT_PHP, ...Field::SHOPS, ...Field::LIBRARIES];
echo about(), "\n\n";
[$small, $large] = [order_of(833), order_of(16000)];
$rows = compare($field, $names, $small, 'sent', 'floors');
draw($rows, strlen($small));
compare($field, $names, $large, 'sent', 'floors');
compare($field, Field::ON_DISK, $small, 'kept on disk (wait_ms=0)', 'inserts');

/**
 * Measures and prints. Rows, in µs: median, its ratio to the first name's, 99th percentile, CPU time, and the median of each turn's first dispatch: the
 * caches are full of what others left there, as they are in a shop, which does other things between two orders. That one is in no other column.
 */
function compare(Field $field, array $names, string $order, string $what, string $unit): array
{
    $rounds = (int) (getenv('ROUNDS') ?: 40);
    $perRound = (int) (getenv('PER_ROUND') ?: 50);
    $file = Field::file('order.json', $order);
    $senders = $times = $first = $cpu = [];
    foreach ($names as $name) {
        $senders[$name] = new Sender($field, $name, $file);
    }
    // Connections are made, caches filled. Not before all are there: one that starts beside others at work is slower ever after.
    foreach ($senders as $name => $sender) {
        $sender->send(Field::share($name, 200));
    }
    foreach (Field::turns($names, $rounds) as $name) {
        $first[$name][] = $senders[$name]->send(1)['times'][0];
        $answer = $senders[$name]->send(Field::share($name, $perRound));
        $times[$name][] = $answer['times'];
        $cpu[$name] = ($cpu[$name] ?? 0) + $answer['cpu'];
    }
    $rows = [];
    foreach ($times as $name => $turns) {
        $all = array_merge(...$turns);
        $rows[$name] = [quantile($all, 0.5) / 1000, ratio($turns, $times[$names[0]]), quantile($all, 0.99) / 1000, $cpu[$name] / count($all), quantile($first[$name], 0.5) / 1000];
    }
    table(sprintf('An order of %d bytes %s, µs, %d rounds of %d', strlen($order), $what, $rounds, $perRound), ['median' => '%9.1f', $unit => '%7.2f', 'p99' => '%9.1f', 'CPU' => '%9.1f', 'first' => '%9.1f'], $rows);
    return $rows;
}

/** What PHP can choose between, as a picture. */
function draw(array $rows, int $bytes): void
{
    $rows['secure_dispatch, each logged'] = $rows['with a line in the log'];
    $bars = array_diff_key($rows, array_flip([...Field::WITHOUT_PHP, 'with a line in the log']));
    $about = "Median of a dispatch: $bytes bytes of JSON over TLS 1.3 to an API on the same machine. The scale is logarithmic; × is times the floor.";
    file_put_contents(dirname(__DIR__) . '/chart.svg', chart('What sending an order costs, by each way that PHP has', $about, $bars, $rows['floor'][0], 'secure_dispatch', about()));
}
