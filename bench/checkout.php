<?php
/**
 * What the plugin adds to a checkout, whatever the API does: two real shops side by side, one with the plugin and one without; who buys goes
 * to each in turn. `make bench-checkout WORDPRESS_DIR=… WOOCOMMERCE_DIR=…`
 */

require __DIR__ . '/../php-tests/harness/sales.inc';

const CHECKOUTS = 30;

$with = new Shop();
$without = new Shop(plugin: false);
$quantile = function (float $share, array $times): float {
    sort($times);
    return $times[(int) ($share * count($times))];
};
foreach ([$with, $without] as $shop) {
    $shop->checkouts(8, 4);
}
$all = [];
printf("%-14s %12s %12s %10s %12s %12s %8s\n", 'API', 'without, ms', 'with, ms', 'added, ms', 'p90 without', 'p90 with', 'orders');
foreach (['healthy' => '', 'answers in 2 s' => 'delay:2000', 'hangs' => 'hang', 'says 500' => 'status:500', 'is down' => 'down'] as $name => $behaviour) {
    $behaviour === 'down' ? $with->apiDown() : $with->api($behaviour);
    $times = ['with' => [], 'without' => []];
    for ($i = 0; $i < CHECKOUTS; $i++) {
        // Neither always goes first.
        foreach ($i % 2 ? ['with', 'without'] : ['without', 'with'] as $which) {
            $order = $$which->checkout();
            if ($order['http'] !== 200) {
                throw new LogicException("$name, $which: $order[http]");
            }
            $times[$which][] = $order['elapsed'];
            $which === 'with' && $all[] = $order['id'];
        }
    }
    [$before, $after] = [$quantile(0.5, $times['without']), $quantile(0.5, $times['with'])];
    printf("%-14s %12.1f %12.1f %10.1f %12.1f %12.1f %8d\n", $name, $before, $after, $after - $before, $quantile(0.9, $times['without']), $quantile(0.9, $times['with']), CHECKOUTS);
}
$with->apiUp();
$with->api('');
$with->php('SecureDispatch\Outbox::retryAll("queued");');
for ($i = 0; $i < 90 && array_diff($all, array_keys(arrived($with))); $i++, sleep(1)) {
    $with->cron(70);
}
$arrived = array_intersect_key(arrived($with), array_flip($all));
printf("%d of %d orders were delivered in the end, %d of them more than once\n", count($arrived), count($all), count(array_filter($arrived, fn ($told) => count($told) > 1)));
