--TEST--
Where the kernel gives no secret memory (no memfd_secret, or RLIMIT_MEMLOCK is used up), orders still go out, and it is told
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
$code = '<?php require HARNESS;
    echo outcome(fn () => secure_dispatch_order([1], KEY)), "\n";
    foreach (secure_dispatch_status()["custody"] as $name => $protection) {
        if ($name !== "no_native_code") echo "$name ", $protection["holds"] ? "holds" : implode("; ", $protection["faults"]), "\n";
    }
    echo @file_get_contents("/proc/self/mem", false, null, 0, 1) === false ? "closed\n" : "OPEN\n";';
foreach ([['prlimit', '--memlock=0:0'], []] as $wrapper) {
    $stage = new Stage('cli', getenv('EXTENSION'), 'environment', wrapper: $wrapper);
    $key = unique_key();
    echo $stage->run(str_replace(['HARNESS', 'KEY'], [var_export(dirname(__DIR__) . '/harness/testbed.inc', true), "'$key'"], $code));
    echo (requests($key)[0]['headers']['x-api-key'] ?? '') === $stage->key ? "with the key\n" : "without the key\n";
}
?>
--EXPECT--
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
delivered 200
sources_erased holds
source_private holds
one_source holds
supported_source holds
memory_secret holds
process_closed holds
no_core_dump holds
closed
with the key
