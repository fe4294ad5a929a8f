--TEST--
PHP code cannot read its own process, by /proc/self/mem, from a child, by process_vm_readv() or with a debugger
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist(<<<'PHP'
    require_once HARNESS . '/scan.inc';
    print_r(scan('self', '/k3y-[0-9a-f]{32}/'));
    $php = escapeshellarg(CLI) . ' -n ';
    echo shell_exec($php . escapeshellarg('-r') . ' ' . escapeshellarg('require "' . HARNESS . '/scan.inc"; print_r(scan(' . getmypid() . ', "/k3y-[0-9a-f]{32}/"));') . ' 2>&1; true');
    // process_vm_readv(), as a child in native code.
    echo shell_exec('exec ' . $php . '-d extension=ffi -d ffi.enable=1 ' . escapeshellarg(HARNESS . '/vm_readv.inc') . ' ' . getmypid() . ' 2>&1');
    if (!is_file(DIR . '/gdb-tried')) {
        touch(DIR . '/gdb-tried');
        $core = DIR . '/gdb';
        shell_exec("gdb -p " . getmypid() . " -batch -ex 'set pagination off' -ex 'generate-core-file $core' 2>&1");
        if (is_file($core)) {
            echo shell_exec("grep -aoE 'k3y-[0-9a-f]{32}' $core");
            unlink($core);
        }
    }
    PHP, 'environment');
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
