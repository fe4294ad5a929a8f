--TEST--
Key in php.ini: get_cfg_var() and ${…} in parse_ini_string() find nothing in PHP's configuration
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist([
    'get_cfg_var' => <<<'PHP'
        var_dump(get_cfg_var('secure_dispatch.api_key'));
        PHP,
    'parse_ini_string' => <<<'PHP'
        print_r(parse_ini_string('x = ${secure_dispatch.api_key}'));
        PHP,
    'in an array' => <<<'PHP'
        print_r(parse_ini_string('x[] = "${secure_dispatch.api_key}"', true, INI_SCANNER_TYPED));
        PHP,
], 'ini');
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
