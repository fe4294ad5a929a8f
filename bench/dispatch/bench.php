<?php

/** Every way to send an order, in turns, in one run on one machine: medians, 99th percentiles, CPU time, and ratios to the floor. */

declare(strict_types=1);

require __DIR__ . '/order.php';
require __DIR__ . '/field.php';

$rounds = (int) (getenv('ROUNDS') ?: 40);
$perRound = (int) (getenv('PER_ROUND') ?: 50);
$field = new Field();
echo $field->about(), "\n\n";
foreach ([833, 16000] as $bytes) {
    $table = $field->measure($bytes, $rounds, $perRound);
    $length = strlen(json_encode(order_of($bytes), JSON_UNESCAPED_UNICODE));
    printf("An order of %d bytes, %d rounds of %d\n\n%-26s %9s %7s %9s %9s\n", $length, $rounds, $perRound, 'µs per dispatch', 'median', 'floors', 'p99', 'CPU');
    foreach ($table as $name => [$median, $p99, $cpu]) {
        printf("%-26s %9.1f %7.2f %9.1f %9.1f\n", $name, $median, $median / $table['floor'][0], $p99, $cpu);
    }
    echo "\n";
}
