--TEST--
promtool finds nothing to say about names, types, units and help texts
--DESCRIPTION--
promtool reads the format before OpenMetrics alone, so the page is put into that one first, as OpenMetrics says how: counters and infos are declared under their samples' names. That OpenMetrics
itself is right is Prometheus's to say, in scrape.phpt.
--SKIPIF--
<?php if (!exec('command -v promtool')) die('skip needs promtool (Debian: prometheus)'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$before_open_metrics = function (string $page): string {
    $page = preg_replace_callback('/^(# (?:HELP|TYPE) )(\S+)/m', fn ($line) => $line[1] . $line[2] . match (true) {
        str_contains($page, "# TYPE $line[2] counter\n") => '_total',
        str_contains($page, "# TYPE $line[2] info\n") => '_info',
        default => '',
    }, $page);
    return preg_replace(['/ info$/m', '/^# (UNIT .*|EOF)\n/m'], [' gauge', ''], $page);
};
foreach (['all of it' => outbox_settings(), 'without an outbox' => [], 'wrong settings' => ['secure_dispatch.timeout_ms' => -1]] as $case => $settings) {
    $page = php('try { secure_dispatch_order(["order_id" => 1]); } catch (Exception) {} echo SecureDispatch\Metrics::prometheus();', $settings);
    $promtool = proc_open(['promtool', 'check', 'metrics', '--extended'], [['pipe', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes);
    fwrite($pipes[0], $before_open_metrics($page));
    fclose($pipes[0]);
    $said = stream_get_contents($pipes[1]);
    // --extended: a table of what it has read; lints stand before it.
    [$lints, $table] = explode('Metric', $said, 2) + [1 => ''];
    echo "$case: ", proc_close($promtool), ' ', trim($lints), substr_count($table, 'secure_dispatch_') === substr_count($page, '# TYPE ') ? 'has read all' : $said, "\n";
}
?>
--EXPECT--
all of it: 0 has read all
without an outbox: 0 has read all
wrong settings: 0 has read all
