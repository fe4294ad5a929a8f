--TEST--
Apache: php_value and php_admin_value in the server's configuration and in .htaccess change nothing
--SKIPIF--
<?php require __DIR__ . "/../harness/apache.inc"; if (!Apache::module()) die("skip needs Apache with mod_php"); ?>
--FILE--
<?php
require __DIR__ . '/../harness/apache.inc';
$elsewhere = endpoint('tls12');
$script = '<?php ini_set("secure_dispatch.endpoint", "' . $elsewhere . '"); echo ini_get("secure_dispatch.endpoint") === "' . $elsewhere . '" ? "shown " : "", secure_dispatch_order(["order_id" => 1], $_GET["key"])->state->value;';
foreach (['php_admin_value secure_dispatch.endpoint ' . $elsewhere, 'php_value secure_dispatch.endpoint ' . $elsewhere, ''] as $directory) {
    $apache = new Apache([], $directory);
    $apache->put('index.php', $script);
    foreach (['', 'php_value secure_dispatch.endpoint ' . $elsewhere] as $htaccess) {
        $apache->put('.htaccess', $htaccess);
        for ($i = 0; $i < 5; $i++) {
            $body = $apache->get('index.php', 'key=' . ($key = unique_key()));
        }
        echo strtok($directory, ' ') ?: 'nothing', ', .htaccess ', strtok($htaccess, ' ') ?: 'nothing', ": $body ", requests($key)[0]['door'] ?? 'none', "\n";
    }
    unset($apache);
}
?>
--EXPECT--
php_admin_value, .htaccess nothing: delivered main
php_admin_value, .htaccess php_value: delivered main
php_value, .htaccess nothing: delivered main
php_value, .htaccess php_value: delivered main
nothing, .htaccess nothing: delivered main
nothing, .htaccess php_value: delivered main
