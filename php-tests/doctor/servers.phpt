--TEST--
doctor: asks php-fpm whether it has loaded the extension, is ready, can use its outbox, and what does not hold there; looking makes no file
--SKIPIF--
<?php
require __DIR__ . '/../harness/fpm.inc';
if (!Fpm::binary()) die('skip needs php-fpm');
if (!is_root()) die('skip needs root');
?>
--FILE--
<?php
require __DIR__ . '/../harness/console.inc';
require __DIR__ . '/../harness/fpm.inc';
// A php.ini of php-fpm's own; the command line has another.
$ask = function (string $what, array $settings) {
    $ini = scratch('.ini');
    file_put_contents($ini, $settings === [] ? '' : php_ini($settings + ['ffi.enable' => 0]));
    [$text, $exit] = console(treated_path(dated()), ['doctor', '--json'], "PHPRC=$ini");
    echo "== $what: exit code $exit\n";
    foreach (json_decode($text, true)['findings'] as $finding) {
        if ($finding['check'] === 'php-fpm' && str_contains($finding['what'], Fpm::binary())) {
            echo "$finding[verdict] ", str_replace(Fpm::binary(), 'php-fpm', "$finding[what] -> $finding[remedy]"), "\n";
        }
    }
};
$ask('good', ['more lines' => 'disable_functions=putenv']);
$ask('not loaded', []);
$ask('wrong settings', ['secure_dispatch.endpoint' => 'http://localhost/', 'more lines' => 'disable_functions=putenv']);
$ask('no key here', ['secure_dispatch.api_key_file' => null, 'more lines' => 'disable_functions=putenv']);
$ask('harden off', ['secure_dispatch.harden' => 0, 'more lines' => 'disable_functions=putenv']);
$outbox = outbox_settings(['more lines' => 'disable_functions=putenv'], 'www-data');
$ask("the workers' outbox", $outbox);
chmod($directory = dirname($outbox['secure_dispatch.outbox']), 0755);
$ask('an outbox that is open to others', $outbox);
$ask('no directory for it', ['secure_dispatch.outbox' => '/no/such/outbox.sqlite'] + $outbox);
$ask('an outbox of its own', $own = outbox_settings(['more lines' => 'disable_functions=putenv']));
echo count(glob("$directory/*")) + count(glob(dirname($own['secure_dispatch.outbox']) . '/*')), " files\n";
?>
--EXPECT--
== good: exit code 0
ok php-fpm is ready -> 
== not loaded: exit code 0
warning php-fpm has not loaded the extension -> if the shop runs under it: phpenmod -s fpm secure_dispatch, and restart it
== wrong settings: exit code 1
failure php-fpm, started from here, is not ready: secure_dispatch.endpoint must begin with https://; orders and the key are never sent in clear text -> if its service gives it more: phpinfo() in a page tells
== no key here: exit code 0
warning php-fpm, started from here, is not ready: secure_dispatch.api_key is not set, nor is any other source of the key: set secure_dispatch.api_key_file (best to a file that only root can read), secure_dispatch.api_key, a systemd credential or SECURE_DISPATCH_API_KEY -> if its service gives it more: phpinfo() in a page tells
== harden off: exit code 0
ok php-fpm is ready -> 
warning php-fpm, does not hold: other processes of the same user cannot look into this one -> secure_dispatch.harden is off, so that debuggers and core dumps of this process may show what passes through it; set it to 1 when debugging is done
warning php-fpm, does not hold: a crash leaves no core dump -> secure_dispatch.harden is off, so that debuggers and core dumps of this process may show what passes through it; set it to 1 when debugging is done
== the workers' outbox: exit code 0
ok php-fpm is ready -> 
== an outbox that is open to others: exit code 1
ok php-fpm is ready -> 
failure php-fpm, started from here: the outbox is not used: its directory is open to others -> chmod it to 0700
== no directory for it: exit code 1
ok php-fpm is ready -> 
failure php-fpm, started from here: the outbox cannot be opened: its directory does not exist -> make one of PHP's user, with mode 0700
== an outbox of its own: exit code 0
ok php-fpm is ready -> 
0 files
