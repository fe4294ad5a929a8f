<?php

/**
 * One way to send an order, until standard input ends: contender.php NAME ORDER (the file with its JSON). For each number that comes on a line
 * it sends so many, and prints a line of JSON: how long each took (ns), user and system time of all of them (µs), and the process's resident
 * memory (KiB).
 *
 * From the environment: ENDPOINT, CA (one certificate), CA_BUNDLE (the system's), API_KEY, GUZZLE and SYMFONY (what loads them), WORDPRESS, WORK.
 */

declare(strict_types=1);

require __DIR__ . '/ways.php';

[, $name, $order] = $argv;
$order = json_decode(file_get_contents($order), true);
$send = way($name);
$used = static fn (): int => (static fn (array $usage) => ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1_000_000 + $usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec'])(getrusage());
$resident = static fn (): int => (int) substr(strstr(file_get_contents('/proc/self/status'), 'VmRSS:'), strlen('VmRSS:'));
while (($line = fgets(STDIN)) !== false) {
    $times = [];
    $before = $used();
    for ($n = (int) $line; $n > 0; $n--) {
        // Each is an order of its own.
        $order['order_id']++;
        $start = hrtime(true);
        $status = $send($order);
        $times[] = hrtime(true) - $start;
        if (intdiv($status, 100) !== 2) {
            fwrite(STDERR, "$name: status $status\n");
            exit(1);
        }
    }
    echo json_encode(['times' => $times, 'cpu' => $used() - $before, 'resident' => $resident()]), "\n";
}
