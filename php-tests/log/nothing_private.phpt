--TEST--
Of any order, through any outcome, at any level, with any sink: no log line, exception, dump or trace tells more than its id
--SKIPIF--
<?php if (fileowner('/proc/self') !== 0) die('skip needs root, for /dev/log'); if (file_exists('/dev/log')) die('skip the system has a log of its own'); if (!extension_loaded('mbstring') && !file_exists(PHP_EXTENSION_DIR . '/mbstring.so')) die('skip needs mbstring'); ?>
--CONFLICTS--
/dev/log
--INI--
extension=mbstring
--FILE--
<?php
require __DIR__ . '/../harness/leak.inc';
// Every way of looking at what went wrong that PHP has; then the last one is caught by nobody.
const LOOK = <<<'PHP'
    foreach (json_decode(file_get_contents($argv[1] ?? getenv('ORDERS')), true) as [$key, $order]) {
        try {
            $receipt = secure_dispatch_order($order, $key);
            $seen = ($seen ?? 0) + 1;
        } catch (Throwable $thrown) {
            echo $thrown, "\n";
            var_dump($thrown);
            print_r($thrown->getTrace());
            echo json_encode($thrown->getTrace(), JSON_PARTIAL_OUTPUT_ON_ERROR), serialize($thrown->getMessage()), "\n";
            error_log($thrown);
        }
    }
    print_r(secure_dispatch_status());
    phpinfo(INFO_MODULES);
    if (ini_get('secure_dispatch.outbox')) {
        for ($i = 0; $i < 3; $i++) {
            SecureDispatch\Outbox::retryAll('queued');
            SecureDispatch\Outbox::retryAll('unconfirmed');
            print_r(SecureDispatch\Outbox::drain(1));
        }
        print_r(SecureDispatch\Outbox::list(1000));
    }
    foreach ([['order_id' => $order], [NAN, $order], fn () => $order] as $wrong) {
        try {
            secure_dispatch_order($wrong);
        } catch (Throwable $thrown) {
            echo $thrown, "\n";
            // A TypeError's trace is PHP's.
            $thrown instanceof SecureDispatch\Exception\SecureDispatchException && var_dump($thrown);
        }
    }
    secure_dispatch_order($order + ['unserialisable' => NAN], 'last');
    PHP;

$system = new SystemLog(scratch('.syslog'));
$orders = $strings = $outputs = 0;
$found = [];
$kinds = [];
foreach (['php', 'file', 'syslog', 'off'] as $sink) {
    foreach ([false, true] as $kept) {
        $batch = [];
        $words = [];
        foreach (TREATMENTS as $treatment) {
            $order = ['order_id' => $orders++, 'billing' => private_words(), 'items' => [['name' => private_words()['note'], 'price' => 1.5]], 'customer_note' => private_words()['note']];
            $batch[] = [treated($treatment), $order];
            array_push($words, ...marks($order));
        }
        file_put_contents($file = scratch('.orders'), json_encode($batch));
        [$log, $own] = [scratch('.log'), scratch('.json')];
        $settings = ['error_log' => $log, 'zend.exception_ignore_args' => 0, 'zend.exception_string_param_max_len' => 1000, 'secure_dispatch.timeout_ms' => 400, 'secure_dispatch.max_attempts' => 2,
            'secure_dispatch.log' => $sink === 'file' ? $own : $sink, 'secure_dispatch.log_level' => 'trace', 'html_errors' => (int) $kept];
        if ($kept) {
            $settings += outbox_settings(['secure_dispatch.wait_ms' => 300, 'secure_dispatch.drain_rate' => 10000]);
        }
        $output = php(LOOK, $settings, ['ORDERS' => $file]);
        $told = ['output' => $output, 'PHP log' => (string) @file_get_contents($log), 'own log' => (string) @file_get_contents($own)];
        foreach ($told as $name => $text) {
            $found = [...$found, ...array_map(fn ($word) => "$sink, $name: $word", found_in($text, $words))];
            array_push($kinds, ...array_column(log_lines($text), 'event'));
            $outputs += $text !== '';
        }
        $strings += count($words);
        $all = [...$all ?? [], ...$words];
        // The search would find it.
        $mutant = $told['PHP log'] . json_encode($batch[3][1]);
        if (count(found_in($mutant, marks($batch[3][1]))) < count(marks($batch[3][1]))) echo "the search is blind\n";
        if (!str_contains($output, 'Uncaught SecureDispatch\Exception\ValidationException')) echo "nothing uncaught: $output\n";
    }
}
usleep(300_000);
$text = file_get_contents($system->file);
array_push($kinds, ...array_column(log_lines($text), 'event'));
$found = [...$found, ...found_in($text, $all)];
$outputs++;
unset($system);
echo $orders, ' orders, ', $strings >= 8 * 22 * 9 ? 'all their strings' : $strings, ", $outputs outputs: ", count($found), " found\n", implode("\n", array_slice($found, 0, 10));
$kinds = array_unique($kinds);
sort($kinds);
echo implode(' ', $kinds), "\n";
if (getenv('LEAK_LOG')) file_put_contents(getenv('LEAK_LOG'), "$orders orders, $strings strings, $outputs outputs, " . count($found) . " found\n");
?>
--EXPECT--
176 orders, all their strings, 19 outputs: 0 found
accepted attempt deferred delivered failed invalid queued rejected retried
