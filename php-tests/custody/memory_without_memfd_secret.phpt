--TEST--
Where the kernel gives no secret memory (no memfd_secret, or RLIMIT_MEMLOCK is used up), orders still go out, and it is told
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); php_uname('m') === 'x86_64' || die('skip the filter is for x86_64'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
$code = '<?php require HARNESS;
    echo outcome(fn () => secure_dispatch_order([1], KEY)), "\n";
    foreach (secure_dispatch_status()["custody"] as $name => $protection) {
        if ($name !== "no_native_code") echo "$name ", $protection["holds"] ? "holds" : implode("; ", $protection["faults"]), "\n";
    }
    echo @fopen("/proc/self/mem", "rb") ? "OPEN\n" : "closed\n";';
foreach ([
    'as a kernel without it' => ['perl', dirname(__DIR__) . '/harness/no_memfd_secret.pl'],
    'none can be locked' => ['prlimit', '--memlock=0:0'],
] as $what => $wrapper) {
    $stage = new Stage('cli', getenv('EXTENSION'), 'environment', wrapper: $wrapper);
    $key = unique_key();
    echo "--- $what\n", $stage->run(str_replace(['HARNESS', 'KEY'], [var_export(dirname(__DIR__) . '/harness/testbed.inc', true), "'$key'"], $code));
    echo (requests($key)[0]['headers']['x-api-key'] ?? '') === $stage->key ? "with the key\n" : "without the key\n";
}
// A reload passes the key on all the same.
$stage = new Stage('fpm', getenv('EXTENSION'), 'environment', [], ['process.dumpable' => null], ['perl', dirname(__DIR__) . '/harness/no_memfd_secret.pl']);
$stage->server->restart();
echo "--- php-fpm, after a reload: ", $stage->perform('print_r(getenv());'), "\n";
?>
--EXPECT--
--- as a kernel without it
delivered 200
sources_erased holds
source_private holds
one_source holds
supported_source holds
memory_secret the key lies in ordinary (locked, never dumped) memory, since this kernel has no memfd_secret or does not allow it; root and debuggers can read it: use Linux 6.5, or secretmem.enable=1 since 5.14
process_closed holds
no_core_dump holds
closed
with the key
--- none can be locked
delivered 200
sources_erased holds
source_private holds
one_source holds
supported_source holds
memory_secret the key lies in ordinary memory that could not even be locked, and may be swapped; raise RLIMIT_MEMLOCK (LimitMEMLOCK= in a systemd unit)
process_closed holds
no_core_dump holds
closed
with the key
--- php-fpm, after a reload: nothing found, dispatched
