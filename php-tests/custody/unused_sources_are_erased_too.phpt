--TEST--
All sources set at once: the first is used, every other is erased too; a systemd credential is a source, and files are left as they are
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
$look = '<?php print_r([getenv(), $_ENV, $_SERVER, get_cfg_var("secure_dispatch.api_key"), ini_get_all("secure_dispatch")]);
    echo @file_get_contents("/proc/self/environ"), @file_get_contents("/proc/self/cmdline"), shell_exec("env; cat /proc/\$PPID/environ /proc/\$PPID/cmdline 2>&1");
    try { secure_dispatch_order([1], KEY); } catch (Throwable $thrown) { echo $thrown; }
    echo "<", secure_dispatch_status()["key_source"], ">";';
$keys = ['file' => 'k3y-of-the-file', 'ini' => 'k3y-of-the-ini', 'credential' => 'k3y-of-the-credential', 'environment' => 'k3y-of-the-environment'];
foreach (array_keys($keys) as $i => $first) {
    foreach (['EXTENSION', 'NAIVE'] as $build) {
        // Those before the first are not set.
        $set = array_slice($keys, $i);
        $dir = scratch();
        mkdir($dir, 0755);
        file_put_contents("$dir/api_key", $keys['file']);
        file_put_contents("$dir/secure_dispatch_api_key", $keys['credential']);
        $environment = array_filter(['SECURE_DISPATCH_API_KEY' => $set['environment'] ?? null, 'CREDENTIALS_DIRECTORY' => isset($set['credential']) ? $dir : null]);
        $settings = ['extension' => getenv($build), 'secure_dispatch.api_key_file' => isset($set['file']) ? "$dir/api_key" : null, 'secure_dispatch.api_key' => $set['ini'] ?? null];
        file_put_contents("$dir/php.ini", php_ini($settings));
        $key = unique_key();
        file_put_contents("$dir/look.php", str_replace('KEY', "'$key'", $look));
        $process = proc_open([PHP_BINARY, '-c', "$dir/php.ini", "$dir/look.php"], [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes, $dir,
            $environment + ['PHP_INI_SCAN_DIR' => '/nonexistent'] + getenv());
        $output = finish([$process, $pipes[1]]);
        $found = array_keys(array_filter($keys, fn ($value) => str_contains($output, $value)));
        preg_match('/<([^<>]*)>$/', $output, $source);
        echo "$first, $build: ", $source[1] ?? $output, ', ', array_search(requests($key)[0]['headers']['x-api-key'] ?? '', $keys), ' sent, found: ', implode(' ', $found) ?: 'nothing',
            file_get_contents("$dir/api_key") === $keys['file'] && file_get_contents("$dir/secure_dispatch_api_key") === $keys['credential'] ? '' : ', A FILE IS CHANGED', "\n";
    }
}
?>
--EXPECT--
file, EXTENSION: secure_dispatch.api_key_file, file sent, found: nothing
file, NAIVE: secure_dispatch.api_key_file, file sent, found: ini environment
ini, EXTENSION: secure_dispatch.api_key, ini sent, found: nothing
ini, NAIVE: secure_dispatch.api_key, ini sent, found: ini environment
credential, EXTENSION: systemd credential secure_dispatch_api_key, credential sent, found: nothing
credential, NAIVE: systemd credential secure_dispatch_api_key, credential sent, found: environment
environment, EXTENSION: environment variable SECURE_DISPATCH_API_KEY, environment sent, found: nothing
environment, NAIVE: environment variable SECURE_DISPATCH_API_KEY, environment sent, found: environment
