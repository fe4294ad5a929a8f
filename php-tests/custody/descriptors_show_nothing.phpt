--TEST--
Key in the environment, passed on in a descriptor: no descriptor of the process, or of another process of the user, can be read or opened
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist([
    'its own' => <<<'PHP'
        // Streams of PHP resolve links by their names; other programs do not.
        echo shell_exec('for fd in /proc/' . getmypid() . '/fd/*; do case $(readlink $fd) in *secret*|*memfd*) cat $fd;; esac; done 2>&1');
        PHP,
    'all processes' => <<<'PHP'
        echo shell_exec('for fd in /proc/[0-9]*/fd/*; do case $(readlink $fd) in *secret*|*memfd*) cat $fd;; esac; done 2>&1');
        PHP,
], 'environment');
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
