--TEST--
Key in the environment: processes that PHP starts, in whatever way, have none of it in environment or descriptors
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist([
    'exec' => <<<'PHP'
        exec('env; cat /proc/self/environ; for fd in /proc/self/fd/*; do case $(readlink $fd) in *secret*|*memfd*) cat $fd;; esac; done 2>&1', $lines);
        print_r($lines);
        PHP,
    'passthru' => <<<'PHP'
        passthru('env; cat /proc/self/environ; for fd in /proc/self/fd/*; do case $(readlink $fd) in *secret*|*memfd*) cat $fd;; esac; done 2>&1');
        PHP,
    'shell_exec' => <<<'PHP'
        echo shell_exec('env; cat /proc/self/environ; for fd in /proc/self/fd/*; do case $(readlink $fd) in *secret*|*memfd*) cat $fd;; esac; done 2>&1');
        PHP,
    'popen' => <<<'PHP'
        echo stream_get_contents(popen('env; cat /proc/self/environ; for fd in /proc/self/fd/*; do case $(readlink $fd) in *secret*|*memfd*) cat $fd;; esac; done 2>&1', 'r'));
        PHP,
    'proc_open' => <<<'PHP'
        $process = proc_open(['sh', '-c', 'env; cat /proc/self/environ; for fd in /proc/self/fd/*; do case $(readlink $fd) in *secret*|*memfd*) cat $fd;; esac; done 2>&1'], [1 => ['pipe', 'w']], $pipes);
        echo stream_get_contents($pipes[1]);
        PHP,
    'its descriptors alone' => <<<'PHP'
        echo shell_exec('for fd in /proc/self/fd/*; do case $(readlink $fd) in *secret*|*memfd*) cat $fd;; esac; done 2>&1');
        PHP,
], 'environment');
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
