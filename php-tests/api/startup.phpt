--TEST--
Starting costs what it must: no thread, no socket, no descriptor is left by MINIT; an unset extension touches nothing
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
// Sockets, epoll and memory descriptors, of which run-tests.php's own workers hand some on.
$look = 'echo json_encode([count(glob("/proc/self/task/*")), count(preg_grep("/socket|anon_inode|memfd|secretmem/",
    array_map(fn ($fd) => (string) @readlink("/proc/self/fd/$fd"), preg_grep("/^\d+$/", scandir("/proc/self/fd")))))]);';
[, $inherited] = json_decode(shell_exec(PHP_BINARY . ' -n -r ' . escapeshellarg($look)));
$told = function (string $what, string $output) use ($inherited): void {
    [$threads, $descriptors] = json_decode($output);
    echo "$what: $threads thread, ", $descriptors - $inherited, " descriptors of ours\n";
};
$told('at start', php($look));
// The connection.
$told('after a dispatch', php("secure_dispatch_order([1]); $look"));
$unset = ['secure_dispatch.endpoint' => null, 'secure_dispatch.ca_file' => null, 'secure_dispatch.api_key_file' => null, 'secure_dispatch.schema_file' => null,
    'secure_dispatch.max_attempts' => null, 'secure_dispatch.breaker_min_calls' => null, 'error_log' => $log = scratch('.log')];
$told('unset', php($look, $unset));
echo php('echo @fopen("/proc/self/mem", "rb") ? "open as any PHP, " : "closed, ", count(secure_dispatch_status()["custody"]), " protections";', $unset),
    ', ', is_file($log) ? 'logged' : 'nothing logged', "\n";
?>
--EXPECT--
at start: 1 thread, 0 descriptors of ours
after a dispatch: 1 thread, 1 descriptors of ours
unset: 1 thread, 0 descriptors of ours
open as any PHP, 0 protections, nothing logged
