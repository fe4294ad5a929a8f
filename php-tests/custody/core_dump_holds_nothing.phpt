--TEST--
PHP code that crashes its own process gets no core dump with the key in it
--SKIPIF--
<?php
require __DIR__ . '/../harness/heist.inc';
heist_skips();
str_contains(file_get_contents('/proc/sys/kernel/core_pattern'), '/') || str_starts_with(file_get_contents('/proc/sys/kernel/core_pattern'), '|')
    and die('skip core dumps of this system do not go to the working directory');
// This process, which has the extension, has lowered its own.
getenv('CORE_LIMIT') === 'unlimited' || die('skip this system forbids core dumps (ulimit -Hc)');
?>
--INI--
secure_dispatch.harden=0
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
// Children of ours may dump.
exec('prlimit --core=unlimited:unlimited --pid=' . getmypid());
$crash = '<?php ' . 'chdir(DIR); require HARNESS; try { secure_dispatch_order(["order_id" => 1], KEY); } finally { exec("kill -SEGV " . getmypid()); sleep(1); }';
foreach (['cli', 'fpm', 'fpm rootless', 'apache'] as $scene) {
    $verdicts = [];
    foreach (['EXTENSION', 'NAIVE'] as $build) {
        $stage = new Stage($scene, getenv($build), 'environment', [], ['rlimit_core' => 'unlimited']);
        $dir = scratch();
        mkdir($dir, 0777);
        chmod($dir, 0777);
        $key = unique_key();
        $stage->run(str_replace(['DIR', 'HARNESS', 'KEY'], ["'$dir'", var_export(dirname(__DIR__) . '/harness/testbed.inc', true), "'$key'"], $crash));
        usleep(300_000);
        // Apache dumps to where it is told.
        $cores = array_merge(glob("$dir/core*"), glob(dirname($stage->log) . '/core*'));
        $found = array_filter($cores, fn ($core) => exec('grep -acF ' . escapeshellarg($stage->key) . ' ' . escapeshellarg($core)) > 0);
        array_map('unlink', $cores);
        $verdicts[] = ($found ? 'FOUND' : ($cores ? 'a core dump without it' : 'no core dump')) . ', ' . (requests($key) ? 'dispatched' : 'not dispatched');
    }
    echo "$scene: $verdicts[0]; naive: $verdicts[1]\n";
}
?>
--EXPECT--
cli: no core dump, dispatched; naive: FOUND, dispatched
fpm: no core dump, dispatched; naive: FOUND, dispatched
fpm rootless: no core dump, dispatched; naive: FOUND, dispatched
apache: no core dump, dispatched; naive: FOUND, dispatched
