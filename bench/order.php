<?php
/** What it costs to make an order fit to leave, beside PHP's own json_encode of the same array: `make bench-order`. */

/** A line of an order that a shop would send, some 80 bytes as JSON. */
function line(int $i): array
{
    return ['sku' => sprintf('A-%05d', $i), 'name' => "Product $i", 'quantity' => $i % 5 + 1, 'total' => sprintf('%d.%02d', $i, $i % 100)];
}

function order(int $lines): array
{
    return [
        'order_id' => 100123, 'number' => '100123', 'status' => 'processing', 'currency' => 'EUR', 'total' => '1234.50', 'total_tax' => '197.10',
        'date_created' => '2026-11-24T10:00:00+01:00', 'payment_method' => 'bacs',
        'billing' => ['first_name' => 'Ada', 'last_name' => 'Lovelace', 'company' => '', 'address_1' => '12 St. James Square', 'city' => 'London',
            'postcode' => 'SW1Y 4JH', 'country' => 'GB', 'email' => 'ada@example.com', 'phone' => '+44 20 7946 0018'],
        'shipping' => ['first_name' => 'Ada', 'last_name' => 'Lovelace', 'address_1' => '12 St. James Square', 'city' => 'London', 'postcode' => 'SW1Y 4JH', 'country' => 'GB'],
        'customer_note' => 'Please leave it at the door.',
        'line_items' => array_map('line', range(1, $lines)),
    ];
}

/** Nanoseconds for one call. */
function time_of(callable $call, array $order, int $times): float
{
    $start = hrtime(true);
    for ($i = 0; $i < $times; $i++) {
        $call($order);
    }
    return (hrtime(true) - $start) / $times;
}

function median(array $values): float
{
    sort($values);
    return $values[intdiv(count($values), 2)];
}

$orders = ['1 KB' => order(4), '16 KB' => order(200)];
printf("%-6s %8s  %14s  %14s  %6s  %s\n", 'order', 'bytes', 'json_encode us', 'ours us', 'ratio', 'ratios of all rounds, 10th to 90th percentile');
foreach ($orders as $name => $order) {
    $json = secure_dispatch_encode($order);
    if (json_decode($json) != json_decode(json_encode($order))) {
        exit("what is encoded is not what was given\n");
    }
    $times = (int) (2_000_000 / strlen($json));
    $ours = $theirs = $ratios = [];
    // Side by side, so that a noisy machine is as noisy for both.
    for ($round = 0; $round < 300; $round++) {
        $theirs[] = $there = time_of(json_encode(...), $order, $times);
        $ours[] = $here = time_of(secure_dispatch_encode(...), $order, $times);
        $ratios[] = $here / $there;
    }
    sort($ratios);
    printf("%-6s %8d  %14.2f  %14.2f  %6.2f  %.2f to %.2f\n", $name, strlen($json), median($theirs) / 1e3, median($ours) / 1e3, median($ratios), $ratios[30], $ratios[270]);
}
