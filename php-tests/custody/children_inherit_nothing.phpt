--TEST--
Key in the environment: processes that PHP starts, in whatever way, have none of it in environment, arguments or descriptors
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist(<<<'PHP'
    $look = 'env; cat /proc/self/environ; for fd in /proc/self/fd/*; do case $(readlink $fd) in *secret*|*memfd*) ls -l $fd; dd bs=4096 count=1 <&${fd##*/} 2>&1; cat $fd;; esac; done';
    exec($look, $lines);
    print_r($lines);
    passthru($look);
    echo shell_exec($look);
    echo stream_get_contents(popen($look, 'r'));
    $process = proc_open(['sh', '-c', $look], [1 => ['pipe', 'w']], $pipes);
    echo stream_get_contents($pipes[1]);
    if (function_exists('pcntl_fork') && PHP_SAPI === 'cli') {
        if (($pid = pcntl_fork()) === 0) {
            pcntl_exec('/bin/sh', ['-c', $look]);
        }
        pcntl_waitpid($pid, $status);
    }
    PHP, 'environment');
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
