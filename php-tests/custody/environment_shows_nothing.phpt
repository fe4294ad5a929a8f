--TEST--
Key in the environment: getenv(), $_ENV, $_SERVER, apache_getenv() and phpinfo() have no such variable
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist(<<<'PHP'
    print_r([getenv(), getenv('SECURE_DISPATCH_API_KEY'), getenv('SECURE_DISPATCH_API_KEY', true), $_ENV, $_SERVER]);
    if (function_exists('apache_getenv')) {
        var_dump(apache_getenv('SECURE_DISPATCH_API_KEY', true));
    }
    phpinfo(INFO_ENVIRONMENT | INFO_VARIABLES);
    PHP, 'environment', SCENES, ['variables_order' => 'EGPCS']);
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
