--TEST--
PHP code cannot read any other process of its user: sibling workers, the master of a rootless php-fpm
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); exec('command -v gdb') || die('skip needs gdb'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
// The master and its workers, of which all but one wait for their first request.
$ways = [
    'memory' => <<<'PHP'
        require_once HARNESS . '/scan.inc';
        foreach (glob('/proc/[0-9]*') as $process) {
            if (basename($process) != getmypid()) print_r(scan(basename($process), '/k3y-[0-9a-f]{32}/'));
        }
        PHP,
    // A debugger has the process itself write the memory that nobody else can read; and reads it too, since gdb cannot call functions on every
    // machine (its XSAVE area must have the size of the processor's).
    'gdb' => <<<'PHP'
        foreach (glob('/proc/[0-9]*/maps') as $maps) {
            [, , $pid] = explode('/', $maps);
            if ($pid == getmypid() || !preg_match('/^([0-9a-f]+)-\S+ r.*(?:secretmem|memfd:secure_dispatch)/m', (string) @file_get_contents($maps), $map)) continue;
            $loot = DIR . "/loot-$pid";
            if (is_file($loot)) continue;
            touch($loot);
            chmod($loot, 0666);
            shell_exec("timeout 20 gdb -p $pid -batch -ex 'set \$fd = (int) open(\"$loot\", 1)' -ex 'print (long) write(\$fd, 0x$map[1], 4096)' -ex 'dump binary memory $loot.read 0x$map[1] 0x$map[1]+4096' 2>&1");
            echo file_get_contents($loot), @file_get_contents("$loot.read");
        }
        PHP,
];
heist($ways, 'environment', ['fpm', 'fpm rootless', 'apache'], pool: ['process.dumpable' => null], server: '');
?>
--EXPECT--
fpm: nothing found, dispatched; naive: nothing found, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: nothing found, dispatched
