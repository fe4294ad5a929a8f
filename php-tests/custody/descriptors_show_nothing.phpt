--TEST--
Key in the environment, passed on in a descriptor: no descriptor of PHP code or of another process of the user can be read or opened
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist(<<<'PHP'
    for ($fd = 0; $fd < 64; $fd++) {
        $name = (string) @readlink("/proc/self/fd/$fd");
        if (!str_contains($name, 'secret') && !str_contains($name, 'memfd')) continue;
        echo "$name ";
        foreach (["php://fd/$fd", "/proc/self/fd/$fd", "/dev/fd/$fd"] as $path) {
            $stream = @fopen($path, 'rb');
            if ($stream) { @rewind($stream); echo @fread($stream, 4096); }
        }
    }
    foreach (glob('/proc/[0-9]*/fd/*') as $fd) {
        $name = (string) @readlink($fd);
        if (str_contains($name, 'secret') || str_contains($name, 'memfd')) {
            echo @file_get_contents($fd);
        }
    }
    // PHP's streams resolve links by their names; other programs do not.
    echo shell_exec('for fd in /proc/[0-9]*/fd/*; do case $(readlink $fd) in *secret*|*memfd*) cat $fd;; esac; done 2>&1');
    PHP, 'environment');
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
