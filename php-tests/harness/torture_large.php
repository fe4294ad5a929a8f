<?php
/** `make torture`: as outbox/torture.phpt, for long. */

require __DIR__ . '/torture.inc';
$torture = new Torture(['workers' => 8, 'drainers' => 3, 'lanes' => 20, 'pause' => 0.5, 'seconds' => 0, 'kills' => (int) getenv('KILLS'), 'orders' => (int) getenv('ORDERS')]);
$torture->run(function (string $line): void { echo "$line\n"; });
$torture->settle();
echo implode("\n", $told = $torture->told()), "\n";
exit(count($told) === 1 ? 0 : 1);
