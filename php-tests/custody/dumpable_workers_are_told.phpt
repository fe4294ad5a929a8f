--TEST--
process.dumpable of a pool and CoreDumpDirectory of Apache open workers until their first request: it is told, each is closed from then on
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
foreach (['fpm', 'apache'] as $scene) {
    foreach ([true, false] as $opened) {
        $stage = new Stage($scene, getenv('EXTENSION'), 'file', [], $opened ? [] : ['process.dumpable' => null], server: $opened ? null : '');
        echo "$scene, ", $opened ? 'opened' : 'as it comes', ': ', $stage->run('<?php
            echo implode(secure_dispatch_status()["custody"]["process_closed"]["faults"]) ?: "closed", ", ",
                @fopen("/proc/self/mem", "rb") ? "open now" : "closed now", "\n";'), substr_count($stage->logs(), 'makes workers dumpable as they start'), " in the log\n";
    }
}
?>
--EXPECT--
fpm, opened: something (process.dumpable of a php-fpm pool, CoreDumpDirectory of Apache) makes workers dumpable as they start: until its first request each is open to others of its user, who can then take the key; remove that setting, closed now
1 in the log
fpm, as it comes: closed, closed now
0 in the log
apache, opened: something (process.dumpable of a php-fpm pool, CoreDumpDirectory of Apache) makes workers dumpable as they start: until its first request each is open to others of its user, who can then take the key; remove that setting, closed now
1 in the log
apache, as it comes: closed, closed now
0 in the log
