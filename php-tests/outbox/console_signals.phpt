--TEST--
bin/secure-dispatch outbox drain: a signal ends it after the order that is being sent, with what was done so far and an exit code of its own
--SKIPIF--
<?php if (!function_exists('pcntl_async_signals')) die('skip needs PHP\'s extension pcntl'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/console.inc';
/** Signals it once so many orders have come; tells how it ended, and what it left. */
$end = function (string $what, int $signal, array $arguments, string $behaviour, int $after, array $more = []) {
    $path = '/' . unique_key();
    control('POST', '/rules', ['path' => $path, 'behaviour' => $behaviour]);
    $settings = $more + outbox_settings(['secure_dispatch.log' => 'off', 'secure_dispatch.drain_rate' => 10, 'secure_dispatch.endpoint' => endpoint('main', $path)]);
    php('foreach (range(1, 60) as $i) secure_dispatch_order(["order_id" => $i]);', ['secure_dispatch.wait_ms' => 0] + $settings);
    $command = console_command($settings, ['outbox', 'drain', ...$arguments], 'exec');
    $console = proc_open(['sh', '-c', $command], [['file', '/dev/null', 'r'], ['file', $output = scratch('.out'), 'w'], ['redirect', 1]], $pipes);
    $came = fn () => count(array_filter(control('GET', '/requests'), fn ($request) => $request['path'] === $path));
    for ($i = 0; $i < 500 && $came() < $after; $i++, usleep(10_000));
    usleep(200_000);
    proc_terminate($console, $signal);
    $start = microtime(true);
    for ($i = 0; $i < 1000 && ($ended = proc_get_status($console))['running']; $i++, usleep(10_000));
    $took = microtime(true) - $start;
    $rows = json_decode(console($settings, ['status', '--json'])[0], true)['outbox']['rows'];
    $told = preg_match('/^\S+ (\d+) delivered, (\d+) deferred, 0 rejected, 0 dead, (\d+) remaining$/D', trim(file_get_contents($output)), $counts)
        ? ((int) $counts[3] === $rows['queued'] && $counts[1] + $counts[3] === 60 && $came() === $counts[1] + $counts[2] ? 'told what was done' : "told $counts[0] of {$came()}")
        : 'told ' . json_encode(file_get_contents($output));
    echo "$what: ", $ended['signaled'] ? "signal $ended[termsig]" : "exit code $ended[exitcode]", ", $told, $rows[unconfirmed] unconfirmed, ", $took < 2.5 ? "soon\n" : "after $took s\n";
};
$end('SIGINT', SIGINT, ['--seconds=50'], 'delay:20', 3);
$end('SIGTERM', SIGTERM, ['--seconds=50'], 'delay:20', 3);
$end('SIGTERM in a loop', SIGTERM, ['--loop'], 'delay:20', 3);
// It waits for the API then.
$end('SIGINT with the API down', SIGINT, ['--seconds=50'], 'status:503', 1, ['secure_dispatch.breaker_min_calls' => 1, 'secure_dispatch.breaker_open_ms' => 30_000]);
$end('a slow order', SIGINT, ['--seconds=50'], 'delay:1500', 1, ['secure_dispatch.drain_rate' => 1000]);
$end('without pcntl', SIGINT, ['--seconds=50'], 'delay:20', 3, ['disable_functions' => 'pcntl_async_signals']);
?>
--EXPECT--
SIGINT: exit code 130, told what was done, 0 unconfirmed, soon
SIGTERM: exit code 143, told what was done, 0 unconfirmed, soon
SIGTERM in a loop: exit code 143, told what was done, 0 unconfirmed, soon
SIGINT with the API down: exit code 130, told what was done, 0 unconfirmed, soon
a slow order: exit code 130, told what was done, 0 unconfirmed, soon
without pcntl: signal 2, told "", 0 unconfirmed, soon
