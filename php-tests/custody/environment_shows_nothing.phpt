--TEST--
Key in the environment: getenv(), $_ENV, $_SERVER, apache_getenv() and phpinfo() have no such variable
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist([
    'getenv()' => <<<'PHP'
        print_r(getenv());
        PHP,
    'getenv(name)' => <<<'PHP'
        var_dump(getenv('SECURE_DISPATCH_API_KEY'));
        PHP,
    'getenv(name, local)' => <<<'PHP'
        var_dump(getenv('SECURE_DISPATCH_API_KEY', true), function_exists('apache_getenv') ? apache_getenv('SECURE_DISPATCH_API_KEY', true) : null);
        PHP,
    '$_ENV' => <<<'PHP'
        print_r($_ENV);
        PHP,
    '$_SERVER' => <<<'PHP'
        print_r(PHP_SAPI === 'apache2handler' ? $_ENV : $_SERVER);
        PHP,
    'phpinfo' => <<<'PHP'
        phpinfo(INFO_ENVIRONMENT | INFO_VARIABLES);
        PHP,
], 'environment', SCENES, ['variables_order' => 'EGPCS']);
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
