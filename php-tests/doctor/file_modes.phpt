--TEST--
doctor: a key file that others may read is told; run with --user it sees what that user may do
--SKIPIF--
<?php if (fileowner('/proc/self') !== 0) die('skip needs root'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/console.inc';
$key = scratch('.key');
file_put_contents($key, API_KEY);
$told = function (int $mode, string $owner, array $arguments = []) use ($key) {
    chmod($key, $mode);
    chown($key, $owner);
    [$text, $exit] = console(treated_path(dated()) + ['secure_dispatch.api_key_file' => $key, 'secure_dispatch.log' => 'off'], ['doctor', '--json', ...$arguments]);
    foreach (json_decode($text, true)['findings'] as $finding) {
        if ($finding['check'] === 'file_modes') {
            echo "$exit $finding[verdict]: ", str_replace($key, '…', "$finding[what] -> $finding[remedy]"), "\n";
        }
    }
};
$told(0600, 'root');
$told(0644, 'root');
$told(0640, 'root');
$told(0600, 'www-data');
$told(0600, 'root', ['--user=www-data']);
$told(0600, 'www-data', ['--user=www-data']);
?>
--EXPECT--
0 ok: no file with a secret in it can be read by PHP code -> 
0 warning: the file of secure_dispatch.api_key_file (…, mode 0644) can be read by others -> chown it to root and chmod it to 0600
0 warning: the file of secure_dispatch.api_key_file (…, mode 0640) can be read by its group -> chown it to root and chmod it to 0600
0 ok: no file with a secret in it can be read by PHP code -> 
0 ok: no file with a secret in it can be read by PHP code -> 
0 warning: the file of secure_dispatch.api_key_file (…, mode 0600) can be read by the user that PHP runs as (any PHP code, then) -> under php-fpm or Apache started by root, put it into a directory of root's, chown it to root and chmod it to 0600
