--TEST--
Key in an argument (-d): neither PHP nor ps shows it
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist([
    'get_cfg_var' => <<<'PHP'
        var_dump(get_cfg_var('secure_dispatch.api_key'));
        PHP,
    '/proc/self/cmdline' => <<<'PHP'
        echo @file_get_contents('/proc/self/cmdline');
        PHP,
    'a child' => <<<'PHP'
        echo shell_exec('cat /proc/$PPID/cmdline');
        PHP,
    'ps' => <<<'PHP'
        echo shell_exec('ps -ww -o args= -p $PPID');
        PHP,
    'all processes' => <<<'PHP'
        foreach (glob('/proc/[0-9]*/cmdline') as $file) echo @file_get_contents($file);
        PHP,
], 'arguments', ['cli']);
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
