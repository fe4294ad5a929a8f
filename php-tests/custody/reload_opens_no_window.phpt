--TEST--
php-fpm with a master of an ordinary user, key in the environment: where that user cannot read php-fpm's program, nobody takes the key between the reload's execve and MINIT; where he can, it is told
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); php_uname('m') === 'x86_64' || die('skip the thief calls the kernel by numbers of x86_64'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
copy(Fpm::binary(), $program = scratch());
foreach ([0755, 0711] as $mode) {
    chmod($program, $mode);
    $stage = new Stage('fpm rootless', getenv('EXTENSION'), 'environment', [], ['process.dumpable' => null, 'program' => $program]);
    $loot = dirname($stage->log) . '/loot';
    printf("mode %o: ", $mode);
    echo $stage->run('<?php echo implode(secure_dispatch_status()["custody"]["process_closed"]["faults"]) ?: "closed", "\n";');
    $thief = implode(' ', ['perl', escapeshellarg(dirname(__DIR__) . '/harness/window.pl'), $stage->server->pid(), $loot, '>/dev/null', '2>&1', '</dev/null']);
    $stage->run('<?php shell_exec("' . $thief . '");');
    for ($i = 0; $i < 2000 && !file_exists($loot); $i++, usleep(10_000));
    $taken = (string) @file_get_contents($loot);
    echo '  after a reload: ', str_contains($taken, $stage->key) ? 'THE KEY IS TAKEN' : $taken, "\n  ", $stage->perform('print_r(getenv()); echo file_get_contents("/proc/self/cmdline");'), "\n";
}
?>
--EXPECT--
mode 755: php-fpm's master runs as the user of its PHP code, which can have it reload, and look into it before it is closed again; start it as root, or take the reading of its program from this user (chown root and chmod 0711 the php-fpm file), which has the kernel close it from the start
  after a reload: THE KEY IS TAKEN
  nothing found, dispatched
mode 711: closed
  after a reload: nothing taken
  nothing found, dispatched
