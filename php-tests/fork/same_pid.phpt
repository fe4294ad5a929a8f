--TEST--
A child that has its parent's process id (PID namespaces, numbers used up) is recognised as a child all the same
--SKIPIF--
<?php
if (!function_exists('pcntl_unshare')) die('skip needs pcntl');
if (fileowner('/proc/self') !== 0) die('skip needs root, for a PID namespace');
exec('unshare --pid --fork true 2>&1', $output, $status);
if ($status !== 0) die('skip needs PID namespaces');
?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$prefix = unique_key();
// PHP is process 1, as in a container; so is its child in a further namespace.
echo php('
    $send = fn (string $who) => outcome(fn () => secure_dispatch_order(["who" => $who], "' . $prefix . '-" . strtr($who, " ", "-")));
    echo getmypid(), " ", $send("parent"), "\n";
    pcntl_unshare(CLONE_NEWPID);
    if (($child = pcntl_fork()) === 0) {
        echo getmypid(), " ", $send("child"), "\n";
        exit(0);
    }
    pcntl_waitpid($child, $status);
    echo getmypid(), " ", $send("parent again"), "\n";', ['secure_dispatch.timeout_ms' => 2000], [], ['unshare', '--pid', '--fork']);
foreach (control('GET', '/requests') as $request) {
    if (str_starts_with($request['idempotency_key'] ?? '', $prefix)) {
        $connections[json_decode($request['body'], true)['who']] = $request['connection'];
    }
}
var_dump(count($connections), $connections['parent'] === $connections['parent again'], $connections['parent'] !== $connections['child']);
?>
--EXPECT--
1 delivered 200
1 delivered 200
1 delivered 200
int(3)
bool(true)
bool(true)
