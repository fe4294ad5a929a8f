--TEST--
Key in an argument (-d): neither PHP nor ps shows it
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist(<<<'PHP'
    print_r([get_cfg_var('secure_dispatch.api_key'), $_SERVER['argv'] ?? [], $GLOBALS['argv'] ?? []]);
    echo @file_get_contents('/proc/self/cmdline'), shell_exec('cat /proc/$PPID/cmdline; ps -ww -o args= -p $PPID');
    foreach (glob('/proc/[0-9]*/cmdline') as $file) {
        echo @file_get_contents($file);
    }
    PHP, 'arguments', ['cli']);
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
