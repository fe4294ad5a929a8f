--TEST--
PHP code cannot read its own process: by /proc/self/mem, from a child, by process_vm_readv(), with a debugger
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); exec('command -v gdb') || die('skip needs gdb'); is_file(ini_get('extension_dir') . '/ffi.so') || die('skip needs ext/ffi'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist([
    '/proc/self/mem' => <<<'PHP'
        require_once HARNESS . '/scan.inc';
        print_r(scan('self', '/k3y-[0-9a-f]{32}/'));
        PHP,
    'a child' => <<<'PHP'
        echo shell_exec(CLI . ' -n -r ' . escapeshellarg('require "' . HARNESS . '/scan.inc"; print_r(scan(' . getmypid() . ', "/k3y-[0-9a-f]{32}/"));') . ' 2>&1; true');
        PHP,
    'process_vm_readv' => <<<'PHP'
        echo shell_exec('exec ' . CLI . ' -n -d extension=ffi -d ffi.enable=1 ' . escapeshellarg(HARNESS . '/vm_readv.inc') . ' ' . getmypid() . ' 2>&1');
        PHP,
    'gdb' => <<<'PHP'
        if (is_file(DIR . '/gdb-tried')) return;
        touch(DIR . '/gdb-tried');
        $core = DIR . '/gdb';
        shell_exec('gdb -p ' . getmypid() . " -batch -ex 'generate-core-file $core' 2>&1");
        echo shell_exec("grep -aoE 'k3y-[0-9a-f]{32}' $core 2>&1");
        @unlink($core);
        PHP,
], 'environment');
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
