<?php

/** What php-fpm runs: sends one order, and tells how long that took, in ns. Nothing of it is kept for the next request. */

declare(strict_types=1);

require __DIR__ . '/ways.php';

$order = json_decode(file_get_contents(getenv('ORDER')), true);
$send = way(getenv('CONTENDER'));
$start = hrtime(true);
$status = $send($order);
$time = hrtime(true) - $start;
// Less than nothing: not to be counted with the others.
echo match (true) {
    $status === PROBED => -$time,
    intdiv($status, 100) === 2 => $time,
    default => "status $status",
};
