--TEST--
PHP code cannot read any other process of its user: sibling workers, the master of a rootless php-fpm, other programs that have the key
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist(<<<'PHP'
    require_once HARNESS . '/scan.inc';
    foreach (processes() as $pid) {
        if ((int) $pid !== getmypid()) print_r(scan($pid, '/k3y-[0-9a-f]{32}/'));
    }
    PHP, 'environment', ['fpm', 'fpm rootless', 'apache']);
?>
--EXPECT--
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
