--TEST--
A key file of root's: workers dispatch with it, and PHP code cannot read it; where PHP code can, it is told
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist('foreach ([ini_get("secure_dispatch.api_key_file"), "/proc/self/root" . ini_get("secure_dispatch.api_key_file")] as $file) echo @file_get_contents($file), shell_exec("cat $file 2>&1");',
    'file', ['fpm', 'apache'], settings: []);
foreach (SCENES as $scene) {
    $stage = new Stage($scene, getenv('EXTENSION'), 'file');
    echo "$scene: ", preg_replace('/\(\S+,/', '(…,', $stage->run('<?php echo implode("; ", secure_dispatch_status()["custody"]["source_private"]["faults"]) ?: "private";')),
        '; in the log: ', substr_count($stage->logs(), 'can be read by the user'), "\n";
}
?>
--EXPECT--
fpm: nothing found, dispatched; naive: nothing found, dispatched
apache: nothing found, dispatched; naive: nothing found, dispatched
cli: the file of secure_dispatch.api_key_file (…, mode 0600) can be read by the user that PHP runs as (any PHP code, then); under php-fpm or Apache started by root, put it into a directory of root's, chown it to root and chmod it to 0600; in the log: 1
fpm: private; in the log: 0
fpm rootless: the file of secure_dispatch.api_key_file (…, mode 0600) can be read by the user that PHP runs as (any PHP code, then); under php-fpm or Apache started by root, put it into a directory of root's, chown it to root and chmod it to 0600; in the log: 1
apache: private; in the log: 0
