--TEST--
A process maps the part of the library that it runs: less than a sixth of its code to start, less than half to dispatch
--DESCRIPTION--
The linker puts those functions side by side (text-order.ld). If this fails after an upgrade of the compiler or of libraries, nothing but memory is
lost: `make text-order` and `make build` mend it.
--SKIPIF--
<?php
if (!str_contains((string) @file_get_contents('/proc/self/smaps'), 'Rss:')) {
    die('skip this kernel does not tell what is mapped (/proc/self/smaps)');
}
if (preg_match('/\0mold \d|gnu\.gold-version/', file_get_contents(getenv('EXTENSION'))) === 1) {
    die('skip this linker does not take the order of functions (build.rs)');
}
?>
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';

// What is mapped of the library's code, in all of it. Without hardening: it closes /proc/self/smaps to others than root.
$code = <<<'PHP'
    $mapped = static function (): float {
        $library = preg_quote(getenv('EXTENSION'), '/');
        preg_match("/ r-xp .* $library\nSize: +(\d+) kB\n(?:.*\n)*?Rss: +(\d+) kB/", file_get_contents('/proc/self/smaps'), $size);
        return $size[2] / $size[1];
    };
    $started = $mapped();
    secure_dispatch_order(['order_id' => 1, 'billing' => ['first_name' => 'Zoë', 'email' => 'zoe@example.com'], 'total' => '49.90']);
    echo json_encode(['started' => $started, 'dispatched' => $mapped()]);
    PHP;
$share = json_decode(php($code, ['secure_dispatch.harden' => '0', 'secure_dispatch.schema_file' => null]), true, flags: JSON_THROW_ON_ERROR);
var_dump($share['started'] < 1 / 6 ?: $share, $share['dispatched'] < 1 / 2 ?: $share);
?>
--EXPECT--
bool(true)
bool(true)
