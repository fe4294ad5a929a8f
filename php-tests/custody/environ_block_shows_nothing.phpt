--TEST--
Key in the environment: its original bytes, which /proc/*/environ shows even after unsetenv(), are gone
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
// php-fpm itself overwrites that area, with its processes' titles.
heist([
    'its own' => <<<'PHP'
        echo @file_get_contents('/proc/self/environ');
        PHP,
    'a child' => <<<'PHP'
        echo shell_exec('cat /proc/$PPID/environ 2>&1');
        PHP,
    'all processes' => <<<'PHP'
        foreach (glob('/proc/[0-9]*/environ') as $file) echo @file_get_contents($file);
        PHP,
], 'environment');
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: nothing found, dispatched
fpm rootless: nothing found, dispatched; naive: nothing found, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
