--TEST--
php-fpm: PHP_VALUE, PHP_ADMIN_VALUE, the pool's own values, .user.ini and ini_set() change nothing
--SKIPIF--
<?php require __DIR__ . "/../harness/fpm.inc"; if (!Fpm::binary()) die("skip needs php-fpm"); if (!exec("command -v cgi-fcgi")) die("skip needs cgi-fcgi"); ?>
--FILE--
<?php
require __DIR__ . '/../harness/fpm.inc';
$elsewhere = endpoint('tls12');
$tries = [
    'secure_dispatch.endpoint' => $elsewhere, 'secure_dispatch.proxy' => testbed()['proxy'], 'secure_dispatch.ca_file' => '/etc/ssl/certs/ca-certificates.crt',
    'secure_dispatch.api_key_header' => 'X-Elsewhere', 'secure_dispatch.timeout_ms' => '1', 'secure_dispatch.api_key_file' => '/etc/hostname',
];
// Something that may be changed so, to see that this way is open.
$lines = "precision = 7\n" . implode("\n", array_map(fn ($name, $value) => "$name = $value", array_keys($tries), $tries));
$pool = [];
foreach ($tries as $name => $value) {
    $pool["php_admin_value[$name]"] = $value;
}
$pool['php_admin_value[precision]'] = 7;
control('POST', '/proxy', ['mode' => 'ok']);
foreach (['php.ini alone' => [], 'the pool' => $pool] as $how => $values) {
    $fpm = new Fpm(['user_ini.cache_ttl' => 0], $values);
    $fpm->put('index.php', '<?php
        foreach (' . var_export($tries, true) . ' as $name => $value) {
            if (isset($_GET["set"]) && ini_set($name, $value) !== false) echo "ini_set changed $name\n";
            if (ini_get($name) === $value) echo "ini_get shows $name\n";
        }
        if (isset($_GET["set"])) ini_set("precision", 7);
        echo "precision ", ini_get("precision"), ": ", secure_dispatch_order(["order_id" => 1], $_GET["key"])->status;');
    foreach (['' => [], 'PHP_VALUE' => ['PHP_VALUE' => $lines], 'PHP_ADMIN_VALUE' => ['PHP_ADMIN_VALUE' => $lines], '.user.ini' => [], 'set' => [], 'and after' => []] as $what => $parameters) {
        if ($what === '.user.ini') {
            $fpm->put('.user.ini', $lines);
        }
        $key = unique_key();
        echo "$how $what: ", $fpm->get('index.php', "key=$key&$what", $parameters), ' ';
        $request = requests($key)[0];
        echo $request['door'], ' ', $request['headers']['x-api-key'] === API_KEY ? 'with the key' : 'WITHOUT THE KEY', "\n";
    }
    unset($fpm);
}
echo count(control('GET', '/proxy')['requests']), " requests to the proxy\n";
?>
--CONFLICTS--
proxy
--EXPECT--
php.ini alone : precision 14: 200 main with the key
php.ini alone PHP_VALUE: precision 7: 200 main with the key
php.ini alone PHP_ADMIN_VALUE: precision 7: 200 main with the key
php.ini alone .user.ini: precision 7: 200 main with the key
php.ini alone set: precision 7: 200 main with the key
php.ini alone and after: precision 7: 200 main with the key
the pool : precision 7: 200 main with the key
the pool PHP_VALUE: precision 7: 200 main with the key
the pool PHP_ADMIN_VALUE: precision 7: 200 main with the key
the pool .user.ini: precision 7: 200 main with the key
the pool set: precision 7: 200 main with the key
the pool and after: precision 7: 200 main with the key
0 requests to the proxy
