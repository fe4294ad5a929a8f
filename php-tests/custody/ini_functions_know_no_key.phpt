--TEST--
Key in php.ini: ini_get(), ini_get_all(), ini_restore() and Reflection know of no such entry
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
heist(<<<'PHP'
    ini_restore('secure_dispatch.api_key');
    print_r([ini_get('secure_dispatch.api_key'), ini_get_all('secure_dispatch'), ini_get_all()['secure_dispatch.api_key'] ?? null]);
    $extension = new ReflectionExtension('secure_dispatch');
    print_r($extension->getINIEntries());
    echo $extension;
    $extension->info();
    PHP, 'ini');
?>
--EXPECT--
cli: nothing found, dispatched; naive: FOUND, dispatched
fpm: nothing found, dispatched; naive: FOUND, dispatched
fpm rootless: nothing found, dispatched; naive: FOUND, dispatched
apache: nothing found, dispatched; naive: FOUND, dispatched
