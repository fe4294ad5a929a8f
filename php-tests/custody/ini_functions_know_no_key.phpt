--TEST--
Key in php.ini: ini_get(), ini_get_all(), ini_restore() and Reflection know of no such entry
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist([
    'ini_get' => <<<'PHP'
        ini_restore('secure_dispatch.api_key');
        var_dump(ini_get('secure_dispatch.api_key'));
        PHP,
    'ini_get_all' => <<<'PHP'
        print_r([ini_get_all('secure_dispatch'), ini_get_all()['secure_dispatch.api_key'] ?? null]);
        PHP,
    'getINIEntries' => <<<'PHP'
        print_r((new ReflectionExtension('secure_dispatch'))->getINIEntries());
        PHP,
    'ReflectionExtension' => <<<'PHP'
        echo new ReflectionExtension('secure_dispatch');
        PHP,
    'info' => <<<'PHP'
        (new ReflectionExtension('secure_dispatch'))->info();
        PHP,
], 'ini');
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
