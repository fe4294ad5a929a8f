--TEST--
The log goes where the setting says: PHP's own, a file, the system's, nowhere; what is wrong at the start is told in any case
--SKIPIF--
<?php if (fileowner('/proc/self') !== 0) die('skip needs root, for /dev/log'); if (file_exists('/dev/log')) die('skip the system has a log of its own'); ?>
--CONFLICTS--
/dev/log
--FILE--
<?php
require __DIR__ . '/../harness/log.inc';
$settings = outbox_settings(['secure_dispatch.log_level' => 'debug']);
$dispatch = function (array $more) use ($settings): array {
    [$good, $bad] = [unique_key(), treated('status:400')];
    $log = scratch('.log');
    $output = php("secure_dispatch_order(['order_id' => 7, 'note' => 'private'], '$good');
        echo outcome_class(fn () => secure_dispatch_order(['order_id' => 8], '$bad')), ', ', secure_dispatch_status()['counters']['log_lines_lost'], ' lost', PHP_EOL;",
        $more + ['error_log' => $log] + $settings);
    return [$output, (string) @file_get_contents($log)];
};

[$output, $log] = $dispatch([]);
echo 'php: ', $output, log_events($log), "\n";
preg_match_all('/^\[.*?\] secure_dispatch: \{/m', $log, $whole);
echo count($whole[0]) === substr_count($log, "\n") ? "each on a line of its own\n" : $log;

[$output, $log] = $dispatch(['secure_dispatch.log' => $file = scratch('.json')]);
echo 'file: ', $output, log_events(file_get_contents($file)), "\n", $log === '' ? "nothing in PHP's own\n" : $log;
printf("mode %o, %s\n", fileperms($file) & 07777, str_contains(file_get_contents($file), 'private') ? 'private' : 'nothing private');

$system = new SystemLog(scratch('.syslog'));
[$output, $log] = $dispatch(['secure_dispatch.log' => 'syslog']);
for ($i = 0; $i < 200 && count(log_lines(file_get_contents($system->file))) < 6; $i++, usleep(10_000));
echo 'syslog: ', $output, log_events(file_get_contents($system->file)), "\n";
preg_match_all('/^<(\d+)>secure_dispatch\[\d+\]: /m', file_get_contents($system->file), $priorities);
echo implode(' ', $priorities[1]), "\n", $log === '' ? "nothing in PHP's own\n" : $log;
unset($system);

[$output, $log] = $dispatch(['secure_dispatch.log' => 'syslog']);
echo 'nobody has a system log: ', $output;
[$output, $log] = $dispatch(['secure_dispatch.log' => 'off']);
echo 'off: ', $output, $log === '' ? "nothing\n" : $log;
[$output, $log] = $dispatch(['secure_dispatch.log' => '/dev/full']);
echo 'full: ', $output, $log === '' ? "nothing\n" : $log;
[$output, $log] = $dispatch(['secure_dispatch.log_level' => 'error']);
echo 'errors: ', $output, log_events($log), "\n";

foreach (['log' => 'audit.log', 'log_level' => 'loud', 'traceparent' => 'two words'] as $name => $value) {
    [$output, $log] = $dispatch(["secure_dispatch.$name" => $value]);
    echo preg_replace('/^\[.*?\] /', '', strtok($log, "\n")), "\n";
}
// What was set up wrongly is told in a log of our own too, and in PHP's whatever is set.
[, $log] = $dispatch(['secure_dispatch.endpoint' => 'http://example.com', 'secure_dispatch.log' => $file = scratch('.json')]);
[$line] = log_lines(file_get_contents($file));
echo $line['level'], ' ', $line['event'], ': ', $line['message'], "\n", str_contains($log, $line['message']) ? "told twice\n" : $log;
[, $log] = $dispatch(['secure_dispatch.endpoint' => 'http://example.com', 'secure_dispatch.log' => 'off']);
echo str_contains($log, $line['message']) ? "told all the same\n" : $log;
?>
--EXPECT--
php: RejectedException, 0 lost
accepted, attempt, delivered, accepted, attempt, rejected
each on a line of its own
file: RejectedException, 0 lost
accepted, attempt, delivered, accepted, attempt, rejected
nothing in PHP's own
mode 640, nothing private
syslog: RejectedException, 0 lost
accepted, attempt, delivered, accepted, attempt, rejected
15 15 14 15 15 11
nothing in PHP's own
nobody has a system log: RejectedException, 6 lost
off: RejectedException, 0 lost
nothing
full: RejectedException, 6 lost
nothing
errors: RejectedException, 0 lost
rejected
secure_dispatch: secure_dispatch.log must be php (PHP's error_log), syslog, off, or a file's absolute path
secure_dispatch: secure_dispatch.log_level must be error, warning, info, debug or trace
secure_dispatch: secure_dispatch.traceparent must be the name of an entry of $_SERVER, like HTTP_TRACEPARENT; or empty, and no trace is joined
ERROR configuration_error: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text
told twice
told all the same
